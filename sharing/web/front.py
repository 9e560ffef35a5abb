"""What the home page and a zone's page show, as frozen values: read in a few statements, wide figures kept a minute.

Kept figures are caches of this process that may be dropped (DESIGN 4); what a person may do is never kept.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar, cast

from flask import current_app

from sharing.booking import queries as booking
from sharing.booking.queries import figures
from sharing.booking.rules import BookingRow
from sharing.booking.rules.finding import Look, Offer
from sharing.kernel.language import _
from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan, month_span, shanghai_day
from sharing.network import queries as network
from sharing.network.queries import CategoryRow, InstitutionRow, NoticeRow, ZoneRow
from sharing.people import queries as people
from sharing.people.queries import PersonRow
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath
from sharing.pricing import queries as pricing
from sharing.pricing.rules import PriceGroup, hourly, price_groups
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow
from sharing.registry.rules.search import FacetValue, Search

T = TypeVar("T")
KEPT: Final = "sharing.front"
SOON: Final = timedelta(hours=24)
AHEAD: Final = timedelta(days=31)  # in which the next slot of a favourite is looked for
CHIPS: Final = 8
FAVOURITES: Final = 4
SLOTS: Final = 8
LOOKED_AT: Final = 15  # instruments of each zone in which a free slot is looked for
NOTICES: Final = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """Instruments on show, those free at this moment, whole minutes used this month."""

    instruments: int
    free: int
    used_minutes: int


@dataclass(frozen=True, slots=True)
class Place(Figures):
    """The figures of a zone."""

    zone: ZoneRow


@dataclass(frozen=True, slots=True)
class Favourite:
    """An instrument that I starred or used last, its next slot for me, and my last booking of it to repeat."""

    instrument: InstrumentRow
    slot: TimeSpan | None
    last: BookingRow | None


@dataclass(frozen=True, slots=True)
class Slot:
    """A free slot in the next 24 hours: what an hour costs the reader; for visitors also what it costs a company."""

    instrument: InstrumentRow
    span: TimeSpan
    price: Money | None
    outside: Money | None


@dataclass(frozen=True, slots=True)
class Home:
    """The home page; what is personal is empty for a visitor."""

    now: datetime
    person: Actor | None
    next_booking: BookingRow | None
    favourites: Sequence[Favourite]
    categories: Sequence[CategoryRow]
    places: Sequence[Place]
    slots: Sequence[Slot]
    notices: Sequence[NoticeRow]
    province: Figures  # the sums over everything, the province's own node included


@dataclass(frozen=True, slots=True)
class ZonePage:
    """One zone: its figures, notices, owners with their numbers of instruments, and free slots near at hand."""

    now: datetime
    person: Actor | None
    place: Place
    notices: Sequence[NoticeRow]
    owners: Sequence[tuple[InstitutionRow, int]]
    categories: Sequence[FacetValue]
    slots: Sequence[Slot]
    keepers: Sequence[PersonRow]  # who administers it
    may_run: bool  # the reader has its desk


def home(by: Actor | None, now: datetime) -> Home:
    """The home page of a person or of a visitor."""
    places = _places(now)
    return Home(
        now=now,
        person=by,
        next_booking=next(iter(booking.mine(by, now, per_page=1).items), None) if by else None,
        favourites=_favourites(by, now) if by else (),
        categories=_kept("categories", now, 60, lambda: _categories(now)),
        places=[place for place in places if not place.zone.is_province],
        slots=_slots(by, now),
        notices=network.notices(
            None, shanghai_day(now), reader=by.institution_id if by else None, limit=NOTICES
        ),
        province=_sum(places),
    )


def zone_page(code: str, by: Actor | None, now: datetime) -> ZonePage:
    """A zone's page. Raises Refused: not-found."""
    found = network.zone(code)
    if found is None or found.is_province:
        raise Refused("not-found")
    facets = _kept(("facets", code), now, 5, lambda: _facets(now, (code,)))
    counts = {one.value: one.count for one in facets["institution"]}
    owners = [
        (row, counts.get(row.code, 0)) for row in network.institutions(found.id) if row.kind != "enterprise"
    ]
    return ZonePage(
        now=now,
        person=by,
        place=next((one for one in _places(now) if one.zone.id == found.id), Place(0, 0, 0, found)),
        notices=network.notices(found.id, shanghai_day(now), limit=NOTICES),
        owners=sorted(owners, key=lambda pair: -pair[1]),
        categories=[one for one in facets["category"] if one.level == 1][:CHIPS],
        slots=_slots(by, now, found),
        keepers=people.keepers(ScopeKind.ZONE, Role.ZONE_ADMIN, shanghai_day(now)).get(found.id, []),
        may_run=by is not None and by.may("zone.desk", ScopePath(found.id)),
    )


def zone_figures(zone: ZoneRow, now: datetime) -> list[tuple[str, str, str]]:
    """A zone's figures beside those of the month before: what is counted, now, then."""
    place = next((one for one in _places(now) if one.zone.id == zone.id), Place(0, 0, 0, zone))
    today = shanghai_day(now)
    last = today.replace(day=1) - timedelta(days=1)
    before = figures.used_minutes(month_span(last.year, last.month), now)[zone.code] // 60
    houses = sum(row.kind != "enterprise" for row in network.institutions(zone.id))
    return [
        (_("单位数"), f"{houses:,}", ""),
        (_("仪器台数"), f"{place.instruments:,}", ""),
        (_("现在空闲的台数"), f"{place.free:,}", ""),
        (_("本月机时（小时）"), f"{place.used_minutes // 60:,}", f"{before:,}"),
    ]


# --- figures of zones ------------------------------------------------------------------------------------------------


def _places(now: datetime) -> list[Place]:
    return _kept("places", now, 1, lambda: _read_places(now))


def _read_places(now: datetime) -> list[Place]:
    today = shanghai_day(now)
    shown = {one.value: one.count for one in _facets(now, ())["zone"]}
    free = figures.free_now(now)
    used = figures.used_minutes(month_span(today.year, today.month), now)
    return [
        Place(shown.get(zone.code, 0), free[zone.code], used[zone.code], zone) for zone in network.zones()
    ]


def _facets(now: datetime, zones: tuple[str, ...]) -> dict[str, Sequence[FacetValue]]:
    found = registry.catalogue(Search(zones=zones, per_page=1), on=shanghai_day(now))
    return dict(found.facets)


def _sum(places: Sequence[Place]) -> Figures:
    return Figures(
        sum(place.instruments for place in places),
        sum(place.free for place in places),
        sum(place.used_minutes for place in places),
    )


def _categories(now: datetime) -> list[CategoryRow]:
    """What is booked most; before there are bookings, what there is most of."""
    known = {row.code: row for row in network.categories()}
    codes = figures.asked_for(now, CHIPS)
    if not codes:
        most = sorted(_facets(now, ())["category"], key=lambda one: -one.count)
        codes = [one.value for one in most if one.level == 1][:CHIPS]
    return [known[code] for code in codes if code in known]


# --- for the reader --------------------------------------------------------------------------------------------------


def _favourites(by: Actor, now: datetime) -> list[Favourite]:
    last = {row.instrument_id: row for row in figures.last_used(by.user_id)}
    ids = list(dict.fromkeys([*registry.favourites(by.user_id), *last]))[:FAVOURITES]
    terms = registry.terms_of(ids)
    mine = [terms[one] for one in ids if one in terms]
    ahead = Look(TimeSpan(now, now + AHEAD))
    found = booking.earliest(
        [one.instrument.id for one in mine], ahead, by, now, limit=FAVOURITES, each_day=True
    )
    free = {one.instrument.id: one.times[0][0] for one in found.offers}
    return [
        Favourite(one.instrument, free.get(one.instrument.id), last.get(one.instrument.id)) for one in mine
    ]


def _slots(by: Actor | None, now: datetime, zone: ZoneRow | None = None) -> list[Slot]:
    """The nearest free slots in the next 24 hours that the reader may really book, one an instrument."""
    if by is None:
        key = ("slots", zone.code if zone else "")
        return _kept(key, now, 1, lambda: _find_slots(None, now, zone))
    return _find_slots(by, now, zone)


def _find_slots(by: Actor | None, now: datetime, zone: ZoneRow | None) -> list[Slot]:
    ids = figures.at_hand(zone.id if zone else None, by.institution_id if by else None, LOOKED_AT)
    found = booking.earliest(ids, Look(TimeSpan(now, now + SOON)), by, now, limit=SLOTS, each_day=True)
    return [_slot(by, one, now) for one in found.offers]


def _slot(by: Actor | None, found: Offer, now: datetime) -> Slot:
    prices = pricing.prices(found.instrument.scope_keys, shanghai_day(now))
    mine = hourly(prices, price_groups(by, found.instrument))
    outside = hourly(prices, [PriceGroup.ENTERPRISE]) if by is None else None
    span, _quote = found.times[0]
    return Slot(found.instrument, span, mine.hour if mine else None, outside.hour if outside else None)


# --- kept a while ----------------------------------------------------------------------------------------------------


def _kept(key: Hashable, now: datetime, minutes: int, load: Callable[[], T]) -> T:
    """What `load` gives, for that many minutes in this process; all of it goes when a rule or the network changes."""
    epoch = network.rule_epoch()
    held: tuple[int, dict[Hashable, tuple[datetime, Any]]] | None = current_app.extensions.get(KEPT)
    if held is None or held[0] != epoch:
        held = current_app.extensions[KEPT] = (epoch, {})
    since, value = held[1].get(key, (None, None))
    if since is None or not since <= now < since + timedelta(minutes=minutes):
        value = load()
        held[1][key] = (now, value)
    return cast("T", value)
