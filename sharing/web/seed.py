"""Reference data of an empty database: the network, its classes and calendar, and the first row of each dated rule.

Read from config/*.toml and written as bulk rows of several slices in one transaction: these are the rows from which
every service starts, so none of them can be asked to write them. Keys are made from the codes, the same on every node,
so that a zone and the province agree about them (DESIGN 2.8).
"""

from __future__ import annotations

import hashlib
import secrets
import tomllib
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, select

from sharing.approval.models import Chain, ChainStep
from sharing.kernel.db import db, insert, table_of, transactional
from sharing.kernel.timespan import at_shanghai
from sharing.ledger.models import Account
from sharing.network.models import CalendarDay, Category, CodeSet, RuleEpoch, Setting, Zone
from sharing.network.rules import category_level, category_parent
from sharing.registry.models import Policy, Timetable
from sharing.web.places import CONFIG

DAY_KINDS: Final = ("workday", "weekend", "holiday", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read(path: Path) -> dict[str, Any]:
    """One TOML file. Raises tomllib.TOMLDecodeError with its line."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def stable_id(name: str, day: date) -> uuid.UUID:
    """A UUIDv7 that follows from a name: the time is the day's, the rest a hash, so every node makes the same key."""
    milliseconds = int(at_shanghai(day).timestamp() * 1000)
    return version_7(milliseconds, int.from_bytes(hashlib.sha256(name.encode()).digest()[:10]))


def version_7(milliseconds: int, rest: int) -> uuid.UUID:
    """A UUIDv7 of a time and 74 bits of anything (RFC 9562, 5.7)."""
    number = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (rest >> 62 & 0xFFF) << 64
    return uuid.UUID(int=number | 2 << 62 | rest & (1 << 62) - 1)


def clock_span(text: str) -> list[int]:
    """`"08:30-12:00"` as minutes after midnight, `[510, 720]`; `24:00` ends a day."""
    first, last = ([int(part) for part in clock.split(":")] for clock in text.split("-"))
    return [first[0] * 60 + first[1], last[0] * 60 + last[1]]


def opening(entry: Mapping[str, Any]) -> dict[str, list[list[int]]]:
    """The `days` of a timetable row: for each kind of day named in the entry its spans in minutes."""
    return {kind: [clock_span(text) for text in entry[kind]] for kind in DAY_KINDS if kind in entry}


def network_scope(data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The columns that every dated row of the network scope shares."""
    return {
        "scope_kind": "network",
        "scope_id": None,
        "scope_key": "network",
        "valid_from": data["valid_from"],
        "inherit": False,
        "source_document": data["source_document"],
        "created_at": now,
    }


@transactional
def seed(now: datetime) -> bool:
    """Write the reference data; False when the network is there already, and then nothing is touched but the chart of
    accounts, which takes what was added to it."""
    accounts = insert(table_of(Account)).on_conflict_do_nothing(index_elements=["code"])
    db.session.execute(accounts, read(CONFIG / "chart.toml")["accounts"])
    if db.session.execute(select(table_of(Zone).c.id).limit(1)).first():
        return False
    network, rules = read(CONFIG / "network.toml"), read(CONFIG / "rules.toml")
    categories, fixed = read(CONFIG / "categories.toml"), read(CONFIG / "holidays" / "statutory.toml")
    years = [read(path) for path in sorted((CONFIG / "holidays").glob("[0-9]*.toml"))]
    put(Zone, zones(network))
    code_set = {key: categories[key] for key in ("version", "name", "source_document", "valid_from")}
    put(CodeSet, [code_set])
    put(Category, category_rows(categories))
    put(CalendarDay, [row for year in years for row in calendar_days(year)])
    put(Setting, settings(network, rules, fixed))
    put(RuleEpoch, [{"id": 1, "epoch": secrets.randbelow(2**31 - 1) + 1}])
    put(
        Policy,
        [{"id": stable_id("policy", rules["valid_from"]), **network_scope(rules, now), **rules["policy"]}],
    )
    put(Timetable, [timetable(rules, now)])
    chain, steps = chain_rows(rules, now)
    put(Chain, [chain])
    put(ChainStep, steps)
    return True


def put(model: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows in bulk; every row names the same columns."""
    table: Table = table_of(model)
    if batch := list(rows):
        db.session.execute(table.insert(), batch)


def zones(network: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The zones with the prefectures that belong to each."""
    columns = ("code", "name", "name_en", "number_prefix", "is_province", "position")
    return [
        {
            "id": stable_id(f"zone:{zone['code']}", network["valid_from"]),
            **{column: zone[column] for column in columns},
            "places": [row["code"] for row in network["prefectures"]["rows"] if row["zone"] == zone["code"]],
        }
        for zone in network["zones"]
    ]


def category_rows(categories: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Classes with level and parent, which their codes tell: `010102` lies below `010100` below `010000`."""
    return [
        {
            "id": stable_id(f"category:{categories['version']}:{row['code']}", categories["valid_from"]),
            "code_set": categories["version"],
            "code": row["code"],
            "level": category_level(row["code"]),
            "parent_code": category_parent(row["code"]),
            "name": row["name"],
            "name_en": row["name_en"],
            "aliases": " ".join(row["aliases"]),
        }
        for row in categories["rows"]
    ]


def calendar_days(year: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The days that one year's published list names; both ends of a holiday belong to it."""
    source = {"source_document": year["source_document"]}
    english = {entry["name"]: entry["name_en"] for entry in year["holidays"]}
    holidays = [
        {"day": day, "kind": "holiday", "name": entry["name"], "name_en": entry["name_en"], **source}
        for entry in year["holidays"]
        for day in days(entry["first"], entry["last"])
    ]
    shifted = [
        {
            "day": entry["day"],
            "kind": "workday",
            "name": f"{entry['for']}调休",
            "name_en": f"{english[entry['for']]}, shifted",
            **source,
        }
        for entry in year["workdays"]
    ]
    return holidays + shifted


def days(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def settings(
    network: Mapping[str, Any], rules: Mapping[str, Any], fixed: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Dated values of the network: office hours, approval limits, price groups, role names, the shipped questions."""
    dated = {"valid_from": rules["valid_from"], "source_document": rules["source_document"]}
    office_hours = [clock_span(text) for text in rules["settings"]["office_hours"]]
    values = {
        **rules["settings"],
        "office_hours": office_hours,
        "price_groups": rules["price_groups"],
        "sample_questions": rules["questions"],
        "roles": network["roles"]["rows"],
    }
    first = {"valid_from": fixed["valid_from"], "source_document": fixed["source_document"]}
    fixed_days = [[day["month"], day["day"], day["name"], day["name_en"]] for day in fixed["days"]]
    return [{"key": key, "value": value, **dated} for key, value in values.items()] + [
        {"key": "fixed_days", "value": fixed_days, **first}
    ]


def timetable(rules: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The opening hours where nobody has said otherwise."""
    entry = rules["timetable"]
    return {
        "id": stable_id("timetable", rules["valid_from"]),
        **network_scope(rules, now),
        "name": entry["name"],
        "name_en": entry["name_en"],
        "days": opening(entry),
    }


def chain_rows(rules: Mapping[str, Any], now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first approval chain and its steps."""
    entry, on = rules["chain"], rules["valid_from"]
    chain = {"id": stable_id("chain", on), **network_scope(rules, now)}
    chain |= {"name": entry["name"], "name_en": entry["name_en"]}
    steps = [
        {
            "id": stable_id(f"chain-step:{position}", on),
            "chain_id": chain["id"],
            "position": position,
            "role": step["role"],
            "needed_when": step.get("needed_when", []),
            "working_hours": step["working_hours"],
        }
        for position, step in enumerate(entry["steps"], start=1)
    ]
    return chain, steps
