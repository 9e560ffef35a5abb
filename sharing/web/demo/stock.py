"""Instruments of the demo and the terms under which they are booked."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sharing.approval.models import Chain, ChainStep
from sharing.kernel.timespan import at_shanghai, shanghai_day
from sharing.network.rules import scope_key
from sharing.pricing.models import Price
from sharing.registry.models import Favourite, Instrument, Licence, Policy, Question, Timetable
from sharing.web.demo.batch import Batch, Keys
from sharing.web.demo.house import Builder, House, Person
from sharing.web.demo.source import Source, Unit
from sharing.web.seed import clock_span, opening

HOUSE: Final = "YLU"
NATIONAL_FROM_FEN: Final = 50_000_000  # single sets from 500,000 yuan are reported to the national platform
ASKED: Final = ("0101", "0102", "0103", "0106", "0108", "09")  # classes whose samples must be declared


@dataclass(slots=True)
class Item:
    """One instrument with what the later steps of loading need of it."""

    id: uuid.UUID
    code: str
    institution: str
    unit: Unit
    terms: tuple[str, ...]
    managers: list[Person] = field(default_factory=list)
    whole_house: bool = True  # its managers run the whole institution
    licensed: list[Person] = field(default_factory=list)

    @property
    def needs_licence(self) -> bool:
        return "licensed" in self.terms


class Stocker:
    """Draws instruments and their dated rows from the source into the batch."""

    def __init__(
        self, source: Source, batch: Batch, keys: Keys, draw: random.Random, house: House, now: datetime
    ) -> None:
        self.source, self.batch, self.keys, self.draw, self.house = source, batch, keys, draw, house
        self.now, self.today = now, shanghai_day(now)
        self.since = date(self.today.year - 1, 1, 1)
        self.made_at = at_shanghai(self.since, 600)

    # --- instruments --------------------------------------------------------------------------------------

    def build(self, classes: Mapping[str, uuid.UUID], builder: Builder) -> list[Item]:
        """Every instrument, in the order of the file. `classes`: category code -> key."""
        items: list[Item] = []
        for institution, units in self.source.units.items():
            self._base(institution)
            mine = [self._item(institution, number, unit) for number, unit in enumerate(units, start=1)]
            self._share_out(mine, builder)
            for number, item in enumerate(mine, start=1):
                self._instrument(item, number, classes[item.unit.kind.category])
                self._terms(item, len(items) + number)
            items += mine
        return items

    def _item(self, institution: str, number: int, unit: Unit) -> Item:
        registered_at = at_shanghai(max(unit.on, self.since - timedelta(days=400)), 540)
        key = self.keys.at(registered_at)
        return Item(key, f"{institution}-{number:03d}", institution, unit, unit.terms)

    def _share_out(self, items: list[Item], builder: Builder) -> None:
        """One manager runs the whole institution; several share its instruments out between them."""
        managers = self.house.managers[items[0].institution]
        if len(managers) == 1:
            if managers[0].username not in {a["username"] for a in self.source.people["accounts"]}:
                builder.manages_house(managers[0], self.house.institutions[items[0].institution])
            for item in items:
                item.managers = managers
            return
        for number, item in enumerate(items):
            item.managers, item.whole_house = [managers[number % len(managers)]], False
            builder.manages(item.managers[0], item.id)

    def _instrument(self, item: Item, number: int, category_id: uuid.UUID) -> None:
        unit, kind, entry = item.unit, item.unit.kind, self.house.entries[item.institution]
        contact = item.managers[0]
        owner = self.house.groups[unit.owner] if unit.owner else None
        self.batch.add(
            Instrument,
            id=item.id,
            code=item.code,
            name=kind.name,
            name_en=kind.name_en,
            institution_id=self.house.institutions[item.institution],
            zone_id=self.house.zones[entry["zone"]],
            group_id=owner.id if owner else None,
            category_id=category_id,
            category_code=kind.category,
            status=unit.status,
            status_reason=unit.reason,
            booking_mode=unit.mode,
            capacity=unit.capacity,
            asset_no=f"{unit.on.year}{number * 37 % 9000 + 1000:05d}S",
            national_no=f"{item.institution}{unit.on:%Y}{number:04d}" if self._is_national(unit) else None,
            serial_no=f"{kind.model.split()[0][:4].upper()}{self.draw.randint(10_000, 99_999)}",
            original_value_fen=kind.value_fen,
            manufacturer=kind.manufacturer,
            manufacturer_en=kind.manufacturer_en,
            model=kind.model,
            country=kind.nation,
            commissioned_on=unit.on,
            kind=kind.kind,
            customs_supervised=self._is_supervised(unit),
            customs_until=unit.customs_until,
            carrier_kind="无" if owner else "仪器中心",
            carrier_name="无" if owner else entry["centre"],
            department=entry["centre"],
            technical=kind.technical,
            functions=kind.function,
            subjects=list(kind.subjects),
            funds=self.draw.choice((["中央财政资金"], ["地方财政资金", "单位自有资金"], ["单位自有资金"])),
            service_content=kind.service,
            open_rules=self._open_rules(unit),
            fee_summary=_fees(kind.rates),
            share_mode="不共享" if unit.mode == "closed" else "外部共享",
            usual_state={"maintenance": "待修", "retired": "待报废"}.get(unit.status, "正常"),
            city=entry["city"],
            county=entry["county"],
            street=entry["street"],
            postal_code=entry["postal_code"],
            location=unit.room,
            contact=contact.name,
            contact_phone=entry["phone"],
            contact_email=contact.email,
            is_sample=True,
            created_at=self.made_at,
            changed_at=self.made_at,
        )

    def _is_national(self, unit: Unit) -> bool:
        return unit.kind.value_fen >= NATIONAL_FROM_FEN and self.draw.random() < 0.85

    def _is_supervised(self, unit: Unit) -> bool:
        return unit.customs_until is not None and unit.customs_until > self.today

    def _open_rules(self, unit: Unit) -> str:
        words = self.source.terms["open_rules"]
        return str(words["customs"] if self._is_supervised(unit) else words[unit.mode])

    # --- dated rows ---------------------------------------------------------------------------------------

    def _dated(
        self, kind: str, scope_id: uuid.UUID, valid_from: date, source: str | None = None
    ) -> dict[str, Any]:
        return {
            "id": self.keys.at(at_shanghai(valid_from)),
            "scope_kind": kind,
            "scope_id": scope_id,
            "scope_key": scope_key(kind, scope_id),
            "valid_from": valid_from,
            "inherit": False,
            "source_document": source or self.source.terms["source_document"],
            "created_at": min(at_shanghai(valid_from), self.now),
        }

    def _profiles(self, names: Iterable[str]) -> list[dict[str, Any]]:
        return [self.source.terms["profiles"][name] for name in names]

    def _policy_values(self, profiles: Iterable[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
        """Later profiles stand above earlier ones; `false` takes a limit away."""
        values = dict(self.source.rules["policy"])
        for profile in profiles:
            values |= profile.get("policy", {})
        values |= more
        return {name: None if value is False and name in _LIMITS else value for name, value in values.items()}

    def _base(self, institution: str) -> None:
        """What holds in a whole institution."""
        scope = ("institution", self.house.institutions[institution])
        profiles = self._profiles(self.source.terms["base"][institution])
        self.batch.add(Policy, **self._dated(*scope, self.since), **self._policy_values(profiles))
        self._timetables(scope, profiles)
        self._chain(scope, profiles)

    def _terms(self, item: Item, number: int) -> None:
        """What holds for one instrument alone."""
        scope = ("instrument", item.id)
        own = self._profiles(item.terms)
        closed_to_firms = {"audience": "network"} if self._is_supervised(item.unit) else {}
        if closed_to_firms or any("policy" in profile for profile in own):
            every = [*self._profiles(self.source.terms["base"][item.institution]), *own]
            self.batch.add(
                Policy, **self._dated(*scope, self.since), **self._policy_values(every, **closed_to_firms)
            )
        self._timetables(scope, own)
        self._chain(scope, own)
        self._prices(scope, item, own, number)
        self._questions(scope, item)

    def _timetables(self, scope: tuple[str, uuid.UUID], profiles: Iterable[Mapping[str, Any]]) -> None:
        for profile in profiles:
            if "timetable" in profile:
                self._timetable(scope, self.since, profile["timetable"])
            for season in profile.get("seasons", ()):
                month, day = map(int, season["from"].split("-"))
                for year in (self.since.year, self.since.year + 1, self.since.year + 2):
                    self._timetable(scope, date(year, month, day), season)

    def _timetable(self, scope: tuple[str, uuid.UUID], valid_from: date, entry: Mapping[str, Any]) -> None:
        names = {"name": entry["name"], "name_en": entry["name_en"], "days": opening(entry)}
        self.batch.add(Timetable, **self._dated(*scope, valid_from), **names)

    def _chain(self, scope: tuple[str, uuid.UUID], profiles: Iterable[Mapping[str, Any]]) -> None:
        for profile in profiles:
            if "chain" not in profile:
                continue
            entry = self.source.terms["chains"][profile["chain"]]
            chain = self._dated(*scope, self.since)
            self.batch.add(Chain, **chain, name=entry["name"], name_en=entry["name_en"])
            for position, step in enumerate(entry["steps"], start=1):
                self.batch.add(
                    ChainStep,
                    id=self.keys.at(self.made_at),
                    chain_id=chain["id"],
                    position=position,
                    role=step["role"],
                    needed_when=step.get("needed_when", []),
                )

    # --- prices -------------------------------------------------------------------------------------------

    def _prices(
        self, scope: tuple[str, uuid.UUID], item: Item, own: Iterable[Mapping[str, Any]], number: int
    ) -> None:
        """What an hour costs now; every third instrument was cheaper before this year's rise."""
        terms = self.source.terms["prices"]
        bands = [_band(band) for profile in own for band in profile.get("bands", ())]
        rise = date(self.today.year, 3, 1) if self.today >= date(self.today.year, 6, 1) else None
        steps = [(self.since, 100, None)]
        if rise and number % 3 == 0:
            steps = [(self.since, terms["before_percent"], None), (rise, 100, terms["rise_source"])]
        for valid_from, percent, source in steps:
            for group, full_fen in self._hours(item).items():
                hour_fen = full_fen * percent // 10_000 * 100  # whole yuan
                minimum = hour_fen * terms["enterprise_minimum_hours"] if group == "enterprise" else 0
                self.batch.add(
                    Price,
                    **self._dated(*scope, valid_from, source),
                    price_group=group,
                    hour_fen=hour_fen,
                    minimum_fen=minimum,
                    may_buy=not (self._is_supervised(item.unit) and group in {"enterprise", "overseas"}),
                    bands=bands,
                )

    def _hours(self, item: Item) -> dict[str, int]:
        terms = self.source.terms["prices"]
        inside, network, enterprise = (yuan * 100 for yuan in item.unit.kind.rates)
        prices = {"institution": inside, "academic": network, "enterprise": enterprise}
        prices["overseas"] = enterprise * terms["overseas_percent"] // 100
        if item.unit.owner:
            prices["group"] = inside * terms["owner_percent"] // 100
        return prices

    # --- questions, licences, favourites ------------------------------------------------------------------

    def _questions(self, scope: tuple[str, uuid.UUID], item: Item) -> None:
        """The shipped declaration, at approval instruments that take samples; in the house none is required."""
        unit = item.unit
        if unit.mode != "approval" or not unit.kind.category.startswith(ASKED):
            return
        for position, question in enumerate(self.source.questions, start=1):
            self.batch.add(
                Question,
                id=self.keys.at(self.made_at),
                scope_kind=scope[0],
                scope_id=scope[1],
                scope_key=scope_key(*scope),
                position=position,
                created_at=self.made_at,
                **{**question, "required": question["required"] and item.institution != HOUSE},
            )

    def license(self, item: Item, people: Iterable[Person]) -> None:
        """Give people leave to work alone on an instrument; some had it for a year and then it lapsed."""
        for number, person in enumerate(people):
            starts = self.today - timedelta(days=self.draw.randint(70, 300))
            lapsed = number % 9 == 8
            if not lapsed:
                item.licensed.append(person)
            self.batch.add(
                Licence,
                id=self.keys.at(at_shanghai(starts, 600)),
                instrument_id=item.id,
                user_id=person.id,
                level="advanced" if number % 5 == 4 else "independent",
                starts_on=starts,
                ends_on=self.today - timedelta(days=66) if lapsed else starts + timedelta(days=730),
                granted_by=item.managers[0].id,
                created_at=at_shanghai(starts, 600),
            )

    def star(self, person: Person, items: Iterable[Item]) -> None:
        """A person's favourites."""
        for number, item in enumerate(items):
            starred_at = self.now - timedelta(days=30 + number)
            self.batch.add(Favourite, user_id=person.id, instrument_id=item.id, created_at=starred_at)


_LIMITS: Final = frozenset({"most_open_bookings", "longest_minutes", "horizon_days"})


def _band(entry: Mapping[str, Any]) -> dict[str, Any]:
    first, last = clock_span(f"{entry['from']}-{entry['to']}")
    return {**entry, "from": first, "to": last}


def _fees(rates: tuple[int, int, int]) -> str:
    inside, network, enterprise = rates
    return f"校内 {inside} 元/小时；网内 {network} 元/小时；企业 {enterprise} 元/小时（1 小时起）"
