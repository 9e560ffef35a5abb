"""The version that a client read: `If-Match` against the number that a thing or a list has now (CONTRACT section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import request

from sharing.kernel.refusals import Refused


def version_read() -> int | None:
    """The version in `If-Match`; None where none was sent. Raises Refused: precondition-failed (no tag of ours)."""
    if not request.headers.get("If-Match"):
        return None
    ours = [tag for tag in request.if_match.as_set() if tag.isdigit() and len(tag) < 10]
    if len(ours) != 1:
        raise Refused("precondition-failed")
    return int(ours[0])


def version_required() -> int:
    """The same where writing over another's change must be ruled out. Raises Refused: precondition-required too."""
    version = version_read()
    if version is None:
        raise Refused("precondition-required")
    return version


@contextmanager
def matched() -> Iterator[None]:
    """Say of somebody else's change in between, which a page calls edit-conflict, what HTTP calls it."""
    try:
        yield
    except Refused as no:
        if no.kind == "edit-conflict":
            raise Refused("precondition-failed", **no.facts) from no
        raise
