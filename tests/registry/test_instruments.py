"""Entering, editing and retiring instruments: who may, what is kept, what a lost race gets."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from sharing.audit import queries as audit
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.registry import queries, service
from sharing.registry.rules import InstrumentRow, Status
from sharing.registry.rules.search import Search
from tests import cast

NEW = {"institution": "uni", "name": "共聚焦显微镜", "category": "040102", "model": "LSM 900"}


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    service.reindex()
    return made


def refusal(work: Any, *args: Any, **named: Any) -> Refused:
    with pytest.raises(Refused) as no:
        work(*args, **named)
    return no.value


def row(house: cast.House) -> InstrumentRow:
    found = queries.instrument(house.instrument.id)
    assert found
    return found


def edit(house: cast.House, by: Actor, *, revision: int = 1, **changes: Any) -> InstrumentRow:
    return service.edit(house.instrument.id, changes, revision=revision, by=by, now=cast.NOW)


def found(q: str) -> list[str]:
    return [one.name for one in queries.listed(Search(q=q), on=cast.TODAY).page.items]


# --- entering ---------------------------------------------------------------------------------------------------------


def test_an_administrator_enters_one_and_it_is_found_at_once(house: cast.House) -> None:
    made = service.create(NEW, by=cast.actor(house.admin), now=cast.NOW)
    assert (made.zone_code, made.institution_code, made.category_code) == ("kunming", "uni", "040102")
    assert made.code == "uni-2026-000001"
    assert found("lsm900") == ["共聚焦显微镜"]
    event = audit.history("instrument", made.id)[0]
    assert (event.action, event.actor_name, event.after) == ("registry.create", house.admin.name, NEW)


def test_it_may_stand_in_another_zone_than_its_owner(house: cast.House) -> None:
    made = service.create({**NEW, "zone": "honghe"}, by=cast.actor(house.admin), now=cast.NOW)
    assert (made.zone_code, made.institution_code) == ("honghe", "uni")


@pytest.mark.parametrize("who", ["manager", "researcher", "head", "auditor", "enterprise", "finance"])
def test_others_enter_none(house: cast.House, who: str) -> None:
    by = cast.actor(getattr(house, who))
    assert refusal(service.create, NEW, by=by, now=cast.NOW).kind == "forbidden"


def test_nobody_enters_one_for_another_house(house: cast.House) -> None:
    no = refusal(service.create, {**NEW, "institution": "other"}, by=cast.actor(house.admin), now=cast.NOW)
    assert no.kind == "forbidden"


@pytest.mark.parametrize("field", ["institution", "zone", "category"])
def test_a_code_that_does_not_exist_is_named(house: cast.House, field: str) -> None:
    no = refusal(service.create, {**NEW, field: "nowhere"}, by=cast.actor(house.province_admin), now=cast.NOW)
    assert [one["field"] for one in no.facts["fields"]] == [field]


@pytest.mark.parametrize(("field", "value"), [("code", "UNI-1"), ("asset_no", "2019-1")])
def test_code_and_asset_number_are_given_once(house: cast.House, field: str, value: str) -> None:
    by = cast.actor(house.admin)
    service.create({**NEW, field: value}, by=by, now=cast.NOW)
    no = refusal(service.create, {**NEW, field: value}, by=by, now=cast.NOW)
    assert (no.kind, no.facts) == ("duplicate", {"field": field, "value": value})


# --- editing ----------------------------------------------------------------------------------------------------------


def test_an_edit_raises_the_revision_and_keeps_before_and_after(house: cast.House) -> None:
    old = row(house)
    new = edit(house, cast.actor(house.manager), name="透射电镜", capacity=2, model=old.model)
    assert (new.revision, new.name, new.capacity) == (2, "透射电镜", 2)
    event = audit.history("instrument", new.id)[-1]
    assert event.before == {"name": old.name, "capacity": 1}
    assert event.after == {"name": "透射电镜", "capacity": 2}
    assert found("透射") == ["透射电镜"]


@pytest.mark.parametrize("field", ["code", "asset_no"])
def test_an_edit_to_what_another_has_is_refused_and_named(house: cast.House, field: str) -> None:
    by = cast.actor(house.admin)
    service.create({**NEW, field: "UNI-1"}, by=by, now=cast.NOW)
    old = row(house)
    no = refusal(service.edit, old.id, {field: "UNI-1"}, revision=old.revision, by=by, now=cast.NOW)
    assert (no.kind, no.facts) == ("duplicate", {"field": field, "value": "UNI-1"})
    assert row(house).revision == old.revision


def test_an_edit_that_changes_nothing_is_none(house: cast.House) -> None:
    old = row(house)
    assert edit(house, cast.actor(house.manager), name=old.name).revision == 1
    assert audit.history("instrument", old.id) == []


def test_who_read_an_older_revision_is_told_which_stands(house: cast.House) -> None:
    by = cast.actor(house.manager)
    edit(house, by, name="一")
    no = refusal(edit, house, by, name="二")
    assert (no.kind, no.facts) == ("edit-conflict", {"revision": 2})
    assert row(house).name == "一"


def test_of_rivals_with_one_revision_exactly_one_wins(app: Flask, house: cast.House) -> None:
    by = cast.actor(house.manager)
    db.session.remove()
    results: list[str] = []
    together = threading.Barrier(6)

    def rival(number: int) -> None:
        with app.app_context():
            together.wait(timeout=30)
            try:
                edit(house, by, name=f"改名 {number}")
                results.append("won")
            except Refused as no:
                results.append(no.kind)
            finally:
                db.session.remove()

    rivals = [threading.Thread(target=rival, args=(number,)) for number in range(6)]
    for one in rivals:
        one.start()
    for one in rivals:
        one.join(timeout=60)
    assert sorted(results) == ["edit-conflict"] * 5 + ["won"]
    assert row(house).revision == 2


@pytest.mark.parametrize("who", ["researcher", "deputy", "stranger", "auditor", "finance", "enterprise"])
def test_others_change_nothing(house: cast.House, who: str) -> None:
    assert refusal(edit, house, cast.actor(getattr(house, who)), name="x").kind == "forbidden"
    assert row(house).revision == 1


@pytest.mark.parametrize("who", ["manager", "admin", "zone_admin", "province_admin"])
def test_those_above_may(house: cast.House, who: str) -> None:
    assert edit(house, cast.actor(getattr(house, who)), name="x").name == "x"


def test_what_is_not_there_is_not_found(house: cast.House) -> None:
    by = cast.actor(house.manager)
    no = refusal(service.edit, uuid.uuid4(), {"name": "x"}, revision=1, by=by, now=cast.NOW)
    assert no.kind == "not-found"


# --- status -----------------------------------------------------------------------------------------------------------


def status(house: cast.House, to: Status, reason: str = "", who: str = "manager") -> InstrumentRow:
    by = cast.actor(getattr(house, who))
    return service.change_status(house.instrument.id, to, reason=reason, by=by, now=cast.NOW)


def test_a_reason_is_needed_for_all_but_in_service(house: cast.House) -> None:
    for to in (Status.MAINTENANCE, Status.SUSPENDED, Status.RETIRED):
        assert refusal(status, house, to, "  ").facts["fields"][0]["field"] == "status_reason"
    assert status(house, Status.MAINTENANCE, "换灯丝").status_reason == "换灯丝"
    assert status(house, Status.IN_SERVICE).status is Status.IN_SERVICE


def test_retiring_keeps_everything_and_hides_it_from_the_catalogue(house: cast.House) -> None:
    status(house, Status.RETIRED, "报废")
    assert row(house).status is Status.RETIRED
    assert queries.listed(Search(), on=cast.TODAY).page.total == 0
    assert queries.listed(Search(statuses=(Status.RETIRED,)), on=cast.TODAY).page.total == 1
    assert audit.history("instrument", house.instrument.id)[-1].action == "registry.retire"


def test_only_an_administrator_brings_a_retired_one_back(house: cast.House) -> None:
    status(house, Status.RETIRED, "报废")
    assert refusal(status, house, Status.IN_SERVICE).kind == "forbidden"
    assert (
        refusal(edit, house, cast.actor(house.manager), revision=2, status="in_service").kind == "forbidden"
    )
    assert status(house, Status.IN_SERVICE, who="admin").status is Status.IN_SERVICE


# --- who runs it, the star --------------------------------------------------------------------------------------------


def test_without_managers_of_its_own_those_of_the_house_run_it(house: cast.House) -> None:
    bare = cast.instrument(house.university)
    assert queries.managers(bare.id, cast.TODAY) == []
    cast.user("chief", role="manager", at=house.university)
    running = queries.managers(bare.id, cast.TODAY)
    assert [(one.username, one.whole_house) for one in running] == [("chief", True)]
    own = queries.managers(house.instrument.id, cast.TODAY)
    assert [(one.username, one.deputy) for one in own] == [("manager", False), ("deputy", True)]


def test_setting_managers_ends_the_old_and_gives_the_new(house: cast.House) -> None:
    admin = cast.actor(house.admin)
    facts = {"managers": [house.colleague.id], "deputies": [house.manager.id], "by": admin, "now": cast.NOW}
    service.set_managers(house.instrument.id, **facts)
    running = queries.managers(house.instrument.id, cast.TODAY)
    assert [(one.username, one.deputy) for one in running] == [("colleague", False), ("manager", True)]
    assert cast.actor(house.colleague).may("registry.edit", row(house).path)
    assert not cast.actor(house.manager).may("registry.edit", row(house).path)
    service.set_managers(house.instrument.id, **facts)  # again: nothing more
    assert [e.action for e in audit.history("instrument", house.instrument.id)] == ["registry.managers"]


def test_a_manager_appoints_nobody(house: cast.House) -> None:
    by = cast.actor(house.manager)
    no = refusal(
        service.set_managers,
        house.instrument.id,
        managers=[house.colleague.id],
        deputies=[],
        by=by,
        now=cast.NOW,
    )
    assert no.kind == "forbidden"


def test_a_star_is_put_and_taken(house: cast.House) -> None:
    by = cast.actor(house.researcher)
    for on in (True, True):
        service.star(house.instrument.id, on, by=by, now=cast.NOW)
    assert queries.favourites(by.user_id) == [house.instrument.id]
    assert queries.starred(by.user_id, house.instrument.id)
    service.star(house.instrument.id, False, by=by, now=cast.NOW)
    assert queries.favourites(by.user_id) == []
    assert refusal(service.star, uuid.uuid4(), True, by=by, now=cast.NOW).kind == "not-found"


# --- dated rows and questions -----------------------------------------------------------------------------------------

POLICY = {"granularity_minutes": 60, "shortest_minutes": 60, "audience": "institution"}


def policy(
    house: cast.House, *, who: str = "manager", days: int = 0, scope: Any = None, **more: Any
) -> uuid.UUID:
    return service.add_policy(
        POLICY | more.pop("values", {}),
        service.Dates(cast.TODAY + timedelta(days=days), "管理办法", **more),
        scope=scope or ("instrument", house.instrument.id),
        by=cast.actor(getattr(house, who)),
        now=cast.NOW,
    )


def test_a_policy_holds_from_its_day_and_terms_know_at_once(house: cast.House) -> None:
    before = queries.booking_terms(house.instrument.id)
    policy(house, days=3)
    after = queries.booking_terms(house.instrument.id)
    assert before
    assert after
    assert [after.policy(cast.TODAY + timedelta(days=n)).granularity_minutes for n in (0, 2, 3)] == [
        30,
        30,
        60,
    ]
    assert before.policy(cast.TODAY + timedelta(days=3)).granularity_minutes == 30


def test_a_row_that_inherits_hands_back(house: cast.House) -> None:
    policy(house, days=1)
    policy(house, days=5, inherit=True)
    terms = queries.booking_terms(house.instrument.id)
    assert terms
    assert [terms.policy(cast.TODAY + timedelta(days=n)).granularity_minutes for n in (4, 5)] == [60, 30]


def test_no_second_row_from_one_day_and_none_for_the_past(house: cast.House) -> None:
    policy(house)
    assert refusal(policy, house).kind == "duplicate"
    assert refusal(policy, house, days=-1).facts["fields"][0]["field"] == "valid_from"


def test_each_scope_is_for_those_who_hold_it(house: cast.House) -> None:
    owner = ("institution", house.university.id)
    assert refusal(policy, house, scope=owner).kind == "forbidden"
    assert refusal(policy, house, scope=("network", None), who="admin").kind == "forbidden"
    assert refusal(policy, house, scope=("institution", uuid.uuid4()), who="admin").kind == "not-found"
    policy(house, scope=owner, who="admin")
    policy(house, scope=("zone", house.zones["kunming"].id), who="zone_admin")
    policy(house, scope=("network", None), who="province_admin")


def test_a_timetable_that_cannot_stand_names_its_days(house: cast.House) -> None:
    named: dict[str, Any] = {"scope": ("instrument", house.instrument.id)}
    named |= {"by": cast.actor(house.manager), "now": cast.NOW}
    dates = service.Dates(cast.TODAY, "通知")
    bad = {"name": "暑假", "days": {"workday": [[600, 500]], "sat": [[0, 60]]}}
    no = refusal(service.add_timetable, bad, dates, **named)
    assert [one["field"] for one in no.facts["fields"]] == ["day_workday"]
    service.add_timetable({"name": "暑假", "days": {"workday": [[600, 660]]}}, dates, **named)
    terms = queries.booking_terms(house.instrument.id)
    assert terms
    table = terms.timetable(cast.TODAY)
    assert table
    assert table.days == {"workday": [[600, 660]]}


def test_questions_are_added_in_order_and_retired(house: cast.House) -> None:
    scope = ("instrument", house.instrument.id)
    by = cast.actor(house.manager)
    asked: list[dict[str, Any]] = [
        {"key": "sample", "kind": "text", "label": "样品"},
        {"key": "hazard", "kind": "choice", "label": "危险性", "choices": [{"value": "none", "label": "无"}]},
    ]
    assert service.add_questions(scope=scope, questions=asked, by=by, now=cast.NOW) == 2
    terms = queries.booking_terms(house.instrument.id)
    assert terms
    assert [one.key for one in terms.questions] == ["sample", "hazard"]
    again = refusal(service.add_questions, scope=scope, questions=asked[:1], by=by, now=cast.NOW)
    assert again.kind == "duplicate"
    bare = [{"key": "x", "kind": "choice", "label": "选"}]
    assert (
        refusal(service.add_questions, scope=scope, questions=bare, by=by, now=cast.NOW).kind
        == "invalid-input"
    )
    service.retire_question(terms.questions[0].id, by=by, now=cast.NOW)
    terms = queries.booking_terms(house.instrument.id)
    assert terms
    assert [one.key for one in terms.questions] == ["hazard"]


def test_an_instrument_with_questions_of_its_own_asks_no_others(house: cast.House) -> None:
    cast.question(house.university, key="wide")
    terms = queries.booking_terms(house.instrument.id)
    assert terms
    assert [one.key for one in terms.questions] == ["wide"]
    cast.question(house.instrument, key="own")
    terms = queries.booking_terms(house.instrument.id)
    assert terms
    assert [one.key for one in terms.questions] == ["own"]
