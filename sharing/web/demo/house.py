"""Institutions, research groups and people of the demo, with their roles, cards and authorisations."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sharing.funds.models import Authorisation, FundCard
from sharing.kernel.timespan import shanghai_day
from sharing.network.models import Institution, Mandate, Notice
from sharing.people.models import Deputy, Grant, Membership, ResearchGroup, User
from sharing.web.demo.batch import Batch, Keys
from sharing.web.demo.source import Source

REASON: Final = "示例数据"
HEAD: Final = "head"


@dataclass(slots=True)
class Person:
    """Somebody of the demo; `group` is her research group, if any."""

    id: uuid.UUID
    username: str
    name: str
    name_en: str
    email: str
    institution: str | None
    kind: str = "member"
    group: Group | None = None


@dataclass(slots=True)
class Group:
    """A research group with its people, head first, and its cards."""

    id: uuid.UUID
    code: str
    institution: str
    work: str  # which entry of work.toml
    people: list[Person] = field(default_factory=list)
    cards: list[tuple[uuid.UUID, str]] = field(default_factory=list)  # key and name
    authorised: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)  # member -> authorisation

    @property
    def head(self) -> Person:
        return self.people[0]


@dataclass(slots=True)
class House:
    """Everybody, found by the names that the TOML files use."""

    zones: dict[str, uuid.UUID]
    institutions: dict[str, uuid.UUID] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    managers: dict[str, list[Person]] = field(default_factory=dict)
    admins: dict[str, Person] = field(default_factory=dict)
    customers: list[Person] = field(default_factory=list)

    def zone_of(self, institution: str) -> str:
        return str(self.entries[institution]["zone"])


class Builder:
    """Draws the house from the source, rows into the batch."""

    def __init__(self, source: Source, batch: Batch, keys: Keys, draw: random.Random, now: datetime) -> None:
        self.source, self.batch, self.keys, self.draw = source, batch, keys, draw
        self.now, self.today = now, shanghai_day(now)
        self.since = date(self.today.year - 2, 9, 1)
        self.made_at = now - timedelta(days=500)
        self._names = self._drawn_names()

    def build(self, zones: dict[str, uuid.UUID], password_hash: str | None) -> House:
        """The whole house. `password_hash` opens the accounts that people.toml names; None leaves them shut."""
        house = House(zones)
        for entry in (*self.source.institutions, *self.source.enterprises):
            self._institution(house, entry)
        for entry in self.source.institutions:
            for group in entry["groups"]:
                self._group(house, entry["code"], group)
        for account in self.source.people["accounts"]:
            self._named(house, account, password_hash)
        for account in self.source.people["staff"]:
            self._named(house, account, None)
        for entry in self.source.institutions:
            self._fill(house, entry)
        for entry in self.source.enterprises:
            self._customers(house, entry)
        self._cards(house)
        self._authorisations(house)
        self._notices(house)
        self._mandates(house)
        return house

    # --- institutions -------------------------------------------------------------------------------------

    def _institution(self, house: House, entry: dict[str, Any]) -> None:
        code = entry["code"]
        house.institutions[code], house.entries[code] = self.keys.at(self.made_at), entry
        address = entry.get("address") or "".join((entry["city"], entry["county"], entry["street"]))
        self.batch.add(
            Institution,
            id=house.institutions[code],
            code=code,
            name=entry["name"],
            name_en=entry["name_en"],
            kind=entry.get("kind", "enterprise"),
            zone_id=house.zones[entry["zone"]],
            uscc=entry["uscc"],
            address=address,
            phone=entry["phone"],
            is_sample=True,
            joined_on=shanghai_day(self.made_at),
            source_document="入网协议（示例）",
        )

    def _mandates(self, house: House) -> None:
        """Every institution lets its zone register instruments in its stead."""
        for entry in self.source.institutions:
            self.batch.add(
                Mandate,
                id=self.keys.at(self.made_at),
                institution_id=house.institutions[entry["code"]],
                starts_on=shanghai_day(self.made_at),
                ends_on=None,
                source_document="代为登记授权书（示例）",
                given_by=None,
                created_at=self.made_at,
            )

    def _group(self, house: House, institution: str, entry: dict[str, Any]) -> None:
        group = Group(self.keys.at(self.made_at), entry["code"], institution, entry["field"])
        house.groups[entry["code"]] = group
        self.batch.add(
            ResearchGroup,
            id=group.id,
            code=group.code,
            name=entry["name"],
            name_en=entry["name_en"],
            institution_id=house.institutions[institution],
            created_at=self.made_at,
        )

    # --- people -------------------------------------------------------------------------------------------

    def _named(self, house: House, account: dict[str, Any], password_hash: str | None) -> None:
        """A person whom people.toml names, with the roles it gives."""
        institution = account.get("institution") or account.get("enterprise")
        domain = house.entries[institution]["domain"] if institution else "yn-sharing.example"
        person = Person(
            id=self.keys.at(self.made_at),
            username=account["username"],
            name=account["name"],
            name_en=account["name_en"],
            email=f"{account['username']}@{domain}",
            institution=institution,
            kind="enterprise" if "enterprise" in account else "member",
        )
        self._user(house, person, account["department"], account["staff_no"], password_hash)
        if "group" in account:
            self._join(house.groups[account["group"]], person)
        for role in account["roles"]:
            self._grant(person, role["role"], *self._scope(house, person, role))
            self._remember(house, person, role["role"])
        if "stands_in_for" in account:
            self._deputy(house.people[account["stands_in_for"]], person)

    def _scope(self, house: House, person: Person, role: dict[str, Any]) -> tuple[str, uuid.UUID | None]:
        kind = role["at"]
        if kind == "zone":
            return kind, house.zones[role["code"]]
        if kind == "institution":
            return kind, house.institutions[str(person.institution)]
        if kind == "group" and person.group:
            return kind, person.group.id
        return "network", None

    def _remember(self, house: House, person: Person, role: str) -> None:
        if role == "manager":
            house.managers.setdefault(str(person.institution), []).append(person)
        if role == "institution_admin":
            house.admins[str(person.institution)] = person
        if role == "enterprise":
            house.customers.append(person)
        if role == HEAD and person.group:
            person.group.people.remove(person)
            person.group.people.insert(0, person)

    def _fill(self, house: House, entry: dict[str, Any]) -> None:
        """Everybody whom nobody named: group members, administrator, finance, managers."""
        code: str = entry["code"]
        institution = house.institutions[code]
        for wanted in entry["groups"]:
            self._members(house, code, house.groups[wanted["code"]], wanted["members"])
        offices = [("institution_admin", "设备管理处"), ("institution_finance", "财务处")]
        if code in house.admins:
            offices = []
        for role, department in offices:
            person = self._drawn(house, code, department)
            self._grant(person, role, "institution", institution)
            self._remember(house, person, role)
        wanted_managers = -(
            -len(self.source.units[code]) // self.source.people["drawn"]["instruments_per_manager"]
        )
        while not house.managers.get(code) or (
            len(house.managers[code]) < wanted_managers
            and house.managers[code][0].username.startswith(code.lower())
        ):
            person = self._drawn(house, code, entry["centre"])
            house.managers.setdefault(code, []).append(person)

    def _members(self, house: House, code: str, group: Group, members: int) -> None:
        while len(group.people) < members:
            person = self._drawn(house, code, house.entries[code]["centre"] if code == "JMT" else "")
            self._join(group, person)
            if len(group.people) == 1:
                self._grant(person, HEAD, "group", group.id)
            self._grant(person, "researcher", "group", group.id)

    def _customers(self, house: House, entry: dict[str, Any]) -> None:
        code = entry["code"]
        here = sum(person.institution == code for person in house.customers)
        for _number in range(entry["people"] - here):
            person = self._drawn(house, code, "研发部", kind="enterprise")
            self._grant(person, "enterprise", "network", None)
            house.customers.append(person)

    def _drawn(self, house: House, institution: str, department: str, kind: str = "member") -> Person:
        name, name_en = next(self._names)
        plain = f"{institution.lower()}-{name_en.replace(' ', '').lower()}"
        username, number = plain, 1
        while username in house.people:
            number += 1
            username = f"{plain}{number}"
        local_part = username.removeprefix(f"{institution.lower()}-")
        email = f"{local_part}@{house.entries[institution]['domain']}"
        person = Person(self.keys.at(self.made_at), username, name, name_en, email, institution, kind)
        staff_no = f"{self.draw.randint(1998, self.today.year)}{len(house.people):04d}"
        self._user(house, person, department, staff_no, None)
        return person

    def _user(
        self, house: House, person: Person, department: str, staff_no: str, password_hash: str | None
    ) -> None:
        house.people[person.username] = person
        self.batch.add(
            User,
            id=person.id,
            username=person.username,
            name=person.name,
            name_en=person.name_en,
            email=person.email,
            staff_no=staff_no,
            kind=person.kind,
            institution_id=house.institutions[person.institution] if person.institution else None,
            department=department or None,
            password_hash=password_hash,
            password_changed_at=self.made_at if password_hash else None,
            is_sample=True,
            created_at=self.made_at,
        )

    def _join(self, group: Group, person: Person) -> None:
        person.group = group
        group.people.append(person)
        self.batch.add(
            Membership,
            id=self.keys.at(self.made_at),
            group_id=group.id,
            user_id=person.id,
            starts_on=self.since,
        )

    def _grant(self, person: Person, role: str, kind: str, scope_id: uuid.UUID | None) -> None:
        self.batch.add(
            Grant,
            id=self.keys.at(self.made_at),
            user_id=person.id,
            role=role,
            scope_kind=kind,
            scope_id=scope_id,
            starts_on=self.since,
            reason=REASON,
            created_at=self.made_at,
        )

    def manages(self, person: Person, instrument_id: uuid.UUID) -> None:
        """Give a manager one instrument."""
        self._grant(person, "manager", "instrument", instrument_id)

    def manages_house(self, person: Person, institution_id: uuid.UUID) -> None:
        """Give a manager every instrument of an institution."""
        self._grant(person, "manager", "institution", institution_id)

    def _deputy(self, person: Person, deputy: Person) -> None:
        """Next month's absence, so that the demo's own approvals stay with the manager."""
        starts = self.today + timedelta(days=40)
        self.batch.add(
            Deputy,
            id=self.keys.at(self.made_at),
            user_id=person.id,
            deputy_id=deputy.id,
            starts_on=starts,
            ends_on=starts + timedelta(days=5),
            created_at=self.made_at,
        )

    def _drawn_names(self) -> Iterator[tuple[str, str]]:
        names = self.source.people["names"]
        while True:
            (last, last_en), (first, first_en) = (
                str(self.draw.choice(names[part])).split() for part in ("surnames", "given")
            )
            yield last + first, f"{last_en} {first_en}"

    # --- funds and notices --------------------------------------------------------------------------------

    def _cards(self, house: House) -> None:
        """A card for each of the first two projects of the group's field."""
        for number, group in enumerate(house.groups.values()):
            projects = self.source.fields[group.work].projects[:2]
            for position, project in enumerate(projects):
                card = self.keys.at(self.made_at)
                group.cards.append((card, project))
                self.batch.add(
                    FundCard,
                    id=card,
                    group_id=group.id,
                    number=f"{group.institution}-{self.since.year + position}-{number + 1:03d}{position + 1}",
                    name=project,
                    expires_on=date(self.today.year + 1 + position, 12, 31),
                    created_at=self.made_at,
                )

    def _authorisations(self, house: House) -> None:
        """`researcher2` has one of `pi`; so has one member of every second other group. `researcher` has none."""
        mine = house.people["researcher2"]
        if mine.group:
            self._authorisation(mine.group, mine, 300_000)
        for group in list(house.groups.values())[1::2]:
            self._authorisation(group, self.draw.choice(group.people[1:]), 200_000)

    def _authorisation(self, group: Group, member: Person, month_fen: int) -> None:
        given_at = self.now - timedelta(days=self.draw.randint(65, 90))
        group.authorised[member.id] = self.keys.at(given_at)
        self.batch.add(
            Authorisation,
            id=group.authorised[member.id],
            group_id=group.id,
            member_id=member.id,
            card_id=group.cards[0][0],
            month_fen=month_fen,
            starts_on=shanghai_day(given_at),
            ends_on=date(self.today.year + 1, 12, 31),
            given_by=group.head.id,
            created_at=given_at,
        )

    def _notices(self, house: House) -> None:
        for notice in self.source.notices:
            self.batch.add(
                Notice,
                id=self.keys.at(self.now - timedelta(days=-notice["from_day"])),
                zone_id=house.zones[notice["zone"]],
                title=notice["title"],
                title_en=notice["title_en"],
                body=notice["body"],
                body_en=notice["body_en"],
                starts_on=self.today + timedelta(days=notice["from_day"]),
                ends_on=self.today + timedelta(days=notice["to_day"]),
            )
