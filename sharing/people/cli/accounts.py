"""`sharing user` and `sharing token`: accounts from the command line of the server."""

from __future__ import annotations

import sys
import uuid
from datetime import timedelta

import click

from sharing.kernel import clock
from sharing.kernel.db import transaction
from sharing.kernel.inputs import parse
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import forms, queries, service
from sharing.people.rules import ROLE_SCOPES, Role, ScopeKind, ScopePath


def read_scope(_ctx: click.Context, _param: click.Parameter, value: str | None) -> forms.Scope | None:
    """`network`, or a kind and a code: `zone:kunming`, `institution:YLU`, `group:ylu-energy`, `instrument:<id>`."""
    if value is None:
        return None
    kind, colon, of = value.partition(":")
    if not colon and kind != "network":
        kind, of = "any", kind
    try:
        scope = parse(forms.Scope, {"kind": kind, "of": of})
    except Refused as no:
        raise click.BadParameter(f"{value!r} is not a scope, such as network or institution:YLU") from no
    if (kind == "network") == bool(of) or (kind == "instrument" and scope.as_id is None):
        raise click.BadParameter(f"{value!r} names nothing, such as network, zone:kunming or institution:YLU")
    return scope


@click.group()
def user() -> None:
    """People who can sign in."""


@user.command("add")
@click.argument("username")
@click.option("--name", required=True, help="The name as it is shown.")
@click.option("--name-en", default="", help="The name in English.")
@click.option("--email", default="", help="Where mail goes.")
@click.option("--staff-no", default=None, help="The staff number in her institution.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option(
    "--at",
    "scope",
    required=True,
    callback=read_scope,
    help="network, zone:CODE, institution:CODE, group:CODE.",
)
@click.option(
    "--institution", "home", default=None, help="Her institution's code, where the scope does not say it."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add_user(
    username: str,
    name: str,
    name_en: str,
    email: str,
    staff_no: str | None,
    role: str,
    scope: forms.Scope,
    home: str | None,
    password_stdin: bool,
) -> None:
    """Enter a person with one role at a scope."""
    try:
        username = parse(forms.UserName, {"username": username.lower()}).username
    except Refused as no:
        raise click.BadParameter("letters, digits, . _ -", param_hint="USERNAME") from no
    scope = with_kind(scope)
    if ScopeKind(scope.kind) not in ROLE_SCOPES[Role(role)]:
        allowed = ", ".join(sorted(ROLE_SCOPES[Role(role)]))
        raise click.BadParameter(f"{role} is given at: {allowed}", param_hint="--at")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    scope_id, institution_id = found_scope(scope)
    if home:
        institution_id = _institution(home)
    new = service.NewUser(
        username=username,
        name=name,
        name_en=name_en,
        email=email,
        staff_no=staff_no,
        kind="enterprise" if role == Role.ENTERPRISE.value else "member",
        institution_id=institution_id,
        password=password,
    )
    _enter(new, Role(role), ScopeKind(scope.kind), scope_id)
    click.echo(f"{username}: {role} at {scope.kind}{f':{scope.of}' if scope.of else ''}", err=True)


def _enter(new: service.NewUser, role: Role, kind: ScopeKind, scope_id: uuid.UUID | None) -> None:
    """The person and her role, both or neither."""
    now = clock.now()
    with transaction():
        user_id = service.add_user(new, by=None, now=now)
        service.grant(
            user_id,
            role=role,
            scope_kind=kind,
            scope_id=scope_id,
            starts_on=shanghai_day(now),
            reason="command line",
            by=None,
            now=now,
            path=ScopePath(instrument_id=scope_id) if kind is ScopeKind.INSTRUMENT else None,
        )
        if kind is ScopeKind.GROUP and scope_id is not None:
            service.add_member(scope_id, user_id, starts_on=shanghai_day(now), by=None, now=now)


def with_kind(scope: forms.Scope) -> forms.Scope:
    """A code given alone is looked for among zones, institutions and groups, in this order."""
    if scope.kind != "any":
        return scope
    if network.zone(scope.of):
        return forms.Scope(kind="zone", of=scope.of)
    if network.institution_by_code(scope.of):
        return forms.Scope(kind="institution", of=scope.of)
    if queries.group_by_code(scope.of):
        return forms.Scope(kind="group", of=scope.of)
    raise click.ClickException(f"no zone, institution or group has the code {scope.of!r}")


def found_scope(scope: forms.Scope) -> tuple[uuid.UUID | None, uuid.UUID | None]:
    """The scope's id, and the institution that it says the person belongs to."""
    kind = ScopeKind(scope.kind)
    if kind in {ScopeKind.NETWORK, ScopeKind.INSTRUMENT}:
        return scope.as_id, None
    found = queries.scope_said(scope.kind, scope.of)
    if found is None:
        raise click.ClickException(f"no {scope.kind} has the code {scope.of!r}")
    group = queries.group(found) if kind is ScopeKind.GROUP else None
    return found, found if kind is ScopeKind.INSTITUTION else group.institution_id if group else None


def _institution(code: str) -> uuid.UUID:
    found = network.institution_by_code(code)
    if found is None:
        raise click.ClickException(f"no institution has the code {code!r}")
    return found.id


@click.group()
def token() -> None:
    """Bearer tokens for the API."""


@token.command("create")
@click.argument("username")
@click.option("--name", "label", default="command line", show_default=True, help="What it is for.")
@click.option(
    "--expires", "days", type=click.IntRange(1, 3650), default=None, help="Days until it ends; none: never."
)
def create_token(username: str, label: str, days: int | None) -> None:
    """Make a token and print it, alone, on standard output."""
    now = clock.now()
    ends_at = now + timedelta(days=days) if days else None
    click.echo(
        service.create_token(_known(username).id, label=label[:100], ends_at=ends_at, by=None, now=now)
    )


def _known(username: str) -> queries.PersonRow:
    person = queries.person_by_username(username)
    if person is None or person.left:
        raise click.ClickException(f"nobody has the username {username!r}")
    return person


@user.command("reset")
@click.argument("username")
def reset(username: str) -> None:
    """Mail a link that sets a new password, or print its path where the person has no address."""
    path = service.help_in(
        _known(username).id, link=lambda secret: f"/reset/{secret}", by=None, now=clock.now()
    )
    click.echo(path or "mailed", err=path is None)


@user.command("leave")
@click.argument("username")
@click.option("--reason", required=True)
def leave(username: str, reason: str) -> None:
    """End a person's rights, sessions and tokens at once; her history stays."""
    service.leave(_known(username).id, reason=reason, by=None, now=clock.now(), even_last=True)
