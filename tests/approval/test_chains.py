"""Entering chains, and which of them holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from sharing.approval import queries, service
from sharing.approval.formats import conditions_sentence, shown_chain, step_name
from sharing.approval.rules import ChainStepRow, StepRole
from sharing.approval.service import NewChain
from sharing.audit import queries as audit
from sharing.kernel.language import use_language
from sharing.kernel.refusals import Refused
from sharing.network.rules import scope_key
from sharing.people.models import User
from sharing.registry.service import Dates
from tests import cast

PAYER, MANAGER = ChainStepRow(StepRole.PAYER, 1), ChainStepRow(StepRole.MANAGER, 2)
INSTITUTION = ChainStepRow(StepRole.INSTITUTION, 3, ({"amount_over_fen": 500_000},), 16)
TOMORROW = cast.TODAY + timedelta(days=1)


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def keys(house: cast.House) -> list[str]:
    return [
        scope_key("instrument", house.instrument.id),
        scope_key("institution", house.university.id),
        "network",
    ]


def save(house: cast.House, by: User, *steps: ChainStepRow, **more: Any) -> Any:
    scope = more.pop("scope", ("instrument", house.instrument.id))
    named = {name: more.pop(name) for name in ("name", "name_en") if name in more}
    dates = Dates(**{"valid_from": TOMORROW, "source_document": "校发〔2026〕9 号"} | more)
    new = NewChain(**named, steps=steps)
    return service.save_chain(new, dates, scope=scope, by=cast.actor(by), now=cast.NOW)


def test_a_chain_holds_from_its_day_and_hands_back_when_told(house: cast.House) -> None:
    mine = save(house, house.admin, PAYER, MANAGER, INSTITUTION, name="三级审批")
    today, tomorrow = (queries.chain_for(keys(house), on) for on in (cast.TODAY, TOMORROW))
    assert today is not None
    assert today.scope_key == "network"
    assert tomorrow is not None
    assert (tomorrow.id, tomorrow.name, tomorrow.steps) == (mine, "三级审批", (PAYER, MANAGER, INSTITUTION))
    next_week = cast.TODAY + timedelta(days=7)
    save(house, house.admin, valid_from=next_week, inherit=True)
    assert queries.chain_for(keys(house), next_week) == today
    assert queries.chain_for(["zone:none"], next_week) is None


def test_a_saved_chain_is_audited(house: cast.House) -> None:
    save(house, house.admin, PAYER)
    later = save(house, house.admin, PAYER, MANAGER, valid_from=TOMORROW + timedelta(days=1))
    by = cast.actor(house.admin)
    service.withdraw_chain(later, reason="未通过", by=by, now=cast.NOW)
    first, second, third = audit.history("instrument", house.instrument.id)
    told = [[step["role"] for step in (row or {}).get("steps", [])] for row in
            (first.before, first.after, second.before, second.after, third.before, third.after)]  # fmt: skip
    assert told == [[], ["payer"], ["payer"], ["payer", "manager"], ["payer", "manager"], []]
    assert (third.action, third.note) == ("approval.chain-withdrawn", "未通过")


@pytest.mark.parametrize("who", ["researcher", "head", "manager", "finance", "auditor", "stranger"])
def test_who_may_not_set_a_chain(house: cast.House, who: str) -> None:
    with pytest.raises(Refused, match="forbidden"):
        save(house, house.people()[who], PAYER, MANAGER)


def test_the_rules_of_a_scope_need_the_right_at_that_scope(house: cast.House) -> None:
    network, zone = ("network", None), ("zone", house.zones["kunming"].id)
    for scope, by in ((network, house.admin), (zone, house.admin), (network, house.zone_admin)):
        with pytest.raises(Refused, match="forbidden"):
            save(house, by, PAYER, MANAGER, scope=scope)
    assert save(house, house.zone_admin, MANAGER, scope=zone)
    assert save(house, house.province_admin, MANAGER, scope=network)


def test_two_chains_of_one_day_are_refused(house: cast.House) -> None:
    save(house, house.admin, MANAGER)
    with pytest.raises(Refused, match="duplicate"):
        save(house, house.admin, PAYER, MANAGER)


def test_every_wrong_field_is_named(house: cast.House) -> None:
    with pytest.raises(Refused) as no:
        save(house, house.admin, valid_from=date(2026, 3, 1), source_document=" ")
    assert [one["field"] for one in no.value.facts["fields"]] == ["valid_from", "source_document", "steps"]


def test_a_chain_with_nobody_to_decide_is_refused_and_names_the_step(house: cast.House) -> None:
    alone = cast.institution("alone", at="dehong")
    admin = cast.user(role="institution_admin", at=alone)
    scope = ("instrument", cast.instrument(alone, manager=admin).id)
    with pytest.raises(Refused) as no:
        save(house, admin, PAYER, scope=scope)
    assert (no.value.kind, no.value.facts) == ("chain-without-approver", {"step": "payer", "position": 1})
    with pytest.raises(Refused) as no:  # she could decide for others, but nobody for her
        save(house, admin, MANAGER, scope=scope)
    assert no.value.facts == {"step": "manager", "position": 2}
    cast.user(role="deputy_manager", at=alone)
    assert save(house, admin, MANAGER, scope=scope)


def test_conditions_in_words(app: Flask) -> None:
    listed = [
        {"external": True},
        {"minutes_over": 480},
        {"amount_over_fen": 500_000},
        {"outside_hours": True},
        {"answer": "hazard", "equals": "toxic"},
    ]
    assert conditions_sentence(listed) == (
        "外单位用户或超过 8 小时或费用超过 ¥5,000.00或开放时间以外或“hazard”答为“toxic”"
    )
    assert conditions_sentence([]) == "每次都需要"
    assert conditions_sentence([{"minutes_over": 90}]) == "超过 90 分钟"
    assert conditions_sentence([{"answer": "live", "equals": True}]) == "“live”答为“是”"


def test_words_in_english(app: Flask) -> None:
    with app.test_request_context():
        use_language("en")
        assert conditions_sentence([{"external": True}, {"minutes_over": 480}]) == "outside users or over 8 h"
        assert step_name("payer") == "Group head"


def test_a_chain_as_a_page_prints_it(house: cast.House) -> None:
    save(house, house.admin, PAYER, INSTITUTION, name="重大仪器审批", name_en="Large instruments")
    shown = shown_chain(queries.chain_for(keys(house), TOMORROW))
    assert shown is not None
    assert (shown.name, shown.source_document) == ("重大仪器审批", "校发〔2026〕9 号")
    assert [(s.name, s.when, s.working_hours) for s in shown.steps] == [
        ("课题组负责人", "每次都需要", 8),
        ("管理单位", "费用超过 ¥5,000.00", 16),
    ]
    assert shown_chain(None) is None
