"""`sharing notice` and `sharing mail-text`: what people are told, from the command line of the server."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

import click

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.timespan import shanghai_day
from sharing.network import forms
from sharing.network import queries as network
from sharing.network import service as network_service
from sharing.notify import queries, service
from sharing.notify.forms import TextForm
from sharing.notify.rules import OWN_WORDS

DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def notice() -> None:
    """Notices on the home page and on zone pages."""


@notice.command("list")
def list_notices() -> None:
    """Those that stand today: id, for whom, first day, title; tab-separated."""
    for row in network.notices(None, shanghai_day(clock.now()), limit=200):
        click.echo(f"{row.id}\t{row.house or row.zone_code}\t{row.starts_on}\t{row.title}")


@notice.command("add")
@click.option("--for", "scope", required=True, help="network, zone:CODE or institution:CODE.")
@click.option("--title", required=True)
@click.option("--title-en", default="")
@click.option("--body", required=True)
@click.option("--body-en", default="")
@click.option("--from", "starts_on", type=DAY, default=None, help="The first day; today when not given.")
@click.option("--until", "last_on", type=DAY, default=None, help="The last day; none: until it is withdrawn.")
def add_notice(starts_on: datetime | None, last_on: datetime | None, **given: Any) -> None:
    """Give a notice; prints its id."""
    now = clock.now()
    first, last = starts_on.date() if starts_on else shanghai_day(now), last_on.date() if last_on else None
    days = {"starts_on": first, "last_on": last}
    asked = parse(forms.NewNoticeForm, given | days)
    click.echo(network_service.add_notice(asked.values() | asked.place(), by=None, now=now))


@notice.command("withdraw")
@click.argument("notice_id", type=click.UUID)
def withdraw_notice(notice_id: uuid.UUID) -> None:
    """Show it no more; its record stays."""
    network_service.withdraw_notice(notice_id, by=None, now=clock.now())


@click.group("mail-text")
def mail_text() -> None:
    """Mails in an institution's own words."""


@mail_text.command("list")
@click.argument("institution")
def list_texts(institution: str) -> None:
    """Every row of an institution: topic, from which day, title; tab-separated."""
    for row in queries.texts(_house(institution)):
        click.echo(f"{row.topic}\t{row.valid_from}\t{'(ours)' if row.inherit else row.title or row.title_en}")


@mail_text.command("enter")
@click.argument("institution")
@click.argument("topic", type=click.Choice(sorted(OWN_WORDS)))
@click.option("--title", default="", help="Places are written {number}, {instrument}, {span} …")
@click.option("--said", default="")
@click.option("--then", default="")
@click.option("--title-en", default="")
@click.option("--said-en", default="")
@click.option("--then-en", default="")
@click.option("--inherit", is_flag=True, help="Go back to the platform's words.")
@click.option("--from", "valid_from", type=DAY, default=None, help="The first day; today when not given.")
@click.option("--source", "source_document", required=True)
def enter_text(institution: str, topic: str, valid_from: datetime | None, **given: Any) -> None:
    """Enter the words of one mail from a day on; prints the id."""
    now = clock.now()
    asked = parse(TextForm, given | {"valid_from": valid_from.date() if valid_from else shanghai_day(now)})
    made = service.enter_text(
        _house(institution),
        topic,
        asked.words(),
        valid_from=asked.valid_from,
        inherit=asked.inherit,
        source_document=asked.source_document,
        by=None,
        now=now,
    )
    click.echo(made)


def _house(code: str) -> uuid.UUID:
    row = network.institution_by_code(code)
    if row is None:
        raise click.ClickException(f"no institution has the code {code!r}")
    return row.id
