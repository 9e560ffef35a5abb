"""What is asked, quoted and agreed: the values of an order, and the decisions that need nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from sharing.kernel.language import _l
from sharing.kernel.money import ZERO, Money


class Hazard(StrEnum):
    """What is dangerous about a sample; none named means that the customer says there is nothing."""

    TOXIC = "toxic"
    FLAMMABLE = "flammable"
    CORROSIVE = "corrosive"
    OXIDISING = "oxidising"
    BIOLOGICAL = "biological"
    RADIOACTIVE = "radioactive"
    MAGNETIC = "magnetic"
    VOLATILE = "volatile"
    OTHER = "other"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


class After(StrEnum):
    """What becomes of the samples after the test."""

    RETURN = "return"
    DISPOSE = "dispose"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


class ContractKind(StrEnum):
    """The five kinds of technology contract (DOMAIN 4.1.6)."""

    DEVELOPMENT = "development"
    TRANSFER = "transfer"
    LICENCE = "licence"
    CONSULTING = "consulting"
    SERVICE = "service"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


class FileKind(StrEnum):
    """What a file of an order is: given with the request, the signed contract, a result."""

    REQUEST = "request"
    CONTRACT = "contract"
    RESULT = "result"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a customer wants tested.

    what, nature      the test, and what the samples are
    hazards           none: said to be harmless; `hazard_note` says how to handle them
    wanted_on         by which Shanghai day
    after, return_to  what becomes of the samples, and where they go back to
    group_id          the research group that pays; None: her only one, or nobody for a company
    """

    instrument_id: uuid.UUID
    what: str
    samples: int
    nature: str
    hazards: tuple[Hazard, ...] = ()
    hazard_note: str = ""
    wanted_on: date | None = None
    after: After = After.DISPOSE
    return_to: str = ""
    group_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote; `quantity` is exact, with two places at most."""

    item: str
    quantity: Fraction
    unit: str
    unit_price: Money

    @property
    def amount(self) -> Money:
        return self.unit_price.times(self.quantity)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the house offers: the lines, until when the customer may accept, and by which day the result is there."""

    lines: tuple[Line, ...]
    valid_until: datetime
    result_on: date | None = None
    note: str = ""

    @property
    def amount(self) -> Money:
        return sum((line.amount for line in self.lines), ZERO)


def quote_changes(old: Terms, new: Terms) -> list[str]:
    """What differs between two versions of a quote: lines, amount, valid_until, result_on, note, in this order."""
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in QUOTED}
    return [name for name, (before, after) in pairs.items() if before != after]


QUOTED: Final = ("lines", "amount", "valid_until", "result_on", "note")


@dataclass(frozen=True, slots=True)
class Contract:
    """The written contract of an outside order; without a number it is said to be not registered (未登记)."""

    kind: ContractKind
    registration_no: str = ""
    registered_on: date | None = None


_WORDS: Final[Mapping[StrEnum, Any]] = {
    Hazard.TOXIC: _l("有毒"),
    Hazard.FLAMMABLE: _l("易燃"),
    Hazard.CORROSIVE: _l("腐蚀"),
    Hazard.OXIDISING: _l("氧化"),
    Hazard.BIOLOGICAL: _l("生物危害"),
    Hazard.RADIOACTIVE: _l("放射性"),
    Hazard.MAGNETIC: _l("磁性"),
    Hazard.VOLATILE: _l("挥发"),
    Hazard.OTHER: _l("其他危险"),
    After.RETURN: _l("退回"),
    After.DISPOSE: _l("由机组处置"),
    ContractKind.DEVELOPMENT: _l("技术开发"),
    ContractKind.TRANSFER: _l("技术转让"),
    ContractKind.LICENCE: _l("技术许可"),
    ContractKind.CONSULTING: _l("技术咨询"),
    ContractKind.SERVICE: _l("技术服务"),
}
