"""`sharing booking`: bookings as a table, at the command line of the server."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from sharing.booking import queries
from sharing.booking.forms.listing import ListingIn
from sharing.booking.pages import listing as page
from sharing.booking.rules import Status
from sharing.kernel.inputs import parse
from sharing.kernel.tables import csv_bytes
from sharing.people.rules import ScopeFilter

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def booking() -> None:
    """Bookings as a table."""


@booking.command("export")
@click.option("--zone", default="", help="Only on instruments that stand in this zone, by its code.")
@click.option("--institution", default="", help="Only on those of this institution, by its code.")
@click.option("--status", type=click.Choice([one.value for one in Status]), default=None)
@click.option("--from", "since", type=DAY, default=None, help="The first day.")
@click.option("--until", "last", type=DAY, default=None, help="The last day, which still counts.")
def export(since: datetime | None, last: datetime | None, **given: Any) -> None:
    """Write bookings, the latest first, as CSV on stdout."""
    days = {"since": since.date() if since else None, "last": last.date() if last else None}
    asked = parse(ListingIn, given | days).asked()
    rows = queries.whole_listing(asked, ScopeFilter(everything=True))
    sys.stdout.buffer.writelines(csv_bytes(page.headings(), page.cells(rows)))
