"""The pages of sign-in, reset and one's own account: what they do, say and refuse, in both languages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from sharing.kernel.db import db
from sharing.notify.models import Outgoing
from sharing.people import queries, service
from sharing.people.service.throttle import PER_ACCOUNT
from tests import cast
from tests.harness.browser import KEPT, PASSWORD, Browser

NEW = "滇池的水很清，也很深很蓝"


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


# --- sign-in -----------------------------------------------------------------------------------------------


def test_whoever_signs_in_goes_where_she_wanted(app: Flask, house: cast.House) -> None:
    lin = Browser(app)
    asked = lin.get("/profile/tokens?x=1")
    assert asked.status_code == 302
    assert asked.location == "/sign-in?next=/profile/tokens?x%3D1"
    page = lin.get(asked.location)
    assert 'name="next" value="/profile/tokens?x=1"' in page.text
    answer = lin.post("/sign-in", username="researcher", password=PASSWORD, next="/profile/tokens?x=1")
    assert (answer.status_code, answer.location) == (303, "/profile/tokens?x=1")
    assert lin.get("/sign-in?next=/profile").location == "/profile"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil"]
)
def test_nobody_is_sent_elsewhere_after_sign_in(app: Flask, house: cast.House, elsewhere: str) -> None:
    answer = Browser(app).post("/sign-in", username="researcher", password=PASSWORD, next=elsewhere)
    assert answer.location in {"/", "/%09/evil"}


def test_a_wrong_password_is_told_and_the_name_kept(app: Flask, house: cast.House) -> None:
    answer = Browser(app).post("/sign-in", username="researcher", password="wrong")
    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert 'value="researcher"' in answer.text
    assert "wrong" not in answer.text
    assert Browser(app).post("/sign-in", username="", password="").status_code == 422


def test_the_throttle_says_when_to_come_back(app: Flask, house: cast.House) -> None:
    lin = Browser(app)
    for _n in range(PER_ACCOUNT.free):
        lin.post("/sign-in", username="researcher", password="wrong")
    answer = lin.post("/sign-in", username="researcher", password=PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "30"
    assert "请 30 秒后再试" in answer.text


def test_a_browser_that_signed_in_before_is_known_again(app: Flask, house: cast.House) -> None:
    lin, thief = Browser(app).sign_in(house.researcher), Browser(app, "10.6.6.6")
    lin.post("/sign-out")
    for _n in range(PER_ACCOUNT.free):
        thief.post("/sign-in", username="researcher", password="wrong")
    assert thief.post("/sign-in", username="researcher", password=PASSWORD).status_code == 429
    assert lin.post("/sign-in", username="researcher", password=PASSWORD).status_code == 303


def test_demo_accounts_stand_only_on_a_demo_server(app: Flask, house: cast.House) -> None:
    assert "sharing-demo" not in Browser(app).get("/sign-in").text
    real = app.extensions["sharing.settings"]
    app.extensions["sharing.settings"] = real.model_copy(update={"demo": True})
    try:
        page = Browser(app).get("/sign-in").text
    finally:
        app.extensions["sharing.settings"] = real
    for name in ("researcher", "researcher2", "pi", "manager", "finance", "enterprise", "manager-honghe",
                 "zone-kunming", "province", "auditor"):  # fmt: skip
        assert f'name="username" value="{name}"' in page


# --- forgotten passwords -----------------------------------------------------------------------------------


def mailed_path() -> str:
    """The path in the newest mail."""
    newest = db.session.scalars(select(Outgoing).order_by(Outgoing.id.desc())).first()
    assert newest
    return str(newest.facts["url"])


def test_a_forgotten_password_is_set_anew_by_mail(app: Flask, house: cast.House) -> None:
    away, lin = Browser(app).sign_in(house.researcher), Browser(app)
    assert "请查收邮件" in lin.post("/reset", email=house.researcher.email).text
    path = mailed_path()
    page = lin.get(path)
    assert page.headers["Referrer-Policy"] == "same-origin"  # the address, a secret, stays in this site
    assert page.headers["Cache-Control"] == "no-store"
    assert lin.get(path).status_code == 200  # looking does not use it up
    assert "两次输入的新密码不一样" in lin.post(path, password=NEW, again=PASSWORD).text
    assert "至少 10 个字符" in lin.post(path, password="abc", again="abc").text
    assert lin.post(path, password="", again="").status_code == 422
    answer = lin.post(path, password=NEW, again=NEW)
    assert (answer.status_code, answer.location) == (303, "/sign-in")
    assert not away.signed_in()
    assert lin.post("/sign-in", username="researcher", password=NEW).status_code == 303
    assert lin.get(path).status_code == lin.post(path, password=NEW, again=NEW).status_code == 410


def test_the_answer_is_the_same_for_an_unknown_address(app: Flask, house: cast.House) -> None:
    known, unknown = house.researcher.email, "nobody@example.test"
    pages = [Browser(app).post("/reset", email=email) for email in (known, unknown)]
    bare = [
        re.sub(r'(csrf_token" value=|nonce=|CSRFToken": )"[^"]*"', "", page.text.replace(email, "")) for page, email in
        zip(pages, (known, unknown), strict=True)
    ]  # fmt: skip
    assert bare[0] == bare[1]
    assert pages[0].status_code == pages[1].status_code == 200


def test_an_address_that_is_none_is_told_at_once(app: Flask, house: cast.House) -> None:
    answer = Browser(app).post("/reset", email="not an address")
    assert answer.status_code == 422
    assert "name@example.com" in answer.text


def test_one_place_cannot_ask_without_end(app: Flask, house: cast.House) -> None:
    lin = Browser(app)
    codes = [lin.post("/reset", email="nobody@example.test").status_code for _n in range(6)]
    assert codes == [200] * 5 + [429]


# --- one's own account -------------------------------------------------------------------------------------


def test_details_are_kept_and_the_language_spoken_at_once(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    wrong = lin.post("/profile", email="no", phone="call me", language="en", name_en="Lin")
    assert wrong.status_code == 422
    assert wrong.text.count('class="field__error"') == 2
    assert 'value="call me"' in wrong.text
    answer = lin.post("/profile", email="lin@new.test", phone="0871-65030000", language="en", name_en="Lin")
    assert answer.status_code == 303
    page = lin.get("/profile").text
    assert "Saved." in page
    assert 'value="lin@new.test"' in page
    assert "My account" in page


def test_a_changed_password_ends_other_browsers_and_not_this_one(app: Flask, house: cast.House) -> None:
    here, there = Browser(app).sign_in(house.researcher), Browser(app).sign_in(house.researcher)
    assert "现在的密码不对" in here.post("/profile/password", old="wrong", password=NEW, again=NEW).text
    assert "不一样" in here.post("/profile/password", old=PASSWORD, password=NEW, again="x").text
    assert here.post("/profile/password", old=PASSWORD, password="", again="").status_code == 422
    assert here.post("/profile/password", old=PASSWORD, password=NEW, again=NEW).status_code == 303
    assert here.signed_in()
    assert not there.signed_in()


def test_browsers_are_listed_and_ended(app: Flask, house: cast.House) -> None:
    here, there = Browser(app).sign_in(house.researcher), Browser(app).sign_in(house.researcher)
    page = here.get("/profile/sessions").text
    assert page.count("当前") == 1
    ends = re.findall(r'action="(/profile/sessions/[^"]+/end)"', page)
    assert len(ends) == 1
    assert here.post(ends[0]).status_code == 303
    assert not there.signed_in()
    assert here.post(ends[0]).status_code == 404
    assert here.post("/sign-out/everywhere").location == "/sign-in"
    assert not here.signed_in()


def test_a_token_is_shown_once_and_opens_the_api(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    assert "还没有令牌" in lin.get("/profile/tokens").text
    assert lin.post("/profile/tokens", label="", days="0").text.count('class="field__error"') == 2
    page = lin.post("/profile/tokens", label="采集脚本", days="30")
    assert page.headers["Cache-Control"] == "no-store"
    secret = re.search(r"sharing_[\w-]{43}", page.text)
    assert secret
    assert secret[0] not in lin.get("/profile/tokens").text
    me = Browser(app).get("/api/v1/me", headers={"Authorization": f"Bearer {secret[0]}"})
    assert me.status_code == 200
    assert me.get_json()["username"] == "researcher"
    assert me.get_json()["institution"]["code"] == "uni"
    assert [group["code"] for group in me.get_json()["research_groups"]] == [house.group.code]
    revoke = re.search(r'action="(/profile/tokens/[^"]+/revoke)"', lin.get("/profile/tokens").text)
    assert revoke
    assert lin.post(revoke[1]).status_code == 303
    assert Browser(app).get("/api/v1/me", headers={"Authorization": f"Bearer {secret[0]}"}).status_code == 401


def test_a_calendar_address_is_shown_once_renewed_and_closed(app: Flask, house: cast.House) -> None:
    boss = Browser(app).sign_in(house.manager)
    page = boss.post("/profile/calendar", kind="desk").text
    first = re.search(r"http://localhost/calendars/([\w-]{43})\.ics", page)
    assert first
    assert queries.calendar_key(first[1]) is not None
    assert first[1] not in boss.get("/profile/calendar").text
    renew = re.search(r'action="(/profile/calendar/[^"]+/renew)"', page)
    assert renew
    second = re.search(r"/calendars/([\w-]{43})\.ics", boss.post(renew[1]).text)
    assert second
    db.session.rollback()
    assert queries.calendar_key(first[1]) is None
    revoke = re.search(r'action="(/profile/calendar/[^"]+/revoke)"', boss.get("/profile/calendar").text)
    assert revoke
    assert boss.post(revoke[1]).status_code == 303
    assert boss.post(revoke[1]).status_code == 404
    db.session.rollback()
    assert queries.calendar_key(second[1]) is None
    assert boss.post("/profile/calendar", kind="zone").status_code == 422


def test_a_desk_is_offered_only_to_who_has_one(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    assert "我管理的仪器" not in lin.get("/profile/calendar").text
    assert lin.post("/profile/calendar", kind="desk").status_code == 403


def test_a_deputy_is_named_by_number_and_shown_to_both(app: Flask, house: cast.House) -> None:
    boss = Browser(app).sign_in(house.manager)
    days = {"starts_on": cast.TODAY.isoformat(), "last_on": (cast.TODAY + timedelta(days=3)).isoformat()}
    for deputy, said in (
        ("nobody", "没有这个用户名"),
        ("manager", "不能是您自己"),
        ("stranger", "没有这个用户名"),
    ):
        assert said in boss.post("/profile/deputies", deputy=deputy, **days).text
    late = boss.post("/profile/deputies", deputy="deputy", **days | {"last_on": "2026-01-01"})
    assert "结束日期须" in late.text
    assert late.status_code == 422
    assert boss.post("/profile/deputies", deputy=house.deputy.staff_no, **days).status_code == 303
    page = boss.get("/profile/deputies").text
    assert "代理中" in page
    assert "3月5日" in page
    assert house.manager.name in Browser(app).sign_in(house.deputy).get("/profile/deputies").text
    end = re.search(r'action="(/profile/deputies/[^"]+/end)"', page)
    assert end
    assert boss.post(end[1]).status_code == 303
    assert "没有登记代理人" in boss.get("/profile/deputies").text


PAGES = (
    "/profile",
    "/profile/password",
    "/profile/sessions",
    "/profile/tokens",
    "/profile/calendar",
    "/profile/deputies",
)


@pytest.mark.parametrize("path", ["/sign-in", "/reset", *PAGES])
def test_every_page_speaks_english_throughout(app: Flask, house: cast.House, path: str) -> None:
    lin = Browser(app)
    if path in PAGES:
        lin.sign_in(house.researcher)
    lin.client.set_cookie("language", "en")
    page = lin.get(path)
    assert page.status_code == 200
    main = page.text[page.text.index("<main") : page.text.index("</main>")]
    own = {house.researcher.name, house.university.name, house.group.name, "中文"}
    for word in own:
        main = main.replace(word, "")
    assert re.findall(r"[\u4e00-\u9fff]+", main) == []


@pytest.mark.parametrize("path", PAGES)
def test_the_account_is_for_who_is_signed_in(app: Flask, path: str) -> None:
    assert Browser(app).get(path).location == f"/sign-in?next={path}"


def test_signing_out_is_a_form_that_can_be_sent_twice(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    assert lin.get("/sign-out").status_code == 405
    assert lin.post("/sign-out").location == "/sign-in"
    assert not lin.signed_in()
    assert lin.post("/sign-out").location == "/sign-in"


def test_an_unknown_person_and_a_person_who_left_cannot_open_pages(app: Flask, house: cast.House) -> None:
    lin = Browser(app).sign_in(house.researcher)
    assert lin.signed_in()
    service.leave(house.researcher.id, reason="", by=None, now=cast.NOW)
    assert not lin.signed_in()
