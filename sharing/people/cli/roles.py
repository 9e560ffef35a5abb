"""`sharing role`: roles from the command line of the server."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import click

from sharing.kernel import clock
from sharing.kernel.timespan import shanghai_day
from sharing.people import formats, forms, queries, service
from sharing.people.cli.accounts import found_scope, read_scope, with_kind
from sharing.people.rules import ROLE_SCOPES, Role, ScopeFilter, ScopeKind

DAY = click.DateTime(["%Y-%m-%d"])
EVERYWHERE = ScopeFilter(everything=True)


@click.group()
def role() -> None:
    """Roles that people hold at a scope."""


@role.command("list")
@click.option(
    "--at", "scope", callback=read_scope, default=None, help="Only at this scope, such as institution:YLU."
)
@click.option("--role", "wanted", type=click.Choice([one.value for one in Role]), default=None)
@click.option("--over", is_flag=True, help="Those that are over instead.")
def list_roles(scope: forms.Scope | None, wanted: str | None, over: bool) -> None:
    """One line a role: id, user name, role, scope, first day, day it ends, reason; tab-separated."""
    kind, scope_id = (None, None) if scope is None else _at(scope)
    page = 1
    while True:
        asked = queries.RolesAsked(
            "", Role(wanted) if wanted else None, kind, scope_id, None, over, page, 200
        )
        found = queries.roles(asked, EVERYWHERE, shanghai_day(clock.now()))
        for row in found.items:
            told = formats.held_json(row)
            cells = (
                row.id,
                row.username,
                row.role,
                told["scope"],
                row.starts_on,
                row.ends_on or "",
                row.reason,
            )
            click.echo("\t".join(str(cell).replace("\t", " ").replace("\n", " ") for cell in cells))
        if page >= found.pages:
            return
        page += 1


def _at(scope: forms.Scope) -> tuple[ScopeKind, uuid.UUID | None]:
    scope = with_kind(scope)
    return ScopeKind(scope.kind), found_scope(scope)[0]


@role.command("grant")
@click.argument("username")
@click.option("--role", "wanted", required=True, type=click.Choice([one.value for one in Role]))
@click.option(
    "--at",
    "scope",
    required=True,
    callback=read_scope,
    help="network, zone:CODE, institution:CODE, group:CODE.",
)
@click.option("--from", "first", type=DAY, default=None, help="The first day; today when not given.")
@click.option(
    "--until", "last", type=DAY, default=None, help="The last day, which still counts; none: no end."
)
@click.option("--reason", required=True)
def grant(
    username: str, wanted: str, scope: forms.Scope, first: datetime | None, last: datetime | None, reason: str
) -> None:
    """Give a role; prints its id."""
    now = clock.now()
    person = queries.person_by_username(username)
    if person is None or person.left:
        raise click.ClickException(f"nobody has the username {username!r}")
    kind, scope_id = _at(scope)
    if kind not in ROLE_SCOPES[Role(wanted)]:
        raise click.BadParameter(
            f"{wanted} is given at: {', '.join(sorted(ROLE_SCOPES[Role(wanted)]))}", param_hint="--at"
        )
    grant_id = service.grant(
        person.id,
        role=Role(wanted),
        scope_kind=kind,
        scope_id=scope_id,
        starts_on=first.date() if first else shanghai_day(now),
        ends_on=last.date() + timedelta(days=1) if last else None,
        reason=reason,
        by=None,
        now=now,
    )
    click.echo(grant_id)


@role.command("end")
@click.argument("role_id", type=click.UUID)
@click.option("--reason", required=True)
def end(role_id: uuid.UUID, reason: str) -> None:
    """End a role from today on, the last administrator's too."""
    service.end_grant(role_id, reason=reason, by=None, now=clock.now())
