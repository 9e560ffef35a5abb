"""The cast is complete: every builder makes a row that both databases accept."""

from __future__ import annotations

from flask import Flask

from tests import cast


def test_the_house_stands(app: Flask) -> None:
    house = cast.house()
    booked = cast.booking(house.instrument, house.researcher, cast.span(2, "09:00", "11:00"))
    cast.authorisation(house.group, house.researcher, by=house.head, card_id=house.card.id)
    cast.licence(house.instrument, house.researcher, by=house.manager)
    cast.question(house.instrument, key="sample")

    assert booked.number.startswith("KM-2026-")
    assert len(house.people()) == 12
    assert cast.actor(house.head).groups == (house.group.id,)
