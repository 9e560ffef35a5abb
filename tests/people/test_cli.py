"""`sharing user add` and `sharing token create`: exit codes, streams, what they write."""

from __future__ import annotations

from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.people import cli, queries, service
from sharing.people.rules import Role, ScopeKind
from tests import cast
from tests.harness.browser import PASSWORD


def run(command: click.Command, *words: str, said: str | None = None) -> Result:
    """As `sharing` runs it: the application's context is open already."""
    return CliRunner().invoke(command, words, input=said)


def test_a_person_is_entered_with_a_role_and_signs_in(app: Flask) -> None:
    uni = cast.institution("uni")
    words = ("Wang", "--name", "王芳", "--role", "manager", "--at", "institution:uni", "--password-stdin")
    result = run(cli.user.commands["add"], *words, said=f"{PASSWORD}\n")
    assert (result.exit_code, result.stdout) == (0, "")
    person = queries.person_by_username("wang")
    assert person is not None
    assert (person.name, person.institution_id) == ("王芳", uni.id)
    grant = queries.grants_of(person.id)[0]
    assert (grant.role, grant.scope_kind, grant.scope_id) == (Role.MANAGER, ScopeKind.INSTITUTION, uni.id)
    actor = queries.actor(person.id, clock.now())
    assert actor is not None
    assert actor.has("booking.manage")


@pytest.mark.parametrize(
    ("role", "at", "kind", "institution"),
    [
        ("researcher", "group:G", "group", True),
        ("head", "G", "group", True),
        ("zone_admin", "zone:kunming", "zone", False),
        ("zone_admin", "honghe", "zone", False),
        ("institution_finance", "uni", "institution", True),
        ("province_admin", "network", "network", False),
        ("deputy_manager", "instrument:01890000-0000-7000-8000-000000000000", "instrument", False),
    ],
)
def test_every_kind_of_scope_is_understood(
    app: Flask, role: str, at: str, kind: str, institution: bool
) -> None:
    cast.group(cast.institution("uni"), code="G")
    result = run(cli.user.commands["add"], "lin", "--name", "林", "--role", role, "--at", at)
    assert result.exit_code == 0, result.output
    person = queries.person_by_username("lin")
    assert person is not None
    assert (person.institution_id is not None) == institution
    assert {grant.scope_kind.value for grant in queries.grants_of(person.id)} == {kind}
    assert len(queries.groups_of(person.id, shanghai_day(clock.now()))) == (kind == "group")


@pytest.mark.parametrize(
    "words",
    [
        ("lin", "--role", "manager", "--at", "network"),
        ("lin", "--name", "林", "--role", "king", "--at", "network"),
        ("lin", "--name", "林", "--role", "manager", "--at", "network"),
        ("lin", "--name", "林", "--role", "auditor", "--at", "network:x"),
        ("lin", "--name", "林", "--role", "manager", "--at", "planet:mars"),
        ("lin", "--name", "林", "--role", "manager", "--at", "instrument:sem"),
        ("不行", "--name", "林", "--role", "auditor", "--at", "network"),
        ("a b", "--name", "林", "--role", "auditor", "--at", "network"),
    ],
)
def test_wrong_usage_ends_with_2_and_writes_nothing(app: Flask, words: tuple[str, ...]) -> None:
    cast.network()
    result = run(cli.user.commands["add"], *words)
    assert result.exit_code == 2, result.output
    assert queries.person_by_username("lin") is None


@pytest.mark.parametrize("at", ["institution:none", "zone:none", "group:none", "none"])
def test_a_scope_that_is_not_there_ends_with_1(app: Flask, at: str) -> None:
    cast.network()
    role = {"zone:none": "zone_admin", "group:none": "head"}.get(at, "institution_admin")
    result = run(cli.user.commands["add"], "lin", "--name", "林", "--role", role, "--at", at)
    assert result.exit_code == 1
    assert "none" in result.stderr
    assert queries.person_by_username("lin") is None


def test_a_name_that_is_taken_and_a_weak_password_are_refused_whole(app: Flask) -> None:
    cast.user("lin")
    taken = run(cli.user.commands["add"], "lin", "--name", "x", "--role", "auditor", "--at", "network")
    assert isinstance(taken.exception, Refused)
    assert taken.exception.kind == "duplicate"
    words = ("wang", "--name", "x", "--role", "auditor", "--at", "network", "--password-stdin")
    weak = run(cli.user.commands["add"], *words, said="123\n")
    assert isinstance(weak.exception, Refused)
    assert weak.exception.kind == "password-refused"
    assert queries.person_by_username("wang") is None


def test_a_token_is_printed_alone(app: Flask) -> None:
    lin = cast.user("lin")
    result = run(cli.token.commands["create"], "LIN", "--name", "采集", "--expires", "30")
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    actor = service.actor_by_token(result.stdout.strip(), now=clock.now())
    assert actor is not None
    assert actor.user_id == lin.id
    row = queries.tokens(lin.id, clock.now())[0]
    assert row.label == "采集"
    assert row.ends_at is not None
    assert 29 <= (row.ends_at - clock.now()).days <= 30


@pytest.mark.parametrize(
    ("words", "code"), [(("nobody",), 1), (("gone",), 1), (("lin", "--expires", "0"), 2), ((), 2)]
)
def test_no_token_for_nobody_or_for_no_time(app: Flask, words: tuple[str, ...], code: Any) -> None:
    cast.user("lin")
    cast.user("gone", left_at=cast.NOW)
    result = run(cli.token.commands["create"], *words)
    assert (result.exit_code, result.stdout) == (code, "")
