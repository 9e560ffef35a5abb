"""The maintenance tab of an instrument: what closes it, the form to close time, and whom that would hit."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sharing.booking import queries
from sharing.booking.rules import BlockKind, BlockRow, Hit
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI, shanghai_day
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.queries import Head


@dataclass(frozen=True, slots=True)
class ClosingTab:
    """Everything that `booking/blocks.html` shows.

    editing  the block that the form changes; None to lay a new one
    values   what the form holds, typed or taken from the block
    hits     bookings in the way, once the form was sent and hit some
    """

    head: Head
    now: datetime
    coming: Sequence[BlockRow]
    past: Sequence[BlockRow]
    running: BlockRow | None
    editing: BlockRow | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    hits: Sequence[Hit] = ()


def closing_tab(
    instrument_id: uuid.UUID,
    by: Actor,
    *,
    now: datetime,
    editing: BlockRow | None = None,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    refused: str = "",
    hits: Sequence[Hit] = (),
) -> ClosingTab:
    """The tab for who runs the instrument. Raises Refused: not-found, forbidden."""
    head = registry.head(instrument_id, by, shanghai_day(now))
    if head is None:
        raise Refused("not-found")
    if not head.may_run:
        raise Refused("forbidden")
    return ClosingTab(
        head=head,
        now=now,
        coming=[row for row in queries.standing(instrument_id, now) if row.kind is not BlockKind.OUTSIDE],
        past=queries.over_blocks(instrument_id, now),
        running=queries.running([instrument_id], now).get(instrument_id),
        editing=editing,
        values=values if values is not None else typed(editing),
        errors=errors or {},
        refused=refused,
        hits=hits,
    )


def typed(row: BlockRow | None) -> dict[str, str]:
    """A block as the fields of its form."""
    if row is None:
        return {}
    start, end = (at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M") for at in (row.span.start, row.span.end))
    return {"start": start, "end": end, "kind": row.kind.value, "reason": row.reason}
