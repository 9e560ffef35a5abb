"""Loading the demo: refuses real data, loads once, in one transaction."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import exists, func, select

from sharing.approval.models import Approval, Chain, ChainStep, Decision, Seat, Step
from sharing.booking.models import Answer, Booking, Slot
from sharing.kernel.db import db, table_of, transactional
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network.models import Institution
from sharing.network.service import raise_epoch
from sharing.orders.models import Order, OrderFile
from sharing.people.models import ResearchGroup, User
from sharing.people.passwords import hashed
from sharing.registry.models import Instrument
from sharing.registry.queries import terms_of
from sharing.registry.service import reindex
from sharing.web import seed as reference
from sharing.web.demo.batch import Batch, Keys
from sharing.web.demo.bulk import Bulk
from sharing.web.demo.fates import cast, settle
from sharing.web.demo.guests import give_licences, guests
from sharing.web.demo.house import Builder, House
from sharing.web.demo.orders import Clerk
from sharing.web.demo.records import Recorder
from sharing.web.demo.source import Source, source
from sharing.web.demo.stock import Item, Stocker
from sharing.web.demo.story import Pen
from sharing.web.demo.weeks import Diary, Visit, Weeks, busyness

PASSWORD: Final = "sharing-demo"  # noqa: S105 - of the sample accounts, printed at start
PARENTS: Final = (Institution, User, ResearchGroup, Instrument, Chain, ChainStep)
RECORDS: Final = (Booking, Slot, Answer, Approval, Step, Seat, Decision, Order, OrderFile)


Scale = Literal["small", "large"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What stands in the database now; `rows` were written by this run, 0 when the demo was there already."""

    rows: int
    institutions: int
    people: int
    instruments: int
    bookings: int


def is_empty() -> bool:
    """True when there is neither an institution nor a person: nothing that a demo could spoil."""
    return not any(db.session.scalar(select(exists().select_from(table_of(m)))) for m in (Institution, User))


def holds_real_data() -> bool:
    """True when anything in the database is not marked as sample data."""
    tables = [table_of(model) for model in (Institution, User, Instrument)]
    return any(
        db.session.scalar(select(exists().select_from(table).where(table.c.is_sample.is_(False))))
        for table in tables
    )


@transactional
def load(scale: Scale = "small", *, seed: int = 1, now: datetime, sign_in: bool = True) -> Loaded:
    """Load the demo into an empty database, once. Raises Refused: in-use, when it holds real data.

    scale    small: what `make run` shows; large: 10,000 instruments and 1,000,000 bookings on top of it
    sign_in  the accounts of people.toml get their password; off outside SHARING_DEMO=1
    """
    if holds_real_data():
        raise Refused("in-use", what="database")
    if not is_empty():
        return _counted(0)
    reference.seed(now)
    rows = _write(source(), seed, now, hashed(PASSWORD) if sign_in else None)
    if scale == "large":
        there = _counted(0)
        rows += Bulk(source(), Keys(f"bulk:{seed}"), seed, now).write(there.instruments, there.bookings)
    reindex()
    return _counted(rows)


def _write(data: Source, seed: int, now: datetime, password_hash: str | None) -> int:
    batch, keys, draw = Batch(*PARENTS), Keys(seed), random.Random(f"demo:{seed}")  # noqa: S311
    zones = {zone.code: zone.id for zone in network.zones()}
    builder = Builder(data, batch, keys, draw, now)
    house = builder.build(zones, password_hash)
    stocker = Stocker(data, batch, keys, draw, house, now)
    items = stocker.build({row.code: row.id for row in network.categories()}, builder)
    give_licences(items, stocker, house, data, draw)
    _stars(items, stocker, house, draw)
    rows = batch.write()
    raise_epoch()
    visits = _visits(data, items, house, draw, now)
    records, office = Batch(*RECORDS), network.office_hours(shanghai_day(now))
    pen = Pen(data, records, keys, draw, house, now, network.work_calendar(), office)
    Recorder(pen).write(visits)
    Clerk(pen, items, terms_of([item.id for item in items])).write(data.orders)
    return rows + records.write()


def _stars(items: Sequence[Item], stocker: Stocker, house: House, draw: random.Random) -> None:
    """Favourites: the microscope, the diffractometer and two more for `researcher`, some for one in three others."""
    by_code = {item.code: item for item in items}
    stocker.star(house.people["researcher"], [by_code[f"YLU-{number:03d}"] for number in (1, 15, 4, 9)])
    for person in list(house.people.values())[::3]:
        if person.group and person.username != "researcher":
            stocker.star(person, draw.sample(list(items), draw.randint(1, 4)))


def _visits(
    data: Source, items: Sequence[Item], house: House, draw: random.Random, now: datetime
) -> list[Visit]:
    """Three months of visits to everything that can be booked."""
    diary, terms = Diary(), terms_of([item.id for item in items])
    weeks = Weeks(draw, network.work_calendar(), now, diary)
    visits: list[Visit] = []
    for item in items:
        mine = terms[item.id]
        if mine.instrument.bookable:
            policy = mine.policy(weeks.today)
            who = guests(item, house, data, open_to_firms=policy.audience == "everyone")
            visits += weeks.fill(item, mine, who, busyness(data.busy, item.unit.kind.category))
    settle(visits, draw, now)
    cast(visits, house, diary, draw, now)
    return visits


def _counted(rows: int) -> Loaded:
    models = (Institution, User, Instrument, Booking)
    counts = [db.session.scalar(select(func.count()).select_from(table_of(model))) or 0 for model in models]
    return Loaded(rows, *counts)
