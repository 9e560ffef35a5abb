"""Positions of an instrument of several places: which is free, and how bookings move up to make room.

A slot is the booked span with its buffers. Slots that only touch do not meet.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sharing.kernel.timespan import TimeSpan, merged, without


@dataclass(frozen=True, slots=True)
class Taken:
    """Time taken on a position. A pinned slot keeps its place: a running booking, a change, a block."""

    source_id: uuid.UUID
    position: int
    span: TimeSpan
    pinned: bool = False


def meeting(wish: TimeSpan, taken: Sequence[TimeSpan]) -> list[TimeSpan]:
    """The spans that the wish would overlap, in the order given."""
    return [one for one in taken if wish.overlaps(one)]


def free_position(wish: TimeSpan, taken: Sequence[Taken], capacity: int) -> int | None:
    """The first position on which nothing meets the wish; None when every one is taken somewhere in it."""
    busy = {one.position for one in taken if wish.overlaps(one.span)}
    return next((p for p in range(1, capacity + 1) if p not in busy), None)


def peak(window: TimeSpan, spans: Sequence[TimeSpan]) -> int:
    """The most spans that hold at one instant of the window."""
    most = level = 0
    for _at, step in _edges(window, spans):
        level += step
        most = max(most, level)
    return most


def _edges(window: TimeSpan, spans: Iterable[TimeSpan]) -> list[tuple[datetime, int]]:
    """Where spans begin (+1) and end (-1) in the window, in order; at one instant the ends come first."""
    parts = [part for span in spans if (part := span.intersection(window))]
    return sorted([*((part.start, 1) for part in parts), *((part.end, -1) for part in parts)])


def repacked(
    wish: TimeSpan, taken: Sequence[Taken], capacity: int
) -> tuple[int, Mapping[uuid.UUID, int]] | None:
    """Where the wish fits when slots that are not pinned may change position.

    taken    every slot of the cluster: closed under overlap, so that moving within it meets nothing outside
    returns  the wish's position and the new position of every slot that moves; None when there is no room

    Slots are laid in order of start on the lowest position free for the whole of them, pinned slots first where they
    stand. Where nothing is pinned this greedy order fills `peak` positions exactly.
    """
    if peak(wish, [one.span for one in taken]) >= capacity:
        return None
    lanes: dict[int, list[TimeSpan]] = {p: [] for p in range(1, capacity + 1)}
    for one in taken:
        if one.pinned and one.position in lanes:
            lanes[one.position].append(one.span)
    loose = sorted((one.span, i) for i, one in enumerate(taken) if not one.pinned)
    queue = sorted([*loose, (wish, -1)])
    placed: dict[int, int] = {}
    for span, index in queue:
        lane = next((p for p, held in lanes.items() if not meeting(span, held)), None)
        if lane is None:
            return None
        lanes[lane].append(span)
        placed[index] = lane
    moved = {taken[i].source_id: p for i, p in placed.items() if i >= 0 and taken[i].position != p}
    return placed[-1], moved


def cluster(wish: TimeSpan, taken: Sequence[Taken]) -> list[Taken]:
    """The slots that the wish meets, those that these meet, and so on."""
    inside: list[Taken] = []
    reach, rest = wish, list(taken)
    while True:
        near = [one for one in rest if one.span.overlaps(reach)]
        if not near:
            return inside
        inside += near
        rest = [one for one in rest if not one.span.overlaps(reach)]
        reach = TimeSpan(
            min(reach.start, *(one.span.start for one in near)),
            max(reach.end, *(one.span.end for one in near)),
        )


def full_spans(window: TimeSpan, taken: Sequence[Taken], capacity: int) -> list[TimeSpan]:
    """When every position is taken at once, merged and in order: time in which nothing more fits."""
    if capacity == 1:
        return [part for span in merged(one.span for one in taken) if (part := span.intersection(window))]
    full: list[TimeSpan] = []
    level, since = 0, window.start
    for at, step in _edges(window, (one.span for one in taken)):
        if step < 0 and level == capacity and since < at:
            full.append(TimeSpan(since, at))
        level += step
        if step > 0 and level == capacity:
            since = at
    return merged(full)


def extra(wish: TimeSpan, held: TimeSpan) -> list[TimeSpan]:
    """The minutes of the wish that are not held yet: what a pending change holds."""
    return without(wish, [held])
