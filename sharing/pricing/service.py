"""Entering prices: dated rows, never changed. Every row raises the rule epoch and is audited."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import service as network
from sharing.network.rules import scope_key
from sharing.people.rules import Actor, ScopeKind, ScopePath
from sharing.pricing.models import Price
from sharing.pricing.rules import NewPrice, plain_bands, wrong_fields

SCOPE_KINDS: Final = ("instrument", "category", "institution", "zone", "network")


@transactional
def add_price(
    new: NewPrice,
    *,
    scope_kind: str,
    path: ScopePath,
    by: Actor,
    now: datetime,
    category_id: uuid.UUID | None = None,
) -> uuid.UUID:
    """Enter one price row and give its key.

    scope_kind   instrument, institution, zone or network: the scope whose id `path` names; or category with its
                 `category_id`, which spans institutions and so is the province's to set
    path         where the scope lies, from `registry.queries.path`, or made of an institution and its zone
    raises       Refused: forbidden; invalid-input with every wrong field; duplicate when the scope has a row for this
                 price group and day already
    """
    scope_id = _scope_id(scope_kind, path, category_id)
    if not by.may("price.edit", path.of_scope(scope_kind)):
        raise Refused("forbidden")
    if wrong := wrong_fields(new, shanghai_day(now)):
        raise Refused("invalid-input", fields=[{"field": name, "message": _sentence(name)} for name in wrong])
    table = table_of(Price)
    row = {
        "id": new_id(),
        "scope_kind": scope_kind,
        "scope_id": scope_id,
        "scope_key": scope_key(scope_kind, scope_id),
        "valid_from": new.valid_from,
        "inherit": new.inherit,
        "source_document": new.source_document.strip(),
        "created_at": now,
        "price_group": new.price_group.value,
        "hour_fen": new.hour.fen,
        "minimum_fen": new.minimum.fen,
        "may_buy": new.may_buy,
        "bands": plain_bands(new.bands),
    }
    statement = insert(table).values(**row)
    statement = statement.on_conflict_do_nothing(index_elements=["scope_key", "price_group", "valid_from"])
    added = db.session.execute(statement.returning(table.c.id)).first()
    if added is None:
        raise Refused("duplicate", price_group=new.price_group.value, valid_from=new.valid_from)
    audit.record("pricing.price", about=("pricing_price", added.id), by=by, now=now, after=row)
    network.raise_epoch()
    return uuid.UUID(str(added.id))


def _scope_id(kind: str, path: ScopePath, category_id: uuid.UUID | None) -> uuid.UUID | None:
    if kind not in SCOPE_KINDS:
        raise ValueError(f"no such scope of a price: {kind}")
    found = {
        "instrument": path.instrument_id,
        "category": category_id,
        "institution": path.institution_id,
        "zone": path.zone_id,
        "network": None,
    }[kind]
    if found is None and kind != ScopeKind.NETWORK:
        raise ValueError(f"a price of a {kind} names it")
    return found


def _sentence(name: str) -> str:
    if name.startswith("bands."):
        return _("时段须有名称，起止不同且在一天之内，折扣为 0 至 1000 的整数百分比")
    return {
        "valid_from": _("新收费标准从今天或以后的日期起执行，不能改写过去"),
        "source_document": _("请写明依据文件"),
        "hour_fen": _("金额不能为负"),
        "minimum_fen": _("金额不能为负"),
    }[name]
