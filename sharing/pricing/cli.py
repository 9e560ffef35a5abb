"""`sharing price`: prices of a scope from the command line of the server."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

import click

from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.pricing import forms, queries, service, shapes
from sharing.pricing.rules import NewPrice
from sharing.registry import queries as registry
from sharing.registry.rules import Scope
from sharing.registry.service import Dates

DAY = click.DateTime(["%Y-%m-%d"])


def read_scope(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    kind, colon, code = value.partition(":")
    if (kind == "network") == bool(colon and code):
        raise click.BadParameter(f"{value!r} is no scope, such as network or institution:YLU")
    return value


AT = click.option(
    "--at", "where", required=True, callback=read_scope,
    help="network, zone:CODE, institution:CODE, category:CODE, instrument:CODE.",
)  # fmt: skip


def read_price(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> list[NewPrice]:
    try:
        return [forms.said_price(value) for value in values]
    except Refused as no:
        raise click.BadParameter(f"{no.facts['fields'][0]['message']}: {' '.join(values)}") from no


@click.group()
def price() -> None:
    """Prices: dated rows of a scope."""


@price.command("list")
@AT
def listed(where: str) -> None:
    """One line a row, the latest first: id, standing, first day, price group, fen an hour, minimum, document."""
    scope = registry.scope_said(where)
    for one in queries.entries(scope, shanghai_day(clock.now())):
        row = one.row
        hour = "inherit" if row.inherit else row.hour.fen if row.may_buy else "bar"
        cells = (
            row.id,
            one.standing,
            row.valid_from,
            row.price_group,
            hour,
            row.minimum.fen,
            row.source_document,
        )
        click.echo("\t".join(str(cell).replace("\t", " ").replace("\n", " ") for cell in cells))


@price.command("enter")
@AT
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--document", required=True, help="The document that says so.")
@click.option(
    "--price", "prices", multiple=True, required=True, callback=read_price,
    help="GROUP=FEN an hour, GROUP=FEN:MINIMUM, GROUP=bar or GROUP=inherit; once for each price group.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say as JSON what it would change; write nothing.")
def enter(where: str, first: datetime, document: str, prices: list[NewPrice], dry_run: bool) -> None:
    """Enter prices of a scope from a day on, all or none; prints their ids."""
    now, scope = clock.now(), registry.scope_said(where)
    dates = Dates(first.date(), document)
    if dry_run:
        service.check_prices(prices, dates, now)
        click.echo(_effect(prices, dates, scope))
        return
    for row_id in service.add_prices(prices, dates, scope=scope.pair, by=None, now=now):
        click.echo(row_id)


def _effect(prices: list[NewPrice], dates: Dates, scope: Scope) -> str:
    found = queries.effect(prices, scope, dates.valid_from, dates.source_document)
    return json.dumps(shapes.effect_json(found, dates.valid_from), indent=2)


@price.command("withdraw")
@click.argument("row_id", type=click.UUID)
@click.option("--reason", required=True)
def withdraw(row_id: uuid.UUID, reason: str) -> None:
    """Take back a price that has not begun; it stays in the history."""
    service.withdraw_price(row_id, reason=reason, by=None, now=clock.now())
