"""The page of a research group: leave given in advance with this month's use, members, cards, history."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sharing.audit import queries as audit
from sharing.audit.queries import EventRow
from sharing.booking import queries
from sharing.funds import queries as funds
from sharing.funds import service as funds_service
from sharing.funds.rules import AuthorisationRow, CardRow
from sharing.kernel.language import _l
from sharing.kernel.money import ZERO, Money
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.people import queries as people
from sharing.people.queries import GroupRow, MemberRow, PersonRow
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow

WORDS: Final = {
    "funds.card-added": _l("添加经费卡"),
    "funds.card-retired": _l("停用经费卡"),
    "funds.authorised": _l("预先授权"),
    "funds.authorisation-ended": _l("结束预先授权"),
    "people.group-added": _l("建立课题组"),
    "people.member-added": _l("加入成员"),
    "people.member-ended": _l("移出成员"),
}
MOST_EVENTS: Final = 20


@dataclass(frozen=True, slots=True)
class Given:
    """One leave as the page shows it: whose, for what, how much of this month is used."""

    row: AuthorisationRow
    name: str
    name_en: str
    card: CardRow | None
    instruments: Sequence[InstrumentRow]
    used: Money
    used_minutes: int

    @property
    def limit(self) -> Money | None:
        return None if self.row.month_fen is None else Money(self.row.month_fen)


@dataclass(frozen=True, slots=True)
class Member:
    """One member with what she has booked on the group's account this month."""

    row: MemberRow
    used: Money
    used_minutes: int


@dataclass(frozen=True, slots=True)
class GroupPage:
    """All that the page shows; `manages` is the head's view, `reads_all` also finance's and the auditor's."""

    group: GroupRow
    institution: InstitutionRow | None
    manages: bool
    reads_all: bool
    members: Sequence[Member]
    given: Sequence[Given]
    cards: Sequence[CardRow]
    today: date
    history: Sequence[Mapping[str, Any]]

    @property
    def grantable(self) -> list[tuple[uuid.UUID, str]]:
        """Who can be given leave: members who do not head the group."""
        return [(one.row.user_id, one.row.name) for one in self.members if not one.row.head]

    @property
    def card_options(self) -> list[tuple[uuid.UUID, str]]:
        """The cards that leave can be bound to."""
        return [(card.id, f"{card.name} {card.number}") for card in self.cards if card.usable(self.today)]


def group_page(group_id: uuid.UUID, *, by: Actor, now: datetime) -> GroupPage:
    """The page for one who belongs to the group or may read it. Raises Refused: not-found."""
    group = funds_service.readable(group_id, by=by)
    here, today = funds_service.path(group), shanghai_day(now)
    reads_all = by.may("group.read", here)
    used = queries.month_use_of(group_id, now)
    leaves = [
        row
        for row in funds.authorisations(group_id)
        if row.ended_at is None
        and (row.ends_on is None or today < row.ends_on)
        and (reads_all or row.member_id == by.user_id)
    ]
    cards = funds.all_cards(group_id)
    return GroupPage(
        group=group,
        institution=network.institution(group.institution_id),
        manages=by.may("group.manage", here),
        reads_all=reads_all,
        members=[Member(row, *_use(used, row.user_id)) for row in people.group_members(group_id, today)],
        given=_given(leaves, cards, used),
        cards=cards,
        today=today,
        history=_history(audit.history("group", group_id)) if reads_all else (),
    )


def _use(used: Mapping[uuid.UUID, tuple[int, int]], user_id: uuid.UUID) -> tuple[Money, int]:
    fen, minutes = used.get(user_id, (ZERO.fen, 0))
    return Money(fen), minutes


def _given(
    leaves: Sequence[AuthorisationRow], cards: Iterable[CardRow], used: Mapping[uuid.UUID, tuple[int, int]]
) -> list[Given]:
    names = people.persons({row.member_id for row in leaves})
    card_by_id = {card.id: card for card in cards}
    things = registry.instruments({one for row in leaves for one in row.instruments})
    return [
        Given(
            row,
            names[row.member_id].name,
            names[row.member_id].name_en,
            card_by_id.get(row.card_id) if row.card_id else None,
            sorted((things[one] for one in row.instruments if one in things), key=lambda thing: thing.code),
            *_use(used, row.member_id),
        )
        for row in leaves
    ]


def _history(events: Sequence[EventRow]) -> list[dict[str, Any]]:
    """The newest events in words, with the person, card or number they were about."""
    shown = [event for event in reversed(events) if event.action in WORDS][:MOST_EVENTS]
    about = {key for event in shown if (key := _person(event))}
    names = people.persons(about)
    return [
        {"at": event.at, "who": event.actor_name or "", "what": _what(event, names), "note": event.note or ""}
        for event in shown
    ]


def _person(event: EventRow) -> uuid.UUID | None:
    after = event.after or {}
    found = after.get("member_id") or after.get("user_id")
    return uuid.UUID(found) if found else None


def _what(event: EventRow, names: Mapping[uuid.UUID, PersonRow]) -> str:
    person = _person(event)
    known = names.get(person) if person else None
    about = known.name if known else str((event.after or {}).get("number", ""))
    return f"{WORDS[event.action]} {about}".strip()
