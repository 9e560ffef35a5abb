"""Calendar addresses for calendar programs, and one booking as a file."""

from __future__ import annotations

import gzip
import uuid

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from sharing.booking import calendar_feed
from sharing.kernel import clock
from sharing.kernel.rights import PUBLIC, SIGNED_IN, needs
from sharing.people.signed import me

bp = Blueprint("feeds", __name__)
MEDIA_TYPE = "text/calendar; charset=utf-8"
WORTH_PACKING = 1024  # bytes


@bp.get("/calendars/<secret>.ics")
@needs(PUBLIC)
def calendar(secret: str) -> ResponseReturnValue:
    """A feed: whoever has the address reads it, for calendar programs cannot sign in. 304 before anything is made."""
    now = clock.now()
    source = calendar_feed.source(secret, now=now)
    version = calendar_feed.version(source, now=now)
    answer = Response(content_type=MEDIA_TYPE)
    answer.set_etag(version.tag, weak=True)
    answer.last_modified = version.changed_at
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers.add("Vary", "Accept-Encoding")
    if request.if_none_match.contains_weak(version.tag):
        answer.status_code = 304
        return answer
    body = b"" if request.method == "HEAD" else calendar_feed.document(source, now=now)
    if request.accept_encodings["gzip"] and len(body) > WORTH_PACKING:
        body = gzip.compress(body, compresslevel=5, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"
    answer.set_data(body)
    answer.headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
    return answer


@bp.get("/bookings/<uuid:booking_id>/booking.ics")
@needs(SIGNED_IN)
def booking_file(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Add to calendar: the same event as in the feed."""
    number, body = calendar_feed.single(booking_id, reader=me())
    headers = {"Content-Disposition": f'attachment; filename="{number}.ics"'}
    return Response(body, content_type=MEDIA_TYPE, headers=headers)
