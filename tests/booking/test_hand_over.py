"""A booking goes to a colleague: offered, taken by one click, judged for her, paid as before or asked for anew."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select

from sharing.booking import calendar_feed, jobs, queries, service
from sharing.booking.rules import BookingRow, Status
from sharing.kernel.db import db
from sharing.kernel.ical import invitation_of, itip
from sharing.kernel.refusals import Refused
from sharing.notify.models import Outgoing
from sharing.people.models import Membership, User
from tests import cast
from tests.booking.asking import decide, rules_broken, submit
from tests.booking.test_api import World, world
from tests.booking.test_scenarios import inbox_topics, self_service
from tests.harness.browser import KEPT, Browser

__all__ = ["world"]

SPAN = cast.span(3, "09:00", "10:00")


def offer(row: BookingRow, to: User, by: User, *, now: Any = cast.NOW) -> BookingRow:
    return service.hand_over(row.id, person=to.username, note="我要出差", by=cast.actor(by), now=now)


def take(row: BookingRow, who: User, *, now: Any = cast.NOW, **more: Any) -> BookingRow:
    return service.take_over(row.id, by=cast.actor(who), now=now, **more)


def mates(house: cast.House) -> User:
    """Somebody of the researcher's own group."""
    mate = cast.user("mate", role="researcher", at=house.university)
    cast.keep(Membership(group_id=house.group.id, user_id=mate.id, starts_on=cast.LONG_AGO))
    return mate


def itips(who: User) -> list[tuple[str, str, list[str]]]:
    """Method, UID and attendees of each invitation mailed to her."""
    rows = db.session.scalars(select(Outgoing).where(Outgoing.recipient_id == who.id).order_by(Outgoing.id))
    found = []
    for row in rows:
        if row.invitation:
            sheet = Calendar.from_ical(itip(invitation_of(row.invitation)))
            event = sheet.walk("VEVENT")[0]
            people = event["ATTENDEE"] if isinstance(event["ATTENDEE"], list) else [event["ATTENDEE"]]
            found.append((str(sheet["METHOD"]), str(event["UID"]), [str(one) for one in people]))
    return found


def test_a_colleague_of_the_group_takes_it_by_one_click_and_all_are_told(app: Flask) -> None:
    house = cast.house()
    mate = mates(house)
    mine = submit(house.researcher, house.instrument, SPAN, card_id=house.card.id)
    for who in (house.head, house.manager):
        decide(mine.id, who)
    offered = offer(mine, mate, house.researcher)
    assert (offered.requester_id, offered.change and offered.change.to_id) == (house.researcher.id, mate.id)
    assert inbox_topics(mate) == ["booking.hand-over-offered"]
    assert [row.id for row in queries.offered_to(cast.actor(mate), cast.NOW)] == [mine.id]
    assert queries.readable_booking(mine.id, cast.actor(mate), cast.NOW).id == mine.id
    taken = take(mine, mate)
    assert (taken.requester_id, taken.status, taken.group_id, taken.card_id, taken.span, taken.change) == (
        mate.id,
        Status.APPROVED,
        house.group.id,
        house.card.id,
        SPAN,
        None,
    )
    assert taken.sequence == mine.sequence + 2  # approved, handed over
    assert inbox_topics(mate)[-1] == "booking.taken-over"
    for who in (house.researcher, house.manager, house.head):
        assert inbox_topics(who)[-1] == "booking.handed-over"
    uid = f"{mine.id}@{calendar_feed.UID_DOMAIN}"
    assert itips(house.researcher)[-1] == ("CANCEL", uid, [f"mailto:{house.researcher.email}"])
    assert itips(mate) == [("REQUEST", uid, [f"mailto:{mate.email}"])]


def feed_of(who: User) -> Calendar:
    return Calendar.from_ical(
        calendar_feed.document(calendar_feed.Source("person", cast.actor(who)), now=cast.NOW)
    )


def test_the_event_leaves_the_old_feed_as_cancelled_and_stands_in_the_new(app: Flask) -> None:
    house = cast.house()
    mate, laser = mates(house), self_service(house)
    mine = submit(house.researcher, laser, SPAN)
    offer(mine, mate, house.researcher)
    take(mine, mate)
    for who, status in ((house.researcher, "CANCELLED"), (mate, "CONFIRMED")):
        assert [str(event["STATUS"]) for event in feed_of(who).walk("VEVENT")] == [status]
    assert "测试样品" not in str(feed_of(house.researcher).to_ical(), "utf-8")


def test_another_group_is_asked_and_its_no_leaves_all_as_it_was(app: Flask) -> None:
    house = cast.house()
    mine = submit(house.researcher, house.instrument, SPAN)
    for who in (house.head, house.manager):
        decide(mine.id, who)
    rival = next(one for one in db.session.scalars(select(User)) if one.username == "rival")
    for verdict in ("reject", "approve"):
        offer(mine, house.colleague, house.researcher)
        waiting = take(mine, house.colleague)
        assert waiting.change is not None
        assert (waiting.requester_id, waiting.change.proposed, waiting.change.group_id) == (
            house.researcher.id,
            False,
            house.rivals.id,
        )
        assert inbox_topics(rival)[-1] == "approval.waiting"
        done = decide(mine.id, rival, verdict, note="经费不够")
        if verdict == "reject":
            assert (done.requester_id, done.group_id, done.change) == (
                house.researcher.id,
                house.group.id,
                None,
            )
            for who in (house.researcher, house.colleague):
                assert inbox_topics(who)[-1] == "booking.hand-over-declined"
    done = decide(mine.id, house.manager)
    assert (done.requester_id, done.group_id, done.status) == (
        house.colleague.id,
        house.rivals.id,
        Status.APPROVED,
    )
    assert [one.position for one in queries.taken([house.instrument.id], SPAN)[house.instrument.id]] == [1]


def test_a_request_is_asked_for_anew_for_its_new_person(app: Flask) -> None:
    house = cast.house()
    mate = mates(house)
    mine = submit(house.researcher, house.instrument, SPAN)
    decide(mine.id, house.head)
    offer(mine, mate, house.researcher)
    taken = take(mine, mate)
    approval = queries.approval_of(taken)
    assert (taken.status, taken.requester_id) == (Status.REQUESTED, mate.id)
    assert approval is not None
    assert approval.requester_id == mate.id
    for who in (house.head, house.manager):
        taken = decide(mine.id, who)
    assert taken.status is Status.APPROVED


def test_qualification_and_quota_are_judged_for_the_new_person(app: Flask) -> None:
    house = cast.house()
    mate, laser = mates(house), self_service(house)
    cast.licence(laser, house.researcher, by=house.manager)
    cast.policy(laser, licence_level="independent", person_day_minutes=60)
    mine = submit(house.researcher, laser, SPAN)
    offer(mine, mate, house.researcher)
    with pytest.raises(Refused) as no:
        take(mine, mate)
    assert rules_broken(no.value) == ["licence_level"]
    assert no.value.facts["violations"][0].facts["ask"] == [house.manager.name]
    cast.licence(laser, mate, by=house.manager)
    hers = submit(mate, laser, cast.span(3, "14:00", "15:00"))
    with pytest.raises(Refused) as no:
        take(mine, mate)
    assert rules_broken(no.value) == ["person_day_minutes"]
    service.cancel(hers.id, by=cast.actor(mate), now=cast.NOW)
    assert take(mine, mate).requester_id == mate.id
    assert submit(house.researcher, laser, cast.span(3, "14:00", "15:00"))  # her own quota is free again


def test_an_offer_is_declined_taken_back_or_let_pass(app: Flask) -> None:
    house = cast.house()
    mate, laser = mates(house), self_service(house)
    mine = submit(house.researcher, laser, SPAN)
    for who, told in ((mate, house.researcher), (house.researcher, mate)):
        offer(mine, mate, house.researcher)
        kept = service.keep(mine.id, by=cast.actor(who), now=cast.NOW)
        assert (kept.requester_id, kept.change) == (house.researcher.id, None)
        assert inbox_topics(told)[-1] == "booking.hand-over-declined"
    change = offer(mine, mate, house.researcher).change
    assert change is not None
    assert change.due_at is not None
    with pytest.raises(Refused) as no:
        take(mine, mate, now=change.due_at)
    assert no.value.kind == "invalid-transition"
    assert jobs.unanswered(change.due_at) == 1
    assert inbox_topics(house.researcher)[-1] == "booking.hand-over-declined"
    late = service.cancel(mine.id, by=cast.actor(house.researcher), now=cast.NOW)
    assert late.free_cancel is False


def test_what_is_refused(app: Flask) -> None:
    house = cast.house()
    mate, laser = mates(house), self_service(house)
    mine = submit(house.researcher, laser, SPAN)
    for who, kind in ((house.head, "forbidden"), (house.stranger, "not-found")):
        with pytest.raises(Refused) as no:
            offer(mine, mate, who)
        assert no.value.kind == kind
    for to in (house.stranger, house.researcher, house.finance):  # elsewhere; herself; who may not book
        with pytest.raises(Refused) as no:
            offer(mine, to, house.researcher)
        assert no.value.kind == "invalid-input"
    with pytest.raises(Refused) as no:
        offer(mine, mate, house.researcher, now=SPAN.start)
    assert no.value.kind == "invalid-transition"
    offer(mine, mate, house.manager)  # who runs the instrument may too
    with pytest.raises(Refused) as no:
        offer(mine, house.colleague, house.researcher)
    assert no.value.kind == "invalid-transition"
    for who, kind in ((house.head, "forbidden"), (house.colleague, "not-found")):
        with pytest.raises(Refused) as no:
            take(mine, who)
        assert no.value.kind == kind
    with pytest.raises(Refused) as no:  # an offer is not another time proposed
        service.accept(mine.id, by=cast.actor(house.researcher), now=cast.NOW)
    assert no.value.kind == "invalid-transition"


def test_the_api_and_the_pages_offer_and_take(world: World) -> None:
    house = world.house
    mate = mates(house)
    mine = world.call(house.researcher, "POST", "/bookings", world.wish()).json
    asked = {"person": mate.staff_no, "note": "出差"}
    held = world.call(house.researcher, "POST", f"/bookings/{mine['id']}/hand-over", asked)
    assert held.status_code == 200
    assert held.json["pending_change"]["hand_over_to"]["id"] == str(mate.id)
    mate.password_hash = KEPT
    db.session.commit()
    chen = Browser(world.client.application).sign_in(mate)
    assert mine["number"] in chen.get("/desk").text
    shown = chen.get(f"/bookings/{mine['id']}").text
    for word in ("接手", "不接", "出差"):
        assert word in shown
    assert chen.post(f"/bookings/{mine['id']}/take-over").status_code == 302
    page = chen.get(f"/bookings/{mine['id']}").text
    assert "已转手" in page
    assert world.call(mate, "POST", f"/bookings/{mine['id']}/keep").status_code == 409
    assert world.call(house.researcher, "GET", f"/bookings/{mine['id']}").status_code == 404
