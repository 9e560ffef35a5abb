"""Roles, groups, deputies: who may give and end them, and what the questions about them answer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from sharing.kernel.refusals import Refused
from sharing.people import queries, service
from sharing.people.models import Membership
from sharing.people.rules import Actor, Role, ScopeKind, ScopePath
from tests import cast
from tests.harness.statements import statements

TOMORROW = cast.TODAY + timedelta(days=1)


def give(user: Any, role: Role, kind: ScopeKind, scope_id: Any, by: Actor | None, **more: Any) -> Any:
    given = {"starts_on": cast.TODAY, "reason": "任命", "now": cast.NOW} | more
    return service.grant(user.id, role=role, scope_kind=kind, scope_id=scope_id, by=by, **given)


# --- who asks ----------------------------------------------------------------------------------------------


def test_the_actor_is_what_the_rows_say_in_one_statement(app: Flask) -> None:
    house = cast.house()
    sent: list[str] = []
    for who in house.people().values():
        with statements(sent):
            found = queries.actor(who.id, cast.NOW)
        expected = cast.actor(who)
        assert found is not None
        assert (found.username, found.zone_id, found.institution_id) == (
            expected.username,
            expected.zone_id,
            expected.institution_id,
        )
        assert set(found.grants) == set(expected.grants)
        assert set(found.groups) == set(expected.groups)
    assert len(sent) == len(house.people())


def test_a_session_and_a_token_take_one_statement_too(app: Flask) -> None:
    lin = cast.actor(cast.house().researcher)
    secret = service.create_token(lin.user_id, label="x", ends_at=None, by=lin, now=cast.NOW)
    service.actor_by_token(secret, now=cast.NOW)
    sent: list[str] = []
    with statements(sent):
        service.actor_by_token(secret, now=cast.NOW)
    assert len(sent) == 1


# --- roles -------------------------------------------------------------------------------------------------


def test_a_role_holds_from_its_first_day_to_the_day_before_its_end(app: Flask) -> None:
    house = cast.house()
    new = cast.user("new", institution=house.university)
    admin = cast.actor(house.admin)
    end = cast.TODAY + timedelta(days=10)
    give(
        new, Role.MANAGER, ScopeKind.INSTITUTION, house.university.id, admin, starts_on=TOMORROW, ends_on=end
    )

    def holds(on: date) -> bool:
        rows = queries.holders("manager", "institution", house.university.id, on)
        return new.id in {row.id for row in rows}

    assert [holds(day) for day in (cast.TODAY, TOMORROW, end - timedelta(days=1), end)] == [
        False,
        True,
        True,
        False,
    ]
    row = queries.grants_of(new.id)[0]
    assert (row.role, row.reason, row.granted_by) == (Role.MANAGER, "任命", house.admin.id)


def test_a_role_that_is_ended_does_not_hold_today(app: Flask) -> None:
    house = cast.house()
    new = cast.user("new", institution=house.university)
    admin = cast.actor(house.admin)
    grant_id = give(new, Role.MANAGER, ScopeKind.INSTITUTION, house.university.id, admin)
    assert cast.actor(new).has("booking.manage")
    service.end_grant(grant_id, reason="调岗", by=admin, now=cast.NOW)
    found = queries.actor(new.id, cast.NOW)
    assert found is not None
    assert not found.has("booking.manage")
    with pytest.raises(Refused, match="not-found"):
        service.end_grant(grant_id, reason="", by=admin, now=cast.NOW)


def test_nobody_gives_what_is_not_his_to_give(app: Flask) -> None:
    house = cast.house()
    new = cast.user("new", institution=house.university)
    admin, zone_admin = cast.actor(house.admin), cast.actor(house.zone_admin)
    kunming, honghe = house.zones["kunming"].id, house.zones["honghe"].id
    refused: list[tuple[Actor, Role, ScopeKind, Any]] = [
        (admin, Role.MANAGER, ScopeKind.INSTITUTION, house.elsewhere.id),
        (admin, Role.ZONE_ADMIN, ScopeKind.ZONE, kunming),
        (admin, Role.PROVINCE_ADMIN, ScopeKind.NETWORK, None),
        (zone_admin, Role.ZONE_ADMIN, ScopeKind.ZONE, honghe),
        (zone_admin, Role.AUDITOR, ScopeKind.NETWORK, None),
        (cast.actor(house.manager), Role.RESEARCHER, ScopeKind.INSTITUTION, house.university.id),
        (cast.actor(house.auditor), Role.RESEARCHER, ScopeKind.INSTITUTION, house.university.id),
    ]
    for by, role, kind, scope_id in refused:
        with pytest.raises(Refused, match="forbidden"):
            give(new, role, kind, scope_id, by)
    give(new, Role.ZONE_ADMIN, ScopeKind.ZONE, kunming, zone_admin)
    give(new, Role.HEAD, ScopeKind.GROUP, house.group.id, admin)
    path = ScopePath(kunming, house.university.id, None, house.instrument.id)
    give(new, Role.DEPUTY_MANAGER, ScopeKind.INSTRUMENT, house.instrument.id, admin, path=path)


def test_nobody_gives_a_role_to_herself(app: Flask) -> None:
    house = cast.house()
    with pytest.raises(Refused, match="forbidden"):
        give(house.admin, Role.MANAGER, ScopeKind.INSTITUTION, house.university.id, cast.actor(house.admin))


def test_a_role_is_given_where_it_belongs_and_to_whom_there_is(app: Flask) -> None:
    house = cast.house()
    admin = cast.actor(house.province_admin)
    with pytest.raises(Refused, match="invalid-input"):
        give(house.researcher, Role.HEAD, ScopeKind.ZONE, house.zones["kunming"].id, admin)
    with pytest.raises(Refused, match="invalid-input"):
        give(house.researcher, Role.HEAD, ScopeKind.GROUP, house.group.id, admin, ends_on=cast.TODAY)
    with pytest.raises(Refused, match="not-found"):
        give(house.researcher, Role.HEAD, ScopeKind.GROUP, house.university.id, admin)
    with pytest.raises(Refused, match="not-found"):
        give(house.instrument, Role.RESEARCHER, ScopeKind.INSTITUTION, house.university.id, admin)


# --- groups ------------------------------------------------------------------------------------------------


def test_a_group_is_entered_by_its_institution(app: Flask) -> None:
    house = cast.house()
    group_id = service.add_group(
        code="new", name="新组", institution_id=house.university.id, by=cast.actor(house.admin), now=cast.NOW
    )
    assert queries.group(group_id) == queries.group_by_code("new")
    assert group_id in {row.id for row in queries.groups(house.university.id)}
    for by, code, home, kind in (
        (house.admin, "new", house.university.id, "duplicate"),
        (house.admin, "other", house.elsewhere.id, "forbidden"),
        (house.head, "other", house.university.id, "forbidden"),
        (house.admin, "other", house.group.id, "not-found"),
    ):
        with pytest.raises(Refused, match=kind):
            service.add_group(code=code, name="x", institution_id=home, by=cast.actor(by), now=cast.NOW)


def test_the_head_takes_a_person_in_who_may_then_book_and_lets_her_go(app: Flask) -> None:
    house = cast.house()
    new = cast.user("new", institution=house.university)
    head = cast.actor(house.head)
    service.add_member(house.group.id, new.id, starts_on=cast.TODAY, by=head, now=cast.NOW)
    path = ScopePath(house.zones["kunming"].id, house.university.id, house.group.id)
    found = queries.actor(new.id, cast.NOW)
    assert found is not None
    assert found.groups == (house.group.id,)
    assert found.may("booking.submit", path)
    assert [row.name for row in queries.groups_of(new.id, cast.TODAY)] == [house.group.name]
    service.end_member(house.group.id, new.id, reason="毕业", by=head, now=cast.NOW)
    found = queries.actor(new.id, cast.NOW)
    assert found is not None
    assert found.groups == ()
    assert not found.may("booking.submit", path)
    with pytest.raises(Refused, match="not-found"):
        service.end_member(house.group.id, new.id, reason="", by=head, now=cast.NOW)


def test_only_the_head_and_the_administrators_change_the_members(app: Flask) -> None:
    house = cast.house()
    new = cast.user("new", institution=house.university)
    for other in (house.researcher, house.manager, house.stranger, house.auditor):
        with pytest.raises(Refused, match="forbidden"):
            service.add_member(
                house.group.id, new.id, starts_on=cast.TODAY, by=cast.actor(other), now=cast.NOW
            )
        with pytest.raises(Refused, match="forbidden"):
            service.end_member(
                house.group.id, house.researcher.id, reason="", by=cast.actor(other), now=cast.NOW
            )
    service.add_member(house.group.id, new.id, starts_on=cast.TODAY, by=cast.actor(house.admin), now=cast.NOW)
    with pytest.raises(Refused, match="duplicate"):
        service.add_member(
            house.group.id, new.id, starts_on=cast.TODAY, by=cast.actor(house.head), now=cast.NOW
        )
    with pytest.raises(Refused, match="not-found"):
        service.add_member(
            house.university.id, new.id, starts_on=cast.TODAY, by=cast.actor(house.head), now=cast.NOW
        )


def test_members_stand_heads_first_and_only_in_their_days(app: Flask) -> None:
    house = cast.house()
    gone = cast.user("gone", institution=house.university)
    cast.keep(
        Membership(group_id=house.group.id, user_id=gone.id, starts_on=cast.LONG_AGO, ends_on=cast.TODAY)
    )
    rows = queries.group_members(house.group.id, cast.TODAY)
    assert [(row.username, row.head) for row in rows] == [("head", True), ("researcher", False)]
    before = queries.group_members(house.group.id, cast.TODAY - timedelta(days=1))
    assert "gone" in {row.username for row in before}
    assert [row.username for row in queries.heads(house.group.id, cast.TODAY)] == ["head"]


# --- people ------------------------------------------------------------------------------------------------


def test_people_are_found_by_number_name_and_address(app: Flask) -> None:
    house = cast.house()
    lin = cast.user(
        "lin", name="林知夏", name_en="Lin Zhixia", staff_no="2023001", institution=house.university
    )
    cast.user("linus", name="林某", left_at=cast.NOW, institution=house.university)
    assert queries.by_staff_no(house.university.id, ["2023001", "no"]) == {"2023001": queries.person(lin.id)}
    assert queries.by_staff_no(house.elsewhere.id, ["2023001"]) == {}
    assert queries.by_staff_no(house.university.id, []) == {}
    for words in ("林", "lin", "LIN Z", "2023"):
        assert [row.username for row in queries.search(words)] == ["lin"], words
    for words in ("", "%", "l_n", "zhixia"):
        assert queries.search(words) == [], words
    assert queries.search("lin", house.elsewhere.id) == []
    found = queries.person_by_email("LIN@example.test")
    assert found is not None
    assert found.id == lin.id
    assert queries.persons([]) == {}
    assert queries.person_by_email("linus@example.test") is None


# --- deputies ----------------------------------------------------------------------------------------------


def test_a_deputy_stands_in_from_the_first_day_to_the_last(app: Flask) -> None:
    house = cast.house()
    boss = cast.actor(house.manager)
    end = TOMORROW + timedelta(days=3)
    row_id = service.add_deputy(house.deputy.id, starts_on=TOMORROW, ends_on=end, by=boss, now=cast.NOW)

    def stands(on: date) -> tuple[bool, bool]:
        forth = queries.deputies_for([boss.user_id, house.head.id], on)
        back = queries.stands_in_for(house.deputy.id, on)
        return [row.id for row in forth.get(boss.user_id, [])] == [house.deputy.id], [
            row.id for row in back
        ] == [boss.user_id]

    assert stands(cast.TODAY) == (False, False)
    assert stands(TOMORROW) == stands(end - timedelta(days=1)) == (True, True)
    assert stands(end) == (False, False)
    shown = queries.deputies(boss.user_id, cast.TODAY)
    assert [(row.username, row.last_on) for row in shown] == [("deputy", end - timedelta(days=1))]
    with pytest.raises(Refused, match="not-found"):
        service.end_deputy(row_id, by=cast.actor(house.deputy), now=cast.NOW)
    service.end_deputy(row_id, by=boss, now=cast.NOW)
    assert queries.deputies(boss.user_id, cast.TODAY) == []
    assert stands(TOMORROW) == (False, False)


def test_a_deputy_is_a_colleague_who_is_there_in_days_to_come(app: Flask) -> None:
    house = cast.house()
    boss = cast.actor(house.manager)
    end = TOMORROW + timedelta(days=3)
    gone = cast.user("gone", institution=house.university, left_at=cast.NOW)
    refused = [
        (house.manager.id, TOMORROW, end, "invalid-input"),
        (house.deputy.id, end, TOMORROW, "invalid-input"),
        (house.deputy.id, cast.LONG_AGO, cast.TODAY, "invalid-input"),
        (house.stranger.id, TOMORROW, end, "not-found"),
        (gone.id, TOMORROW, end, "not-found"),
    ]
    for deputy_id, starts_on, ends_on, kind in refused:
        with pytest.raises(Refused, match=kind):
            service.add_deputy(deputy_id, starts_on=starts_on, ends_on=ends_on, by=boss, now=cast.NOW)
