"""`sharing group`: research groups from the command line of the server."""

from __future__ import annotations

import uuid

import click

from sharing.kernel import clock
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.people import queries, service


@click.group()
def group() -> None:
    """Research groups, their heads and members."""


@group.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--name-en", default="")
@click.option("--institution", required=True, help="Its institution's code.")
@click.option("--head", required=True, help="Who runs it: a user name, or a staff number there.")
def add(code: str, name: str, name_en: str, institution: str, head: str) -> None:
    """Enter a group with its head; prints its id."""
    house = network.institution_by_code(institution)
    if house is None:
        raise click.ClickException(f"no institution has the code {institution!r}")
    opened = service.open_group(
        code=code,
        name=name,
        name_en=name_en,
        institution_id=house.id,
        head_id=_meant(head, house.id),
        by=None,
        now=clock.now(),
    )
    click.echo(opened)


def _meant(said: str, institution_id: uuid.UUID) -> uuid.UUID:
    person = queries.meant(said, institution_id)
    if person is None:
        raise click.ClickException(f"nobody is known by {said!r} there")
    return person.id


def _group(code: str) -> queries.GroupRow:
    found = queries.group_by_code(code)
    if found is None:
        raise click.ClickException(f"no group has the code {code!r}")
    return found


@group.command("join")
@click.argument("code")
@click.argument("who")
def join(code: str, who: str) -> None:
    """Take WHO (a user name, or a staff number of the house) into the group."""
    found, now = _group(code), clock.now()
    person = _meant(who, found.institution_id)
    service.add_member(found.id, person, starts_on=shanghai_day(now), by=None, now=now)


@group.command("part")
@click.argument("code")
@click.argument("who")
@click.option("--reason", required=True)
def part(code: str, who: str, reason: str) -> None:
    """Take WHO out of the group."""
    found = _group(code)
    service.end_member(found.id, _meant(who, found.institution_id), reason=reason, by=None, now=clock.now())
