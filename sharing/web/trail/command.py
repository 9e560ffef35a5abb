"""`sharing audit export`: the trail as a table, at the command line of the server."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

import click

from sharing.audit.forms import TrailIn
from sharing.audit.queries import Sight
from sharing.kernel.inputs import parse
from sharing.kernel.tables import csv_bytes
from sharing.web.trail import reading

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("export")
@click.option("--person", default="", help="A user name.")
@click.option(
    "--thing", default="", help="A booking's number, an instrument's, institution's or group's code, an id."
)
@click.option(
    "--action", default="", help="What was done, such as booking.cancel; `booking.` means all of it."
)
@click.option("--request", default="", help="The number of one request.")
@click.option("--zone", default="", help="Only rows of this zone, by its code.")
@click.option("--institution", default="", help="Only rows of this institution, by its code.")
@click.option("--from", "since", type=DAY, default=None, help="The first day.")
@click.option("--until", "last", type=DAY, default=None, help="The last day, which still counts.")
def export(since: datetime | None, last: datetime | None, **given: Any) -> None:
    """Write who did what, when, before and after, the newest first, as CSV on stdout."""
    days = {"since": since.date() if since else None, "last": last.date() if last else None}
    asked = reading.asked_of(parse(TrailIn, given | days), None)
    cells = reading.cells(asked, Sight(everything=True))
    sys.stdout.buffer.writelines(csv_bytes(reading.headings(), cells))
