"""Sign-in at the service: the throttle over several workers, known browsers, people who are not there."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.people import passwords, queries, service
from sharing.people.models import SignIn, SignInAttempt, User
from sharing.people.rules import Device
from sharing.people.service.throttle import PER_ACCOUNT, PER_ADDRESS
from tests import cast

PASSWORD = "correct horse battery"
KEPT = passwords.hashed(PASSWORD)
DAY = timedelta(hours=24)


def person(username: str = "lin", **columns: Any) -> User:
    return cast.user(username, **{"password_hash": KEPT} | columns)


def sign_in(
    username: str = "lin",
    password: str = PASSWORD,
    *,
    address: str = "10.0.0.1",
    device: Device | None = None,
    now: datetime = cast.NOW,
) -> service.Opened:
    return service.sign_in(
        username=username,
        password=password,
        address=address,
        browser="test",
        device=device,
        lasts=DAY,
        now=now,
    )


def wrong(username: str = "lin", **where: Any) -> Refused:
    with pytest.raises(Refused) as no:
        sign_in(username, "a wrong password", **where)
    return no.value


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was held against a kept hash, in order."""
    seen: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, kept: str | bytes, password: str | bytes) -> Any:
        seen.append(str(kept))
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    return seen


# --- in and out --------------------------------------------------------------------------------------------


def test_a_session_opens_with_its_secret_of_which_only_a_hash_is_kept(app: Flask) -> None:
    lin = person()
    opened = sign_in(" LIN ")
    assert opened.actor.user_id == lin.id
    assert len(opened.secret) >= 43  # 256 bits
    row = db.session.scalars(select(SignIn)).one()
    assert opened.secret.encode() not in row.secret_hash
    again = service.actor_by_session(opened.secret, now=cast.NOW)
    assert again == opened.actor
    assert service.actor_by_session(opened.secret[:-1], now=cast.NOW) is None


def test_each_sign_in_is_a_session_of_its_own(app: Flask) -> None:
    person()
    first, second = sign_in(), sign_in()
    assert first.secret != second.secret
    service.sign_out(first.secret, by=first.actor, now=cast.NOW)
    assert service.actor_by_session(first.secret, now=cast.NOW) is None
    assert service.actor_by_session(second.secret, now=cast.NOW) is not None


def test_a_session_ends_when_idle_and_at_its_end(app: Flask) -> None:
    person()
    secret = sign_in().secret
    idle = timedelta(hours=1)
    assert service.actor_by_session(secret, now=cast.NOW + timedelta(minutes=59), idle=idle)
    assert service.actor_by_session(secret, now=cast.NOW + timedelta(minutes=118), idle=idle)
    assert service.actor_by_session(secret, now=cast.NOW + timedelta(minutes=179), idle=idle) is None
    assert service.actor_by_session(secret, now=cast.NOW + DAY, idle=2 * DAY) is None


def test_last_seen_is_written_at_most_once_a_minute(app: Flask) -> None:
    person()
    secret = sign_in().secret

    def seen(after: int) -> datetime:
        service.actor_by_session(secret, now=cast.NOW + timedelta(seconds=after))
        return db.session.execute(select(SignIn.seen_at)).scalar_one()

    assert seen(59) == cast.NOW
    assert seen(60) == cast.NOW + timedelta(seconds=60)
    assert seen(100) == cast.NOW + timedelta(seconds=60)


def test_signing_out_everywhere_ends_every_session(app: Flask) -> None:
    person()
    opened = [sign_in() for _n in range(3)]
    service.sign_out_everywhere(by=opened[0].actor, now=cast.NOW)
    assert [service.actor_by_session(one.secret, now=cast.NOW) for one in opened] == [None] * 3


def test_one_ends_one_of_ones_own_sessions_and_of_no_other(app: Flask) -> None:
    person()
    person("wang")
    here, there, other = sign_in(), sign_in(), sign_in("wang")
    rows = queries.sessions(here.actor.user_id, cast.NOW, idle=DAY, secret=here.secret)
    assert [row.here for row in rows].count(True) == 1
    away = next(row for row in rows if not row.here)
    with pytest.raises(Refused, match="not-found"):
        service.end_session(away.id, by=other.actor, now=cast.NOW)
    service.end_session(away.id, by=here.actor, now=cast.NOW)
    assert service.actor_by_session(there.secret, now=cast.NOW) is None
    assert service.actor_by_session(here.secret, now=cast.NOW) is not None
    with pytest.raises(Refused, match="not-found"):
        service.end_session(away.id, by=here.actor, now=cast.NOW)


# --- who is refused ----------------------------------------------------------------------------------------


def test_an_unknown_person_costs_a_hash_like_a_known_one(app: Flask, hashes: list[str]) -> None:
    person()
    person("gone", left_at=cast.NOW - DAY)
    person("blank", password_hash=None)
    assert [wrong(name).kind for name in ("lin", "nobody", "gone", "blank")] == ["sign-in-failed"] * 4
    assert hashes == [KEPT, passwords.NOBODY, passwords.NOBODY, passwords.NOBODY]


def test_the_right_password_of_someone_who_left_opens_nothing(app: Flask) -> None:
    person(left_at=cast.NOW)
    with pytest.raises(Refused, match="sign-in-failed"):
        sign_in()


def test_a_hash_of_lesser_cost_is_renewed_at_sign_in(app: Flask) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    lin = person(password_hash=cheap)
    sign_in()
    db.session.expire_all()
    kept = db.session.get_one(User, lin.id).password_hash
    assert kept is not None
    assert not passwords.outdated(kept)
    assert sign_in().actor.username == "lin"


def test_success_and_failure_of_known_people_are_audited_without_secrets(app: Flask) -> None:
    person()
    wrong()
    wrong("nobody")
    secret = sign_in().secret
    told = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in told] == ["people.sign-in-failed", "people.sign-in"]
    assert secret not in str([event.after for event in told])


# --- the throttle ------------------------------------------------------------------------------------------


def test_after_five_failures_nothing_is_hashed_until_the_delay_is_over(app: Flask, hashes: list[str]) -> None:
    person()
    for _n in range(PER_ACCOUNT.free):
        assert wrong().kind == "sign-in-failed"
    no = wrong()
    assert (no.kind, no.facts) == ("sign-in-throttled", {"retry_after": 30})
    with pytest.raises(Refused, match="sign-in-throttled"):
        sign_in()
    assert len(hashes) == PER_ACCOUNT.free
    assert sign_in(now=cast.NOW + timedelta(seconds=30)).actor.username == "lin"


def test_the_delay_doubles_with_each_failure(app: Flask) -> None:
    person()
    for _n in range(PER_ACCOUNT.free):
        wrong()
    later = cast.NOW + timedelta(seconds=30)
    assert wrong(now=later).kind == "sign-in-failed"
    assert wrong(now=later).facts == {"retry_after": 60}


def test_unknown_names_are_slowed_alike(app: Flask) -> None:
    for _n in range(PER_ACCOUNT.free):
        wrong("nobody")
    assert wrong("nobody").kind == "sign-in-throttled"


def test_one_address_that_tries_many_names_is_slowed(app: Flask) -> None:
    person()
    for n in range(PER_ADDRESS.free):
        db.session.add(SignInAttempt(account=f"name{n}", address="10.6.6.6", at=cast.NOW))
    db.session.commit()
    assert wrong("fresh", address="10.6.6.6").facts == {"retry_after": PER_ADDRESS.first_seconds}
    assert sign_in(address="10.0.0.1").actor.username == "lin"


def test_a_known_browser_is_not_locked_out_by_others_guesses(app: Flask) -> None:
    lin = person()
    mine = Device("mine", frozenset({lin.id}))
    for _n in range(PER_ACCOUNT.free):
        wrong(address="10.6.6.6")
    with pytest.raises(Refused, match="sign-in-throttled"):
        sign_in(device=Device("other", frozenset()))
    assert sign_in(device=mine, address="10.6.6.6").actor.user_id == lin.id


def test_a_known_browser_has_a_limit_of_its_own(app: Flask) -> None:
    lin = person()
    mine = Device("mine", frozenset({lin.id}))
    for _n in range(PER_ACCOUNT.free):
        assert wrong(device=mine).kind == "sign-in-failed"
    assert wrong(device=mine).kind == "sign-in-throttled"
    assert sign_in(address="10.0.0.9").actor.user_id == lin.id


def test_signing_in_forgives_ones_own_slips_and_not_a_strangers(app: Flask) -> None:
    person()
    wrong(address="10.6.6.6")
    wrong(address="10.0.0.1")
    sign_in(address="10.0.0.1")
    left = db.session.execute(select(SignInAttempt.address)).scalars().all()
    assert left == ["10.6.6.6"]


def test_what_is_old_is_forgotten_and_nothing_else(app: Flask) -> None:
    person()
    opened = sign_in()
    wrong()
    assert service.forget(cast.NOW + timedelta(hours=23)) == 0
    assert service.forget(cast.NOW + timedelta(hours=24)) == 1
    service.sign_out(opened.secret, by=opened.actor, now=cast.NOW)
    assert service.forget(cast.NOW + timedelta(days=89)) == 0
    assert service.forget(cast.NOW + timedelta(days=90)) == 1
    assert service.forget(cast.NOW + timedelta(days=90)) == 0


def rivals(app: Flask, count: int, password: str) -> list[str]:
    """What so many people at once are told, each in a context of its own as another worker would be."""
    told: list[str] = []
    start = threading.Barrier(count)

    def one() -> None:
        with app.app_context():
            start.wait()
            try:
                told.append(sign_in(password=password).actor.username)
            except Refused as no:
                told.append(no.kind)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one) for _n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_rivals_cannot_outrun_the_count(app: Flask, hashes: list[str]) -> None:
    person()
    db.session.remove()
    told = rivals(app, 12, "a wrong password")
    assert sorted(told) == ["sign-in-failed"] * PER_ACCOUNT.free + ["sign-in-throttled"] * (
        12 - PER_ACCOUNT.free
    )
    assert len(hashes) == PER_ACCOUNT.free


def test_many_may_sign_in_at_once_with_the_right_password(app: Flask) -> None:
    person()
    db.session.remove()
    assert rivals(app, 12, PASSWORD) == ["lin"] * 12
    assert db.session.execute(select(func.count()).select_from(SignInAttempt)).scalar_one() == 0


# --- by number -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", ["lin", "T2021001", "t2021001", "13888001234", "+86 138-8800-1234", "uni/T2021001"]
)
def test_a_person_signs_in_by_name_by_number_and_by_telephone(app: Flask, said: str) -> None:
    house = cast.house()
    lin = person(institution=house.university, staff_no="T2021001", phone="13888001234")
    assert sign_in(said).actor.user_id == lin.id


def test_a_number_that_two_houses_gave_means_nobody_until_the_house_is_said(app: Flask) -> None:
    house = cast.house()
    lin = person(institution=house.university, staff_no="2021001")
    mei = person("mei", institution=house.elsewhere, staff_no="2021001")
    assert wrong("2021001").kind == "sign-in-failed"
    with pytest.raises(Refused, match="sign-in-failed"):
        sign_in("2021001")
    assert sign_in(f"{house.university.code}/2021001").actor.user_id == lin.id
    assert sign_in(f"{house.elsewhere.code.lower()}/2021001").actor.user_id == mei.id
    with pytest.raises(Refused, match="sign-in-failed"):
        sign_in("nowhere/2021001")


def test_nobody_takes_a_user_name_away_by_calling_it_his_number(app: Flask) -> None:
    lin = person("13888001234")
    person("mei", phone="13888001234", staff_no="13888001234")
    assert sign_in("13888001234").actor.user_id == lin.id


def test_a_number_of_somebody_who_left_means_whoever_has_it_now(app: Flask) -> None:
    house = cast.house()
    person(institution=house.university, staff_no="2021001", phone="13888001234", left_at=cast.NOW)
    mei = person("mei", institution=house.elsewhere, staff_no="2021001", phone="13888001234")
    assert sign_in("2021001").actor.user_id == sign_in("13888001234").actor.user_id == mei.id


def test_guesses_count_against_the_person_however_she_is_named(app: Flask) -> None:
    person(staff_no="T2021001", phone="13888001234")
    for turn in range(PER_ACCOUNT.free):
        assert wrong(("lin", "T2021001", "13888001234")[turn % 3]).kind == "sign-in-failed"
    for said in ("lin", "t2021001", "13888001234"):
        assert wrong(said).kind == "sign-in-throttled"


def test_what_is_typed_never_counts_against_the_throttles_own_keys(app: Flask) -> None:
    person()
    for said in ("?lin", "#reset 10.0.0.1", "#?#lin"):
        wrong(said)
    accounts = set(db.session.scalars(select(SignInAttempt.account)))
    assert accounts == {"lin", "reset 10.0.0.1"}


def test_a_mobile_number_is_kept_as_its_digits(app: Flask) -> None:
    new = service.NewUser("lin", "林", phone="+86 138 8800 1234")
    found = queries.person(service.add_user(new, by=None, now=cast.NOW))
    assert found is not None
    assert found.phone == "13888001234"
    by = cast.actor(db.session.get(User, found.id))
    service.save_profile(service.Profile("", "a@b.cn", "0871-65030001", None, "en"), by=by, now=cast.NOW)
    changed = queries.person(found.id)
    assert changed is not None
    assert changed.phone == "0871-65030001"
