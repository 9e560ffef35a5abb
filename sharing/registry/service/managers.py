"""Who runs an instrument: manager and deputies, as roles at its scope, given and ended by people's own service."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import or_, select

from sharing.audit import service as audit
from sharing.kernel.db import db, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people import queries as known
from sharing.people import service as people
from sharing.people.rules import Actor, Role, ScopeKind
from sharing.registry import queries
from sharing.registry.queries.licences import GRANT
from sharing.registry.service.instruments import ABOUT, must


@transactional
def set_managers(
    instrument_id: uuid.UUID,
    *,
    managers: Collection[uuid.UUID],
    deputies: Collection[uuid.UUID],
    reason: str = "",
    by: Actor,
    now: datetime,
) -> None:
    """Make exactly these people managers and deputies of the instrument itself, from today on.

    With nobody named, the managers of the institution run it. Raises Refused: not-found, forbidden, invalid-input
    (someone is to be both).
    """
    row = must("people.manage", instrument_id, by)
    if set(managers) & set(deputies):
        raise Refused(
            "invalid-input", fields=[{"field": "deputies", "message": _("同一个人不能既是机主又是代理机主")}]
        )
    wanted = {(one, Role.MANAGER) for one in managers} | {(one, Role.DEPUTY_MANAGER) for one in deputies}
    today = shanghai_day(now)
    held = _held(instrument_id, today)
    if wanted == set(held):
        return
    for key, grant_id in held.items():
        if key not in wanted:
            people.end_grant(grant_id, reason=reason, by=by, now=now, path=row.path)
    for user_id, role in sorted(wanted - set(held), key=str):
        people.grant(
            user_id,
            role=role,
            scope_kind=ScopeKind.INSTRUMENT,
            scope_id=instrument_id,
            starts_on=today,
            reason=reason,
            by=by,
            now=now,
            path=row.path,
        )
    audit.record(
        "registry.managers",
        about=(ABOUT, instrument_id),
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before=_named(set(held)),
        after=_named(wanted),
        note=reason or None,
    )


def person_meant(instrument_id: uuid.UUID, said: str, field: str) -> uuid.UUID:
    """Who is meant by a staff number of the instrument's house, or by a user name. Raises Refused: invalid-input."""
    row = queries.instrument(instrument_id)
    if row is None:
        raise Refused("not-found")
    found = known.by_staff_no(row.institution_id, {said}).get(said) or known.person_by_username(said)
    if found is None or found.left:
        message = _("没有这个工号或用户名：%(said)s", said=said)
        raise Refused("invalid-input", fields=[{"field": field, "message": message}])
    return found.id


def _held(instrument_id: uuid.UUID, on: date) -> dict[tuple[uuid.UUID, Role], uuid.UUID]:
    c = GRANT.c
    rows = db.session.execute(
        select(c.id, c.user_id, c.role).where(
            c.scope_kind == ScopeKind.INSTRUMENT.value,
            c.scope_id == instrument_id,
            c.role.in_([Role.MANAGER.value, Role.DEPUTY_MANAGER.value]),
            c.starts_on <= on,
            or_(c.ends_on.is_(None), c.ends_on > on),
        )
    )
    return {(row.user_id, Role(row.role)): row.id for row in rows}


def _named(held: set[tuple[uuid.UUID, Role]]) -> dict[str, list[uuid.UUID]]:
    ordered = sorted(held, key=str)
    return {
        "managers": [one for one, role in ordered if role is Role.MANAGER],
        "deputies": [one for one, role in ordered if role is Role.DEPUTY_MANAGER],
    }
