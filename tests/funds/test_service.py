"""Cards and leave in advance in the database, and who may touch them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.audit import queries as audit
from sharing.funds import queries, service
from sharing.funds.rules import Leave, NewCard
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify.models import Message
from sharing.people.models import User
from tests import cast

TOMORROW = cast.TODAY + timedelta(days=1)


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def add_card(house: cast.House, by: User, **more: Any) -> Any:
    new = NewCard(**{"group_id": house.group.id, "number": "NSFC-22378001", "name": "国自然面上"} | more)
    return service.add_card(new, by=cast.actor(by), now=cast.NOW)


def authorise(house: cast.House, by: User, **more: Any) -> Any:
    given = {"group_id": house.group.id, "member_id": house.researcher.id, "starts_on": cast.TODAY}
    return service.authorise(Leave(**given | more), by=cast.actor(by), now=cast.NOW)


def test_a_card_is_added_once_and_retired_once(house: cast.House) -> None:
    card = add_card(house, house.head)
    assert {one.id for one in queries.cards(house.group.id, cast.TODAY)} == {house.card.id, card.id}
    with pytest.raises(Refused, match="duplicate"):
        add_card(house, house.head)
    for _twice in range(2):
        service.retire_card(card.id, by=cast.actor(house.head), now=cast.NOW)
    assert [one.id for one in queries.cards(house.group.id, cast.TODAY)] == [house.card.id]
    assert [one.id for one in queries.all_cards(house.group.id)] == [house.card.id, card.id]
    actions = [row.action for row in audit.history("group", house.group.id)]
    assert actions == ["funds.card-added", "funds.card-retired"]


def test_a_card_pays_until_the_day_it_expires(house: cast.House) -> None:
    card = add_card(house, house.head, expires_on=TOMORROW)
    found = queries.cards_of([house.group.id, house.rivals.id], cast.TODAY)
    assert card.id in {one.id for one in found[house.group.id]}
    assert found[house.rivals.id] == []
    assert card.id not in {one.id for one in queries.cards(house.group.id, TOMORROW)}
    with pytest.raises(Refused, match="invalid-input"):
        add_card(house, house.head, number="x", expires_on=cast.TODAY)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("researcher", "forbidden"),
        ("admin", "forbidden"),
        ("finance", "forbidden"),
        ("auditor", "forbidden"),
        ("colleague", "not-found"),
        ("manager", "not-found"),
        ("stranger", "not-found"),
        ("enterprise", "not-found"),
    ],
)
def test_only_the_head_gives_and_takes(house: cast.House, who: str, refusal: str) -> None:
    by = house.people()[who]
    leave = cast.authorisation(house.group, house.researcher, by=house.head)
    for attempt in (
        lambda: add_card(house, by),
        lambda: authorise(house, by),
        lambda: service.retire_card(house.card.id, by=cast.actor(by), now=cast.NOW),
        lambda: service.end_authorisation(leave.id, by=cast.actor(by), now=cast.NOW),
    ):
        with pytest.raises(Refused, match=refusal):
            attempt()


def test_leave_is_given_told_and_ended(house: cast.House) -> None:
    leave = authorise(
        house,
        house.head,
        month_fen=5000_00,
        card_id=house.card.id,
        instruments=(house.instrument.id,),
        ends_on=TOMORROW,
    )
    assert leave.instruments == {house.instrument.id}
    assert queries.authorisation_for(house.group.id, house.researcher.id, cast.TODAY) == [leave]
    assert queries.authorisation_for(house.group.id, house.researcher.id, TOMORROW) == []
    assert queries.authorisations_of(house.researcher.id, cast.TODAY) == [leave]
    [told] = db.session.scalars(select(Message))
    assert (told.topic, told.recipient_id) == ("funds.authorised", house.researcher.id)
    for _twice in range(2):
        service.end_authorisation(leave.id, by=cast.actor(house.head), now=cast.NOW)
    assert queries.authorisation_for(house.group.id, house.researcher.id, cast.TODAY) == []
    assert [row.ended_at for row in queries.authorisations(house.group.id)] == [cast.NOW]


def test_every_wrong_field_of_a_leave_is_named(house: cast.House) -> None:
    with pytest.raises(Refused) as no:
        authorise(
            house,
            house.head,
            member_id=house.colleague.id,
            card_id=uuid.uuid4(),
            ends_on=cast.TODAY,
            month_fen=0,
            month_minutes=-1,
        )
    named = [one["field"] for one in no.value.facts["fields"]]
    assert named == ["member_id", "card_id", "ends_on", "month_fen", "month_minutes"]
    with pytest.raises(Refused, match="member_id"):
        authorise(house, house.head, member_id=house.head.id)


def test_an_unknown_thing_is_not_found(house: cast.House) -> None:
    by = cast.actor(house.head)
    for attempt in (
        lambda: service.retire_card(uuid.uuid4(), by=by, now=cast.NOW),
        lambda: service.end_authorisation(uuid.uuid4(), by=by, now=cast.NOW),
        lambda: service.readable(uuid.uuid4(), by=by),
    ):
        with pytest.raises(Refused, match="not-found"):
            attempt()
