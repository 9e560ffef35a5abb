"""Where a dated rule holds: the network, a zone, an institution, a category, one instrument; and how its rows stand."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, Generic, Protocol, TypeVar

from sharing.network.rules import scope_key
from sharing.people.rules import ScopePath

SCOPES: Final = ("instrument", "category", "institution", "zone", "network")
OPEN_SCOPES: Final = ("category", "zone", "network")
"""Whose rules every house may read, for they hold in it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A scope with its names and the wider ones that it hands back to, the nearest first.

    code  as addresses and commands say it: `institution:uni`; an instrument's is its key
    """

    kind: str
    id: uuid.UUID | None
    code: str
    name: str
    name_en: str
    path: ScopePath
    wider: tuple[Scope, ...] = ()

    @property
    def key(self) -> str:
        return scope_key(self.kind, self.id)

    @property
    def pair(self) -> tuple[str, uuid.UUID | None]:
        return self.kind, self.id

    @property
    def said(self) -> str:
        return f"{self.kind}:{self.code}" if self.code else self.kind

    @property
    def keys(self) -> tuple[str, ...]:
        """Scope keys, this one first, as `row_in_force` takes them."""
        return (self.key, *(one.key for one in self.wider))


class Standing(StrEnum):
    """How a dated row stands on a day."""

    COMING = "coming"
    NOW = "now"
    PAST = "past"
    WITHDRAWN = "withdrawn"


class Row(Protocol):
    """What every dated row carries; written by `registry.service.enter`."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def valid_from(self) -> date: ...
    @property
    def inherit(self) -> bool: ...
    @property
    def source_document(self) -> str: ...


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Entry(Generic[R]):
    """A dated row of one scope as its list shows it; `line` parts rows that do not end each other, as price groups."""

    row: R
    line: Any
    entered_at: datetime
    withdrawn_at: datetime | None
    standing: Standing


def standings(rows: Iterable[tuple[R, Any, datetime, datetime | None]], on: date) -> list[Entry[R]]:
    """Rows of one scope with how each stands on a day, the latest first. A row ends where the next of its line begins.

    rows  each with its line, when it was entered, and when withdrawn
    """
    known = sorted(rows, key=lambda one: (one[0].valid_from, one[2]), reverse=True)
    begun: set[Any] = set()
    out = []
    for row, line, entered_at, withdrawn_at in known:
        if withdrawn_at is not None:
            standing = Standing.WITHDRAWN
        elif row.valid_from > on:
            standing = Standing.COMING
        else:
            standing = Standing.PAST if line in begun else Standing.NOW
            begun.add(line)
        out.append(Entry(row, line, entered_at, withdrawn_at, standing))
    return out
