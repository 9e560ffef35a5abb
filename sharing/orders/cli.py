"""`sharing order`: service orders at the command line of the server, for those who keep the network going."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from sharing.kernel import clock
from sharing.kernel.tables import csv_bytes
from sharing.orders import formats, queries
from sharing.orders.rules import Status
from sharing.registry import queries as registry


@click.group()
def order() -> None:
    """Service orders."""


@order.command("list")
@click.option("--status", multiple=True, type=click.Choice([one.value for one in Status]))
@click.option("--instrument", default=None, help="Only those of this instrument, by its code.")
@click.option("--overdue", is_flag=True, help="Only those past the deadline of whoever's turn it is.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; else CSV on stdout.")
def listed(status: tuple[str, ...], instrument: str | None, overdue: bool, out: Path | None) -> None:
    """Write orders as CSV, the newest first."""
    found = registry.instrument_by_code(instrument) if instrument else None
    if instrument and found is None:
        raise click.ClickException(f"no such instrument: {instrument}")
    rows = queries.every(
        statuses=tuple(Status(one) for one in status),
        instrument_id=found.id if found else None,
        overdue_at=clock.now() if overdue else None,
    )
    data = csv_bytes([str(one) for one in formats.HEADINGS], map(formats.sheet_row, rows))
    if out is None:
        sys.stdout.buffer.writelines(data)
        return
    with out.open("wb") as file:
        file.writelines(data)
    click.echo(f"wrote {out}", err=True)


@order.command()
@click.argument("number")
def show(number: str) -> None:
    """One order by its number, with its quotes, contract and files, as JSON."""
    row = queries.order_by_number(number)
    if row is None:
        raise click.ClickException(f"no such order: {number}")
    whole = formats.whole_json(
        row, queries.quotes(row.id), queries.contract(row.id), queries.files(row.id), allowed=()
    )
    click.echo(json.dumps(whole, ensure_ascii=False, indent=2))
