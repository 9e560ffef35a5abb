"""The world in which rights are tried: everybody of the cast, with like things on two sides.

ours     a university in kunming: `house.instrument`, its group, a booking of its researcher
theirs   a college in honghe: an instrument, a group and a booking of its own
Every `…` function of `Side` makes a fresh thing, so that one try does not spoil the next.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete

from sharing.booking import service as booking
from sharing.booking.models import Outside
from sharing.booking.rules import Submit
from sharing.kernel.db import db
from sharing.network.models import Institution, Notice, Zone
from sharing.notify.models import Channel, Message
from sharing.people import queries, service
from sharing.people.models import ResearchGroup, User
from sharing.registry import service as registry
from sharing.registry.models import Document, ImportRun, Instrument, Picture
from sharing.registry.pages.imports import storage
from tests import cast
from tests.harness.browser import KEPT

VISITOR: Final = "visitor"
PEOPLE: Final = (
    "researcher", "head", "colleague", "manager", "deputy", "admin", "finance", "zone_admin", "province_admin",
    "auditor", "enterprise", "stranger", "other_head", "other_manager", "other_admin",
)  # fmt: skip
SIDES: Final = ("ours", "theirs")


@dataclass
class Side:
    """One of the two houses."""

    institution: Institution
    instrument: Instrument
    group: ResearchGroup
    requester: User
    head: User
    admin: User
    heir: User

    def __post_init__(self) -> None:
        self.number = itertools.count(1)
        self.card = cast.card(self.group)

    @property
    def zone(self) -> str:
        """The code of its zone."""
        return db.session.get_one(Zone, self.institution.zone_id).code

    def requested(self) -> uuid.UUID:
        """A booking that waits for its group's head."""
        n = next(self.number)
        ask = Submit(
            instrument_id=self.instrument.id,
            span=cast.span(2 + n % 3, "09:00", "10:00"),
            purpose="样品",
            group_id=self.group.id,
            position=1 + n % 99,
        )
        by = queries.actor(self.requester.id, cast.NOW)
        assert by is not None
        return booking.submit(ask, by=by, now=cast.NOW).booking.id

    def approved(self, day: int = 0) -> uuid.UUID:
        """A booking that may begin now."""
        when = cast.span(day, "10:00", "11:00")
        n = next(self.number)
        return cast.booking(
            self.instrument, self.requester, when, position=1 + n % 99, group_id=self.group.id
        ).id

    def coming(self) -> uuid.UUID:
        """An approved booking of tomorrow."""
        return self.approved(1)

    def offered(self) -> uuid.UUID:
        """A booking of tomorrow that its requester offers to a colleague."""
        booking_id = self.coming()
        by = queries.actor(self.requester.id, cast.NOW)
        assert by is not None
        booking.hand_over(booking_id, person=self.heir.username, by=by, now=cast.NOW)
        return booking_id

    def kept_outside(self) -> uuid.UUID:
        """The instrument, its calendar kept elsewhere and dropped here by file, just now."""
        return self._outside("file")

    def read_outside(self) -> uuid.UUID:
        """The instrument, its calendar kept at an address within, which nothing reads."""
        return self._outside("address", address="https://127.0.0.1:1/calendar.ics")

    def _outside(self, kind: str, **columns: Any) -> uuid.UUID:
        row = Outside(
            instrument_id=self.instrument.id,
            kind=kind,
            link="https://campus.example",
            limit_minutes=60,
            read_at=cast.NOW,
            set_by=self.requester.id,
            created_at=cast.NOW,
            **columns,
        )
        db.session.merge(row)
        db.session.commit()
        return self.instrument.id

    def block(self) -> uuid.UUID:
        """Closed time after hours, where nobody books."""
        when = cast.span(10 + next(self.number) % 50, "18:00", "19:00")
        return cast.block(self.instrument, when, by=self.requester).id

    def order(self, status: str = "asked") -> uuid.UUID:
        """A service order of the requester, whose group pays."""
        return cast.order(self.instrument, self.requester, status, group_id=self.group.id).id

    def picture(self) -> uuid.UUID:
        row = Picture(
            instrument_id=self.instrument.id,
            sha256=f"{next(self.number):064d}",
            media_type="image/jpeg",
            width=1,
            height=1,
            created_at=cast.NOW,
        )
        return cast.keep(row).id

    def import_run(self) -> uuid.UUID:
        """A file with a header alone, looked at; nobody of the cast brought it."""
        row = ImportRun(
            institution_id=self.institution.id,
            by_name="",
            file_name="空.csv",
            sha256="",
            layout="sharing",
            state="looked",
            created_at=cast.NOW,
            looked_at=cast.NOW,
        )
        path = registry.import_file(storage(), cast.keep(row).id)
        path.parent.mkdir(parents=True)
        path.write_text("仪器编号,仪器名称\n", "utf-8")
        return row.id

    def document(self) -> uuid.UUID:
        row = Document(
            instrument_id=self.instrument.id,
            title="规程",
            sha256=f"{next(self.number):064d}",
            size=1,
            created_at=cast.NOW,
        )
        path = registry.document_file(storage(), cast.keep(row).sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-1.7\n%%EOF\n")
        return row.id

    def coming_price(self) -> uuid.UUID:
        """A price of the instrument that has not begun."""
        day = cast.TODAY + timedelta(days=next(self.number) + 1)
        return cast.price(self.instrument, price_group="overseas", valid_from=day).id

    def coming_policy(self) -> uuid.UUID:
        """A policy of the instrument that has not begun."""
        return cast.policy(self.instrument, valid_from=cast.TODAY + timedelta(days=next(self.number) + 1)).id

    def coming_chain(self) -> uuid.UUID:
        """A chain of the instrument that has not begun."""
        day = cast.TODAY + timedelta(days=next(self.number) + 1)
        return cast.chain("manager", at=self.instrument, valid_from=day).id

    def notice(self) -> uuid.UUID:
        """A notice for the people of the house."""
        row = Notice(
            zone_id=self.institution.zone_id,
            institution_id=self.institution.id,
            title="通知",
            body="正文",
            starts_on=cast.TODAY,
        )
        return cast.keep(row).id

    def mandate(self) -> uuid.UUID:
        return cast.mandate(self.institution).id

    def question(self) -> uuid.UUID:
        return cast.question(self.instrument, key=f"q{next(self.number)}").id

    def licence(self) -> uuid.UUID:
        return cast.licence(self.instrument, self.member(), by=self.head).id

    def new_card(self) -> uuid.UUID:
        return cast.card(self.group).id

    def authorisation(self) -> uuid.UUID:
        return cast.authorisation(self.group, self.requester, by=self.head).id

    def colleague(self) -> User:
        """A person of the house who is in no group."""
        return cast.user(institution=self.institution)

    def member(self) -> User:
        """A person of the group, just for one try."""
        user = self.colleague()
        service.add_member(self.group.id, user.id, starts_on=cast.TODAY, by=None, now=cast.NOW)
        return user

    def role(self) -> uuid.UUID:
        """A role at the house, held by somebody for one try."""
        return cast.grant(self.colleague(), "manager", self.institution).id

    def sign_up(self) -> uuid.UUID:
        """A person who asks to join the house."""
        return cast.sign_up(self.institution).id

    def invitation(self) -> uuid.UUID:
        """An invitation to the house's group, sent by its head."""
        return cast.invitation(self.group, by=self.head).id

    def company(self) -> uuid.UUID:
        """A company that asks to join in the house's zone; its licence is kept."""
        return cast.company(self.institution.zone_id).id

    # what belongs to the requester alone

    def message(self) -> uuid.UUID:
        row = Message(
            recipient_id=self.requester.id,
            topic="booking.approved",
            about_kind="booking",
            about_id=None,
            facts={},
            created_at=cast.NOW,
        )
        return cast.keep(row).id

    def channel(self) -> uuid.UUID:
        row = Channel(
            kind="wecom",
            user_id=self.requester.id,
            sealed_address="",
            hint="",
            groups=[],
            language="zh-CN",
            created_at=cast.NOW,
            passed_to=cast.NOW,
        )
        db.session.execute(delete(Channel).where(Channel.user_id == self.requester.id))
        return cast.keep(row).id

    def token(self) -> uuid.UUID:
        by = cast.actor(self.requester)
        service.create_token(by.user_id, label=f"t{next(self.number)}", ends_at=None, by=by, now=cast.NOW)
        return queries.tokens(by.user_id, cast.NOW)[0].id

    def calendar_key(self) -> uuid.UUID:
        by = cast.actor(self.requester)
        service.create_calendar_key(kind="person", about_id=None, by=by, now=cast.NOW)
        return queries.calendar_keys(by.user_id)[-1].id

    def feed(self) -> str:
        by = cast.actor(self.requester)
        return service.create_calendar_key(kind="person", about_id=None, by=by, now=cast.NOW)

    def session(self) -> uuid.UUID:
        opened = service.sign_in(
            username=self.requester.username,
            password="correct horse battery",
            address="10.0.0.9",
            browser="another",
            device=None,
            lasts=cast.NOW - cast.NOW.replace(year=2025),
            now=cast.NOW,
        )
        rows = queries.sessions(
            opened.actor.user_id, cast.NOW, idle=cast.NOW - cast.NOW.replace(year=2025), secret=opened.secret
        )
        return next(row.id for row in rows if row.here)

    def deputy_row(self) -> uuid.UUID:
        by = cast.actor(self.requester)
        end = cast.clock(9, "00:00").date()
        return service.add_deputy(self.colleague().id, starts_on=cast.TODAY, ends_on=end, by=by, now=cast.NOW)


@dataclass
class World:
    """Everybody by name, and the two sides."""

    people: dict[str, User]
    ours: Side
    theirs: Side

    def side(self, name: str) -> Side:
        found: Side = getattr(self, name)
        return found


def world() -> World:
    """The house of the cast, and a college elsewhere with as much of its own. Time stands at `cast.NOW`."""
    house = cast.house()
    other_head = cast.user("other_head", role="researcher", at=house.elsewhere)
    other_manager = cast.user("other_manager", institution=house.elsewhere)
    other_admin = cast.user("other_admin", role="institution_admin", at=house.elsewhere)
    group = cast.group(house.elsewhere, head=other_head, members=[house.stranger])
    instrument = cast.instrument(house.elsewhere, manager=other_manager)
    for one in (house.instrument, instrument):
        one.capacity = 99
    cast.mandate(house.university)
    for home in (house.university, house.elsewhere):
        cast.sign_on(home)
    people: dict[str, Any] = {name: user for name, user in house.people().items() if name in PEOPLE}
    people |= {"other_head": other_head, "other_manager": other_manager, "other_admin": other_admin}
    for user in people.values():
        user.password_hash = KEPT
    db.session.commit()
    ours = Side(
        house.university,
        house.instrument,
        house.group,
        house.researcher,
        house.head,
        house.admin,
        house.colleague,
    )
    theirs = Side(house.elsewhere, instrument, group, house.stranger, other_head, other_admin, other_head)
    return World(people, ours, theirs)
