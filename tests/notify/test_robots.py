"""Messages to WeCom and DingTalk over real HTTP, against a server that speaks their web hooks and checks signatures."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from sharing.kernel.db import db, new_id, table_of, transaction
from sharing.kernel.refusals import Refused
from sharing.notify import queries, service
from sharing.notify.formats import Letterhead, unmarked
from sharing.notify.models import Channel, Outgoing
from sharing.notify.rules import Kind
from sharing.notify.service import Recipient
from sharing.notify.service.channels import (
    Sealing,
    deliver_to_robots,
    pass_on,
    remove_channel,
    save_channel,
    try_channel,
)
from sharing.notify.service.delivery import Delivered
from sharing.people.models import User
from tests import cast
from tests.cast import House
from tests.harness.robotserver import RobotServer

HEAD = Letterhead("云南大仪共享网", "Yunnan Network", "https://sharing.example", "no-reply@sharing.example")
NOW, LATER = cast.NOW, cast.NOW + timedelta(seconds=5)
FACTS = {
    "number": "KM-2026-000001",
    "instrument": "场发射扫描电镜",
    "instrument_en": "FE-SEM",
    "start": "2026-03-03T01:00:00+00:00",
    "end": "2026-03-03T03:00:00+00:00",
    "requester": "李静怡",
}
KEY = "a key of the tests alone"


@pytest.fixture
def server() -> Iterator[RobotServer]:
    with RobotServer() as running:
        yield running


@pytest.fixture
def house(app: Flask) -> House:
    return cast.house()


def sealing(server: RobotServer) -> Sealing:
    return Sealing(KEY, server.allow)


def save(
    server: RobotServer,
    who: User,
    kind: Kind = Kind.WECOM,
    *,
    address: str = "",
    secret: str = "",
    groups: tuple[str, ...] = (),
    shared: bool = False,
) -> uuid.UUID:
    return save_channel(
        kind,
        address or (server.wecom if kind is Kind.WECOM else server.dingtalk),
        secret,
        groups,
        institution_id=who.institution_id if shared else None,
        by=cast.actor(who),
        sealing=sealing(server),
        now=NOW,
    )


def tell(
    *people: User,
    topic: str = "approval.waiting",
    now: datetime = LATER,
    about: uuid.UUID | None = None,
    **more: Any,
) -> None:
    with transaction():
        to = [Recipient(one.id, one.email, one.language, one.name, one.institution_id) for one in people]
        service.enqueue(topic, to, ("booking", about or new_id()), FACTS | more, now)


def run(server: RobotServer, now: datetime = LATER) -> Delivered:
    pass_on(now=now)
    return deliver_to_robots(head=HEAD, sealing=sealing(server), now=now)


def rows() -> list[Any]:
    table = table_of(Outgoing)
    return list(db.session.execute(select(table).where(table.c.channel_id.is_not(None)).order_by(table.c.id)))


# --- what arrives ----------------------------------------------------------------------------------------------------


def test_wecom_gets_markdown_whose_one_link_opens_the_decision_page(
    house: House, server: RobotServer
) -> None:
    save(server, house.head)
    about = new_id()
    tell(house.head, about=about)
    assert run(server) == Delivered(sent=1)
    ((kind, body),) = server.messages
    assert (kind, body["msgtype"]) == ("wecom", "markdown")
    content = body["markdown"]["content"]
    assert "请审批：李静怡 预约 场发射扫描电镜" in content
    assert re.findall(r"\]\((.*?)\)", content) == [f"https://sharing.example/bookings/{about}"]


def test_dingtalk_gets_a_signed_card_that_opens_the_decision_page(house: House, server: RobotServer) -> None:
    server.secrets["good"] = "SECsecret"
    server.clock_ms = int(LATER.timestamp() * 1000)
    save(server, house.head, Kind.DINGTALK, secret="SECsecret")
    about = new_id()
    tell(house.head, about=about)
    assert run(server) == Delivered(sent=1)
    card = server.messages[0][1]["actionCard"]
    assert card["singleURL"] == f"https://sharing.example/bookings/{about}"
    assert "李静怡" in card["text"]


@pytest.mark.parametrize("secret", ["", "SECother"])
def test_a_wrong_signature_is_refused_kept_and_shown(house: House, server: RobotServer, secret: str) -> None:
    server.secrets["good"] = "SECsecret"
    server.clock_ms = int(LATER.timestamp() * 1000)
    save(server, house.head, Kind.DINGTALK, secret=secret)
    tell(house.head)
    assert run(server) == Delivered(again=1)
    (robot,) = queries.channels(house.head.id)
    assert robot.error == "310000 sign not match"
    server.secrets.clear()
    assert run(server, LATER + timedelta(minutes=1)) == Delivered(sent=1)
    (robot,) = queries.channels(house.head.id)
    assert robot.error is None


def test_in_english_to_who_reads_english(house: House, server: RobotServer) -> None:
    house.head.language = "en"
    db.session.commit()
    save(server, house.head)
    tell(house.head)
    run(server)
    assert "FE-SEM" in server.messages[0][1]["markdown"]["content"]


def test_what_a_person_typed_stays_text(house: House, server: RobotServer) -> None:
    save(server, house.head)
    tell(house.head, requester="[点我](http://evil.example) <@all> **急**")
    run(server)
    content = server.messages[0][1]["markdown"]["content"]
    assert re.findall(r"\]\(", content) == ["]("]  # ours alone
    assert "<@" not in content
    assert unmarked("a\nb`c`") == "a b’c’"


def test_a_long_message_is_cut_and_keeps_its_link(house: House, server: RobotServer) -> None:
    save(server, house.head)
    tell(house.head, requester="长" * 3000)
    assert run(server) == Delivered(sent=1)
    assert "](https://sharing.example/bookings/" in server.messages[0][1]["markdown"]["content"]


# --- to whom ---------------------------------------------------------------------------------------------------------


def test_a_robot_passes_on_its_owners_messages_of_the_chosen_groups_from_then_on(
    house: House, server: RobotServer
) -> None:
    tell(house.head, now=NOW - timedelta(minutes=1))  # before there was a robot
    save(server, house.head, groups=("approval",))
    tell(house.head)
    tell(house.head, topic="booking.approved")
    tell(house.colleague)
    assert run(server) == Delivered(sent=1)
    assert run(server, LATER + timedelta(minutes=10)) == Delivered()


def test_a_group_is_told_once_of_what_several_people_are_told(house: House, server: RobotServer) -> None:
    save(server, house.admin, shared=True)
    tell(house.head, house.manager, house.stranger)  # the stranger is of another institution
    assert run(server) == Delivered(sent=1)
    assert run(server, LATER + timedelta(seconds=5)) == Delivered()


def test_a_message_that_commits_late_is_passed_on_and_none_twice(house: House, server: RobotServer) -> None:
    save(server, house.head)
    tell(house.head, now=NOW + timedelta(seconds=90))
    run(server, NOW + timedelta(seconds=120))
    tell(house.head, now=NOW + timedelta(seconds=60))  # written before, seen after
    assert run(server, NOW + timedelta(seconds=125)) == Delivered(sent=1)
    assert len(server.messages) == 2


def test_secrets_never_reach_a_robot(house: House, server: RobotServer) -> None:
    save(server, house.head)
    tell(house.head, topic="people.reset", url="/reset/very-secret")
    assert run(server) == Delivered()


# --- refusals and pace -----------------------------------------------------------------------------------------------


def test_twenty_a_minute_and_the_rest_after(house: House, server: RobotServer) -> None:
    save(server, house.head)
    for _n in range(25):
        tell(house.head)
    assert run(server) == Delivered(sent=20)
    assert run(server, LATER + timedelta(seconds=5)) == Delivered()
    server.messages.clear()
    assert run(server, LATER + timedelta(seconds=61)) == Delivered(sent=5)


def test_a_robot_that_finds_us_too_fast_is_left_alone_for_the_round(
    house: House, server: RobotServer
) -> None:
    save(server, house.head)
    for _n in range(3):
        tell(house.head)
    server.answers.append((200, 45009, "api freq out of limit"))
    assert run(server) == Delivered(again=3)
    assert server.asked == 1
    assert run(server, LATER + timedelta(minutes=1)) == Delivered(sent=3)


@pytest.mark.parametrize(
    ("answer", "done"),
    [
        ((200, -1, "system busy"), Delivered(again=1)),
        ((502, 0, "ok"), Delivered(again=1)),
        ((200, 93000, "invalid webhook url"), Delivered(again=1)),  # the robot's fault, which can be mended
        ((200, 40058, "content too long"), Delivered(failed=1)),  # the message's own
    ],
)
def test_return_codes(
    house: House, server: RobotServer, answer: tuple[int, int, str], done: Delivered
) -> None:
    save(server, house.head)
    tell(house.head)
    server.answers.append(answer)
    assert run(server) == done


def test_with_the_server_away_everything_waits(house: House) -> None:
    with RobotServer() as gone:
        save(gone, house.head)
    tell(house.head)
    tell(house.head)
    assert run(gone) == Delivered(again=2)
    assert {row.state for row in rows()} == {"waiting"}


def test_one_broken_robot_holds_up_no_other(house: House, server: RobotServer) -> None:
    save(server, house.manager, address=f"http://127.0.0.1:{server.port}/cgi-bin/webhook/send?key=bad")
    save(server, house.head)
    tell(house.manager, house.head)
    assert run(server) == Delivered(sent=1, again=1)


def test_a_claim_of_a_dead_process_is_sent_again(house: House, server: RobotServer) -> None:
    save(server, house.head)
    tell(house.head)
    pass_on(now=LATER)
    assert len(rows()) == 1
    assert pass_on(now=LATER) == 0  # handed on once


# --- keeping one -----------------------------------------------------------------------------------------------------


def test_address_and_secret_are_sealed_at_rest(house: House, server: RobotServer) -> None:
    save(server, house.head, Kind.DINGTALK, secret="SECsecret")
    (row,) = db.session.execute(select(table_of(Channel))).all()
    assert "good" not in row.sealed_address
    assert "SEC" not in row.sealed_secret
    assert row.hint == "…good"
    tell(house.head)
    pass_on(now=LATER)
    other = Sealing("another key of another installation", server.allow)
    assert deliver_to_robots(head=HEAD, sealing=other, now=LATER) == Delivered(again=1)
    assert server.asked == 0


def test_trying_takes_the_way_of_every_message(house: House, server: RobotServer) -> None:
    made = save(server, house.head)
    try_channel(made, by=cast.actor(house.head), now=NOW)
    assert run(server) == Delivered(sent=1)
    assert "机器人已接通" in server.messages[0][1]["markdown"]["content"]


def test_another_takes_the_place_and_what_waited_for_the_old_is_dropped(
    house: House, server: RobotServer
) -> None:
    save(server, house.head)
    tell(house.head)
    pass_on(now=LATER)
    save(server, house.head)
    assert rows() == []
    assert len(queries.channels(house.head.id)) == 1


def test_a_removed_robot_is_told_nothing_more(house: House, server: RobotServer) -> None:
    made = save(server, house.head)
    tell(house.head)
    pass_on(now=LATER)
    remove_channel(made, by=cast.actor(house.head), now=LATER)
    assert run(server) == Delivered()


def test_nobody_keeps_anothers_robot(house: House, server: RobotServer) -> None:
    made = save(server, house.head)
    for act in (remove_channel, try_channel):
        with pytest.raises(Refused, match="not-found"):
            act(made, by=cast.actor(house.colleague), now=NOW)
    with pytest.raises(Refused, match="forbidden"):
        save(server, house.head, shared=True)
    shared = save(server, house.admin, shared=True)
    assert [one.id for one in queries.channels(house.admin.id, [house.university.id])] == [shared]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/robot/send?access_token=1",
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=1",
        "https://oapi.dingtalk.com/robot/send?access_token=1",  # the other program's
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send",
        "https://127.0.0.1/cgi-bin/webhook/send?key=1",
    ],
)
def test_only_the_programs_own_addresses_are_taken(house: House, server: RobotServer, address: str) -> None:
    with pytest.raises(Refused) as no:
        save(server, house.head, address=address)
    assert no.value.facts["fields"][0]["field"] == "address"
    assert queries.channels(house.head.id) == []


def test_the_clock_of_a_signature_is_the_jobs(house: House, server: RobotServer) -> None:
    """A signature more than an hour old is refused there: ours is of the moment of sending, not of writing."""
    server.secrets["good"] = "SECsecret"
    save(server, house.head, Kind.DINGTALK, secret="SECsecret")
    tell(house.head)
    late = LATER + timedelta(hours=3)
    server.clock_ms = int(late.timestamp() * 1000)
    with time_machine.travel(late, tick=False):
        assert run(server, late) == Delivered(sent=1)
