"""Who may decide a step today: the holders of its seats and those who stand in for them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from sharing.approval.models import Seat, Step
from sharing.approval.queries.approvals import ApprovalRow
from sharing.approval.rules import Holder, SeatPlan, own_seat, to_tell
from sharing.kernel.db import db, table_of
from sharing.people.models import Deputy, Grant, User
from sharing.people.rules import Actor, Role, ScopeKind

_step, _seat = table_of(Step), table_of(Seat)
_grant, _user, _deputy = table_of(Grant), table_of(User), table_of(Deputy)


def holders(seats: Iterable[SeatPlan], on: date) -> list[Holder]:
    """Everybody who holds one of these seats on a day, with whoever stands in for her then: one statement.

    A person who left holds nothing (SCENARIOS 28).
    """
    wanted = list(dict.fromkeys(seats))
    if not wanted:
        return []
    g = _grant.c
    here = or_(
        *(
            and_(g.role == s.role.value, g.scope_kind == s.scope_kind.value, g.scope_id == s.scope_id)
            for s in wanted
        )
    )
    found = db.session.execute(_held(on).where(here).order_by(_user.c.name, _user.c.id))
    return [_holder(row) for row in found]


def _held(on: date) -> Select[Any]:
    """Grants in force on a day with their holder, and a row more for each who stands in for her."""
    g, standing, stand_in = _grant.c, _deputy, _user.alias("stand_in")
    today = and_(standing.c.user_id == g.user_id, standing.c.starts_on <= on, standing.c.ends_on > on)
    reach = (
        _grant.join(_user, _user.c.id == g.user_id)
        .outerjoin(standing, today)
        .outerjoin(stand_in, and_(stand_in.c.id == standing.c.deputy_id, stand_in.c.left_at.is_(None)))
    )
    return (
        select(g.role, g.scope_kind, g.scope_id, _user.c.id, _user.c.name, stand_in.c.id, stand_in.c.name)
        .select_from(reach)
        .where(g.starts_on <= on, or_(g.ends_on.is_(None), g.ends_on > on), _user.c.left_at.is_(None))
    )


def _holder(row: Sequence[Any]) -> Holder:
    role, kind, scope_id, user_id, name, deputy_id, deputy_name = row
    seat = SeatPlan(Role(role), ScopeKind(kind), scope_id)
    return Holder(seat, user_id, name, deputy_id, deputy_name or "")


def seats_of(step_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[SeatPlan]]:
    """From where each step may be decided now: its seats, and those of its escalation once it has come."""
    ids = list(step_ids)
    found: dict[uuid.UUID, list[SeatPlan]] = {step_id: [] for step_id in ids}
    if not ids:
        return found
    ask = (
        select(_seat.c.step_id, _seat.c.role, _seat.c.scope_kind, _seat.c.scope_id)
        .join_from(_seat, _step, _step.c.id == _seat.c.step_id)
        .where(_seat.c.step_id.in_(ids), alive())
        .order_by(_seat.c.id)
    )
    for step_id, role, kind, scope_id in db.session.execute(ask):
        found[step_id].append(SeatPlan(Role(role), ScopeKind(kind), scope_id))
    return found


def alive() -> ColumnElement[bool]:
    return or_(_seat.c.escalation.is_(False), _step.c.escalated_at.is_not(None))


def deciders(
    step_ids: Iterable[uuid.UUID], requesters: dict[uuid.UUID, uuid.UUID], on: date
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Who may decide each step on a day, the requester left out: two statements for any number of steps.

    requesters  step id -> who asked
    """
    seats = seats_of(step_ids)
    held = holders((seat for group in seats.values() for seat in group), on)
    return {
        step_id: to_tell((one for one in held if one.seat in set(mine)), requesters[step_id])
        for step_id, mine in seats.items()
    }


def turn_of(row: ApprovalRow, on: date) -> list[uuid.UUID]:
    """Who may decide the step whose turn it is."""
    step = row.turn
    if step is None or step.state != "open":
        return []
    return deciders([step.id], {step.id: row.requester_id}, on)[step.id]


def may_decide(row: ApprovalRow, actor: Actor, on: date) -> bool:
    """Whether she may decide the step whose turn it is; what a page asks before it shows the buttons."""
    step = row.turn
    if step is None or step.state != "open" or row.requester_id == actor.user_id:
        return False
    seats = seats_of([step.id])[step.id]
    if own_seat(actor, seats):
        return True
    return any(h.deputy_id == actor.user_id and h.user_id != row.requester_id for h in holders(seats, on))
