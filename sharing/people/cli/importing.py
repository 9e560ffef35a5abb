"""`sharing user import`: people by file, from the command line of the server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sharing.kernel import clock
from sharing.kernel.tables.plan import Action, Mode
from sharing.network import queries as network
from sharing.people import formats, forms, service
from sharing.people.cli.accounts import user
from sharing.people.rules import Outcome


@user.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--institution", required=True, help="Whose people they are, by its code.")
@click.option("--dry-run", is_flag=True, help="Say what would be added and changed; write nothing.")
@click.option(
    "--good-rows", is_flag=True, help="Write the good rows and report the bad; else all or nothing."
)
def bring_in(file: Path, institution: str, dry_run: bool, good_rows: bool) -> None:
    """Enter people from FILE, a CSV or XLSX table: number, name, department, kind, group. Twice writes nothing.

    People are known by their staff or student number. Empty cells say nothing, nobody is taken out. Differences go to
    standard output, bad rows and the sum to standard error.
    """
    house = network.institution_by_code(institution)
    if house is None:
        raise click.ClickException(f"no institution has the code {institution!r}")
    mode = None if dry_run else Mode.GOOD if good_rows else Mode.ALL
    with forms.read_people(file, name=file.name) as (headings, rows):
        outcome = service.import_people(
            rows, headings, institution_id=house.id, mode=mode, source=file.name, by=None, now=clock.now()
        )
    _report(outcome)


def _report(outcome: Outcome) -> None:
    for row in outcome.rows:
        if row.action is Action.ADD:
            click.echo(f"+ {row.line}: {row.staff_no} {row.name}")
        for field, (before, after) in row.changes.items() if row.action is Action.CHANGE else ():
            told = f"{formats.shown_as(before)} -> {formats.shown_as(after)}"
            click.echo(f"~ {row.line}: {row.staff_no} {field}: {told}")
        for one in row.faults:
            click.echo(f"! {row.line}: {one.heading} {formats.said(one)}", err=True)
    sums = outcome.counts
    said = (
        f"{sums.rows} rows: {sums.added} new, {sums.changed} changed, {sums.same} unchanged, {sums.bad} bad"
    )
    click.echo(f"{said}; {sums.written if outcome.done else 'nothing was'} written", err=True)
    if sums.bad and not outcome.done:
        sys.exit(1)
