"""The outbox is emptied over a real SMTP server: once in the ordinary run, again when in doubt, never lost."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.kernel.db import db, new_id, table_of, transaction
from sharing.notify import queries, rules, service
from sharing.notify.formats import Letterhead, letter
from sharing.notify.models import Outgoing
from sharing.notify.service import Recipient
from sharing.notify.service.delivery import BY_MAIL, Delivered, claim, deliver
from sharing.notify.service.post import MailAddressError, Post
from tests import cast
from tests.harness.mailserver import MailServer

HEAD = Letterhead("云南大仪共享网", "Yunnan Network", "https://sharing.example", "no-reply@sharing.example")
FACTS = {
    "number": "KM-2026-000001",
    "instrument": "场发射扫描电镜",
    "instrument_en": "FE-SEM",
    "start": "2026-03-03T01:00:00+00:00",
    "end": "2026-03-03T03:00:00+00:00",
}
NOW = cast.NOW


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


def enqueue(*addresses: str, topic: str = "booking.approved", now: datetime = NOW, **others: Any) -> None:
    with transaction():
        to = [Recipient(new_id(), address, "zh-CN", "李静怡") for address in addresses]
        service.enqueue(topic, to, ("booking", new_id()), FACTS | others, now)


def rows() -> list[Any]:
    return list(db.session.execute(select(table_of(Outgoing)).order_by(table_of(Outgoing).c.address)))


def test_who_chose_no_mail_gets_none_and_still_reads_it(app: Flask, server: MailServer) -> None:
    lin, ann = (Recipient(new_id(), address) for address in ("lin@x.cn", "ann@x.cn"))
    with transaction():
        service.enqueue("booking.approved", [lin, ann], ("booking", new_id()), FACTS, NOW)
    service.choose({"booking.approved": False}, reader=lin.user_id)  # chosen later, heeded all the same
    assert deliver(Post.at(server.url), head=HEAD, now=NOW) == Delivered(sent=1)
    assert [mail["To"] for mail in server.mails] == ["ann@x.cn"]
    assert [row.address for row in rows()] == ["ann@x.cn"]
    assert queries.unread(lin.user_id) == 1


def test_what_is_not_mailed_by_default_goes_to_who_chose_it(app: Flask, server: MailServer) -> None:
    assert not rules.TOPICS["booking.released"].mailed
    lin, ann, guest = (
        Recipient(new_id(), "lin@x.cn"),
        Recipient(new_id(), "ann@x.cn"),
        Recipient(None, "g@x.cn"),
    )
    service.choose({"booking.released": True}, reader=lin.user_id)
    with transaction():
        service.enqueue("booking.released", [lin, ann, guest], ("booking", new_id()), FACTS, NOW)
    assert deliver(Post.at(server.url), head=HEAD, now=NOW) == Delivered(sent=1)
    assert [mail["To"] for mail in server.mails] == ["lin@x.cn"]


def test_a_batch_that_nobody_wants_does_not_stop_the_next(app: Flask, server: MailServer) -> None:
    unwanted = Recipient(new_id(), "lin@x.cn")
    service.choose({"booking.approved": False}, reader=unwanted.user_id)
    with transaction():
        for _n in range(3):
            service.enqueue("booking.approved", [unwanted], ("booking", new_id()), FACTS, NOW)
    enqueue("ann@x.cn", now=NOW)
    rounds = [deliver(Post.at(server.url), head=HEAD, now=NOW, most=2) for _n in range(2)]
    assert sum(one.sent for one in rounds) == 1


def test_a_batch_goes_over_one_connection(app: Flask, server: MailServer) -> None:
    enqueue(*(f"p{n}@x.cn" for n in range(7)))
    assert deliver(Post.at(server.url), head=HEAD, now=NOW) == Delivered(sent=7)
    assert server.connections == 1
    assert sorted(mail["To"] for mail in server.mails) == [f"p{n}@x.cn" for n in range(7)]
    assert {row.state for row in rows()} == {"sent"}
    assert deliver(Post.at(server.url), head=HEAD, now=NOW) == Delivered()


def test_a_mailbox_that_does_not_exist_fails_at_once_and_holds_up_nobody(
    app: Flask, server: MailServer
) -> None:
    server.refuse["b@x.cn"] = "550 no such user"
    enqueue("a@x.cn", "b@x.cn", "c@x.cn")
    assert deliver(Post.at(server.url), head=HEAD, now=NOW) == Delivered(sent=2, failed=1)
    assert [(row.state, row.error) for row in rows()][1] == ("failed", "550 no such user")
    assert queries.outbox().failed == 1


def test_a_full_mailbox_is_tried_again_with_longer_and_longer_waits_until_a_day_is_over(
    app: Flask, server: MailServer
) -> None:
    server.refuse["full@x.cn"] = "452 mailbox full"
    enqueue("full@x.cn")
    now, waits = NOW, []
    while (row := rows()[0]).state == "waiting":
        now = row.due_at
        deliver(Post.at(server.url), head=HEAD, now=now)
        waits.append(rows()[0].due_at - now)
    assert waits[:4] == [timedelta(seconds=30 * 2**n) for n in range(4)]
    assert max(waits) == rules.LONGEST_WAIT
    assert rows()[0].state == "failed"
    assert timedelta(hours=22) < now - NOW <= rules.GIVE_UP


def test_with_the_server_away_every_mail_waits(app: Flask) -> None:
    with MailServer() as gone:
        url = gone.url
    enqueue("a@x.cn", "b@x.cn")
    assert deliver(Post.at(url), head=HEAD, now=NOW) == Delivered(again=2)
    assert {row.due_at for row in rows()} == {NOW + rules.FIRST_WAIT}


def test_what_a_dead_process_had_claimed_goes_again_with_the_same_message_id(
    app: Flask, server: MailServer
) -> None:
    enqueue("a@x.cn")
    (claimed,) = claim(BY_MAIL, now=NOW, most=10)
    Post.at(server.url).send(
        [(claimed.id, letter(claimed, head=HEAD))]
    )  # sent, and killed before it was written down
    assert deliver(Post.at(server.url), head=HEAD, now=NOW) == Delivered()
    assert deliver(Post.at(server.url), head=HEAD, now=NOW + rules.LEASE) == Delivered(sent=1)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"] == f"<{claimed.id}@sharing.example>"


def test_a_password_link_is_forgotten_once_it_is_sent(app: Flask, server: MailServer) -> None:
    enqueue("a@x.cn", topic="people.reset", username="li", url="/reset/very-secret")
    deliver(Post.at(server.url), head=HEAD, now=NOW)
    assert "/reset/very-secret" in server.mails[0].get_body(("plain",)).get_content()
    assert rows()[0].facts == {}


def test_the_server_is_signed_in_to(app: Flask) -> None:
    with MailServer(users={"platform": "p@ss word"}) as server:
        enqueue("a@x.cn")
        url = f"smtp://platform:p%40ss%20word@127.0.0.1:{server.port}"
        assert deliver(Post.at(url), head=HEAD, now=NOW) == Delivered(sent=1)
        assert server.signed_in == ["platform"]
        enqueue("b@x.cn")
        wrong = f"smtp://platform:wrong@127.0.0.1:{server.port}"
        assert deliver(Post.at(wrong), head=HEAD, now=NOW) == Delivered(again=1)


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example", ""])
def test_a_bad_address_of_the_server_is_refused(url: str) -> None:
    with pytest.raises(MailAddressError):
        Post.at(url)


def test_ports_follow_the_kind_of_server() -> None:
    assert Post.at("smtps://mail.example").port == 465
    assert Post.at("smtp://mail.example").port == 587
    assert Post.at("smtp://localhost").port == 25


def test_a_password_is_not_sent_in_clear_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.2 is this machine too, but not by the names that we trust."""
    with MailServer() as server:
        post = Post("127.0.0.1", server.port, user="u", password="p")
        monkeypatch.setattr("sharing.notify.service.post.LOOPBACK", frozenset())
        failures = post.send([(new_id(), _plain_mail())])
    assert "not sent in clear" in next(iter(failures.values())).reason
    assert server.mails == []


def _plain_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "a@x.cn", "b@x.cn"
    mail.set_content("x")
    return mail


def test_a_silent_server_does_not_hold_the_job_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sharing.notify.service.post.TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        failures = Post("127.0.0.1", silent.getsockname()[1]).send([(new_id(), _plain_mail())])
    assert time.monotonic() - began < 5
    assert len(failures) == 1
