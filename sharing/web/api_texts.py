"""Mail texts as JSON."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import needs
from sharing.notify import queries, service
from sharing.notify.forms import TextForm
from sharing.people.signed import me, once
from sharing.web.views_texts import RIGHT, house_of

bp = APIBlueprint("texts_api", __name__, url_prefix="/api/v1/institutions", tag="Messages")


class TextOut(BaseModel):
    """An institution's own words of a topic from a day on; `inherit`: ours again."""

    id: uuid.UUID
    topic: str
    valid_from: date
    inherit: bool
    title: str
    said: str
    then: str
    title_en: str
    said_en: str
    then_en: str
    source_document: str


class TextsOut(BaseModel):
    items: list[TextOut]


class EnteredOut(BaseModel):
    """The row that was entered."""

    id: uuid.UUID


@bp.get("/<uuid:institution_id>/mail-texts")
@needs(RIGHT)
@bp.output(TextsOut)
@bp.doc(summary="An institution's own mail texts", operation_id="listMailTexts")
def listed(institution_id: uuid.UUID) -> Any:
    """Every row that was entered, the newest of a topic first."""
    rows = queries.texts(house_of(institution_id).id)
    return {"items": [{name: getattr(row, name) for name in TextOut.model_fields} for row in rows]}


@bp.post("/<uuid:institution_id>/mail-texts/<topic>")
@needs(RIGHT)
@once
@takes(TextForm)
@bp.output(EnteredOut, status_code=201)
@bp.doc(summary="Enter a mail text", operation_id="createMailText")
def enter(institution_id: uuid.UUID, topic: str) -> Any:
    """Places are written `{number}`; 422 names one that there is not. 409 where a row of that day stands."""
    house = house_of(institution_id)
    given = parse(TextForm, json_body())
    made = service.enter_text(
        house.id,
        topic,
        given.words(),
        valid_from=given.valid_from,
        inherit=given.inherit,
        source_document=given.source_document,
        by=me(),
        now=clock.now(),
    )
    return {"id": made}, 201
