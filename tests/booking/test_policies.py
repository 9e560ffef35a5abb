"""Booking policies as administration: whom a new one would meet, the page, the API, the command."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.booking import cli, queries
from sharing.kernel.db import db
from sharing.people import service as people
from sharing.registry import queries as registry
from sharing.registry.forms import PolicyForm
from sharing.registry.rules import Standing
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.statements import statements

TOMORROW = cast.TODAY + timedelta(days=1)
OPEN = {"valid_from": TOMORROW.isoformat(), "source_document": "管理办法", "cancel_notice_minutes": 0}


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def effect(said: str, **values: Any) -> queries.PolicyEffect:
    asked = PolicyForm.model_validate(OPEN | values)
    scope = registry.scope_said(said)
    return queries.policy_effect(
        asked.row(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=cast.NOW
    )


def own(house: cast.House) -> str:
    return f"instrument:{house.instrument.id}"


def book(house: cast.House, who: str, day: int, start: str, end: str, **more: Any) -> Any:
    return cast.booking(house.instrument, house.people()[who], cast.span(day, start, end), **more)


# --- whom it would meet -----------------------------------------------------------------------------------------------


def test_each_future_booking_that_would_break_the_rule_is_named_with_the_rule(house: cast.House) -> None:
    long = book(house, "researcher", 2, "09:00", "13:00")
    guest = book(house, "stranger", 3, "09:00", "10:00")
    book(house, "researcher", 4, "09:00", "10:00")
    book(house, "researcher", 0, "14:00", "17:00")  # before the rule begins
    book(house, "stranger", 5, "09:00", "12:00", status="cancelled")
    found = effect(own(house), longest_minutes=120, audience="institution")
    told = {one.booking.id: [fault.rule for fault in one.violations] for one in found.shown}
    assert told == {long.id: ["longest_minutes"], guest.id: ["audience"]}
    assert (found.looked, found.broken, found.by_rule) == (3, 2, {"longest_minutes": 1, "audience": 1})


def test_what_breaks_the_rule_already_is_not_counted_anew(house: cast.House) -> None:
    cast.policy(house.instrument, longest_minutes=60)
    book(house, "researcher", 2, "09:00", "12:00")
    assert effect(own(house), longest_minutes=120).broken == 0
    assert effect(own(house), longest_minutes=30).broken == 0
    assert effect(own(house), granularity_minutes=120, shortest_minutes=120).broken == 1


def test_quotas_licences_and_horizon_are_asked_and_managers_are_exempt(house: cast.House) -> None:
    for day in (2, 3):
        book(house, "researcher", day, "09:00", "10:00")
        book(house, "manager", day, "11:00", "12:00")
    assert effect(own(house), most_open_bookings=1).broken == 2
    assert effect(own(house), horizon_days=2).broken == 1
    assert effect(own(house), licence_level="independent").broken == 2
    cast.licence(house.instrument, house.researcher, by=house.manager)
    assert effect(own(house), licence_level="independent").broken == 0


def test_leave_that_lapses_for_want_of_use_is_judged_on_the_day_of_the_booking(house: cast.House) -> None:
    cast.licence(house.instrument, house.researcher, by=house.manager)
    for day in (2, 4):
        book(house, "researcher", day, "09:00", "10:00")
    lapse = {"licence_level": "independent", "licence_idle_days": 30}
    assert effect(own(house), **lapse).by_rule == {"licence_idle_days": 2}
    last = cast.span(-27, "09:00", "10:00")
    cast.booking(house.instrument, house.researcher, last, status="completed", checked_out_at=last.end)
    assert effect(own(house), **lapse).by_rule == {"licence_idle_days": 1}


def test_a_row_that_comes_later_holds_for_its_own_days(house: cast.House) -> None:
    cast.policy(house.instrument, valid_from=cast.TODAY + timedelta(days=3))
    book(house, "researcher", 2, "09:00", "12:00")
    book(house, "researcher", 3, "09:00", "12:00")
    assert effect(own(house), longest_minutes=60).broken == 1


def test_a_rule_of_the_house_reaches_whoever_has_none_of_its_own(house: cast.House) -> None:
    special = cast.instrument(house.university)
    cast.policy(special, audience="group")
    cast.booking(special, house.researcher, cast.span(2, "09:00", "12:00"))
    book(house, "researcher", 2, "09:00", "12:00")
    found = effect("institution:uni", longest_minutes=60, audience="network")
    assert (found.instruments, found.kept, found.broken) == (1, 1, 1)
    [opening] = found.openings
    assert (opening.before, opening.after, opening.instruments) == ("everyone", "network", 1)
    assert (opening.lost, opening.gained) == (("everyone",), ())


def test_giving_back_to_the_wider_rule_is_judged_by_that(house: cast.House) -> None:
    cast.policy(longest_minutes=60, valid_from=cast.LONG_AGO + timedelta(days=1))
    cast.policy(house.instrument)
    book(house, "researcher", 2, "09:00", "12:00")
    assert effect(own(house), inherit=True).by_rule == {"longest_minutes": 1}


def test_the_effect_takes_as_many_statements_for_many_bookings_as_for_few(house: cast.House) -> None:
    def count() -> int:
        sent: list[str] = []
        with statements(sent):
            effect("network", longest_minutes=30, licence_level="advanced")
        return len(sent)

    book(house, "researcher", 2, "09:00", "10:00")
    count()
    few = count()
    for day in range(3, 12):
        book(house, "researcher" if day % 2 else "colleague", day, "09:00", "10:00")
    assert count() == few


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5), limit=st.integers(1, 6))
def test_exactly_the_bookings_longer_than_the_limit_are_met(
    house: cast.House, lengths: list[int], limit: int
) -> None:
    instrument = cast.instrument(house.university)
    for day, half_hours in enumerate(lengths, 2):
        span = cast.span(day, "09:00", f"{9 + half_hours // 2:02d}:{half_hours % 2 * 30:02d}")
        cast.booking(instrument, house.researcher, span)
    found = effect(f"instrument:{instrument.id}", longest_minutes=limit * 30)
    assert found.broken == sum(one > limit for one in lengths)


# --- the page ---------------------------------------------------------------------------------------------------------


def fields(**more: Any) -> dict[str, Any]:
    given = {"granularity_minutes": 30, "shortest_minutes": 30, "lead_minutes": 0, "setup_minutes": 0}
    return OPEN | given | {"cleanup_minutes": 0, "check_in_early_minutes": 15, "audience": "everyone"} | more


def test_a_policy_is_looked_at_saved_and_withdrawn_on_the_page(app: Flask, house: cast.House) -> None:
    booking = book(house, "stranger", 2, "09:00", "10:00")
    where = f"/admin/policies/{own(house)}"
    manager = Browser(app).sign_in(house.manager)
    look = manager.post(where, fields(audience="institution"), step="look")
    assert look.status_code == 200, look.text
    assert booking.number in look.text
    assert "不能再约：网内其他单位、企业" in re.sub(r"<[^>]+>", "", look.text)
    db.session.rollback()
    assert registry.policy_entries(registry.scope_said(own(house)), cast.TODAY) == []
    assert manager.post(where, fields(audience="institution"), step="save").status_code == 303
    db.session.rollback()
    [entry] = registry.policy_entries(registry.scope_said(own(house)), cast.TODAY)
    assert entry.standing is Standing.COMING
    page = manager.get(where).text
    assert "管理办法" in page
    assert 'href="/admin"' not in page  # a manager has no administration desk
    assert manager.post(f"/admin/policies/rows/{entry.row.id}/withdraw", reason="重拟").status_code == 303
    assert "重拟" in manager.get(where).text
    db.session.rollback()
    terms = registry.booking_terms(house.instrument.id)
    assert terms
    assert terms.policy(TOMORROW).audience == "everyone"


def test_a_contradiction_stands_at_its_field_and_an_old_day_is_refused(app: Flask, house: cast.House) -> None:
    where = f"/admin/policies/{own(house)}"
    manager = Browser(app).sign_in(house.manager)
    wrong = fields(granularity_minutes=7, shortest_minutes=30, longest_minutes=20)
    answer = manager.post(where, wrong, step="save")
    assert answer.status_code == 422
    assert answer.text.count('class="field__error"') == 3
    late = manager.post(where, fields(valid_from="2026-03-01"), step="look")
    assert late.status_code == 422
    assert "不能改写过去" in late.text


def test_the_settings_of_an_instrument_lead_to_its_policy(app: Flask, house: cast.House) -> None:
    page = Browser(app).sign_in(house.manager).get(f"/instruments/{house.instrument.id}/settings?part=policy")
    assert f"/admin/policies/{own(house)}" in page.text


# --- programs ---------------------------------------------------------------------------------------------------------


def test_a_program_looks_enters_and_withdraws(app: Flask, house: cast.House) -> None:
    by = cast.actor(house.admin)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    client, mine = app.test_client(), {"Authorization": f"Bearer {token}"}
    booking = book(house, "researcher", 2, "09:00", "12:00")
    body = OPEN | {"scope": "institution:uni", "longest_minutes": 60}
    look = client.post("/api/v1/policies/preview", json=body, headers=mine)
    assert look.status_code == 200, look.text
    assert [(one["number"], one["rules"]) for one in look.json["items"]] == [
        (booking.number, ["longest_minutes"])
    ]
    made = client.post("/api/v1/policies", json=body, headers=mine | {"If-Match": '"0"'})
    assert made.status_code == 201, made.text
    assert client.post("/api/v1/policies", json=body, headers=mine | {"If-Match": '"0"'}).status_code == 412
    listed = client.get("/api/v1/policies?scope=institution:uni", headers=mine)
    assert (listed.json["items"][0]["longest_minutes"], listed.headers["ETag"]) == (60, '"1"')
    there = f"/api/v1/policies/{made.json['ids'][0]}/withdraw"
    assert client.post(there, json={"reason": "重拟"}, headers=mine).status_code == 204
    assert client.post(there, json={"reason": "重拟"}, headers=mine).status_code == 404


def test_the_command_enters_what_a_file_says(app: Flask, house: cast.House, tmp_path: Path) -> None:
    file, run = tmp_path / "policy.json", CliRunner().invoke
    file.write_text(json.dumps(OPEN | {"longest_minutes": 60}), "utf-8")
    with app.app_context():
        look = run(cli.policy, ["enter", "--at", "institution:uni", str(file), "--dry-run"])
        assert look.exit_code == 0, look.output
        assert json.loads(look.stdout)["instruments"] == 1
        made = run(cli.policy, ["enter", "--at", "institution:uni", str(file)])
        assert made.exit_code == 0, made.output
        assert run(cli.policy, ["withdraw", made.stdout.strip(), "--reason", "重拟"]).exit_code == 0
        [row] = run(cli.policy, ["list", "--at", "institution:uni"]).stdout.splitlines()
        assert json.loads(row)["standing"] == "withdrawn"
        file.write_text("[]", "utf-8")
        assert run(cli.policy, ["enter", "--at", "institution:uni", str(file)]).exit_code == 2
