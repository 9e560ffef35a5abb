"""Instruments and the rules that bookings of them keep to."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from sharing.approval.models import Chain, ChainStep
from sharing.booking.models import Calendar
from sharing.kernel.db import db
from sharing.network.models import Category, Institution, Zone
from sharing.people.models import User
from sharing.pricing.models import Price
from sharing.registry.models import Instrument, Licence, Policy, Question, Timetable
from tests.cast.base import LONG_AGO, NOW, SOURCE, Scope, keep, numbers
from tests.cast.network import CODE_SET, rules_changed
from tests.cast.people import grant


def instrument(at: Institution, *, manager: User | None = None, **columns: Any) -> Instrument:
    """An instrument in service, by approval, where its institution lies; its manager holds the role at it."""
    number = next(numbers)
    kind = db.session.scalars(select(Category).filter_by(code_set=CODE_SET, code="040102")).one()
    given = {
        "code": f"KM{number:05d}",
        "name": f"扫描电镜 {number}",
        "name_en": f"Scanning electron microscope {number}",
        "manufacturer": "蔡司",
        "manufacturer_en": "Zeiss",
        "model": "Sigma 300",
        "location": "实验楼 101",
        "zone_id": at.zone_id,
        "category_id": kind.id,
        "category_code": kind.code,
        "created_at": NOW,
        "changed_at": NOW,
    }
    row = keep(Instrument(institution_id=at.id, **given | columns))
    keep(Calendar(instrument_id=row.id))
    if manager:
        grant(manager, "manager", row)
    return row


def policy(at: Scope = None, *, valid_from: date = LONG_AGO, **columns: Any) -> Policy:
    """Booking rules of a scope; without columns half-hour steps and no limits."""
    return keep(Policy(**_dated(at, valid_from), **columns))


def timetable(at: Scope = None, *, valid_from: date = LONG_AGO, **columns: Any) -> Timetable:
    """Opening hours of a scope; working days 8:30-17:30 unless `days` is given."""
    given = {"days": {"workday": [[510, 1050]]}} | columns
    return keep(Timetable(**_dated(at, valid_from), **given))


def price(
    at: Scope = None, *, price_group: str = "institution", valid_from: date = LONG_AGO, **columns: Any
) -> Price:
    """What an hour costs a price group; 100 yuan unless `hour_fen` is given."""
    return keep(Price(**_dated(at, valid_from), price_group=price_group, **{"hour_fen": 10_000} | columns))


def chain(*roles: str | dict[str, Any], at: Scope = None, valid_from: date = LONG_AGO) -> Chain:
    """A chain of steps: `chain("payer", {"role": "manager", "needed_when": [{"external": True}]})`."""
    row = keep(Chain(**_dated(at, valid_from), name="审批链", name_en="Chain"))
    for position, step in enumerate(roles, 1):
        given = {"role": step} if isinstance(step, str) else step
        keep(ChainStep(chain_id=row.id, position=position, **given))
    return row


def question(at: Scope = None, *, key: str, kind: str = "text", **columns: Any) -> Question:
    dated = _dated(at, LONG_AGO)
    scope = {name: dated[name] for name in ("scope_kind", "scope_id", "scope_key", "created_at")}
    given = {"position": 1, "label": key, "label_en": key} | columns
    return keep(Question(**scope, key=key, kind=kind, **given))


def licence(on: Instrument, who: User, *, by: User, level: str = "independent", **columns: Any) -> Licence:
    given = {"starts_on": LONG_AGO, "created_at": NOW} | columns
    return keep(Licence(instrument_id=on.id, user_id=who.id, granted_by=by.id, level=level, **given))


def _dated(at: Scope, valid_from: date) -> dict[str, Any]:
    kinds = {Zone: "zone", Institution: "institution", Category: "category", Instrument: "instrument"}
    rules_changed()
    kind = kinds[type(at)] if at is not None else "network"
    scope_id = at.id if at is not None else None
    return {
        "scope_kind": kind,
        "scope_id": scope_id,
        "scope_key": kind if scope_id is None else f"{kind}:{scope_id}",
        "valid_from": valid_from,
        "source_document": SOURCE,
        "created_at": NOW,
    }
