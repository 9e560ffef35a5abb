"""Who comes to which instrument: those whose work calls for it, most from the house itself."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from sharing.web.demo.house import House, Person
from sharing.web.demo.source import Source
from sharing.web.demo.stock import HOUSE, Item, Stocker
from sharing.web.demo.weeks import Guests

INSIDE, INSIDE_ELSE = 6.0, 0.4
NEAR, FAR = 0.8, 0.35
COMPANY = 1.6
OF_A_HEAD = 0.3
LICENSED = 14


def guests(item: Item, house: House, source: Source, *, open_to_firms: bool) -> Guests:
    """Everybody who may come, with weights; at a licensed instrument those who hold a licence."""
    pool = list(_pool(item, house, source, open_to_firms=open_to_firms))
    if item.needs_licence:
        holders = {person.id for person in item.licensed}
        pool = [(person, weight) for person, weight in pool if person.id in holders]
    people, weights = zip(*pool, strict=True)
    return Guests(people, weights)


def _pool(item: Item, house: House, source: Source, *, open_to_firms: bool) -> Iterator[tuple[Person, float]]:
    category, zone = item.unit.kind.category, house.zone_of(item.institution)
    named = {account["username"] for account in source.people["accounts"]}
    for group in house.groups.values():
        if item.unit.owner and group.code != item.unit.owner and group.institution == item.institution:
            weight = INSIDE_ELSE
        elif source.fields[group.work].wants(category):
            away = NEAR if house.zone_of(group.institution) == zone else FAR
            weight = INSIDE if group.institution == item.institution else away
        elif group.institution == item.institution:
            weight = INSIDE_ELSE
        else:
            continue
        for person in group.people:
            if person.username not in named:
                yield person, weight * (OF_A_HEAD if person is group.head else 1)
    if open_to_firms and item.unit.mode == "approval":
        for person in house.customers:
            entry = house.entries[str(person.institution)]
            if person.username not in named and source.fields[entry["field"]].wants(category):
                yield person, COMPANY


def give_licences(
    items: Iterable[Item], stocker: Stocker, house: House, source: Source, draw: random.Random
) -> None:
    """Leave to work alone where an instrument asks for it: a dozen who need it, and the accounts of the house."""
    for item in items:
        if not item.needs_licence:
            continue
        pool = list(_pool(item, house, source, open_to_firms=False))
        chosen = sorted(pool, key=lambda one: draw.random() ** (1 / one[1]), reverse=True)[:LICENSED]
        accounts = ("researcher", "researcher2", "pi", "manager") if item.institution == HOUSE else ()
        people = [house.people[username] for username in accounts]
        stocker.license(item, [*people, *(person for person, _weight in chosen)])
