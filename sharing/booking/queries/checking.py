"""What submitting would meet, without writing: the list that stands beside the form while a slot is dragged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sharing.booking.queries import slots
from sharing.booking.queries.behalf import for_person
from sharing.booking.queries.bookings import own_in
from sharing.booking.queries.closing import in_window
from sharing.booking.queries.free import alternatives, free_from
from sharing.booking.queries.judgement import Wish, case
from sharing.booking.queries.plan import advice, plan
from sharing.booking.rules import (
    Case,
    Check,
    Closed,
    Free,
    StepPreview,
    Submit,
    Taken,
    Violation,
    exempted,
    full_spans,
    violations,
)
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import Terms


def wish_of(ask: Submit, terms: Terms, by: Actor) -> Wish:
    """A new booking as it is judged."""
    return Wish(
        terms=terms,
        span=ask.span,
        by=by,
        manager=by.may("booking.manage", terms.instrument.path),
        group_id=ask.group_id,
        card_id=ask.card_id,
        position=ask.position,
        answers=ask.answers,
    )


def judged(known: Case) -> tuple[list[Violation], list[str]]:
    """What the request breaks, and what a manager is exempt from."""
    return exempted(violations(known), manager=known.manager)


def slot_span(known: Case) -> TimeSpan:
    """The booked span with its buffers."""
    return buffered(known.span, known.policy.setup_minutes, known.policy.cleanup_minutes)


def buffered(span: TimeSpan, setup_minutes: int, cleanup_minutes: int) -> TimeSpan:
    return span.widened(timedelta(minutes=setup_minutes), timedelta(minutes=cleanup_minutes))


def check(
    ask: Submit,
    *,
    by: Actor,
    now: datetime,
    questions_later: bool = False,
    booker: Actor | None = None,
    instead: Sequence[Free] | None = None,
) -> Check:
    """Every broken rule, the quote, the steps it would take, and whether the time is free.

    booker           who asks for her, where she does not herself
    questions_later  answers are still to be filled in: a missing one is no fault yet
    instead          free time as a refusal has just found it; None: it is looked for here
    raises           Refused: not-found, not-on-behalf
    """
    if booker is not None:
        ask = for_person(ask, person=by, by=booker)
    terms = registry.booking_terms(ask.instrument_id)
    if terms is None:
        raise Refused("not-found")
    known = case(wish_of(ask, terms, by), now)
    broken, exempt = judged(known)
    if questions_later:
        broken = [one for one in broken if one.rule != "answer_required"]
    planned = plan(known, answers=ask.answers, booking_id=None, now=now, booker=booker)
    conflicts = _conflicts(known)
    told = advice(known, planned, now)
    in_time = next((one.earliest for one in told if one.earliest), None)
    return Check(
        violations=broken,
        quote=known.quote,
        exempt_from=exempt,
        conflicts=conflicts,
        own=own_in(terms.instrument.id, by.user_id, ask.span) if conflicts else (),
        closed=[
            Closed(one.span, one.said)
            for one in (in_window([terms.instrument.id], slot_span(known)) if conflicts else ())
        ],
        alternatives=_instead(terms, ask.span, by, now, instead) if conflicts else (),
        steps=[
            StepPreview(step.role.value, step.decided_by_rule.rule if step.decided_by_rule else None)
            for step in planned.steps
        ],
        advice=told,
        in_time=free_from(terms, ask.span, in_time, now) if in_time else None,
    )


def _instead(
    terms: Terms, wish: TimeSpan, by: Actor, now: datetime, known: Sequence[Free] | None
) -> Sequence[Free]:
    return alternatives(terms, wish, by, now) if known is None else known


def _conflicts(known: Case) -> list[TimeSpan]:
    instrument, span = known.terms.instrument, slot_span(known)
    taken: list[Taken] = slots.taken([instrument.id], span, instrument.capacity)[instrument.id]
    if known.position is not None and instrument.capacity > 1:
        return [one.span for one in taken if one.position == known.position]
    return full_spans(span, taken, instrument.capacity)
