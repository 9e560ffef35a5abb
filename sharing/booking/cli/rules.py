"""`sharing policy`, `sharing chain`, `sharing working-days`: booking rules from the command line of the server."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import click

from sharing.approval import queries as approvals
from sharing.approval import service as approval
from sharing.approval.formats import chain_json
from sharing.approval.forms import ChainIn
from sharing.audit.service import plain
from sharing.booking import queries, shapes
from sharing.booking.forms.days import DaysForm
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.network import service as network_service
from sharing.registry import queries as registry
from sharing.registry import service
from sharing.registry.formats import entry_json
from sharing.registry.forms import PolicyIn

AT = click.option(
    "--at", "where", required=True,
    help="network, zone:CODE, institution:CODE, category:CODE, instrument:CODE.",
)  # fmt: skip

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))


@click.group()
def policy() -> None:
    """Booking policies: dated rows of a scope."""


@policy.command("list")
@AT
def listed(where: str) -> None:
    """One JSON object a row, the latest first."""
    scope = registry.scope_said(where)
    for one in registry.policy_entries(scope, shanghai_day(clock.now())):
        click.echo(json.dumps(plain(one.row) | {"standing": one.standing.value}, ensure_ascii=False))


@policy.command("enter")
@AT
@FILE
@click.option("--dry-run", is_flag=True, help="Say as JSON which bookings it would meet; write nothing.")
def enter(where: str, file: Path, dry_run: bool) -> None:
    """Enter the policy that FILE (or `-`) says, a JSON object as the API takes it; prints its id."""
    now, scope = clock.now(), registry.scope_said(where)
    asked = parse(PolicyIn, _object(file) | {"scope": where})
    if dry_run:
        service.check_dates(asked.dates(), now)
        found = queries.policy_effect(
            asked.row(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=now
        )
        click.echo(json.dumps(plain(shapes.policy_effect_json(found)), ensure_ascii=False, indent=2))
        return
    click.echo(service.add_policy(asked.row(), asked.dates(), scope=scope.pair, by=None, now=now))


def _object(file: Path) -> dict[str, Any]:
    with click.open_file(str(file), encoding="utf-8") as source:
        try:
            found = json.load(source)
        except ValueError:
            found = None
    if not isinstance(found, dict):
        raise click.BadParameter("a JSON object is expected", param_hint="FILE")
    return found


@policy.command("withdraw")
@click.argument("row_id", type=click.UUID)
@click.option("--reason", required=True)
def withdraw(row_id: uuid.UUID, reason: str) -> None:
    """Take back a policy that has not begun; it stays in the history."""
    service.withdraw_policy(row_id, reason=reason, by=None, now=clock.now())


# --- chains ----------------------------------------------------------------------------------------------------------


@click.group()
def chain() -> None:
    """Approval chains: dated rows of a scope."""


@chain.command("list")
@AT
def listed_chains(where: str) -> None:
    """One JSON object a row, the latest first."""
    scope = registry.scope_said(where)
    for one in approvals.chain_entries(scope, shanghai_day(clock.now())):
        shown = plain(entry_json(one)) | chain_json(one.row)
        click.echo(json.dumps(shown, ensure_ascii=False))


@chain.command("enter")
@AT
@FILE
@click.option("--dry-run", is_flag=True, help="Say as JSON what it would reach; write nothing.")
def enter_chain(where: str, file: Path, dry_run: bool) -> None:
    """Enter the chain that FILE (or `-`) says, a JSON object as the API takes it; prints its id."""
    now, scope = clock.now(), registry.scope_said(where)
    asked = parse(ChainIn, _object(file) | {"scope": where})
    if dry_run:
        approval.check_chain(asked.chain(), asked.dates(), scope=scope.pair, now=now)
        found = queries.chain_effect(
            asked.chain(), scope, valid_from=asked.valid_from, inherit=asked.inherit, now=now
        )
        click.echo(json.dumps(plain(shapes.chain_effect_json(found)), ensure_ascii=False, indent=2))
        return
    click.echo(approval.save_chain(asked.chain(), asked.dates(), scope=scope.pair, by=None, now=now))


@chain.command("withdraw")
@click.argument("row_id", type=click.UUID)
@click.option("--reason", required=True)
def withdraw_chain(row_id: uuid.UUID, reason: str) -> None:
    """Take back a chain that has not begun; it stays in the history."""
    approval.withdraw_chain(row_id, reason=reason, by=None, now=clock.now())


# --- working days ----------------------------------------------------------------------------------------------------


@click.group("working-days")
def working_days() -> None:
    """The State Council's list of holidays and shifted working days."""


@working_days.command("list")
@click.option("--year", type=click.IntRange(2000, 2099), default=None)
def listed_days(year: int | None) -> None:
    """One line a day, tab-separated: day, kind, name, document."""
    for row in network.listed_days(year):
        click.echo(f"{row.day}\t{row.kind}\t{row.name}\t{row.source_document}")


@working_days.command("enter")
@FILE
@click.option("--document", required=True, help="The document that says so.")
@click.option("--dry-run", is_flag=True, help="Say as JSON which days and bookings it would change.")
def enter_days(file: Path, document: str, dry_run: bool) -> None:
    """Enter the lines of FILE (or `-`), such as `2027-02-05 .. 2027-02-11 holiday 春节`, all or none."""
    now = clock.now()
    with click.open_file(str(file), encoding="utf-8") as source:
        asked = parse(DaysForm, {"source_document": document, "days": source.read()})
    changes = asked.entered().changes()
    if dry_run:
        network_service.check_calendar(changes, by=None, now=now)
        found = shapes.calendar_effect_json(queries.calendar_effect(changes, now))
        click.echo(json.dumps(plain(found), ensure_ascii=False, indent=2))
        return
    network_service.edit_calendar(changes, source_document=document, by=None, now=now)
    click.echo(f"{len(changes)} days entered", err=True)
