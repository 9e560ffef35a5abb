"""Signing in with an institution's own account, walked over HTTP against a real OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from sharing.kernel.db import db
from sharing.people import service
from sharing.people.models import SignInAttempt, SignOn
from sharing.people.rules import NamedBy
from sharing.people.service import provider as asking
from sharing.people.service.throttle import PER_ADDRESS
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.openid import CLIENT, SECRET, OpenID
from tests.people.campus import (
    BACK,
    TOKENS,
    at_campus,
    away,
    connect,
    path,
    refused,
    sessions,
    told,
    walk,
)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    found.researcher.staff_no = "20210001"
    found.stranger.staff_no = "20210001"  # of the other institution
    db.session.commit()
    return found


@pytest.fixture
def campus(app: Flask, house: cast.House) -> Iterator[OpenID]:
    """The university's provider, connected and on; its people are named by their staff numbers."""
    settings = app.extensions["sharing.settings"]
    with OpenID(BACK, people={"lin": {"employee_number": "20210001"}}) as provider:
        app.extensions["sharing.settings"] = settings.model_copy(update={"inside_allowed": provider.host})
        connect(app, house, provider)
        yield provider
    app.extensions["sharing.settings"] = settings


# --- the way in ------------------------------------------------------------------------------------------------------


def test_whoever_her_institution_names_comes_in_and_goes_where_she_wanted(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    lin = Browser(app)
    page = lin.get("/sign-in?next=" + TOKENS)
    assert "/sign-in/institution?next=/profile/tokens?x%3D1" in page.text
    page = lin.get("/sign-in/institution?next=/profile")
    assert "/sign-in/institution/uni?next=/profile" in page.text
    asked = parse_qs(urlsplit(away(lin)).query)
    assert asked["redirect_uri"] == [BACK]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"] == ["openid profile email"]
    assert SECRET not in str(asked)
    answer = walk(lin)
    assert (answer.status_code, answer.location) == (303, TOKENS)
    assert lin.signed_in()
    assert sessions() == [house.researcher.id]
    (event,) = told("people.sign-in")
    assert event.after == {"address": "127.0.0.1", "way": "sign-on"}
    assert lin.get("/sign-in/institution/uni?next=/inbox").location == "/inbox"
    assert lin.get("/sign-in/institution").location == "/"


@pytest.mark.parametrize(("claim", "named_by", "value"), [
    ("email", NamedBy.EMAIL, "Researcher@Example.test"),
    ("preferred_username", NamedBy.USERNAME, "RESEARCHER"),
    ("employee_number", NamedBy.STAFF_NO, 20210001),
])  # fmt: skip
def test_a_person_is_found_by_what_was_agreed_on(
    app: Flask, house: cast.House, campus: OpenID, claim: str, named_by: NamedBy, value: Any
) -> None:
    house.researcher.email = "researcher@example.test"
    db.session.commit()
    connect(app, house, campus, claim=claim, named_by=named_by)
    campus.people["lin"] = {claim: value}
    campus.kept_back = (claim,)  # told by userinfo alone
    lin = Browser(app)
    assert walk(lin).status_code == 303
    assert sessions() == [house.researcher.id]
    assert "/userinfo" in campus.asked


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    campus.says = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert walk(Browser(app)).status_code == 303


def test_a_key_that_is_changed_counts_at_once(app: Flask, house: cast.House, campus: OpenID) -> None:
    assert walk(Browser(app)).status_code == 303
    campus.signs, campus.shows = "second", ("second",)
    assert walk(Browser(app)).status_code == 303
    campus.signs = "first"  # which is withdrawn
    assert walk(Browser(app)).status_code == 400


def test_nobody_is_sent_elsewhere(app: Flask, house: cast.House, campus: OpenID) -> None:
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example"):
        lin = Browser(app)
        assert lin.get(path(at_campus(away(lin, elsewhere)))).location == "/"


# --- what does not hold ----------------------------------------------------------------------------------------------


def test_an_answer_belongs_to_the_browser_that_asked_and_counts_once(
    app: Flask, house: cast.House, campus: OpenID, monday: Any
) -> None:
    lin, mallory = Browser(app), Browser(app)
    answer = at_campus(away(lin))
    refused(mallory.get(path(answer)), 400, "不是从这个浏览器开始的")
    refused(lin.get(path(answer, state="another")), 400, "不是从这个浏览器开始的")
    assert lin.get(path(answer)).status_code == 303
    assert lin.get(path(answer)).status_code == 400
    late = Browser(app)
    answer = at_campus(away(late))
    monday.shift(601)
    assert "超过十分钟" in late.get(path(answer)).text


def test_an_answer_of_one_institution_is_none_of_another(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    row = db.session.scalars(select(SignOn)).one()
    names = ("issuer", "client_id", "sealed_secret", "claim", "named_by")
    cast.sign_on(house.elsewhere, **{name: getattr(row, name) for name in names})
    lin = Browser(app)
    answer = path(at_campus(away(lin))).replace("/uni/", "/other/")
    refused(lin.get(answer), 400, "不是从这个浏览器开始的")


TWISTS: list[tuple[dict[str, Any], str]] = [
    ({"nonce": "another"}, "invalid_claim nonce"),
    ({"nonce": None}, "missing_claim nonce"),
    ({"aud": ["another"]}, "invalid_claim aud"),
    ({"aud": [CLIENT, "another"]}, "missing_claim azp"),
    ({"aud": [CLIENT, "another"], "azp": "another"}, "invalid_claim azp"),
    ({"iss": "https://evil.example"}, "invalid_claim iss"),
    ({"exp": int(cast.NOW.timestamp()) - 61}, "expired_token exp"),
    ({"exp": None}, "invalid_claim exp"),
    ({"iat": int(cast.NOW.timestamp()) + 600}, "invalid_claim iat"),
    ({"at_hash": "another"}, "invalid_claim at_hash"),
    ({"sub": 7}, "invalid_claim sub"),
]


def test_a_token_that_is_not_for_us_now_opens_nothing(app: Flask, house: cast.House, campus: OpenID) -> None:
    for twist, word in TWISTS:
        campus.twist = twist
        refused(walk(Browser(app)), 400, word)


def test_a_token_signed_by_a_stranger_opens_nothing(app: Flask, house: cast.House, campus: OpenID) -> None:
    campus.signs = "strange"
    refused(walk(Browser(app)), 400, "bad_signature")


def test_who_gives_up_or_brings_a_code_of_her_own_does_not_come_in(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    lin = Browser(app)
    refused(lin.get(path(at_campus(away(lin), password="wrong"))), 400, "access_denied")
    lin = Browser(app)
    refused(walk(lin, code="made-up"), 400, "单位没有接受这次登录")
    lin = Browser(app)
    refused(walk(lin, iss="https://evil.example"), 400, "iss")


def test_codes_are_not_tried_out_from_one_address_for_ever(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    for _n in range(PER_ADDRESS.free):
        cast.keep(SignInAttempt(account="#on:x", address="127.0.0.1", at=cast.NOW))
    refused(walk(Browser(app)), 429, "秒后再试")


# --- whom it means ---------------------------------------------------------------------------------------------------


def test_nobody_of_that_number_is_told_whom_to_ask(app: Flask, house: cast.House, campus: OpenID) -> None:
    campus.people["wang"] = {"employee_number": "20990099"}
    lin = Browser(app)
    answer = walk(lin, "wang")
    refused(answer, 403, "还没有您这个人")
    assert "20990099" in answer.text
    assert house.admin.name in answer.text
    assert "/sign-up?institution=uni" in answer.text
    assert '<option value="uni" selected>' in lin.get("/sign-up?institution=uni").text


def test_a_person_of_another_institution_with_that_number_is_not_meant(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    house.researcher.staff_no = None
    db.session.commit()
    refused(walk(Browser(app)), 403, "还没有您这个人")


def test_whoever_has_left_does_not_come_in(app: Flask, house: cast.House, campus: OpenID) -> None:
    house.researcher.left_at = cast.NOW
    db.session.commit()
    refused(walk(Browser(app)), 403, "因离开单位而关闭")
    (event,) = told("people.sign-in-failed")
    assert event.about_id == house.researcher.id


def test_an_institution_does_not_vouch_for_who_has_a_role_beyond_it(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    cast.grant(house.researcher, "zone_admin", house.zones["kunming"])
    refused(walk(Browser(app)), 403, "请用平台密码登录")


def test_a_claim_that_names_no_one_person_opens_nothing(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    house.researcher.email = house.colleague.email = "lin@example.test"
    db.session.commit()
    connect(app, house, campus, claim="email", named_by=NamedBy.EMAIL)
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "登录凭证里没有 email"),
        ({"email": ["a"]}, "登录凭证里没有 email"),
        ({"email": "lin@example.test", "email_verified": False}, "还没有核实"),
        ({"email": "lin@example.test"}, "几个人都对得上"),
    ]
    for claims, words in cases:
        campus.people["lin"] = claims
        refused(walk(Browser(app)), 403, words)


def test_a_closed_institution_and_a_connection_that_is_off_open_nothing(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    lin = Browser(app)
    answer = path(at_campus(away(lin)))
    house.university.retired_at = cast.NOW
    db.session.commit()
    assert lin.get(answer).status_code == 404
    house.university.retired_at = None
    db.session.commit()
    connect(app, house, campus, secret="", is_on=False)
    assert lin.get(answer).status_code == 404
    assert lin.get("/sign-in/institution/uni").status_code == 404
    assert "/sign-in/institution" not in lin.get("/sign-in").text
    assert "还没有单位接通" in lin.get("/sign-in/institution").text


# --- a provider that does not answer ---------------------------------------------------------------------------------


def test_a_provider_that_is_down_is_told_plainly(app: Flask, house: cast.House, campus: OpenID) -> None:
    lin = Browser(app)
    answer = path(at_campus(away(lin)))
    campus.stop()
    refused(lin.get(answer), 424, "连接不上")
    page = lin.get("/sign-in/institution/uni?next=/profile")
    refused(page, 424, "单位的登录服务现在不能用")
    assert "/sign-in?next=/profile" in page.text


def test_a_slow_provider_is_not_waited_for(
    app: Flask, house: cast.House, campus: OpenID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    campus.slow = 0.5
    refused(Browser(app).get("/sign-in/institution/uni"), 424, "太久没有答复")


SAYS: list[tuple[dict[str, Any], str]] = [
    ({"issuer": "https://evil.example"}, "须与所填完全一致"),
    ({"jwks_uri": None}, "没有 jwks_uri"),
    ({"token_endpoint": "http://evil.example/token"}, "不是 https"),
    ({"authorization_endpoint": "javascript:alert(1)"}, "不是 https"),
    ({"response_types_supported": ["token"]}, "不支持授权码方式"),
    ({"code_challenge_methods_supported": ["plain"]}, "S256"),
    ({"id_token_signing_alg_values_supported": ["HS256"]}, "不用公钥签名"),
    ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "不接受客户端密钥"),
]


def test_an_issuer_that_cannot_do_what_is_needed_is_named(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    for says, words in SAYS:
        campus.says = says
        refused(Browser(app).get("/sign-in/institution/uni"), 424, words)


def test_an_issuer_inside_is_not_asked_unless_it_is_listed(
    app: Flask, house: cast.House, campus: OpenID
) -> None:
    settings = app.extensions["sharing.settings"]
    app.extensions["sharing.settings"] = settings.model_copy(update={"inside_allowed": ""})
    db.session.scalars(select(SignOn)).one().issuer = f"https://{campus.host}"
    db.session.commit()
    refused(Browser(app).get("/sign-in/institution/uni"), 424, "内部网络")
    assert campus.asked == []


# --- connecting it ---------------------------------------------------------------------------------------------------


def test_an_administrator_connects_tries_and_opens_it(
    app: Flask, house: cast.House, campus: OpenID, client: Any
) -> None:
    house.admin.password_hash = KEPT
    db.session.execute(SignOn.__table__.delete())
    db.session.commit()
    admin = Browser(app).sign_in(house.admin)
    at = f"/admin/institutions/{house.university.id}/sign-on"
    assert admin.get("/admin/sign-on").location == at
    assert BACK in admin.get(at).text
    form = {"issuer": campus.issuer, "client_id": CLIENT, "claim": "employee_number", "named_by": "staff_no"}
    assert "请填写客户端密钥" in admin.post(at, form).text
    assert admin.post(at, form, secret=SECRET).status_code == 303
    assert SECRET not in admin.get(at).text
    assert "登录服务正常" in admin.post(f"{at}/try").text
    campus.says = {"jwks_uri": None}
    assert "发现文档里没有 jwks_uri" in admin.post(f"{at}/try").text
    campus.says = {}
    assert Browser(app).get("/sign-in/institution/uni").status_code == 404  # not on yet
    assert admin.post(at, form, is_on="1").status_code == 303
    assert walk(Browser(app)).status_code == 303
    other = form | {"issuer": "https://sso.example.test"}
    assert "更换颁发者后须重新填写" in admin.post(at, other).text
    assert "https://" in admin.post(at, form | {"issuer": "http://sso.example.test", "secret": "x"}).text
    rows = told("people.sign-on-saved")
    assert rows[-1].after["is_on"] is True
    assert SECRET not in str([(row.before, row.after) for row in rows])
    assert SECRET not in db.session.scalars(select(SignOn.sealed_secret)).one()


def test_the_same_by_api(app: Flask, house: cast.House, campus: OpenID, client: Any) -> None:
    made = service.create_token(house.admin.id, label="x", ends_at=None, by=None, now=cast.NOW)
    bearer, at = {"Authorization": f"Bearer {made}"}, f"/api/v1/institutions/{house.university.id}/sign-on"
    form = {
        "issuer": campus.issuer,
        "client_id": CLIENT,
        "claim": "email",
        "named_by": "email",
        "is_on": True,
    }
    assert client.put(at, json=form, headers=bearer).status_code == 204  # the secret is kept
    shown = client.get(at, headers=bearer).get_json()
    assert shown == form | {"changed_at": "2026-03-02T10:00:00+08:00"}
    assert client.post(f"{at}/try", headers=bearer).get_json() == {"works": True, "faults": []}
    campus.says = {"issuer": "x", "jwks_uri": None}
    told = client.post(f"{at}/try", headers=bearer).get_json()
    assert (told["works"], [one["code"] for one in told["faults"]]) == (False, ["other-issuer", "missing"])
    assert client.put(at, json=form | {"claim": "a b"}, headers=bearer).status_code == 422
    elsewhere = f"/api/v1/institutions/{house.elsewhere.id}/sign-on"
    assert client.get(elsewhere, headers=bearer).status_code == 403
