"""`sharing channel`: the robots of WeCom and DingTalk that pass an institution's messages on."""

from __future__ import annotations

import sys
import uuid

import click

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.refusals import Refused
from sharing.network import queries as network
from sharing.notify import queries as notify
from sharing.notify.forms import ChannelIn
from sharing.notify.rules import GROUPS, Kind
from sharing.notify.service.channels import remove_channel, save_channel, sealing, try_channel
from sharing.people import queries
from sharing.people.rules import Actor


@click.group()
def channel() -> None:
    """Robots of chat programs that pass messages on."""


def _by(username: str) -> Actor:
    person = queries.person_by_username(username)
    found = queries.actor(person.id, clock.now()) if person else None
    if found is None:
        raise click.ClickException(f"nobody has the username {username!r}")
    return found


def _institution(code: str | None) -> uuid.UUID | None:
    if code is None:
        return None
    found = network.institution_by_code(code)
    if found is None:
        raise click.ClickException(f"no institution has the code {code!r}")
    return found.id


AS = click.option("--as", "username", required=True, help="The user name of whoever keeps the robot.")


@channel.command("set")
@AS
@click.option("--kind", required=True, type=click.Choice([one.value for one in Kind]))
@click.option("--institution", "code", default=None, help="For the group chat of this institution.")
@click.option("--groups", default="", help=f"Separated by commas: {', '.join(GROUPS)}.")
def set_channel(username: str, kind: str, code: str | None, groups: str) -> None:
    """Enter a robot: its web-hook address is the first line of standard input, a signing secret the second.

    Prints its id, alone.
    """
    lines = [*(line.strip() for line in sys.stdin.read().splitlines()), "", ""]
    given = {"kind": kind, "address": lines[0], "secret": lines[1]}
    given |= {"groups": [one for one in groups.split(",") if one]}
    try:
        asked = parse(ChannelIn, given)
        made = save_channel(
            asked.kind,
            asked.address,
            asked.secret,
            asked.groups,
            institution_id=_institution(code),
            by=_by(username),
            sealing=sealing(),
            now=clock.now(),
        )
    except Refused as no:
        raise _said(no) from None
    click.echo(made)


@channel.command("list")
@AS
def list_channels(username: str) -> None:
    """One line a robot: id, kind, institution or -, how its address ends, groups, what its server refuses it with."""
    by = _by(username)
    for row in notify.channels(by.user_id, by.scopes("channel.edit").institutions):
        cells = (row.id, row.kind, row.institution_id or "-", row.hint, ",".join(row.groups), row.error or "")
        click.echo("\t".join(map(str, cells)))


@channel.command("try")
@AS
@click.argument("channel_id", type=click.UUID)
def try_out(username: str, channel_id: uuid.UUID) -> None:
    """Have a robot say that it works."""
    try:
        try_channel(channel_id, by=_by(username), now=clock.now())
    except Refused as no:
        raise _said(no) from None


@channel.command("remove")
@AS
@click.argument("channel_id", type=click.UUID)
def remove(username: str, channel_id: uuid.UUID) -> None:
    """Take a robot away; what waits for it is dropped."""
    try:
        remove_channel(channel_id, by=_by(username), now=clock.now())
    except Refused as no:
        raise _said(no) from None


def _said(no: Refused) -> click.ClickException:
    fields = "; ".join(f"{one['field']}: {one['message']}" for one in no.facts.get("fields", ()))
    return click.ClickException(fields or no.kind)
