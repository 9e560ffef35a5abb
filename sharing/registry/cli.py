"""`sharing registry import` and `export`: the register as a table, at the command line of the server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sharing.kernel.tables import csv_bytes, write_xlsx
from sharing.network import queries as network
from sharing.registry import queries
from sharing.registry.formats import LAYOUTS


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
