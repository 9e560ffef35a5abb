"""`sharing zone` and `sharing institution`: the network from the command line of the server."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from sharing.booking import queries as booking
from sharing.booking import service as houses
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.timespan import shanghai_day
from sharing.network import forms, queries, service
from sharing.network.queries import HousesAsked, InstitutionRow


def told(row: Any, *names: str) -> str:
    return "\t".join(str(getattr(row, name) or "").replace("\t", " ") for name in names)


DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def zone() -> None:
    """Zones of the network."""


@zone.command("list")
def list_zones() -> None:
    """One line a zone: code, prefix, name, English name, prefectures; tab-separated."""
    for row in queries.zones():
        places = ",".join(row.places)
        click.echo(f"{told(row, 'code', 'number_prefix', 'name', 'name_en')}\t{places}")


@zone.command("add")
@click.argument("code")
@click.option(
    "--prefix", "number_prefix", required=True, help="Capitals that begin the numbers of its bookings."
)
@click.option("--name", required=True)
@click.option("--name-en", required=True)
@click.option("--position", type=int, default=8, show_default=True)
@click.option(
    "--place", "places", multiple=True, help="A prefecture's code (GB/T 2260); may be given several times."
)
@click.option("--source", "source_document", required=True, help="The document by which it is set up.")
def add_zone(**given: Any) -> None:
    """A zone more, in use at once; prints its id."""
    values = parse(forms.ZoneForm, given | {"places": list(given["places"])}).model_dump()
    click.echo(service.add_zone(values, by=None, now=clock.now()))


@zone.command("edit")
@click.argument("code")
@click.option("--name", default=None)
@click.option("--name-en", default=None)
@click.option("--position", type=int, default=None)
@click.option("--place", "places", multiple=True, help="All its prefectures; may be given several times.")
@click.option("--source", "source_document", default=None)
def edit_zone(code: str, **given: Any) -> None:
    """Change what is given; the rest stays."""
    row = queries.zone(code)
    if row is None:
        raise click.ClickException(f"no zone has the code {code!r}")
    names = ("name", "name_en", "position", "places", "source_document")
    values = {name: given[name] if given[name] not in (None, ()) else getattr(row, name) for name in names}
    checked = parse(forms.ZoneEdit, values | {"places": list(values["places"])})
    service.edit_zone(row.id, checked.model_dump(), by=None, now=clock.now())


@click.group()
def institution() -> None:
    """Institutions of the network."""


@institution.command("list")
@click.option("--zone", "in_zone", default=None, help="Only of this zone, by its code.")
@click.option("--closed", is_flag=True, help="Those that left.")
def list_institutions(in_zone: str | None, closed: bool) -> None:
    """One line an institution: code, zone, kind, name, English name; tab-separated."""
    zones = [forms.zone_id_of(in_zone)] if in_zone else None
    page, pages = 1, 1
    while page <= pages:
        found = queries.houses(
            HousesAsked(state="closed" if closed else "open", page=page, per_page=200), zones
        )
        for row in found.items:
            click.echo(told(row, "code", "zone_code", "kind", "name", "name_en"))
        page, pages = page + 1, found.pages


@institution.command("add")
@click.argument("code")
@click.option("--zone", required=True)
@click.option("--name", required=True)
@click.option("--name-en", required=True)
@click.option("--kind", required=True, type=click.Choice(forms.KINDS))
@click.option("--uscc", default=None, help="Unified social credit code.")
@click.option("--address", default=None)
@click.option("--phone", default=None)
@click.option("--source", "source_document", required=True, help="The document by which it joins.")
def add_institution(**given: Any) -> None:
    """An institution joins today; prints its id."""
    now = clock.now()
    values = forms.institution_values(parse(forms.InstitutionForm, given), shanghai_day(now))
    click.echo(service.add_institution(values, by=None, now=now))


@institution.command("edit")
@click.argument("code")
@click.option("--name", default=None)
@click.option("--name-en", default=None)
@click.option("--kind", default=None, type=click.Choice(forms.KINDS))
@click.option("--uscc", default=None)
@click.option("--address", default=None)
@click.option("--phone", default=None)
def edit_institution(code: str, **given: Any) -> None:
    """Change what is given; the rest stays."""
    row = _house(code)
    values = {name: getattr(row, name) if value is None else value for name, value in given.items()}
    checked = parse(forms.InstitutionEdit, values).model_dump()
    service.edit_institution(row.id, checked, by=None, now=clock.now())


@institution.command("move")
@click.argument("code")
@click.option("--zone", "into", required=True)
def move(code: str, into: str) -> None:
    """It belongs to another zone, and its instruments that stood in the old one stand there."""
    row = _house(code)
    houses.move_house(row.id, out_of=row.zone_id, into=forms.zone_id_of(into), by=None, now=clock.now())


@institution.command("close")
@click.argument("code")
@click.option("--reason", default="")
@click.option("--source", "source_document", default="", help="The document by which it leaves.")
@click.option("--dry-run", is_flag=True, help="Only say what would end.")
def close(code: str, reason: str, source_document: str, dry_run: bool) -> None:
    """It leaves the network: rights end, instruments are retired, open bookings are cancelled without fee."""
    row, now = _house(code), clock.now()
    found = booking.hanging_on(row.id, now)
    click.echo(
        f"people {found.people}, groups {found.groups}, instruments {found.instruments}, "
        f"open bookings {found.here} on them and {found.away} elsewhere",
        err=True,
    )
    if dry_run:
        return
    given = parse(forms.CloseForm, {"reason": reason, "source_document": source_document})
    houses.close_house(row.id, **given.model_dump(), by=None, now=now)
    while houses.cancel_all_left_behind(now):
        pass


@institution.command("mandate")
@click.argument("code")
@click.option("--from", "starts_on", type=DAY, default=None, help="The first day; today when not given.")
@click.option("--until", "last_on", type=DAY, default=None, help="The last day; none: until it is ended.")
@click.option("--source", "source_document", required=True)
def mandate(code: str, starts_on: datetime | None, last_on: datetime | None, source_document: str) -> None:
    """Let its zone's administrator register instruments in its stead; prints the id."""
    now = clock.now()
    given = forms.MandateForm(
        starts_on=starts_on.date() if starts_on else shanghai_day(now),
        last_on=last_on.date() if last_on else None,
        source_document=source_document,
    )
    click.echo(service.give_mandate(_house(code).id, **given.values(), by=None, now=now))


def _house(code: str) -> InstitutionRow:
    row = queries.institution_by_code(code)
    if row is None:
        raise click.ClickException(f"no institution has the code {code!r}")
    return row
