"""JSON about the one who asks."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import formats, queries
from sharing.people.signed import me

bp = APIBlueprint("people_api", __name__, url_prefix="/api/v1", tag="People")


class RoleOut(BaseModel):
    """A role held today at a scope; `scope_id` is null for the whole network."""

    role: str
    scope_kind: str
    scope_id: uuid.UUID | None


class NamedOut(BaseModel):
    """A thing by its id, code and names."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str


class MeOut(BaseModel):
    """The owner of the token."""

    id: uuid.UUID
    username: str
    name: str
    name_en: str
    email: str
    language: str
    kind: str
    staff_no: str | None
    read_only: bool
    institution: NamedOut | None
    research_groups: list[NamedOut]
    roles: list[RoleOut]


@bp.get("/me")
@needs(SIGNED_IN)
@bp.output(MeOut)
@bp.doc(summary="Who the token belongs to", operation_id="getMe")
def show_me() -> Any:
    """The person, her institution, research groups and the roles in force today."""
    actor = me()
    home = network.institution(actor.institution_id) if actor.institution_id else None
    groups = queries.groups_of(actor.user_id, shanghai_day(clock.now()))
    return formats.me_json(actor) | {
        "institution": _named(home) if home else None,
        "research_groups": [_named(group) for group in groups],
    }


def _named(row: Any) -> dict[str, Any]:
    return {"id": row.id, "code": row.code, "name": row.name, "name_en": row.name_en}
