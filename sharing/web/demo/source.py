"""The demo's TOML files as values: what config/demo/*.toml says, checked for what the loader counts on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from sharing.web.places import CONFIG
from sharing.web.seed import read

FOLDER: Final = CONFIG / "demo"
CJK: Final = re.compile(r"^(.*[\u4e00-\u9fff])\s+(.+)$")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of instrument: maker, model and text. `value_fen` is the price of one, `rates` yuan an hour."""

    key: str
    category: str
    name: str
    name_en: str
    manufacturer: str
    manufacturer_en: str
    model: str
    nation: str
    value_fen: int
    kind: str
    subjects: tuple[str, ...]
    technical: str
    function: str
    service: str
    rates: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Unit:
    """One instrument of an institution, as instruments.toml lists it."""

    kind: Kind
    on: date
    room: str
    mode: str
    terms: tuple[str, ...] = ()
    status: str = "in_service"
    reason: str = ""
    capacity: int = 1
    customs_until: date | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """What a kind of research group comes for. `samples`: text and state of the sample question."""

    classes: tuple[str, ...]
    purposes: tuple[str, ...]
    projects: tuple[str, ...]
    samples: tuple[tuple[str, str], ...]

    def wants(self, category: str) -> bool:
        return category.startswith(self.classes)


@dataclass(frozen=True, slots=True)
class Source:
    """Everything that the demo is drawn from."""

    institutions: tuple[dict[str, Any], ...]
    enterprises: tuple[dict[str, Any], ...]
    people: dict[str, Any]
    terms: dict[str, Any]
    notices: tuple[dict[str, Any], ...]
    kinds: dict[str, Kind]
    units: dict[str, tuple[Unit, ...]]
    fields: dict[str, Field]
    remarks: dict[str, Any]
    busy: dict[str, int]
    questions: tuple[dict[str, Any], ...]
    orders: tuple[dict[str, Any], ...]
    rules: dict[str, Any]


@cache
def source() -> Source:
    """Read once a process. Raises KeyError naming a key that another file does not have."""
    kinds = {
        kind.key: kind for path in sorted((FOLDER / "models").glob("*.toml")) for kind in _kinds(read(path))
    }
    work, rules = read(FOLDER / "work.toml"), read(CONFIG / "rules.toml")
    listed = read(FOLDER / "instruments.toml")
    return Source(
        institutions=tuple(read(FOLDER / "institutions.toml")["institutions"]),
        enterprises=tuple(read(FOLDER / "enterprises.toml")["enterprises"]),
        people=read(FOLDER / "people.toml"),
        terms=read(FOLDER / "terms.toml"),
        notices=tuple(read(FOLDER / "notices.toml")["notices"]),
        kinds=kinds,
        units={code: tuple(_unit(row, kinds) for row in entry["rows"]) for code, entry in listed.items()},
        fields={name: _field(entry) for name, entry in work["fields"].items()},
        remarks=work["remarks"],
        busy=work["busy"],
        questions=tuple(rules["questions"]),
        orders=tuple(read(FOLDER / "orders.toml")["orders"]),
        rules=rules,
    )


def _kinds(file: dict[str, Any]) -> list[Kind]:
    return [_kind(row) for row in file["models"]]


def _kind(row: dict[str, Any]) -> Kind:
    maker = CJK.match(row["manufacturer"])
    wan, _, part = row["value"].partition(".")
    return Kind(
        key=row["key"],
        category=row["category"],
        name=row["name"],
        name_en=row["name_en"],
        manufacturer=maker[1] if maker else row["manufacturer"],
        manufacturer_en=maker[2] if maker else row["manufacturer"],
        model=row["model"],
        nation=row["nation"],
        value_fen=(int(wan) * 100 + int(f"{part:0<2}")) * 10_000,  # 万元 with two places
        kind=row["kind"],
        subjects=tuple(row["subjects"]),
        technical=row["technical"],
        function=row["function"],
        service=row["service"],
        rates=tuple(row["rates"]),
    )


def _unit(row: dict[str, Any], kinds: dict[str, Kind]) -> Unit:
    rest = {key: value for key, value in row.items() if key not in {"model", "terms"}}
    return Unit(kind=kinds[row["model"]], terms=tuple(row.get("terms", ())), **rest)


def _field(entry: dict[str, Any]) -> Field:
    samples = tuple((text, state) for text, state in entry["samples"])
    return Field(tuple(entry["classes"]), tuple(entry["purposes"]), tuple(entry["projects"]), samples)
