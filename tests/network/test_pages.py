"""The page of working days: open to all, changed by the province, provisional where nothing is published."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from sharing.kernel.db import db
from sharing.network import queries, service
from sharing.network.models import Setting
from tests import cast
from tests.harness.browser import KEPT, Browser

PAGE = "/network/working-days"
DAY = {
    "day": "2026-10-10",
    "kind": "workday",
    "name": "国庆节",
    "name_en": "National Day",
    "source_document": "国办发明电",
}


def test_scenario_18_the_page_says_what_is_provisional(app: Flask) -> None:
    cast.network()
    fixed = [[10, 1, "国庆节", "National Day"]]
    cast.keep(Setting(key="fixed_days", valid_from=cast.LONG_AGO, value=fixed, source_document=cast.SOURCE))
    lead = cast.actor(cast.user(role="province_admin"))
    service.edit_calendar_day(
        day=date(2026, 10, 5), kind="holiday", name="国庆节", source_document="国办", by=lead, now=cast.NOW
    )
    published, unpublished = (
        Browser(app).get(f"{PAGE}?year=2026").text,
        Browser(app).get(f"{PAGE}?year=2027").text,
    )
    assert "暂定" not in published
    assert "国办" in published
    assert "暂定" in unpublished
    assert "10月1日" in unpublished
    assert Browser(app).get(PAGE).status_code == 200
    assert Browser(app).get(f"{PAGE}?year=1").status_code == 422


def test_the_province_enters_changes_and_takes_out_a_day(app: Flask) -> None:
    cast.network()
    lead = Browser(app).sign_in(cast.user("lead", role="province_admin", password_hash=KEPT))
    assert "登记一天" in lead.get(PAGE).text
    assert lead.post(PAGE, DAY).location == f"{PAGE}?year=2026"
    db.session.rollback()
    assert queries.work_calendar().is_workday(date(2026, 10, 10))
    lead.post(PAGE, DAY, kind="")
    db.session.rollback()
    assert queries.listed_days() == []


@pytest.mark.parametrize(
    "wrong", [{"day": "soon"}, {"kind": "party"}, {"source_document": ""}, {"day": "1900-01-01"}]
)
def test_a_day_without_its_document_is_refused(app: Flask, wrong: dict[str, str]) -> None:
    cast.network()
    lead = Browser(app).sign_in(cast.user("lead", role="province_admin", password_hash=KEPT))
    answer = lead.post(PAGE, DAY | wrong)
    assert answer.status_code == 422
    assert 'class="field__error"' in answer.text
    assert queries.listed_days() == []


def test_others_read_and_do_not_change(app: Flask) -> None:
    cast.network()
    assert "登记一天" not in Browser(app).get(PAGE).text
    assert Browser(app).post(PAGE, DAY).status_code == 401
    for number, role in enumerate(("zone_admin", "auditor", "researcher")):
        at = cast.zone("kunming") if role == "zone_admin" else None
        other = Browser(app).sign_in(cast.user(f"other{number}", role=role, at=at, password_hash=KEPT))
        assert "登记一天" not in other.get(PAGE).text
        assert other.post(PAGE, DAY).status_code == 403
    assert queries.listed_days() == []
