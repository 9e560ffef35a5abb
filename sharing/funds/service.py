"""Cards of a research group, and the leave its heads give in advance. Nothing is deleted: cards retire, leave ends."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.funds import queries
from sharing.funds.models import Authorisation, FundCard
from sharing.funds.rules import AuthorisationRow, CardRow, Leave, NewCard
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.notify import service as notify
from sharing.notify.service import Recipient
from sharing.people import queries as people
from sharing.people.queries import GroupRow
from sharing.people.rules import Actor, ScopePath

_card, _leave = table_of(FundCard), table_of(Authorisation)


def path(group: GroupRow) -> ScopePath:
    """Where a research group lies."""
    home = network.institution(group.institution_id)
    return ScopePath(
        zone_id=home.zone_id if home else None, institution_id=group.institution_id, group_id=group.id
    )


def readable(group_id: uuid.UUID, *, by: Actor) -> GroupRow:
    """The group, when she belongs to it or may read it. Raises Refused: not-found."""
    group = people.group(group_id)
    if group is None or not (group.id in by.groups or by.may("group.read", path(group))):
        raise Refused("not-found")
    return group


def _managed(group_id: uuid.UUID, by: Actor) -> GroupRow:
    group = readable(group_id, by=by)
    if not by.may("group.manage", path(group)):
        raise Refused("forbidden")
    return group


# --- cards -----------------------------------------------------------------------------------------------------------


@transactional
def add_card(new: NewCard, *, by: Actor, now: datetime) -> CardRow:
    """Add a card to a group. Raises Refused: not-found, forbidden; duplicate when the number is taken."""
    _managed(new.group_id, by)
    if new.expires_on is not None and new.expires_on <= shanghai_day(now):
        raise _wrong("expires_on", _("有效期须在今天以后"))
    card = CardRow(new_id(), new.group_id, new.number, new.name, new.expires_on, now)
    row = {name: getattr(card, name) for name in CardRow.__dataclass_fields__}
    statement = insert(_card).values(**row).on_conflict_do_nothing(index_elements=["number"])
    if db.session.execute(statement.returning(_card.c.id)).first() is None:
        raise Refused("duplicate", field="number", number=new.number)
    audit.record("funds.card-added", about=("group", new.group_id), by=by, now=now, after=row)
    return card


@transactional
def retire_card(card_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Take a card out of use; what was booked on it stays. Raises Refused: not-found, forbidden. Twice is once."""
    card = queries.card(card_id)
    if card is None:
        raise Refused("not-found")
    _managed(card.group_id, by)
    done = db.session.execute(
        update(_card)
        .where(_card.c.id == card_id, _card.c.retired_at.is_(None))
        .values(retired_at=now)
        .returning(_card.c.id)
    ).first()
    if done is not None:
        after = {"id": card_id, "number": card.number, "retired_at": now}
        audit.record("funds.card-retired", about=("group", card.group_id), by=by, now=now, after=after)


# --- leave in advance ------------------------------------------------------------------------------------------------


@transactional
def authorise(leave: Leave, *, by: Actor, now: datetime) -> AuthorisationRow:
    """Give a member leave in advance, and tell her.

    Raises Refused: not-found; forbidden unless she heads the group; invalid-input with every wrong field.
    """
    group = _managed(leave.group_id, by)
    if wrong := _wrong_fields(leave, now):
        raise Refused("invalid-input", fields=wrong)
    row = {
        "id": new_id(),
        "group_id": leave.group_id,
        "member_id": leave.member_id,
        "card_id": leave.card_id,
        "month_fen": leave.month_fen,
        "month_minutes": leave.month_minutes,
        "instruments": [str(one) for one in leave.instruments],
        "starts_on": leave.starts_on,
        "ends_on": leave.ends_on,
        "given_by": by.user_id,
        "created_at": now,
    }
    db.session.execute(_leave.insert().values(**row))
    audit.record("funds.authorised", about=("group", group.id), by=by, now=now, after=row)
    _tell(leave, group, by, now)
    given = queries.authorisation(uuid.UUID(str(row["id"])))
    assert given is not None
    return given


def _wrong_fields(leave: Leave, now: datetime) -> list[dict[str, str]]:
    today = shanghai_day(now)
    members = {row.user_id: row for row in people.group_members(leave.group_id, today)}
    member = members.get(leave.member_id)
    wrong: list[dict[str, str]] = []
    if member is None:
        wrong.append({"field": "member_id", "message": _("只能授权本课题组现有成员")})
    elif member.head:
        wrong.append({"field": "member_id", "message": _("课题组负责人使用本组经费无须授权")})
    if leave.card_id is not None and leave.card_id not in {
        c.id for c in queries.cards(leave.group_id, today)
    }:
        wrong.append({"field": "card_id", "message": _("请选择本组可用的经费卡")})
    if leave.ends_on is not None and leave.ends_on <= max(leave.starts_on, today):
        wrong.append({"field": "ends_on", "message": _("截止日期须在开始日期和今天以后")})
    for name, limit in (("month_fen", leave.month_fen), ("month_minutes", leave.month_minutes)):
        if limit is not None and limit <= 0:
            wrong.append({"field": name, "message": _("限额须大于零；不设限额请留空")})
    return wrong


def _tell(leave: Leave, group: GroupRow, by: Actor, now: datetime) -> None:
    member = people.persons([leave.member_id])[leave.member_id]
    card = queries.card(leave.card_id) if leave.card_id else None
    facts = {
        "person": by.name,
        "person_en": by.name_en,
        "group": group.name,
        "card": f"{card.name} {card.number}" if card else "",
        "limit_fen": leave.month_fen,
        "limit_minutes": leave.month_minutes,
        "until": leave.ends_on - timedelta(days=1) if leave.ends_on else None,
        "url": f"/groups/{group.id}",
    }
    to = Recipient(member.id, member.email, member.language, member.name, member.institution_id)
    notify.enqueue("funds.authorised", [to], ("group", group.id), facts, now)


@transactional
def end_authorisation(authorisation_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """End a leave at once; what was booked inside it stays. Raises Refused: not-found, forbidden. Twice is once."""
    leave = queries.authorisation(authorisation_id)
    if leave is None:
        raise Refused("not-found")
    _managed(leave.group_id, by)
    done = db.session.execute(
        update(_leave)
        .where(_leave.c.id == authorisation_id, _leave.c.ended_at.is_(None))
        .values(ended_at=now)
        .returning(_leave.c.id)
    ).first()
    if done is not None:
        after = {"id": authorisation_id, "member_id": leave.member_id, "ended_at": now}
        audit.record(
            "funds.authorisation-ended", about=("group", leave.group_id), by=by, now=now, after=after
        )


def _wrong(field: str, message: str) -> Refused:
    return Refused("invalid-input", fields=[{"field": field, "message": message}])
