"""`sharing registry import` and `export`: the register as a table, at the command line of the server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click
from flask import current_app

from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import csv_bytes, write_xlsx
from sharing.kernel.tables.plan import Action, Counts, Fault, Mode
from sharing.network import queries as network
from sharing.registry import forms, queries, service
from sharing.registry.formats import LAYOUTS
from sharing.registry.formats.faults import shown
from sharing.registry.rules.records import RunRow, State

TOLD_EVERY: Final = 10_000  # rows, where progress goes into a log


@click.group()
def registry() -> None:
    """The instrument register as a table."""


@registry.command("export")
@click.option("--format", "layout", default="sharing", show_default=True, type=click.Choice(list(LAYOUTS)))
@click.option("--zone", default=None, help="Only instruments that stand in this zone, by its code.")
@click.option("--institution", default=None, help="Only those of this institution, by its code.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="A .csv or .xlsx file; else CSV on stdout."
)
def export(layout: str, zone: str | None, institution: str | None, out: Path | None) -> None:
    """Write every record: in our layout (which keeps all fields), the national one, or as finance asset cards."""
    if out is not None and out.suffix.lower() not in (".csv", ".xlsx"):
        raise click.BadParameter("the name must end with .csv or .xlsx", param_hint="--out")
    node = network.zone(zone) if zone else None
    house = network.institution_by_code(institution) if institution else None
    if (zone and node is None) or (institution and house is None):
        raise click.ClickException(f"no such code: {zone if zone and node is None else institution}")
    shape = LAYOUTS[layout]
    rows = queries.records(
        queries.EVERYTHING,
        zone_id=node.id if node else None,
        institution_id=house.id if house else None,
        with_retired=shape.with_retired,
    )
    header, cells = shape.headings(), map(shape.cells, rows)
    if out is None:
        sys.stdout.buffer.writelines(csv_bytes(header, cells))
        return
    with out.open("wb") as file:
        if out.suffix.lower() == ".xlsx":
            write_xlsx(file, header, cells)
        else:
            file.writelines(csv_bytes(header, cells))
    click.echo(f"wrote {out} ({out.stat().st_size} bytes)", err=True)


@registry.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "layout", default="auto", show_default=True, type=click.Choice(list(forms.LAYOUT_NAMES))
)
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file: under [columns], a heading of the table and the field that it fills.",
)  # fmt: skip
@click.option(
    "--institution", default=None, help="Whose instruments they are, by code, where rows do not say."
)
@click.option("--dry-run", is_flag=True, help="Say what would be added and changed; write nothing.")
@click.option(
    "--good-rows", is_flag=True, help="Write the good rows and report the bad; else all or nothing."
)
def bring_in(
    file: Path, layout: str, mapping: Path | None, institution: str | None, dry_run: bool, good_rows: bool
) -> None:
    """Bring the register up to date from FILE, a CSV or XLSX table. The same file twice writes nothing.

    Empty cells say nothing, and instruments that the file does not name stay as they are. Differences go to standard
    output, bad rows and progress to standard error.
    """
    house = network.institution_by_code(institution) if institution else None
    if institution and house is None:
        raise click.ClickException(f"no institution has the code {institution!r}")
    storage = Path(current_app.extensions["sharing.settings"].storage_dir)
    with file.open("rb") as source:
        run_id = service.bring_import(
            source,
            file_name=file.name,
            institution_id=house.id if house else None,
            layout="mapping" if mapping else layout,
            targets=forms.mapping(mapping) if mapping else None,
            storage=storage,
            by=None,
            now=clock.now(),
        )
    run = queries.import_run(run_id)
    if run is None:
        raise Refused("not-found")
    work: dict[str, Any] = {"storage": storage, "by": None, "now": clock.now(), "tell": _progress}
    if dry_run:
        run = service.look_at_import(run_id, forms.reader(run, storage), **work)
    else:
        mode = Mode.GOOD if good_rows else Mode.ALL
        run = service.apply_import(run_id, forms.reader(run, storage), mode=mode, **work)
    click.echo("", err=True)
    _report(run, storage)


def _progress(counts: Counts) -> None:
    if not sys.stderr.isatty() and counts.rows % TOLD_EVERY:
        return
    click.echo(f"\r{counts.rows} rows read, {counts.written} written", nl=not sys.stderr.isatty(), err=True)


def _report(run: RunRow, storage: Path) -> None:
    """Differences on stdout, bad rows and the sum on stderr; exit 1 when nothing was or could be written."""
    if run.state is State.REFUSED and run.problem and run.problem.kind != "import-bad-rows":
        raise Refused(run.problem.kind, **({"message": run.problem.message} if run.problem.message else {}))
    for row in service.import_outcomes(storage, run, Action.ADD):
        click.echo(f"+ {row['line']}: {row['code']} {row['name']}")
    for row in service.import_outcomes(storage, run, Action.CHANGE):
        for field, (before, after) in row["changes"].items():
            click.echo(f"~ {row['line']}: {row['code']} {field}: {before} -> {after}")
    for row in service.import_outcomes(storage, run, Action.BAD):
        click.echo(f"! {row['line']}: {shown([Fault(**one) for one in row['faults']])}", err=True)
    sums = run.counts
    said = (
        f"{sums.rows} rows: {sums.added} new, {sums.changed} changed, {sums.same} unchanged, {sums.bad} bad"
    )
    if sums.rows == sums.same:
        said += "; there was nothing to write"
    elif run.state is State.DONE:
        said += f"; {sums.written} written"
    else:
        said += "; nothing was written"
    click.echo(said, err=True)
    if sums.bad and run.state is not State.DONE:
        sys.exit(1)
