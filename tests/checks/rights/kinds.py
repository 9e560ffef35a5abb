"""Rows that several parts of the table have in common."""

from __future__ import annotations

from typing import Any

from sharing.kernel.rights import SIGNED_IN
from tests import cast
from tests.checks.rights.who import HOLDERS, NOBODY, OVERSEES, REQUESTER, Args, Route, Who
from tests.checks.rights_world import VISITOR, Side


def day(hour: str, on: int = 1) -> str:
    return cast.clock(on, hour).isoformat(timespec="minutes")


SPAN = {"start": day("13:00"), "end": day("14:00")}

DATED = {"valid_from": "2026-06-01", "source_document": "会议纪要"}

WHY = {"reason": "重拟"}


def open_to(right: str, *, own: bool = False, form: Args | None = None, **args: Any) -> Route:
    """A route without a thing: whoever holds the right gets through."""
    holders = HOLDERS[right] - {VISITOR}
    return Route(
        right, Who(holders, holders), args=lambda _side: args, form=lambda _side: form or {}, own=own
    )


def own(make: str, part: str) -> Route:
    """A route at something that belongs to one person, of which nobody else may know."""
    return Route(
        SIGNED_IN,
        REQUESTER,
        knows=NOBODY,
        args=lambda side: {part: getattr(side, make)()},
        own=True,
        sided=True,
    )


def instrument(right: str, may: Who, form: Args | None = None, part: str = "", make: str = "") -> Route:
    """A route at an instrument, which everybody knows; `part` is made anew by `Side.<make>`."""

    def args(side: Side) -> Args:
        inner = {part: getattr(side, make)()} if part else {}
        return {"instrument_id": side.instrument.id, **inner}

    return Route(right, may, args=args, form=lambda _side: form or {}, sided=True)


def in_house(right: str, part: str, make: str, form: Args | None = None) -> Route:
    """A route at something of a house's people, which only their administrators know."""
    return Route(
        right,
        OVERSEES,
        knows=NOBODY,
        args=lambda side: {part: getattr(side, make)()},
        form=lambda _side: form or {},
        sided=True,
    )


def at_house(
    right: str, may: Who, form: Args | None = None, part: str = "", make: str = "", **more: Any
) -> Route:
    """A route at an institution, which everybody knows; `part` is made anew by `Side.<make>`."""

    def args(side: Side) -> Args:
        inner = {part: getattr(side, make)()} if part else {}
        return {"institution_id": side.institution.id, **inner, **more}

    return Route(right, may, args=args, form=lambda _side: form or {}, sided=True)


def rule(right: str, may: Who, form: Args | None = None) -> Route:
    """A page of dated rules at an instrument."""
    return Route(
        right,
        may,
        args=lambda side: {"scope": f"instrument:{side.instrument.id}"},
        form=lambda _side: form or {},
        sided=True,
    )


def rule_in(right: str, may: Who, form: Args) -> Route:
    """A dated rule of an instrument, as a program sends it."""
    return Route(
        right, may, form=lambda side: form | {"scope": f"instrument:{side.instrument.id}"}, sided=True
    )


def withdrawn(right: str, may: Who, make: str) -> Route:
    """A route that takes back a dated rule of an instrument, made anew, that has not begun."""
    return Route(
        right,
        may,
        args=lambda side: {"row_id": getattr(side, make)()},
        form=lambda _side: {"reason": "重拟"},
        sided=True,
    )
