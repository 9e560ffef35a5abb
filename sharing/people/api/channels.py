"""Robots as JSON: one's own, and those of the institutions that one keeps them for."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from pydantic import BaseModel

from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.kernel.timespan import SHANGHAI
from sharing.notify import queries
from sharing.notify.forms import ChannelIn
from sharing.notify.queries import ChannelRow
from sharing.notify.service.channels import remove_channel, save_channel, sealing, try_channel
from sharing.people.signed import me

bp = APIBlueprint("channels_api", __name__, url_prefix="/api/v1", tag="Messages")


class ChannelOut(BaseModel):
    """A robot that passes messages on. Its address is never shown; `hint` is how it ends. `error` is what its server
    answers while it refuses."""

    id: uuid.UUID
    kind: str
    institution: uuid.UUID | None
    hint: str
    groups: list[str]
    created_at: datetime
    error: str | None


class ChannelsOut(BaseModel):
    """All of them."""

    items: list[ChannelOut]
    total: int
    page: int
    per_page: int


class ChannelIdOut(BaseModel):
    """Which robot it is."""

    id: uuid.UUID


def _shown(row: ChannelRow) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "kind": row.kind.value,
        "institution": str(row.institution_id) if row.institution_id else None,
        "hint": row.hint,
        "groups": list(row.groups),
        "created_at": row.created_at.astimezone(SHANGHAI).isoformat(),
        "error": row.error,
    }


def kept_for() -> frozenset[uuid.UUID]:
    """The institutions whose robots the caller keeps."""
    return me().scopes("channel.edit").institutions


@bp.get("/channels")
@needs(SIGNED_IN)
@bp.output(ChannelsOut)
@bp.doc(summary="Robots that pass my messages on", operation_id="listChannels")
def listed() -> Any:
    """Your own, then those of the institutions that you administer."""
    rows = [_shown(row) for row in queries.channels(me().user_id, kept_for())]
    return jsonify(items=rows, total=len(rows), page=1, per_page=max(len(rows), 1))


@bp.post("/channels")
@needs(SIGNED_IN)
@takes(ChannelIn)
@bp.output(ChannelIdOut, status_code=201)
@bp.doc(summary="Enter a robot of WeCom or DingTalk", operation_id="createChannel")
def create() -> Any:
    """In the place of the one of that kind before."""
    asked, by, now = (
        parse(ChannelIn, json_body()),
        me(),
        clock.now(),
    )

    def work() -> Answer:
        made = save_channel(
            asked.kind,
            asked.address,
            asked.secret,
            asked.groups,
            institution_id=asked.institution,
            by=by,
            sealing=sealing(),
            now=now,
        )
        return Answer(201, json.dumps({"id": str(made)}).encode())

    return posted(user_id=by.user_id, now=now, work=work)


@bp.delete("/channels/<uuid:channel_id>")
@needs(SIGNED_IN)
@bp.output({}, status_code=204)
@bp.doc(summary="Take a robot away", operation_id="deleteChannel")
def remove(channel_id: uuid.UUID) -> Any:
    """What waits for it is dropped."""
    remove_channel(channel_id, by=me(), now=clock.now())
    return "", 204


@bp.post("/channels/<uuid:channel_id>/try")
@needs(SIGNED_IN)
@bp.output(ChannelIdOut, status_code=202)
@bp.doc(summary="Have a robot say that it works", operation_id="tryChannel")
def try_out(channel_id: uuid.UUID) -> Any:
    """By the way that every message takes; what its server answers stands in the list of robots."""
    by, now = me(), clock.now()

    def work() -> Answer:
        try_channel(channel_id, by=by, now=now)
        return Answer(202, json.dumps({"id": str(channel_id)}).encode())

    return posted(user_id=by.user_id, now=now, work=work)
