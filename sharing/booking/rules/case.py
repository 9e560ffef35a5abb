"""One request laid before the rules: everything that is known when it is judged."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sharing.booking.rules import answers, leave, limits
from sharing.booking.rules.leave import Training
from sharing.booking.rules.limits import Held
from sharing.booking.rules.outside import OutsideRow, of_outside
from sharing.booking.rules.words import Violation
from sharing.kernel.timespan import TimeSpan, shanghai_day
from sharing.people.rules import Actor
from sharing.pricing.rules import Quote, QuoteState
from sharing.registry.rules import PolicyRow, Terms


@dataclass(frozen=True, slots=True)
class Case:
    """A request and all that it is judged by.

    by           whose booking it is; her groups, her kind, her institution count
    manager      whoever asks runs this instrument, and is exempt from lead, horizon and quotas
    service      the house runs it for a service order: nobody pays for the time, nobody is asked for it
    policy       the row in force when the span starts; its source_document names the rule
    open_spans   the span itself where all of it is open, else the open time some days round it, merged
    cards        cards of the paying group that are good on the day
    was          the span before a move; None for a new booking
    outside      its calendar in a campus system, where it is kept there
    """

    span: TimeSpan
    by: Actor
    now: datetime
    manager: bool
    terms: Terms
    policy: PolicyRow
    group_id: uuid.UUID | None
    quote: Quote
    open_spans: Sequence[TimeSpan]
    provisional: bool = False
    training: Training = field(default_factory=Training)
    cards: Sequence[uuid.UUID] = ()
    card_id: uuid.UUID | None = None
    position: int | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    held: Held = field(default_factory=Held)
    was: TimeSpan | None = None
    service: bool = False
    outside: OutsideRow | None = None

    @property
    def outside_hours(self) -> bool:
        """Part of it lies in closed time, as a long run may."""
        return not limits.is_open(self.span, self.open_spans, through_closed=False)

    @property
    def external(self) -> bool:
        """The payer is another legal entity than the instrument's owner."""
        return self.by.institution_id != self.terms.instrument.institution_id


def violations(case: Case) -> list[Violation]:
    """Every rule that the request breaks, exemptions not yet taken off; an empty list means none.

    A service run keeps to the instrument's state and hours; whom it is open to and who pays is the order's matter.
    """
    if case.service:
        return [one for one in (*of_instrument(case), *of_time(case)) if not _of_users(one)]
    return [*of_instrument(case), *of_time(case), *of_person(case), *of_request(case)]


def _of_users(broken: Violation) -> bool:
    """A rule that shares time among users, which the house does not use."""
    return broken.rule == "longest_minutes" or (broken.rule, broken.actual) == (
        "booking_mode",
        "service_only",
    )


def of_instrument(case: Case) -> list[Violation]:
    instrument = case.terms.instrument
    return [
        *leave.of_instrument(instrument, case.by, shanghai_day(case.span.start)),
        *leave.of_position(case.position, instrument.capacity),
        *of_outside(case.outside, case.now),
    ]


def of_time(case: Case) -> list[Violation]:
    """Distance, length, opening hours, quotas. A move that keeps its start is not judged by distance again."""
    same_start = case.was is not None and case.was.start == case.span.start
    return [
        *([] if same_start else limits.of_distance(case.span, case.policy, case.now, case.open_spans)),
        *limits.of_length(case.span, case.policy),
        *limits.of_hours(case.span, case.policy, case.open_spans, provisional=case.provisional, now=case.now),
        *limits.of_quotas(case.span, case.policy, case.held),
    ]


def of_person(case: Case) -> list[Violation]:
    """Audience and training; whoever runs the instrument needs neither."""
    if case.manager:
        return []
    return [
        *leave.of_audience(case.policy.audience, case.terms.instrument, case.by),
        *leave.of_training(case.policy.licence_level, case.training, case.policy.licence_idle_days),
    ]


def of_request(case: Case) -> list[Violation]:
    """Payer, card, price and answers. A move asks none of the payer and answers again."""
    barred = [Violation("price")] if case.quote.state is QuoteState.BARRED else []
    if case.was is not None:
        return barred
    return [
        *leave.of_payer(case.group_id, case.by, manager=case.manager),
        *leave.of_card(case.card_id, case.cards),
        *barred,
        *answers.of_answers(case.terms.questions, case.answers),
    ]
