"""The shapes of the API's answers about the rules of booking, and what a change of them would do."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from sharing.approval.formats import chain_json
from sharing.booking.queries import CalendarEffect, ChainEffect, PolicyEffect
from sharing.booking.rules import local
from sharing.registry.shapes import DatedOut


class PolicyRowOut(DatedOut):
    """A booking policy; null means without limit, times in whole minutes."""

    scope: str
    granularity_minutes: int
    shortest_minutes: int
    longest_minutes: int | None
    lead_minutes: int
    horizon_days: int | None
    person_day_minutes: int | None
    person_week_minutes: int | None
    group_day_minutes: int | None
    group_week_minutes: int | None
    most_open_bookings: int | None
    setup_minutes: int
    cleanup_minutes: int
    cancel_notice_minutes: int
    audience: Literal["group", "institution", "network", "everyone"]
    licence_level: Literal["supervised", "independent", "advanced"] | None
    licence_idle_days: int | None
    runs_through_closed: bool
    check_in_required: bool
    check_in_early_minutes: int
    no_show_minutes: int | None


class PoliciesOut(BaseModel):
    """Every policy ever entered for a scope, the latest first; `revision` is the ETag."""

    scope: str
    revision: int
    items: list[PolicyRowOut]


class BrokenOut(BaseModel):
    """A future booking and the rules that it would break."""

    id: uuid.UUID
    number: str
    instrument_id: uuid.UUID
    start: datetime
    end: datetime
    rules: list[str]


class OpeningOut(BaseModel):
    """On how many instruments the audience changes."""

    before: str
    after: str
    instruments: int


class PolicyEffectOut(BaseModel):
    """What a policy would change; `items` are the first of the `broken` bookings."""

    instruments: int
    kept: int
    audiences: list[OpeningOut]
    looked: int
    broken: int
    by_rule: dict[str, int]
    items: list[BrokenOut]


def policy_effect_json(found: PolicyEffect) -> dict[str, Any]:
    """What a policy would change, as the API and the command show it."""
    return {
        "instruments": found.instruments,
        "kept": found.kept,
        "audiences": [
            {"before": one.before, "after": one.after, "instruments": one.instruments}
            for one in found.openings
        ],
        "looked": found.looked,
        "broken": found.broken,
        "by_rule": found.by_rule,
        "items": [
            {
                "id": one.booking.id,
                "number": one.booking.number,
                "instrument_id": one.booking.instrument_id,
                **local(one.booking.span),
                "rules": [fault.rule for fault in one.violations],
            }
            for one in found.shown
        ],
    }


class ChainStepOut(BaseModel):
    """One step: who decides, within how many working hours; any condition calls it, none means always."""

    role: Literal["payer", "manager", "institution"]
    working_hours: int
    needed_when: list[dict[str, Any]]


class ChainRowOut(DatedOut):
    """Which steps a request takes from a day on."""

    name: str
    name_en: str
    steps: list[ChainStepOut]


class ChainsOut(BaseModel):
    """Every chain ever entered for a scope, the latest first; `revision` is the ETag."""

    scope: str
    revision: int
    items: list[ChainRowOut]


class DecidersOut(BaseModel):
    """Who would decide a step today; none are named where it is the head of whichever group pays."""

    role: str
    names: list[str]


class ChainEffectOut(BaseModel):
    """What a chain would change; `pending` requests go on by the chain that they began with."""

    instruments: int
    kept: int
    before: list[ChainStepOut]
    after: list[ChainStepOut]
    deciders: list[DecidersOut]
    pending: int
    items: list[dict[str, Any]]


def chain_effect_json(found: ChainEffect) -> dict[str, Any]:
    """What a chain would change, as the API and the command show it."""
    return {
        "instruments": found.instruments,
        "kept": found.kept,
        "before": chain_json(found.before)["steps"] if found.before else [],
        "after": chain_json(found.after)["steps"] if found.after else [],
        "deciders": [{"role": one.role, "names": one.names} for one in found.deciders],
        "pending": found.pending,
        "items": [
            {"id": row.id, "number": row.number, "instrument_id": row.instrument_id, **local(row.span)}
            for row in found.shown
        ],
    }


def calendar_effect_json(found: CalendarEffect) -> dict[str, Any]:
    """What entries of the calendar would change, as the API and the command show it."""
    return {
        "days": [
            {"day": one.day, "before": one.before.kind, "after": one.after.kind, "bookings": one.bookings}
            for one in found.days
        ],
        "published": found.published,
        "bookings": found.bookings,
        "outside": found.outside,
        "items": [
            {"id": row.id, "number": row.number, "instrument_id": row.instrument_id, **local(row.span)}
            for row in found.shown
        ],
    }
