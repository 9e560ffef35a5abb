"""Zones and institutions as JSON for those who administer them; reading them is public (`network.api`)."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.booking import queries as booking
from sharing.booking import service as houses
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import forms, queries, service
from sharing.people.rules import ScopePath
from sharing.people.signed import me, once

bp = APIBlueprint("houses_api", __name__, url_prefix="/api/v1", tag="Network")
MANAGE, EDIT = "institution.manage", "institution.edit"


class MadeOut(BaseModel):
    """What was made."""

    id: uuid.UUID


class HouseOut(BaseModel):
    """An institution's whole entry."""

    id: uuid.UUID
    code: str
    name: str
    name_en: str
    kind: str
    zone_code: str
    uscc: str | None
    address: str | None
    phone: str | None
    joined_on: date | None
    source_document: str
    retired_at: datetime | None
    close_reason: str


class HangingOut(BaseModel):
    """What its leaving would end: people, groups, instruments, open bookings on them and of its people elsewhere."""

    people: int
    groups: int
    instruments: int
    bookings_here: int
    bookings_elsewhere: int


@bp.post("/zones")
@needs("network.edit")
@once
@takes(forms.ZoneForm)
@bp.output(MadeOut, status_code=201)
@bp.doc(summary="Add a zone", operation_id="createZone")
def add_zone() -> Any:
    """In use at once, without a restart. 409 `duplicate` where the code or the prefix is taken."""
    given = parse(forms.ZoneForm, json_body())
    return {"id": service.add_zone(given.model_dump(), by=me(), now=clock.now())}, 201


@bp.put("/zones/<code>")
@needs("network.edit")
@takes(forms.ZoneEdit)
@bp.doc(summary="Change a zone", operation_id="updateZone", responses={204: "Changed"})
def edit_zone(code: str) -> Any:
    """Names, order, prefectures, document; its code and prefix stay."""
    given = parse(forms.ZoneEdit, json_body())
    row = queries.zone(code)
    if row is None:
        raise Refused("not-found")
    service.edit_zone(row.id, given.model_dump(), by=me(), now=clock.now())
    return "", 204


@bp.post("/institutions")
@needs(MANAGE)
@once
@takes(forms.InstitutionForm)
@bp.output(MadeOut, status_code=201)
@bp.doc(summary="An institution joins", operation_id="createInstitution")
def add_institution() -> Any:
    """`zone` is a zone's code. 409 `duplicate` where the code or the unified social credit code is taken."""
    given = parse(forms.InstitutionForm, json_body())
    values = forms.institution_values(given, shanghai_day(clock.now()))
    return {"id": service.add_institution(values, by=me(), now=clock.now())}, 201


def _house(institution_id: uuid.UUID, right: str = EDIT) -> queries.InstitutionRow:
    row = queries.house(institution_id)
    if row is None:
        raise Refused("not-found")
    if not me().may(right, ScopePath(row.zone_id, row.id)):
        raise Refused("forbidden")
    return row


@bp.get("/institutions/<uuid:institution_id>")
@needs(EDIT)
@bp.output(HouseOut)
@bp.doc(summary="One institution's entry", operation_id="getInstitution")
def one(institution_id: uuid.UUID) -> Any:
    """Whole, for those who administer it; one that left too."""
    row = _house(institution_id)
    return {name: getattr(row, name) for name in HouseOut.model_fields}


@bp.put("/institutions/<uuid:institution_id>")
@needs(EDIT)
@takes(forms.InstitutionEdit)
@bp.doc(summary="Change an institution's entry", operation_id="updateInstitution", responses={204: "Changed"})
def edit_institution(institution_id: uuid.UUID) -> Any:
    """Names, code, address; where it belongs is changed by `/move`."""
    row = _house(institution_id)
    given = parse(forms.InstitutionEdit, json_body())
    service.edit_institution(row.id, given.model_dump(), by=me(), now=clock.now())
    return "", 204


@bp.post("/institutions/<uuid:institution_id>/move")
@needs(MANAGE)
@once
@takes(forms.MoveForm)
@bp.doc(summary="An institution changes its zone", operation_id="moveInstitution", responses={204: "Moved"})
def move(institution_id: uuid.UUID) -> Any:
    """Its instruments that stand in the old zone go with it; bookings keep their numbers."""
    row = _house(institution_id, MANAGE)
    given = parse(forms.MoveForm, json_body())
    into = forms.zone_id_of(given.zone)
    houses.move_house(row.id, out_of=row.zone_id, into=into, by=me(), now=clock.now())
    return "", 204


@bp.post("/institutions/<uuid:institution_id>/mandates")
@needs("mandate.give")
@once
@takes(forms.MandateForm)
@bp.output(MadeOut, status_code=201)
@bp.doc(summary="Let the zone register in an institution's stead", operation_id="createMandate")
def give_mandate(institution_id: uuid.UUID) -> Any:
    """`last_on` is the last day; none: until it is ended."""
    row = _house(institution_id, "mandate.give")
    given = parse(forms.MandateForm, json_body())
    return {"id": service.give_mandate(row.id, **given.values(), by=me(), now=clock.now())}, 201


@bp.delete("/institutions/<uuid:institution_id>/mandates/<uuid:mandate_id>")
@needs("mandate.give")
@bp.doc(summary="End such leave", operation_id="endMandate", responses={204: "Ended"})
def end_mandate(institution_id: uuid.UUID, mandate_id: uuid.UUID) -> Any:
    """It holds no more from today on."""
    row = _house(institution_id, "mandate.give")
    service.end_mandate(mandate_id, institution_id=row.id, by=me(), now=clock.now())
    return "", 204


@bp.get("/institutions/<uuid:institution_id>/closing")
@needs(MANAGE)
@bp.output(HangingOut)
@bp.doc(summary="What an institution's leaving would end", operation_id="previewClosing")
def closing(institution_id: uuid.UUID) -> Any:
    """To be read before `/close`."""
    found = booking.hanging_on(_house(institution_id, MANAGE).id, clock.now())
    counts = {name: getattr(found, name) for name in ("people", "groups", "instruments")}
    return counts | {"bookings_here": found.here, "bookings_elsewhere": found.away}


@bp.post("/institutions/<uuid:institution_id>/close")
@needs(MANAGE)
@once
@takes(forms.CloseForm)
@bp.doc(summary="An institution leaves", operation_id="closeInstitution", responses={204: "It has left"})
def close(institution_id: uuid.UUID) -> Any:
    """People's rights end, instruments are retired, open bookings are cancelled without fee; it is not taken back."""
    row, now = _house(institution_id, MANAGE), clock.now()
    given = parse(forms.CloseForm, json_body())
    houses.close_house(row.id, **given.model_dump(), by=me(), now=now)
    houses.cancel_all_left_behind(now)
    return "", 204
