"""Prices on the page, by the API and the command: what they would change, who may, two at once, the history."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask

from sharing.kernel.db import db
from sharing.kernel.money import Money
from sharing.people import service as people
from sharing.pricing import cli, queries
from sharing.pricing.queries import FITS
from sharing.pricing.rules import NewPrice, PriceGroup, price_groups
from sharing.registry import queries as registry
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.statements import statements

TOMORROW = cast.TODAY + timedelta(days=1)
INSIDE = {
    "valid_from": TOMORROW.isoformat(),
    "source_document": "校发〔2026〕9 号",
    "institution.do": "price",
    "institution.hour": "80",
    "institution.minimum": "50.50",
    "overseas.do": "bar",
    "band.0.name": "夜间",
    "band.0.days": "all",
    "band.0.from": "20:00",
    "band.0.to": "08:00",
    "band.0.percent": "50",
}


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


def address(house: cast.House) -> str:
    return f"/admin/prices/instrument:{house.instrument.id}"


def revision(page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found
    return found[1]


def entered(house: cast.House, said: str | None = None) -> list[Any]:
    db.session.rollback()
    scope = registry.scope_said(said or f"instrument:{house.instrument.id}")
    return queries.entries(scope, cast.TODAY)


# --- what it would change ---------------------------------------------------------------------------------------------


def test_a_kind_of_buyer_fits_what_a_person_of_that_kind_fits(house: cast.House) -> None:
    owned = registry.instrument(house.instrument.id)
    assert owned
    for who, kind in (("researcher", PriceGroup.INSTITUTION), ("stranger", PriceGroup.ACADEMIC),
                      ("enterprise", PriceGroup.ENTERPRISE)):  # fmt: skip
        assert tuple(price_groups(cast.actor(house.people()[who]), owned)) == FITS[kind]


def test_the_effect_names_each_kind_of_buyer_before_and_after(house: cast.House) -> None:
    scope = registry.scope_said(f"instrument:{house.instrument.id}")
    found = queries.effect([NewPrice(PriceGroup.ACADEMIC, Money(60_00))], scope, TOMORROW, "办法")
    told = {one.buyer: (one.before[0].amount.fen, one.after[0].amount.fen) for one in found.buyers}
    assert told[PriceGroup.ACADEMIC] == (100_00, 60_00)
    assert told[PriceGroup.INSTITUTION] == (100_00, 60_00)  # who fits both pays the lower
    assert told[PriceGroup.ENTERPRISE] == (100_00, 100_00)
    assert [one.buyer for one in found.buyers if not one.changes] == [
        PriceGroup.ENTERPRISE,
        PriceGroup.OVERSEAS,
    ]
    assert (found.reached, found.kept) == (1, 0)


def test_a_price_of_the_house_leaves_instruments_with_their_own_alone(house: cast.House) -> None:
    cast.instrument(house.university)
    cast.price(house.instrument, price_group="institution", hour_fen=5)
    cast.price(cast.instrument(house.university), price_group="institution", inherit=True)
    scope = registry.scope_said("institution:uni")
    for group, reached in ((PriceGroup.INSTITUTION, (2, 1)), (PriceGroup.ACADEMIC, (3, 0))):
        found = queries.effect([NewPrice(group, Money(1))], scope, TOMORROW, "办法")
        assert (found.reached, found.kept) == reached


def test_an_effect_on_many_instruments_asks_no_more_than_on_few(house: cast.House) -> None:
    new = [NewPrice(group, Money(1)) for group in PriceGroup]

    def count() -> int:
        sent: list[str] = []
        with statements(sent):
            queries.effect(new, registry.scope_said("network"), TOMORROW, "")
        return len(sent)

    count()
    few = count()
    for _number in range(5):
        cast.price(cast.instrument(house.university), hour_fen=3)
    count()
    assert count() == few


# --- the page ---------------------------------------------------------------------------------------------------------


def test_prices_are_looked_at_then_saved_and_stand_in_the_history(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    page = admin.get(address(house)).text
    look = admin.post(address(house), INSIDE, step="look", revision=revision(page))
    assert look.status_code == 200
    assert "100.00 → 80.00" in re.sub(r"<[^>]+>", "", look.text)
    assert entered(house) == []
    save = admin.post(address(house), INSIDE, step="save", revision=revision(look.text))
    assert save.status_code == 303, save.text
    rows = {one.row.price_group: one.row for one in entered(house)}
    assert rows[PriceGroup.INSTITUTION].minimum == Money(50_50)
    assert [(b.start, b.end, b.percent) for b in rows[PriceGroup.INSTITUTION].bands] == [(1200, 480, 50)]
    assert rows[PriceGroup.OVERSEAS].may_buy is False
    after = admin.get(address(house)).text
    assert "尚未执行" in after
    assert "校发〔2026〕9 号" in after
    assert f"人员 {house.admin.username}" in after


def test_every_bad_field_stands_at_its_place_and_what_was_typed_stays(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    bad = INSIDE | {"institution.hour": "一百", "valid_from": "2026-03-01", "band.0.to": ""}
    answer = admin.post(address(house), bad, step="look")
    assert answer.status_code == 422
    assert answer.text.count('class="field__error"') == 2  # the date is judged when the rest can be read
    assert 'value="一百"' in answer.text
    late = admin.post(address(house), INSIDE, step="save", valid_from="2026-03-01", source_document=" ")
    assert late.status_code == 422
    assert "不能改写过去" in late.text
    assert "请写明依据文件" in late.text
    none = {"valid_from": TOMORROW.isoformat(), "source_document": "办法"}
    assert "请至少改一类用户的价格" in admin.post(address(house), none, step="look").text
    assert entered(house) == []


def test_whoever_saves_second_is_told_and_keeps_what_she_typed(app: Flask, house: cast.House) -> None:
    admin, finance = Browser(app).sign_in(house.admin), Browser(app).sign_in(house.finance)
    seen = revision(admin.get(address(house)).text)
    assert finance.post(address(house), INSIDE, step="save", revision=seen).status_code == 303
    later = {"valid_from": (TOMORROW + timedelta(days=1)).isoformat(), "institution.hour": "170"}
    second = admin.post(address(house), INSIDE | later, step="save", revision=seen)
    assert second.status_code == 409
    assert "有人改过这里的规则" in second.text
    assert 'value="170"' in second.text
    assert (
        admin.post(address(house), INSIDE | later, step="save", revision=revision(second.text)).status_code
        == 303
    )
    same = admin.post(address(house), INSIDE, step="save", revision="")
    assert same.status_code == 409
    assert "这一天已经有一行" in same.text


def test_a_coming_price_is_withdrawn_and_leaves_its_day_free(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    admin.post(address(house), INSIDE, step="save")
    row = entered(house)[0].row
    there = f"/admin/prices/rows/{row.id}/withdraw"
    assert admin.post(there, reason="").status_code == 422
    assert Browser(app).sign_in(house.manager).post(there, reason="x").status_code == 403
    assert admin.post(there, reason="校长办公会未通过").status_code == 303
    assert admin.post(there, reason="再来").status_code == 404
    page = admin.get(address(house)).text
    assert "校长办公会未通过" in page
    assert "已撤回" in page
    again = {name: value for name, value in INSIDE.items() if not name.startswith(row.price_group)}
    again |= {f"{row.price_group}.do": "price", f"{row.price_group}.hour": "9"}
    assert admin.post(address(house), again | {"institution.do": "keep", "overseas.do": "keep"} | {
        f"{row.price_group}.do": "price"}, step="save").status_code == 303  # fmt: skip


def test_what_has_begun_is_not_withdrawn(app: Flask, house: cast.House) -> None:
    old = cast.price(house.instrument, valid_from=cast.TODAY)
    answer = Browser(app).sign_in(house.admin).post(f"/admin/prices/rows/{old.id}/withdraw", reason="x")
    assert answer.status_code == 409
    assert "已开始执行" in answer.text


def test_who_reads_and_who_changes(app: Flask, house: cast.House) -> None:
    for who, status, form in (("admin", 200, True), ("finance", 200, True), ("auditor", 200, False),
                              ("manager", 200, False), ("researcher", 403, False)):  # fmt: skip
        answer = Browser(app).sign_in(house.people()[who]).get(address(house))
        assert (answer.status_code, "看看影响" in answer.text) == (status, form), who
    admin = Browser(app).sign_in(house.admin)
    assert admin.get("/admin/prices").location == "/admin/prices/institution:uni"
    assert "看看影响" not in admin.get("/admin/prices/network").text
    assert admin.get("/admin/prices/institution:other").status_code == 403
    assert admin.get("/admin/prices/institution:nowhere").status_code == 404
    assert admin.post("/admin/prices/network", INSIDE, step="look").status_code == 403
    assert Browser(app).sign_in(house.province_admin).get("/admin/prices").location == "/admin/prices/network"


def test_the_list_leads_to_those_below_that_have_their_own(app: Flask, house: cast.House) -> None:
    cast.price(house.instrument)
    for scope in ("institution:uni", "zone:kunming", "network"):
        page = Browser(app).sign_in(house.province_admin).get(f"/admin/prices/{scope}").text
        assert address(house) in page, scope
    assert address(house) not in Browser(app).sign_in(house.admin).get("/admin/prices/institution:other").text


# --- programs ---------------------------------------------------------------------------------------------------------


def bearer(user: Any) -> dict[str, str]:
    by = cast.actor(user)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    return {"Authorization": f"Bearer {token}"}


def test_a_program_looks_enters_and_withdraws(app: Flask, house: cast.House) -> None:
    client, mine = app.test_client(), bearer(house.finance)
    scope = f"instrument:{house.instrument.id}"
    body = {"scope": scope, "valid_from": TOMORROW.isoformat(), "source_document": "办法",
            "prices": [{"price_group": "enterprise", "hour_fen": 30000, "minimum_fen": 5000}]}  # fmt: skip
    look = client.post("/api/v1/prices/preview", json=body, headers=mine)
    assert look.status_code == 200, look.text
    firm = next(one for one in look.json["buyers"] if one["price_group"] == "enterprise")
    assert (firm["quotes"][0]["before"]["amount_fen"], firm["quotes"][0]["after"]["amount_fen"]) == (
        10000,
        30000,
    )
    listed = client.get(f"/api/v1/prices?scope={scope}", headers=mine)
    assert (listed.json["items"], listed.headers["ETag"]) == ([], '"0"')
    made = client.post("/api/v1/prices", json=body, headers=mine | {"If-Match": '"0"'})
    assert made.status_code == 201, made.text
    late = client.post("/api/v1/prices", json=body, headers=mine | {"If-Match": '"0"'})
    assert late.status_code == 412
    assert client.post("/api/v1/prices", json=body, headers=mine).status_code == 409
    [row] = client.get(f"/api/v1/prices?scope={scope}", headers=mine).json["items"]
    assert (row["standing"], row["hour_fen"], row["id"]) == ("coming", 30000, made.json["ids"][0])
    there = f"/api/v1/prices/{row['id']}/withdraw"
    assert client.post(there, json={"reason": "重拟"}, headers=mine).status_code == 204
    [row] = client.get(f"/api/v1/prices?scope={scope}", headers=mine).json["items"]
    assert row["standing"] == "withdrawn"


def test_a_program_is_refused_as_a_person_is(app: Flask, house: cast.House) -> None:
    client = app.test_client()
    body = {"scope": "network", "valid_from": TOMORROW.isoformat(), "source_document": "办法",
            "prices": [{"price_group": "academic", "hour_fen": 1}]}  # fmt: skip
    for path in ("/api/v1/prices", "/api/v1/prices/preview"):
        assert client.post(path, json=body, headers=bearer(house.admin)).status_code == 403
    twice = body | {"scope": "institution:uni", "prices": body["prices"] * 2}
    assert client.post("/api/v1/prices", json=twice, headers=bearer(house.admin)).status_code == 422
    there = "/api/v1/prices?scope=institution:other"
    assert client.get(there, headers=bearer(house.admin)).status_code == 403


def test_the_command_says_what_would_change_enters_and_withdraws(app: Flask, house: cast.House) -> None:
    run = CliRunner().invoke
    told = ["enter", "--at", "institution:uni", "--from", TOMORROW.isoformat(), "--document", "办法",
            "--price", "academic=20000:500", "--price", "overseas=bar"]  # fmt: skip
    with app.app_context():
        look = run(cli.price, [*told, "--dry-run"])
        assert look.exit_code == 0, look.output
        assert json.loads(look.stdout)["instruments"] == 1
        made = run(cli.price, told)
        assert made.exit_code == 0, made.output
        first = uuid.UUID(made.stdout.splitlines()[0])
        assert run(cli.price, ["withdraw", str(first), "--reason", "重拟"]).exit_code == 0
        rows = run(cli.price, ["list", "--at", "institution:uni"]).stdout.splitlines()
    assert sorted(line.split("\t")[1] for line in rows) == ["coming", "withdrawn"]
    assert run(cli.price, [*told[:2], "nowhere", *told[3:]]).exit_code == 2
    assert run(cli.price, [*told[:-1], "martians=1"]).exit_code == 2
