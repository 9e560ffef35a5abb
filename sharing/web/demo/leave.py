"""The approval of a visit: its steps, from where each is decided, and who said what."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sharing.approval.models import Approval, Decision, Seat, Step
from sharing.approval.queries import chain_for
from sharing.approval.rules import (
    ChainRow,
    Deadline,
    Facts,
    RuleDecision,
    SeatPlan,
    StepPlan,
    StepRole,
    deadline,
    needed,
    step_plan,
)
from sharing.kernel.timespan import shanghai_day
from sharing.web.demo.house import Person
from sharing.web.demo.story import Pen, Story, Word

LATEST: Final = timedelta(hours=1)  # no step is decided later than this before the start
SUBJECT: Final = "booking"
STEP_STATE: Final = {
    "approve": "approved",
    "reject": "rejected",
    "return": "returned",
    "expire": "expired",
    "": "open",
}
ENDING: Final = {"rejected": "reject", "expired": "expire"}
WAITING: Final = ("", "return")


class Leave:
    """Writes one approval after another into the batch."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self._known: dict[uuid.UUID, ChainRow | None] = {}

    def write(self, story: Story) -> None:
        """The approval of one visit as far as it came; tells the story what was said, and why it was refused."""
        latest_at, plans = story.visit.span.start - LATEST, self._plans(story)
        story.words = self._words(story, plans, latest_at)
        last = story.words[-1] if story.words else Word("approve", story.asked_at)
        live = last.verdict in WAITING
        if live:
            story.turn = plans[len(story.words) - 1].role
        if last.verdict in ENDING.values():
            story.ended_at, story.note, story.ended_by = last.at, last.note, last.by
        chain, key = self._chain(story), self.pen.keys.at(story.asked_at)
        self.pen.batch.add(
            Approval,
            id=key,
            subject_kind=SUBJECT,
            subject_id=story.id,
            requester_id=story.visit.person.id,
            zone_code=story.visit.terms.instrument.zone_code,
            chain_id=chain.id if chain else None,
            state=STEP_STATE[last.verdict],
            latest_at=latest_at,
            opened_at=story.asked_at,
            closed_at=None if live else last.at,
        )
        self._steps(key, story, plans, latest_at, live=live)

    # --- which steps ------------------------------------------------------------------------------------------------

    def _chain(self, story: Story) -> ChainRow | None:
        """The chain in force; the demo has one a scope, from before the first of its bookings."""
        item = story.visit.item.id
        if item not in self._known:
            self._known[item] = chain_for(
                story.visit.terms.instrument.scope_keys, shanghai_day(story.asked_at)
            )
        return self._known[item]

    def _plans(self, story: Story) -> list[StepPlan]:
        visit, instrument = story.visit, story.visit.terms.instrument
        chain = self._chain(story)
        facts = Facts(story.external, visit.span.minutes, story.quote.amount, answers=story.answers)
        plans = []
        for step in needed(chain.steps if chain else (), facts):
            if step.role is not StepRole.PAYER:
                plans.append(step_plan(step, instrument.path))
            elif visit.group is not None:
                payer = replace(
                    instrument.path,
                    group_id=visit.group.id,
                    institution_id=self.pen.house.institutions[visit.group.institution],
                )
                plans.append(step_plan(step, payer, by_rule=self._rule(story)))
        return plans

    def _rule(self, story: Story) -> RuleDecision | None:
        """The payer's word that is given already: a head's on her own group, or her authorisation of a member."""
        group, person = story.visit.group, story.visit.person
        if group is None:
            return None
        if person is group.head:
            return RuleDecision("own-group")
        authorisation = group.authorised.get(person.id)
        return RuleDecision("authorisation", authorisation) if authorisation else None

    # --- what was said ----------------------------------------------------------------------------------------------

    def _words(self, story: Story, plans: list[StepPlan], latest_at: datetime) -> list[Word]:
        """A word for each step that was reached; the last is empty while a step still waits."""
        status, stage = story.visit.status, story.visit.stage
        turn = self._turn(story, plans)
        words: list[Word] = []
        at = story.asked_at
        for number, plan in enumerate(plans):
            if plan.decided_by_rule:
                words.append(Word("approve", at, rule=plan.decided_by_rule))
                continue
            if number == turn and status == "requested" and stage != "returned":
                return [*words, Word("", at)]
            at = self._later(at, latest_at)
            verdict = "approve"
            if number == turn:
                verdict = "return" if status == "requested" else ENDING[status]
            by = None if verdict == "expire" else self._decider(story, plan)
            words.append(Word(verdict, at, by, self._note(verdict)))
            if verdict != "approve":
                break
        return words

    def _turn(self, story: Story, plans: list[StepPlan]) -> int | None:
        """Which step did not, or not yet, say yes; None when all did."""
        status, stage = story.visit.status, story.visit.stage
        if status not in ("requested", *ENDING):
            return None
        mine = [number for number, plan in enumerate(plans) if plan.decided_by_rule is None]
        if status == "requested" and stage != "returned":
            mine = [number for number in mine if plans[number].role == stage] or mine[-1:]
            return mine[0]
        return self.pen.draw.choice(mine)

    def _later(self, opened_at: datetime, latest_at: datetime) -> datetime:
        """Some working minutes on, yet before the start and before now."""
        at = self.pen.office.after(
            opened_at, self.pen.draw.choice((3, 8, 20, 45, 90, 150, 240)), self.pen.calendar
        )
        end = min(latest_at, self.pen.now)
        if at >= end:
            at = opened_at + (end - opened_at) * self.pen.draw.uniform(0.3, 0.8)
        return max(at, opened_at).replace(microsecond=0)

    def _decider(self, story: Story, plan: StepPlan) -> Person:
        if plan.role is StepRole.PAYER and story.visit.group:
            return story.visit.group.head
        if plan.role is StepRole.MANAGER:
            return story.visit.item.managers[0]
        return self.pen.house.admins[story.visit.item.institution]

    def _note(self, verdict: str) -> str:
        said = self.pen.source.remarks[verdict]
        return said if isinstance(said, str) else str(self.pen.draw.choice(said))

    # --- rows -------------------------------------------------------------------------------------------------------

    def _steps(
        self, approval_id: uuid.UUID, story: Story, plans: list[StepPlan], latest_at: datetime, *, live: bool
    ) -> None:
        """Each step as far as it came; what nobody reached waits, or was dropped with the rest."""
        opened_at: datetime | None = story.asked_at
        for position, plan in enumerate(plans, start=1):
            word = story.words[position - 1] if position <= len(story.words) else None
            ends = self._ends(plan, word, latest_at)
            if ends:
                story.due_at = ends.due_at
            key = self.pen.keys.at(opened_at or latest_at)
            self.pen.batch.add(
                Step,
                id=key,
                approval_id=approval_id,
                position=position,
                role=plan.role.value,
                state=STEP_STATE[word.verdict] if word else "waiting" if live else "dropped",
                working_hours=plan.working_hours,
                opened_at=opened_at,
                remind_at=ends.remind_at if ends and word and not word.verdict else None,
                escalate_at=ends.escalate_at if ends and word and not word.verdict else None,
                due_at=ends.due_at if ends else None,
            )
            if live:  # nobody will decide the others any more
                self._seats(key, plan)
            if word and word.verdict:
                self._decision(approval_id, key, word)
            opened_at = word.at if word and word.verdict == "approve" else None

    def _ends(self, plan: StepPlan, word: Word | None, latest_at: datetime) -> Deadline | None:
        """Until when a step that waits may be decided, or a returned one be mended."""
        if word is None or word.verdict not in WAITING:
            return None
        return deadline(word.at, plan.working_hours, latest_at, self.pen.office, self.pen.calendar)

    def _seats(self, step_id: uuid.UUID, plan: StepPlan) -> None:
        rows: dict[SeatPlan, bool] = dict.fromkeys(plan.escalation, True) | dict.fromkeys(plan.seats, False)
        for seat, escalation in rows.items():
            self.pen.batch.add(
                Seat,
                id=self.pen.keys.at(self.pen.now),
                step_id=step_id,
                role=seat.role.value,
                scope_kind=seat.scope_kind.value,
                scope_id=seat.scope_id,
                escalation=escalation,
            )

    def _decision(self, approval_id: uuid.UUID, step_id: uuid.UUID, word: Word) -> None:
        self.pen.batch.add(
            Decision,
            id=self.pen.keys.at(word.at),
            approval_id=approval_id,
            step_id=step_id,
            decision=word.verdict,
            by_id=word.by.id if word.by else None,
            by_name=word.by.name if word.by else "",
            rule=word.rule.rule if word.rule else None,
            rule_id=word.rule.rule_id if word.rule else None,
            at=word.at,
            note=word.note,
        )
