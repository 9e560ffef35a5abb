"""An institution's administrator enters its sign-in service; what changed is audited, the secret never."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.sealed import seal
from sharing.network import queries as network
from sharing.notify.service.channels import Sealing
from sharing.people import queries
from sharing.people.formats import openid
from sharing.people.models import SignOn
from sharing.people.rules import Actor, NamedBy, ScopePath
from sharing.people.service.provider import PURPOSE, tried

_on = table_of(SignOn)
RIGHT = "sign-on.edit"


@dataclass(frozen=True, slots=True)
class Connecting:
    """A connection as it is entered; an empty secret keeps the one that there is."""

    issuer: str
    client_id: str
    secret: str
    claim: str
    named_by: NamedBy
    is_on: bool


@transactional
def save_sign_on(
    institution_id: uuid.UUID, given: Connecting, *, by: Actor | None, sealing: Sealing, now: datetime
) -> None:
    """Enter or change an institution's sign-in service. `by` None is the command line.

    The secret is asked for again when the issuer changes: it would go to another server otherwise.
    Raises Refused: not-found, forbidden, invalid-input.
    """
    _must_keep(institution_id, by)
    before = queries.sign_on(institution_id)
    if not openid.safe_address(given.issuer, sealing.allow):
        raise _wrong("issuer", _("请填写以 https:// 开头的地址，不带“#”"))
    if not given.secret and (before is None or before.issuer != given.issuer):
        raise _wrong("secret", _("请填写客户端密钥；更换颁发者后须重新填写"))
    values = {
        "issuer": given.issuer,
        "client_id": given.client_id,
        "claim": given.claim,
        "named_by": given.named_by.value,
        "is_on": given.is_on,
    }
    changed = values | {"changed_at": now}
    if given.secret:
        changed["sealed_secret"] = seal(given.secret, key=sealing.key, purpose=PURPOSE)
    if before is None:  # or an administrator beside her has just entered it
        row = insert(_on).values(id=new_id(), institution_id=institution_id, **changed)
        db.session.execute(row.on_conflict_do_update(index_elements=["institution_id"], set_=changed))
    else:
        db.session.execute(update(_on).where(_on.c.institution_id == institution_id).values(**changed))
    audit.record(
        "people.sign-on-saved",
        about=("institution", institution_id),
        by=by,
        now=now,
        institution=institution_id,
        before={name: getattr(before, name) for name in values} if before else None,
        after=values | {"secret_renewed": bool(given.secret)},
    )


def try_sign_on(institution_id: uuid.UUID, *, by: Actor | None, sealing: Sealing) -> list[dict[str, str]]:
    """What is wrong with the service that is entered; nothing is kept of it. Raises Refused: not-found, forbidden."""
    _must_keep(institution_id, by)
    row = queries.sign_on(institution_id)
    if row is None:
        raise Refused("not-found")
    return tried(row.issuer, sealing)


def _must_keep(institution_id: uuid.UUID, by: Actor | None) -> None:
    house = network.house(institution_id)
    if house is None or house.retired_at is not None:
        raise Refused("not-found")
    if by is not None and not by.may(RIGHT, ScopePath(house.zone_id, house.id)):
        raise Refused("forbidden")


def _wrong(field: str, message: str) -> Refused:
    return Refused("invalid-input", fields=[{"field": field, "message": message}])
