"""An institution's own sign-in service as JSON, for those who keep it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import json_answer, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import queries as network
from sharing.notify.service.channels import sealing
from sharing.people import formats, forms, queries, service
from sharing.people.rules import NamedBy, ScopePath
from sharing.people.service.sign_on_setup import RIGHT
from sharing.people.signed import me

bp = APIBlueprint("sign_on_api", __name__, url_prefix="/api/v1", tag="People")


class SignOnOut(BaseModel):
    """A connection by OpenID Connect. The client's secret is never shown."""

    issuer: str
    client_id: str
    claim: str
    named_by: NamedBy
    is_on: bool
    changed_at: datetime


class FaultOut(BaseModel):
    """One thing that is wrong with the service."""

    code: str
    message: str


class TriedOut(BaseModel):
    """Whether people can sign in there; `faults` says what is wrong if they cannot."""

    works: bool
    faults: list[FaultOut]


def _kept(institution_id: uuid.UUID) -> uuid.UUID:
    house = network.house(institution_id)
    if house is None or house.retired_at is not None:
        raise Refused("not-found")
    if not me().may(RIGHT, ScopePath(house.zone_id, house.id)):
        raise Refused("forbidden")
    return house.id


@bp.get("/institutions/<uuid:institution_id>/sign-on")
@needs("sign-on.edit")
@bp.output(SignOnOut)
@bp.doc(summary="An institution's own sign-in service", operation_id="getSignOn")
def one(institution_id: uuid.UUID) -> Any:
    """404 where none has been entered."""
    row = queries.sign_on(_kept(institution_id))
    if row is None:
        raise Refused("not-found")
    return formats.sign_on_json(row)


@bp.put("/institutions/<uuid:institution_id>/sign-on")
@needs("sign-on.edit")
@takes(forms.SignOnForm)
@bp.doc(
    summary="Connect an institution's own sign-in service", operation_id="putSignOn", responses={204: "Kept"}
)
def save(institution_id: uuid.UUID) -> Any:
    """The secret is kept encrypted, and is asked for again when the issuer changes."""
    house_id = _kept(institution_id)
    given = service.Connecting(**parse(forms.SignOnForm, json_body()).model_dump())
    service.save_sign_on(house_id, given, by=me(), sealing=sealing(), now=clock.now())
    return "", 204


@bp.post("/institutions/<uuid:institution_id>/sign-on/try")
@needs("sign-on.edit")
@bp.output(TriedOut)
@bp.doc(summary="Ask the sign-in service what it says of itself", operation_id="trySignOn")
def try_out(institution_id: uuid.UUID) -> Any:
    """Reads its discovery document and its keys; nothing is kept of it."""
    by, now = me(), clock.now()
    # Before the key's transaction: nothing waits for outside.
    faults = service.try_sign_on(_kept(institution_id), by=by, sealing=sealing())
    said = {"works": not faults, "faults": formats.faults_json(faults)}
    return posted(user_id=by.user_id, now=now, work=lambda: json_answer(said))
