"""A browser that walks to an institution's own sign-in and back."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db
from sharing.people import service
from sharing.people.models import SignIn
from sharing.people.rules import NamedBy
from sharing.people.service import provider as asking
from tests import cast
from tests.harness.browser import Browser
from tests.harness.openid import CLIENT, PASSWORD, SECRET, OpenID

BACK = "http://localhost/sign-in/institution/uni/answer"


HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')


TOKENS = "/profile/tokens?x=1"


def connect(app: Flask, house: cast.House, provider: OpenID, **others: Any) -> None:
    given = {
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "secret": SECRET,
        "claim": "employee_number",
        "named_by": NamedBy.STAFF_NO,
        "is_on": True,
    } | others
    with app.test_request_context():
        service.save_sign_on(
            house.university.id,
            service.Connecting(**given),
            by=cast.actor(house.admin),
            sealing=asking.Sealing(
                app.extensions["sharing.settings"].key, app.extensions["sharing.settings"].inside_hosts
            ),
            now=cast.NOW,
        )


def away(lin: Browser, after: str = TOKENS) -> str:
    """Where the person is sent to."""
    answer = lin.get("/sign-in/institution/uni?" + urlencode({"next": after}))
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def at_campus(address: str, who: str = "lin", password: str = PASSWORD) -> str:
    """Fill the provider's form; where it sends the person back to."""
    page = requests.get(address, timeout=5)
    assert page.status_code == 200, page.text
    form = {name: unescape(value) for name, value in HIDDEN.findall(page.text)}
    answer = requests.post(
        address.partition("?")[0],
        data=form | {"who": who, "password": password},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def path(address: str, **changes: str) -> str:
    """The path and query of an address, with parameters of it changed."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return f"{parts.path}?{urlencode(query)}"


def walk(lin: Browser, who: str = "lin", **changes: str) -> TestResponse:
    return lin.get(path(at_campus(away(lin), who), **changes))


def refused(answer: TestResponse, status: int, words: str) -> None:
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert sessions() == []


def sessions() -> list[Any]:
    """Whose sessions there are by now."""
    db.session.rollback()
    return list(db.session.scalars(select(SignIn.user_id)))


def told(action: str) -> list[AuditEvent]:
    """What was written down of it by now."""
    db.session.rollback()
    return list(db.session.scalars(select(AuditEvent).where(AuditEvent.action == action)))
