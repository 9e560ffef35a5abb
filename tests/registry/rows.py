"""Rows of the registry made without a database, for tests of rules."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sharing.registry.rules import (
    Audience,
    BookingMode,
    InstrumentRow,
    PolicyRow,
    Status,
    Terms,
    TimetableRow,
)

LONG_AGO = date(2024, 1, 1)
THEN = datetime(2026, 1, 1, tzinfo=UTC)
_TEXTS = (
    "code name name_en zone_code zone_name zone_name_en zone_prefix institution_code institution_name"
    " institution_name_en category_code category_name category_name_en code_set status_reason manufacturer"
    " manufacturer_en model country source kind carrier_kind carrier_name department technical functions"
    " service_content achievements open_rules fee_summary share_mode usual_state city county street postal_code"
    " location contact contact_phone contact_email"
).split()


def instrument(**fields: Any) -> InstrumentRow:
    given: dict[str, Any] = dict.fromkeys(InstrumentRow.__dataclass_fields__)
    given |= dict.fromkeys(_TEXTS, "")
    given |= {name: uuid.uuid4() for name in ("id", "zone_id", "institution_id", "category_id")}
    given |= {"status": Status.IN_SERVICE, "booking_mode": BookingMode.APPROVAL, "capacity": 1, "revision": 1}
    given |= {"subjects": (), "funds": (), "created_at": THEN, "changed_at": THEN, "is_sample": False}
    return InstrumentRow(**given | {"customs_supervised": False, "offers_service": False} | fields)


def timetable(
    *, days: Any, scope_key: str = "network", valid_from: date = LONG_AGO, **fields: Any
) -> TimetableRow:
    given = {"inherit": False, "source_document": "测试", "name": "", "name_en": ""} | fields
    return TimetableRow(id=uuid.uuid4(), scope_key=scope_key, valid_from=valid_from, days=days, **given)


def policy(*, scope_key: str = "network", valid_from: date = LONG_AGO, **fields: Any) -> PolicyRow:
    given: dict[str, Any] = dict.fromkeys(PolicyRow.__dataclass_fields__)
    given |= {"inherit": False, "source_document": "测试", "granularity_minutes": 30, "shortest_minutes": 30}
    given |= {"lead_minutes": 0, "setup_minutes": 0, "cleanup_minutes": 0, "cancel_notice_minutes": 0}
    given |= {"audience": Audience.EVERYONE, "check_in_early_minutes": 15, "runs_through_closed": False}
    given |= {
        "check_in_required": False,
        "id": uuid.uuid4(),
        "scope_key": scope_key,
        "valid_from": valid_from,
    }
    return PolicyRow(**given | fields)


def terms(
    *, policies: Sequence[PolicyRow] = (), timetables: Sequence[TimetableRow] = (), **fields: Any
) -> Terms:
    return Terms(instrument(**fields), tuple(policies), tuple(timetables), ())
