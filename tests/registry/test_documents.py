"""Documents of an instrument, and what search engines are told of it."""

from __future__ import annotations

import html
import io
import json
import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sharing.audit import queries as audit
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.registry import queries, service
from sharing.registry.pages.imports import storage
from sharing.registry.service.documents import MOST_BYTES, MOST_DOCUMENTS
from tests import cast
from tests.harness.browser import KEPT, Browser

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
LINKED = re.compile(r'<script type="application/ld\+json" nonce="([^"]+)">(.*?)</script>')


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    for person in made.people().values():
        person.password_hash = KEPT
    db.session.commit()
    return made


@pytest.fixture
def manager(app: Flask, house: cast.House) -> Browser:
    return Browser(app).sign_in(house.manager)


def put(browser: Browser, house: cast.House, data: bytes, title: str = "操作规程") -> TestResponse:
    form = {"title": title, "document": (io.BytesIO(data), "x.pdf")}
    return browser.post(f"/instruments/{house.instrument.id}/documents", form)


# --- documents --------------------------------------------------------------------------------------------------


def test_a_document_is_listed_downloaded_and_taken_down(
    app: Flask, manager: Browser, house: cast.House
) -> None:
    assert put(manager, house, PDF).status_code == 302
    page = Browser(app).get(f"/instruments/{house.instrument.id}?tab=files").text
    href = re.search(r'href="(/documents/[^"]+)"', page)
    assert href
    assert "操作规程" in page
    answer = Browser(app).get(href[1])
    assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    key = queries.documents(house.instrument.id)[0].id
    manager.post(f"/instruments/{house.instrument.id}/documents/{key}/retire")
    assert Browser(app).get(href[1]).status_code == 404
    db.session.rollback()
    assert queries.documents(house.instrument.id) == []
    actions = [one.action for one in audit.history("instrument", house.instrument.id)]
    assert {"registry.document", "registry.document-retired"} <= set(actions)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<html>%PDF-1.7 %%EOF",
        PDF[:-7],
        PDF.replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
        PDF.replace(b"/Catalog", b"/Catalog/EmbeddedFiles 2 0 R"),
        PDF.replace(b"trailer<<", b"trailer<</Encrypt 3 0 R"),
    ],
)
def test_what_is_no_plain_pdf_is_refused(manager: Browser, house: cast.House, data: bytes) -> None:
    answer = put(manager, house, data)
    assert (answer.status_code, "PDF" in answer.text) == (422, True)
    assert queries.documents(house.instrument.id) == []


def test_a_document_has_a_name_and_its_bounds(manager: Browser, house: cast.House) -> None:
    assert put(manager, house, PDF, title="").status_code == 422
    with pytest.raises(Refused) as no:
        service.add_document(
            house.instrument.id,
            PDF.ljust(MOST_BYTES + 1),
            title="大",
            storage=storage(),
            by=cast.actor(house.manager),
            now=cast.NOW,
        )
    assert no.value.kind == "too-large"
    for number in range(MOST_DOCUMENTS):
        assert put(manager, house, PDF, title=f"第 {number} 份").status_code == 302
    assert put(manager, house, PDF).status_code == 422


def test_others_put_in_nothing(app: Flask, house: cast.House) -> None:
    for who in (house.deputy, house.finance, house.stranger):
        assert put(Browser(app).sign_in(who), house, PDF).status_code == 403


# --- linked data ------------------------------------------------------------------------------------------------


def linked(browser: Browser, house: cast.House, tab: str = "about") -> tuple[str, dict[str, object]]:
    answer = browser.get(f"/instruments/{house.instrument.id}?tab={tab}")
    found = LINKED.search(answer.text)
    assert found
    assert f"'nonce-{html.unescape(found[1])}'" in answer.headers["Content-Security-Policy"]
    return found[2], json.loads(found[2])


def test_search_engines_are_told_what_it_is_and_who_offers_it(app: Flask, house: cast.House) -> None:
    _text, told = linked(Browser(app), house)
    assert (told["@type"], told["name"], told["model"]) == ("Product", house.instrument.name, "Sigma 300")
    assert told["url"] == f"http://localhost/instruments/{house.instrument.id}"
    offer = told["offers"]
    assert isinstance(offer, dict)
    assert offer["seller"]["name"] == "云岭大学"
    assert offer["availability"] == "https://schema.org/InStock"


def test_no_person_and_no_number_of_the_asset_office_is_in_it(app: Flask, house: cast.House) -> None:
    house.instrument.contact, house.instrument.contact_phone = "张老师", "13800000000"
    house.instrument.serial_no, house.instrument.asset_no = "SN-SECRET", "ASSET-1"
    db.session.commit()
    text, _told = linked(Browser(app), house)
    assert not any(word in text for word in ("张老师", "13800000000", "SN-SECRET", "ASSET-1"))


def test_a_name_cannot_end_the_script(app: Flask, house: cast.House) -> None:
    house.instrument.name = "</script><script>alert(1)</script><!--"
    db.session.commit()
    text, told = linked(Browser(app), house)
    assert "<" not in text
    assert told["name"] == house.instrument.name
