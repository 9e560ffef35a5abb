"""Orders on their way, for the tests of the slice: a company asks the house of the cast for a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import TimeSpan
from sharing.orders import queries, service
from sharing.orders.rules import After, Ask, Contract, ContractKind, Hazard, Line, OrderRow, Terms
from sharing.people.models import User
from sharing.registry.models import Instrument
from tests import cast
from tests.cast import NOW, clock, span

LATER = NOW + timedelta(days=4)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SLOT = span(3, "09:00", "11:00")
TERMS = Terms(
    lines=(
        Line("机时", Fraction(3), "小时", Money(12_000)),
        Line("制样", Fraction(5), "个", Money(2_050)),
    ),
    valid_until=clock(7, "17:00"),
    result_on=date(2026, 12, 4),
    note="含表面喷金",
)


@dataclass
class World:
    """The house, its laboratory that takes orders only, and steps that bring one there."""

    house: cast.House
    lab: Instrument

    def by(self, name: str) -> Any:
        return cast.actor(getattr(self.house, name))

    @property
    def customer(self) -> User:
        return self.house.enterprise

    def ask(self, **changed: Any) -> Ask:
        given = {
            "instrument_id": self.lab.id,
            "what": "钴酸锂颗粒的粒度分布与形貌",
            "samples": 5,
            "nature": "干燥粉末，每份约 2 克",
            "hazards": (Hazard.TOXIC,),
            "hazard_note": "含钴，请在通风橱内开封",
            "wanted_on": date(2026, 12, 11),
            "after": After.RETURN,
            "return_to": "昆明市高新区科园路 1 号",
        }
        return Ask(**given | changed)

    def asked(self, who: str = "enterprise", **changed: Any) -> OrderRow:
        return service.submit(self.ask(**changed), by=self.by(who), now=NOW)

    def quoted(self, who: str = "enterprise", terms: Terms = TERMS) -> OrderRow:
        row = self.asked(who)
        return service.quote(row.id, terms, revision=row.revision, by=self.by("manager"), now=NOW)

    def accepted(self, who: str = "enterprise", *, contract: bool = True) -> OrderRow:
        row = self.quoted(who)
        row = service.accept(row.id, version=1, by=self.by(who), now=NOW)
        if contract and row.external:
            self.signed(row)
        return row

    def signed(self, row: OrderRow, **changed: Any) -> OrderRow:
        contract = Contract(**{"kind": ContractKind.SERVICE} | changed)
        return service.record_contract(
            row.id, contract, service.Sent("合同.pdf", PDF), by=self.by("manager"), now=NOW
        )

    def scheduled(self, who: str = "enterprise", when: TimeSpan = SLOT) -> OrderRow:
        row = self.accepted(who)
        return service.schedule(row.id, when, self.house.manager.id, by=self.by("manager"), now=NOW)

    def received(self, who: str = "enterprise") -> OrderRow:
        row = self.scheduled(who)
        return service.receive(row.id, by=self.by("manager"), now=NOW + timedelta(days=2))

    def delivered(self, who: str = "enterprise", **more: Any) -> OrderRow:
        row = self.received(who)
        sent = [service.Sent("粒度报告.pdf", PDF)]
        return service.deliver(row.id, sent, by=self.by("manager"), now=NOW + timedelta(days=4), **more)

    def now(self, row: OrderRow) -> OrderRow:
        found = queries.order(row.id)
        assert found is not None
        return found


def world() -> World:
    house = cast.house()
    lab = cast.instrument(house.university, manager=house.manager, booking_mode="service_only")
    cast.grant(house.deputy, "deputy_manager", lab)
    return World(house, lab)


def refused(kind: str, work: Any, *args: Any, **facts: Any) -> Refused:
    with pytest.raises(Refused) as no:
        work(*args, **facts)
    assert no.value.kind == kind, no.value
    return no.value
