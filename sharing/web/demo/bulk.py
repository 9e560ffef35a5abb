"""The large scale: ten thousand instruments and a million bookings laid over the small demo, to measure with.

Rows are written as text, whole tables at a time. On PostgreSQL foreign keys, unique and exclusion constraints and
plain indexes of the two big tables are taken away first and made again after, in the same transaction: what breaks one
of them breaks the load. Approvals of these bookings are left out; the small demo has some of every kind.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import select

from sharing.booking.models import Booking, Slot
from sharing.kernel.db import db, insert, table_of
from sharing.kernel.numbering import Series
from sharing.kernel.timespan import SHANGHAI, at_shanghai, shanghai_day
from sharing.network import queries as network
from sharing.network.models import Institution
from sharing.people.models import Grant, Membership, ResearchGroup, User
from sharing.pricing.models import Price
from sharing.registry.models import Instrument
from sharing.web.demo.batch import Batch, Keys
from sharing.web.demo.source import Kind, Source
from sharing.web.demo.texts import Rows, unguarded
from sharing.web.demo.weeks import FUTURE_DAYS, PAST_DAYS

INSTRUMENTS: Final = 10_000
BOOKINGS: Final = 1_000_000
INSTITUTIONS: Final = 100
GROUPS_EACH: Final = 10
PEOPLE_EACH: Final = 20  # of a group
GRIDS: Final = (  # sessions of one day, minutes after midnight, inside 8:30-12:00 and 14:00-17:30
    ((510, 600), (600, 720), (840, 930), (960, 1050)),
    ((540, 600), (630, 720), (840, 960), (960, 1020)),
    ((510, 630), (630, 690), (870, 990), (990, 1050)),
)
BOOKING: Final = (
    "id", "number", "zone_code", "instrument_id", "institution_id", "requester_id", "requester_institution_id",
    "group_id", "starts_at", "ends_at", "setup_minutes", "cleanup_minutes", "position", "status", "purpose",
    "attendees", "amount_fen", "quote", "exempt_from", "sequence", "revision", "created_at", "changed_at",
    "checked_in_at", "checked_out_at", "end_note",
)  # fmt: skip
SLOT: Final = ("id", "instrument_id", "position", "starts_at", "ends_at", "kind", "source_id")


@dataclass(frozen=True, slots=True)
class Place:
    """A bulk instrument as its bookings need it; keys as hexadecimal text, `people` as (user, group)."""

    id: str
    institution: str
    zone: str
    prefix: str
    hour_fen: int
    people: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Session:
    """One session of one day in the texts that its rows need."""

    starts: str
    ends: str
    asked: str
    asked_ms: int
    year: int
    is_past: bool
    minutes: int
    local: str


class Bulk:
    """Adds what is missing to the sizes above."""

    def __init__(self, source: Source, keys: Keys, seed: int, now: datetime) -> None:
        self.source, self.keys, self.now, self.today = source, keys, now, shanghai_day(now)
        self.draw = random.Random(f"bulk:{seed}")  # noqa: S311 - sample data, not a secret
        self.since = date(self.today.year - 1, 1, 1)
        self.made_at = at_shanghai(self.since)
        self.numbers: dict[tuple[str, int], int] = {}

    def write(self, instruments_there: int, bookings_there: int) -> int:
        """Everything, inside the transaction at hand; the number of rows."""
        batch = Batch(Institution, User, ResearchGroup, Instrument)
        places = self._places(batch, INSTRUMENTS - instruments_there)
        rows = batch.write()
        self._read_numbers()
        with unguarded(table_of(Booking).name, table_of(Slot).name):
            rows += self._bookings(places, BOOKINGS - bookings_there)
        self._write_numbers()
        return rows

    # --- places and people ------------------------------------------------------------------------------------------

    def _places(self, batch: Batch, count: int) -> list[Place]:
        zones, kinds = network.zones(), list(self.source.kinds.values())
        classes = {row.code: row.id for row in network.categories()}
        places: list[Place] = []
        for number in range(1, INSTITUTIONS + 1):
            zone = zones[number % len(zones)]
            code, institution = f"B{number:03d}", self.keys.at(self.made_at)
            batch.add(
                Institution,
                id=institution,
                code=code,
                name=f"示例单位{number:03d}",
                name_en=f"Sample institution {number:03d}",
                kind=("university", "institute", "agency", "hospital")[number % 4],
                zone_id=zone.id,
                is_sample=True,
            )
            people = self._people(batch, code, institution)
            for serial in range(number, count + 1, INSTITUTIONS):
                kind = kinds[serial % len(kinds)]
                key = self._instrument(batch, f"{code}-{serial:05d}", institution, zone.id, kind, classes)
                inside = kind.rates[0] * 100
                places.append(Place(key.hex, institution.hex, zone.code, zone.number_prefix, inside, people))
        return places

    def _people(self, batch: Batch, code: str, institution: uuid.UUID) -> list[tuple[str, str]]:
        names, found = self.source.people["names"], []
        for group_number in range(1, GROUPS_EACH + 1):
            group = self.keys.at(self.made_at)
            batch.add(
                ResearchGroup,
                id=group,
                code=f"{code.lower()}-{group_number:02d}",
                name=f"示例课题组{code[1:]}-{group_number:02d}",
                institution_id=institution,
                created_at=self.made_at,
            )
            for member in range(PEOPLE_EACH):
                last, first = (self.draw.choice(names[part]).split() for part in ("surnames", "given"))
                user, username = self.keys.at(self.made_at), f"{code.lower()}-{group_number:02d}-{member:02d}"
                batch.add(
                    User,
                    id=user,
                    username=username,
                    name=last[0] + first[0],
                    name_en=f"{last[1]} {first[1]}",
                    email=f"{username}@sample.example",
                    staff_no=username,
                    institution_id=institution,
                    is_sample=True,
                    created_at=self.made_at,
                )
                batch.add(
                    Membership,
                    id=self.keys.at(self.made_at),
                    group_id=group,
                    user_id=user,
                    starts_on=self.since,
                )
                self._roles(batch, user, group, institution, is_head=member == 0, is_first=group_number == 1)
                found.append((user.hex, group.hex))
        return found

    def _roles(
        self,
        batch: Batch,
        user: uuid.UUID,
        group: uuid.UUID,
        institution: uuid.UUID,
        *,
        is_head: bool,
        is_first: bool,
    ) -> None:
        roles = [("researcher", "group", group)]
        if is_head:
            roles.append(("head", "group", group))
        if is_head and is_first:
            roles += [(role, "institution", institution) for role in ("manager", "institution_admin")]
        for role, kind, scope in roles:
            batch.add(
                Grant,
                id=self.keys.at(self.made_at),
                user_id=user,
                role=role,
                scope_kind=kind,
                scope_id=scope,
                starts_on=self.since,
                reason="示例数据",
                created_at=self.made_at,
            )

    def _instrument(
        self,
        batch: Batch,
        code: str,
        institution: uuid.UUID,
        zone_id: uuid.UUID,
        kind: Kind,
        classes: dict[str, uuid.UUID],
    ) -> uuid.UUID:
        key = self.keys.at(self.made_at)
        batch.add(
            Instrument,
            id=key,
            code=code,
            name=kind.name,
            name_en=kind.name_en,
            institution_id=institution,
            zone_id=zone_id,
            category_id=classes[kind.category],
            category_code=kind.category,
            booking_mode=self.draw.choice(("self_service", "approval")),
            asset_no=code,
            original_value_fen=kind.value_fen,
            manufacturer=kind.manufacturer,
            manufacturer_en=kind.manufacturer_en,
            model=kind.model,
            country=kind.nation,
            commissioned_on=date(self.draw.randint(2005, self.today.year - 1), self.draw.randint(1, 12), 15),
            technical=kind.technical,
            functions=kind.function,
            subjects=list(kind.subjects),
            service_content=kind.service,
            location=f"{code[1:4]} 楼 {self.draw.randint(101, 699)}",
            is_sample=True,
            created_at=self.made_at,
            changed_at=self.made_at,
        )
        for group, yuan in zip(("institution", "academic", "enterprise"), kind.rates, strict=True):
            batch.add(
                Price,
                id=self.keys.at(self.made_at),
                scope_kind="instrument",
                scope_id=key,
                scope_key=f"instrument:{key}",
                valid_from=self.since,
                source_document="示例数据",
                created_at=self.made_at,
                price_group=group,
                hour_fen=yuan * 100,
            )
        return key

    # --- bookings ---------------------------------------------------------------------------------------------------

    def _sessions(self) -> list[Session]:
        """Every session there is in the window, in order; those of one day do not meet."""
        calendar = network.work_calendar()
        window = [self.today + timedelta(days=offset) for offset in range(-PAST_DAYS, FUTURE_DAYS + 1)]
        return [
            self._session(day, *span)
            for number, day in enumerate(window)
            if calendar.is_workday(day)
            for span in GRIDS[number % len(GRIDS)]
        ]

    def _session(self, day: date, first: int, last: int) -> Session:
        starts, ends = at_shanghai(day, first), at_shanghai(day, last)
        asked = min(starts, self.now) - timedelta(days=2, minutes=first)
        local = [instant.astimezone(SHANGHAI).isoformat() for instant in (starts, ends)]
        return Session(
            starts=_stored(starts),
            ends=_stored(ends),
            asked=_stored(asked),
            asked_ms=int(asked.timestamp() * 1000),
            year=asked.astimezone(SHANGHAI).year,
            is_past=ends <= self.now,
            minutes=last - first,
            local=f'"start": "{local[0]}", "end": "{local[1]}", "workdays": {{"{day.isoformat()}": true}}',
        )

    def _bookings(self, places: Sequence[Place], count: int) -> int:
        """`count` bookings with their slots, the same number for every place, give or take one."""
        sessions = self._sessions()
        bookings, slots = Rows(Booking, BOOKING), Rows(Slot, SLOT)
        purposes = [purpose for work in self.source.fields.values() for purpose in work.purposes]
        for number, place in enumerate(places):
            mine = (number + 1) * count // len(places) - number * count // len(places)
            for chosen in sorted(self.draw.sample(range(len(sessions)), mine)):
                session = sessions[chosen]
                key = self._key(session.asked_ms)
                bookings.add(self._booking(key, place, session, purposes))
                slot = (
                    self._key(session.asked_ms),
                    place.id,
                    "1",
                    session.starts,
                    session.ends,
                    "booking",
                    key,
                )
                slots.add(slot)
        bookings.flush()
        slots.flush()
        return 2 * count

    def _booking(
        self, key: str, place: Place, session: Session, purposes: Sequence[str]
    ) -> tuple[str | None, ...]:
        serial = self.numbers[place.prefix, session.year] = (
            self.numbers.get((place.prefix, session.year), 0) + 1
        )
        user, group = place.people[self.draw.randrange(len(place.people))]
        amount = place.hour_fen * session.minutes // 60
        used = (session.starts, session.ends) if session.is_past else (None, None)
        line = (
            f'{{"kind": "hours", "name": "机时", "name_en": "Instrument time", "minutes": {session.minutes}, '
            f'"unit_price_fen": {place.hour_fen}, "amount_fen": {amount}}}'
        )
        quote = f'{{"state": "priced", "amount_fen": {amount}, "price": null, {session.local}, "lines": [{line}]}}'
        purpose = purposes[self.draw.randrange(len(purposes))]
        return (
            key, f"{place.prefix}-{session.year}-{serial:06d}", place.zone, place.id, place.institution, user,
            place.institution, group, session.starts, session.ends, "0", "0", "1",
            "completed" if session.is_past else "approved", purpose,
            "[]", str(amount), quote, "[]", "0", "1", session.asked, session.asked, *used, "",
        )  # fmt: skip

    def _key(self, milliseconds: int) -> str:
        """A UUIDv7 as hexadecimal text."""
        rest = self.draw.getrandbits(74)
        return f"{milliseconds:012x}7{rest >> 62:03x}{1 << 63 | rest & (1 << 62) - 1:016x}"

    # --- human numbers ----------------------------------------------------------------------------------------------

    def _read_numbers(self) -> None:
        series = table_of(Series)
        for name, last in db.session.execute(select(series.c.name, series.c.last)):
            prefix, year = name.removeprefix("booking:").split("-")
            self.numbers[prefix, int(year)] = last

    def _write_numbers(self) -> None:
        series = table_of(Series)
        for (prefix, year), last in self.numbers.items():
            row = insert(series).values(name=f"booking:{prefix}-{year}", last=last)
            db.session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"last": last}))


def _stored(instant: datetime) -> str:
    """An instant as SQLite keeps it and as PostgreSQL, set to UTC, reads it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
