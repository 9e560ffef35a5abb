"""Roles as people type them, to checked values."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int, PageNumber
from sharing.kernel.language import _
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.people import queries
from sharing.people.rules import Role, ScopeKind

ScopeText = Annotated[
    str, StringConstraints(pattern=r"^(network|(zone|institution|group|instrument):\S{1,60})$")
]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=300)]


def scope_of(text: str) -> tuple[ScopeKind, uuid.UUID | None]:
    """What `network`, `zone:kunming`, `institution:YLU` or `group:ylu-energy` names. Raises Refused: invalid-input."""
    kind, _colon, of = text.partition(":")
    if kind == ScopeKind.NETWORK:
        return ScopeKind.NETWORK, None
    found = queries.scope_said(kind, of)
    if found is None:
        raise Refused(
            "invalid-input", fields=[{"field": "scope", "message": _("没有这个范围：%(said)s", said=text)}]
        )
    return ScopeKind(kind), found


def person_of(said: str, kind: ScopeKind, scope_id: uuid.UUID | None, field: str = "who") -> uuid.UUID:
    """Who is meant by a user name, or a staff number in the scope's institution. Raises Refused: invalid-input."""
    house = scope_id if kind is ScopeKind.INSTITUTION else None
    if kind is ScopeKind.GROUP and scope_id and (group := queries.group(scope_id)):
        house = group.institution_id
    if found := queries.meant(said, house):
        return found.id
    raise Refused("invalid-input", fields=[{"field": field, "message": _("没有这个用户名或工号")}])


class RoleForm(Input):
    """A role to give: to whom (user name, or staff number in the scope's institution), where, in which days, why."""

    who: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    role: Role
    scope: ScopeText
    starts_on: Annotated[Day | None, EmptyIsNone] = None
    last_on: Annotated[Day | None, EmptyIsNone] = None
    reason: Reason


class EndForm(Input):
    """Why a role or a membership ends; `even_last` goes on though nobody would administer the scope then."""

    reason: Reason
    even_last: bool = False


class GroupForm(Input):
    """A research group to enter: its code, its names, its house by code, its head by user name or staff number."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._\-]{1,38}$")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    name_en: Annotated[str, StringConstraints(max_length=150)] = ""
    institution: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    head: Annotated[str, StringConstraints(min_length=1, max_length=60)]


class MemberIn(Input):
    """A person to take into a group: user name, or staff number in the group's house."""

    who: Annotated[str, StringConstraints(min_length=1, max_length=60)]


class PagedQuery(Input):
    """Which page of a list."""

    page: PageNumber = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class RolesQuery(Input):
    """Which roles a list shows. `state`: those that hold or will, or those that are over."""

    q: Annotated[str, StringConstraints(max_length=60)] = ""
    role: Annotated[Role | None, EmptyIsNone] = None
    scope: Annotated[ScopeText | None, EmptyIsNone] = None
    state: Literal["held", "over"] = "held"
    page: PageNumber = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE

    def asked(self) -> queries.RolesAsked:
        """As the query takes it. Raises Refused: invalid-input (no such scope)."""
        kind, scope_id = scope_of(self.scope) if self.scope else (None, None)
        return queries.RolesAsked(
            self.q, self.role, kind, scope_id, None, self.state == "over", self.page, self.per_page
        )
