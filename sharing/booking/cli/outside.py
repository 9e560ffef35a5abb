"""`sharing calendar`: calendars kept in campus systems, from the command line of the server."""

from __future__ import annotations

from pathlib import Path

import click

from sharing.booking import formats, queries, service
from sharing.booking.rules import OutsideAsk, OutsideRow
from sharing.kernel import clock
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.registry.rules import InstrumentRow

AS = click.option("--as", "username", required=True, help="In whose name; she must run the instrument.")


@click.group()
def calendar() -> None:
    """Instruments whose calendar is kept in a campus system."""


def _instrument(code: str) -> InstrumentRow:
    row = registry.instrument_by_code(code)
    if row is None:
        raise click.ClickException(f"no instrument has the code {code!r}")
    return row


def _actor(username: str) -> Actor:
    person = people.person_by_username(username)
    found = people.actor(person.id, clock.now()) if person else None
    if found is None:
        raise click.ClickException(f"nobody has the username {username!r}")
    return found


def _tell(row: OutsideRow) -> None:
    told = formats.outside_json(row, clock.now())
    click.echo("\t".join(f"{name}={value if value is not None else ''}" for name, value in told.items()))


@calendar.command("keep")
@click.argument("code")
@click.option("--address", default="", help="Of its iCalendar; none: files are dropped.")
@click.option("--link", required=True, help="Where people book it.")
@click.option("--limit", "limit_minutes", type=click.IntRange(10, 44640), default=60, show_default=True)
@AS
def keep(code: str, address: str, link: str, limit_minutes: int, username: str) -> None:
    """Say that the calendar of the instrument CODE is kept outside."""
    ask = OutsideAsk(address, link, limit_minutes)
    _tell(service.keep_outside(_instrument(code).id, ask, by=_actor(username), now=clock.now()))


@calendar.command("read")
@click.argument("code")
@click.option("--file", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None)
@AS
def read(code: str, source: Path | None, username: str) -> None:
    """Read it now, from its address or from a file. Exit 1 where it could not be read."""
    instrument_id, by, now = _instrument(code).id, _actor(username), clock.now()
    if source is not None:
        row = service.drop_file(instrument_id, source.read_bytes(), by=by, now=now)
    else:
        row = service.read_now(instrument_id, by=by, now=now)
    _tell(row)
    if row.fault:
        raise click.ClickException(service.fault_said(row.fault))


@calendar.command("show")
@click.argument("code")
def show(code: str) -> None:
    """How the last reading went."""
    row = queries.outside_row(_instrument(code).id)
    if row is None:
        raise click.ClickException("its calendar is kept here")
    _tell(row)


@calendar.command("drop")
@click.argument("code")
@AS
def drop(code: str, username: str) -> None:
    """Keep it here again; what was read is free."""
    service.drop_outside(_instrument(code).id, by=_actor(username), now=clock.now())
