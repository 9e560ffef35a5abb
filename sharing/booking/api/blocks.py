"""Closed time as JSON: maintenance and closures (CONTRACT section 4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from apiflask import APIBlueprint
from flask import request

from sharing.booking import formats, forms, queries, service, shapes
from sharing.booking.rules import BlockKind
from sharing.kernel import clock
from sharing.kernel.documented import takes
from sharing.kernel.idempotency import Answer, json_answer, json_response, posted
from sharing.kernel.inputs import json_body, parse
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.people.signed import me

bp = APIBlueprint("blocks_api", __name__, url_prefix="/api/v1", tag="Calendar")
T = TypeVar("T")
HITS = {409: "Bookings in the way without a choice: see `bookings`; or a time proposed for a move is taken"}


def _spoken(work: Callable[[], T]) -> T:
    try:
        return work()
    except Refused as no:
        raise formats.spoken(no) from None


@bp.get("/blocks")
@needs(SIGNED_IN)
@takes(forms.BlocksIn, "query")
@bp.output(shapes.BlocksOut)
@bp.doc(summary="Maintenance and closures", operation_id="listBlocks")
def listed() -> Any:
    """By start; `from` and `to` bound what overlaps them."""
    asked = parse(forms.BlocksIn, request.args)
    found = queries.blocks(
        instrument_id=asked.instrument,
        since=asked.from_,
        until=asked.to,
        page=asked.page,
        per_page=asked.per_page,
    )
    items = [formats.block_json(row) for row in found.items]
    page = {"items": items, "total": found.total, "page": found.page, "per_page": found.per_page}
    return json_response(page)


@bp.get("/blocks/<uuid:block_id>")
@needs(SIGNED_IN)
@bp.output(shapes.BlockOut)
@bp.doc(summary="One block", operation_id="getBlock")
def one(block_id: uuid.UUID) -> Any:
    """Closed time; one that was lifted is not found."""
    row = queries.block(block_id)
    if row is None or row.lifted_at is not None:
        raise Refused("not-found")
    return json_response(formats.block_json(row))


@bp.post("/blocks")
@needs("booking.manage")
@takes(forms.BlockIn)
@bp.output(shapes.BlockOut, status_code=201)
@bp.doc(summary="Close time", operation_id="createBlock", responses=HITS)
def create() -> Any:
    """A block, or one on each date of `repeat`; the first is answered, `dates` names all. Bookings in the way need a
    choice each: `move` to a `start`, `cancel` without a fee or `keep`; without one they are named in a 409."""
    ask, by, now = parse(forms.BlockIn, json_body()), me(), clock.now()

    def work() -> Answer:
        rows = service.close_time(ask.command(), ask.choices, by=by, now=now)
        return json_answer(formats.block_json(rows[0], rows), 201, f"/api/v1/blocks/{rows[0].id}")

    return _spoken(lambda: posted(user_id=by.user_id, now=now, work=work))


@bp.patch("/blocks/<uuid:block_id>")
@needs("booking.manage")
@takes(forms.BlockChangeIn)
@bp.output(shapes.BlockOut)
@bp.doc(summary="Change one date of closed time", operation_id="editBlock", responses=HITS)
def edit(block_id: uuid.UUID) -> Any:
    """Bookings that the new span hits besides need a choice, as when it was laid."""
    ask = parse(forms.BlockChangeIn, json_body())
    row = _spoken(
        lambda: service.edit_block(
            block_id,
            span=ask.span,
            kind=BlockKind(ask.kind),
            reason=ask.reason,
            choices=ask.choices,
            by=me(),
            now=clock.now(),
        )
    )
    return json_response(formats.block_json(row))


@bp.delete("/blocks/<uuid:block_id>")
@needs("booking.manage")
@takes(forms.ReopenIn, "query")
@bp.output({}, status_code=204)
@bp.doc(summary="Give closed time back", operation_id="deleteBlock", responses={409: "It is over already"})
def reopen(block_id: uuid.UUID) -> Any:
    """What runs ends now, what is to come is lifted; `which` takes `later` or `all` dates of a series besides."""
    service.reopen(block_id, parse(forms.ReopenIn, request.args).reach, by=me(), now=clock.now())
    return "", 204
