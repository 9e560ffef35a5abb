"""Accounts: entering people, details, passwords, mailed links, leaving."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify.models import Message, Outgoing
from sharing.people import passwords, queries, service
from sharing.people.models import Grant, Membership, ResetLink, User
from sharing.people.rules import Role, ScopeKind
from tests import cast
from tests.people.test_sign_in import KEPT, PASSWORD, person, sign_in

NEW = "滇池的水很清，也很深很蓝"


def kept(user: User) -> str | None:
    return db.session.execute(select(User.password_hash).where(User.id == user.id)).scalar_one()


# --- entering people ---------------------------------------------------------------------------------------


def test_a_person_is_entered_by_her_institution_and_signs_in(app: Flask) -> None:
    uni = cast.institution()
    admin = cast.actor(cast.user(role="institution_admin", at=uni))
    new = service.NewUser("Wang.Fang", "王芳", email="w@uni.test", institution_id=uni.id, password=PASSWORD)
    user_id = service.add_user(new, by=admin, now=cast.NOW)
    found = queries.person_by_username("wang.fang")
    assert found is not None
    assert (found.id, found.name, found.left) == (user_id, "王芳", False)
    assert sign_in("wang.fang").actor.institution_id == uni.id


def test_no_one_enters_people_elsewhere(app: Flask) -> None:
    uni, other = cast.institution(), cast.institution()
    admin = cast.actor(cast.user(role="institution_admin", at=uni))
    for home in (other.id, None):
        with pytest.raises(Refused, match="forbidden"):
            service.add_user(service.NewUser("x1", "甲", institution_id=home), by=admin, now=cast.NOW)


def test_a_username_is_given_once_whatever_its_case(app: Flask) -> None:
    person()
    with pytest.raises(Refused, match="duplicate"):
        service.add_user(service.NewUser("LIN", "另一人"), by=None, now=cast.NOW)


def test_a_weak_first_password_is_refused(app: Flask) -> None:
    with pytest.raises(Refused) as no:
        service.add_user(service.NewUser("zhao", "赵", password="123"), by=None, now=cast.NOW)
    assert no.value.facts == {"reasons": ["too-short", "repeated"]}
    assert queries.person_by_username("zhao") is None


# --- details -----------------------------------------------------------------------------------------------


def details(**changed: Any) -> service.Profile:
    given = {
        "name_en": "Lin",
        "email": "lin@example.test",
        "phone": None,
        "department": None,
        "language": "zh-CN",
    }
    return service.Profile(**given | changed)


def test_only_what_changed_is_written_and_audited(app: Flask) -> None:
    lin = person(name_en="Lin", email="lin@example.test")
    service.save_profile(details(), by=cast.actor(lin), now=cast.NOW)
    assert db.session.scalars(select(AuditEvent)).all() == []
    service.save_profile(details(language="en", phone="0871-1"), by=cast.actor(lin), now=cast.NOW)
    event = db.session.scalars(select(AuditEvent)).one()
    assert event.before == {"language": "zh-CN", "phone": None}
    assert event.after == {"language": "en", "phone": "0871-1"}


def test_the_language_is_remembered(app: Flask) -> None:
    lin = person()
    service.set_language("en", by=cast.actor(lin))
    found = queries.person(lin.id)
    assert found is not None
    assert found.language == "en"


# --- passwords ---------------------------------------------------------------------------------------------


def change(opened: service.Opened, old: str, new: str) -> None:
    service.change_password(
        old=old, new=new, address="10.0.0.1", secret=opened.secret, by=opened.actor, now=cast.NOW
    )


def test_a_new_password_ends_every_other_session_and_old_links(app: Flask) -> None:
    lin = person()
    ask(lin)
    here, there = sign_in(), sign_in()
    change(here, PASSWORD, NEW)
    assert service.actor_by_session(here.secret, now=cast.NOW) is not None
    assert service.actor_by_session(there.secret, now=cast.NOW) is None
    assert passwords.matches(NEW, kept(lin))
    assert db.session.execute(select(ResetLink.used_at)).scalar_one() is not None


@pytest.mark.parametrize(
    ("old", "new", "kind", "facts"),
    [
        ("a wrong one", NEW, "sign-in-failed", {}),
        (PASSWORD, PASSWORD, "password-refused", {"reasons": ["same"]}),
        (PASSWORD, "password1", "password-refused", {"reasons": ["too-short", "common"]}),
    ],
)
def test_a_refused_change_changes_nothing(
    app: Flask, old: str, new: str, kind: str, facts: dict[str, Any]
) -> None:
    lin = person()
    here, there = sign_in(), sign_in()
    with pytest.raises(Refused) as no:
        change(here, old, new)
    assert (no.value.kind, no.value.facts) == (kind, facts)
    assert kept(lin) == KEPT
    assert service.actor_by_session(there.secret, now=cast.NOW) is not None


def test_a_stolen_session_cannot_guess_the_present_password_for_ever(app: Flask) -> None:
    person()
    here = sign_in()
    kinds = []
    for _n in range(6):
        with pytest.raises(Refused) as no:
            change(here, "a wrong one", NEW)
        kinds.append(no.value.kind)
    assert kinds == ["sign-in-failed"] * 5 + ["sign-in-throttled"]


# --- mailed links ------------------------------------------------------------------------------------------


def ask(user: User, *, minutes: int = 0, address: str = "10.0.0.1") -> str:
    """The secret of a link that is mailed to her."""
    secrets: list[str] = []

    def link(secret: str) -> str:
        secrets.append(secret)
        return f"/reset/{secret}"

    now = cast.NOW + timedelta(minutes=minutes)
    service.send_reset(email=f" {user.email.upper()} ", link=link, address=address, now=now)
    return secrets[0] if secrets else ""


def test_a_mailed_link_sets_a_password_once_and_ends_all_sessions(app: Flask) -> None:
    lin = person()
    opened = sign_in()
    secret = ask(lin)
    assert service.reset_link_holds(secret, cast.NOW)
    assert service.reset_password(secret=secret, new=NEW, now=cast.NOW) == lin.id
    assert passwords.matches(NEW, kept(lin))
    assert service.actor_by_session(opened.secret, now=cast.NOW) is None
    with pytest.raises(Refused, match="link-expired"):
        service.reset_password(secret=secret, new=PASSWORD, now=cast.NOW)


def test_a_link_holds_for_an_hour(app: Flask) -> None:
    secret = ask(person())
    assert service.reset_link_holds(secret, cast.NOW + timedelta(minutes=59))
    with pytest.raises(Refused, match="link-expired"):
        service.reset_password(secret=secret, new=NEW, now=cast.NOW + timedelta(minutes=60))


def test_a_refused_password_leaves_the_link_good(app: Flask) -> None:
    secret = ask(person())
    with pytest.raises(Refused, match="password-refused"):
        service.reset_password(secret=secret, new="short", now=cast.NOW)
    assert service.reset_link_holds(secret, cast.NOW)


def test_the_link_stands_in_the_mail_and_nowhere_else(app: Flask) -> None:
    lin = person()
    secret = ask(lin)
    mail = db.session.scalars(select(Outgoing)).one()
    assert mail.address == lin.email
    assert mail.facts["url"] == f"/reset/{secret}"
    assert db.session.scalars(select(Message)).all() == []
    assert secret not in str([(e.before, e.after, e.note) for e in db.session.scalars(select(AuditEvent))])


def test_an_unknown_address_is_answered_alike_and_gets_no_mail(app: Flask) -> None:
    person("gone", email="gone@example.test", left_at=cast.NOW)
    for email in ("nobody@example.test", "gone@example.test"):
        service.send_reset(email=email, link=str, address="10.0.0.1", now=cast.NOW)
    assert db.session.scalars(select(Outgoing)).all() == []


def test_a_person_gets_at_most_three_links_an_hour(app: Flask) -> None:
    lin = person()
    sent = [ask(lin, address=f"10.0.0.{n}") for n in range(4)]
    assert [bool(secret) for secret in sent] == [True, True, True, False]
    assert ask(lin, minutes=61)


def test_one_address_cannot_flood_mailboxes(app: Flask) -> None:
    lin = person()
    for _n in range(5):
        ask(lin)
    with pytest.raises(Refused, match="sign-in-throttled"):
        ask(lin)


def test_a_reset_frees_a_throttled_account(app: Flask) -> None:
    lin = person()
    for _n in range(5):
        with pytest.raises(Refused):
            sign_in(password="a wrong password", address="10.6.6.6")
    service.reset_password(secret=ask(lin), new=NEW, now=cast.NOW)
    assert sign_in(password=NEW).actor.user_id == lin.id


# --- leaving -----------------------------------------------------------------------------------------------


def test_scenario_28_whoever_leaves_loses_every_right_at_once_and_keeps_her_history(app: Flask) -> None:
    house = cast.house()
    lin = person("lin2", institution=house.university)
    cast.grant(lin, "manager", house.instrument)
    cast.keep(Membership(group_id=house.group.id, user_id=lin.id, starts_on=cast.LONG_AGO))
    mine = cast.actor(lin)
    booked = cast.booking(house.instrument, lin, cast.span(2, "09:00", "11:00"))
    opened = sign_in("lin2")
    token = service.create_token(lin.id, label="script", ends_at=None, by=mine, now=cast.NOW)
    feed = service.create_calendar_key(kind="person", about_id=None, by=mine, now=cast.NOW)
    link = ask(lin)

    service.leave(lin.id, reason="调离", by=cast.actor(house.admin), now=cast.NOW)

    assert service.actor_by_session(opened.secret, now=cast.NOW) is None
    assert service.actor_by_token(token, now=cast.NOW) is None
    assert queries.actor(lin.id, cast.NOW) is None
    assert queries.calendar_key(feed) is None
    assert not service.reset_link_holds(link, cast.NOW)
    with pytest.raises(Refused, match="sign-in-failed"):
        sign_in("lin2")
    held = queries.holders(Role.MANAGER, ScopeKind.INSTRUMENT, house.instrument.id, cast.TODAY)
    assert lin.id not in {row.id for row in held}
    assert lin.id not in {row.user_id for row in queries.group_members(house.group.id, cast.TODAY)}

    assert queries.persons([lin.id])[lin.id].left
    assert queries.persons([lin.id])[lin.id].name == lin.name
    assert db.session.get_one(type(booked), booked.id).requester_id == lin.id
    assert db.session.execute(select(Grant.ends_on).where(Grant.user_id == lin.id)).scalars().all() == [
        cast.TODAY
    ]
    last = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert last is not None
    assert (last.action, last.note, last.actor_id) == ("people.left", "调离", house.admin.id)


def test_only_her_own_administrators_see_a_person_off_and_once(app: Flask) -> None:
    house = cast.house()
    stranger = cast.actor(cast.user(role="institution_admin", at=house.elsewhere))
    for other in (stranger, cast.actor(house.head), cast.actor(house.auditor)):
        with pytest.raises(Refused, match="forbidden"):
            service.leave(house.researcher.id, reason="", by=other, now=cast.NOW)
    service.leave(house.researcher.id, reason="", by=cast.actor(house.zone_admin), now=cast.NOW)
    with pytest.raises(Refused, match="not-found"):
        service.leave(house.researcher.id, reason="", by=cast.actor(house.admin), now=cast.NOW)
