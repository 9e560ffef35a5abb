"""From request to cancellation: what stands on the mail server and in the feed is one and the same event."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from sharing.booking import service
from sharing.kernel.db import db
from sharing.notify import jobs
from sharing.people import service as keys
from tests import cast
from tests.booking.asking import decide, submit
from tests.cast import NOW, House
from tests.harness.mailserver import MailServer


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server, and the application's setting that names it."""
    with MailServer() as running:
        settings = app.extensions["sharing.settings"].model_copy(update={"mail_url": running.url})
        monkeypatch.setitem(app.extensions, "sharing.settings", settings)
        yield running


def delivered(server: MailServer, to: str) -> list[EmailMessage]:
    """What the job sends now; the mails to one person among it."""
    before = len(server.mails)
    db.session.rollback()
    jobs.deliver_due(NOW + timedelta(minutes=1))
    return [mail for mail in server.mails[before:] if mail["To"] == to]


def invited(mail: EmailMessage) -> Any:
    """The invitation of a mail."""
    (part,) = (part for part in mail.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert part["Content-Type"].params["method"] == calendar["METHOD"]
    return calendar


def fed(client: FlaskClient, where: str) -> Any:
    (event,) = Calendar.from_ical(client.get(where).data).walk("VEVENT")
    return event


@time_machine.travel(NOW, tick=False)
def test_mailbox_and_calendar_know_of_every_step(app: Flask, client: FlaskClient, server: MailServer) -> None:
    house: House = cast.house()
    me, head, manager = house.researcher.email, house.head.email, house.manager.email
    secret = keys.create_calendar_key(kind="person", about_id=None, by=cast.actor(house.researcher), now=NOW)
    where = f"/calendars/{secret}.ics"

    booking = submit(
        house.researcher, house.instrument, cast.span(2, "09:00", "11:00"), group_id=house.group.id,
        card_id=house.card.id, attendees=("guest@y.cn",),
    )  # fmt: skip
    (to_head,) = delivered(server, head)
    assert "请审批" in to_head["Subject"]
    assert fed(client, where)["STATUS"] == "TENTATIVE"

    decide(booking.id, house.head)
    (to_manager,) = delivered(server, manager)
    assert booking.number in to_manager.get_body(("plain",)).get_content()

    decide(booking.id, house.manager)
    (to_me,) = delivered(server, me)
    (to_guest,) = (mail for mail in server.mails if mail["To"] == "guest@y.cn")
    invitation = invited(to_me)
    (event,) = invitation.walk("VEVENT")
    assert invitation["METHOD"] == invited(to_guest)["METHOD"] == "REQUEST"
    assert [str(one) for one in event["ATTENDEE"]] == [f"mailto:{me}", "mailto:guest@y.cn"]
    assert str(event["ORGANIZER"]) == f"mailto:{to_me['From'].addresses[0].addr_spec}"
    now_fed = fed(client, where)
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "LAST-MODIFIED"):
        assert event[name].to_ical() == now_fed[name].to_ical(), name

    service.cancel(booking.id, note="样品没做好", by=cast.actor(house.researcher), now=NOW)
    cancelled = invited(delivered(server, me)[0])
    (gone,) = cancelled.walk("VEVENT")
    assert cancelled["METHOD"] == "CANCEL"
    assert gone["UID"] == event["UID"]
    assert gone["SEQUENCE"] > event["SEQUENCE"]
    assert fed(client, where)["STATUS"] == "CANCELLED"
    assert fed(client, where)["SEQUENCE"] == gone["SEQUENCE"]
    assert delivered(server, me) == []
