"""`sharing audit`: is the record as it was written?"""

from __future__ import annotations

import click

from sharing.audit import service
from sharing.kernel import clock


@click.group()
def audit() -> None:
    """The append-only record of who did what."""


@audit.command()
def check() -> None:
    """Hold every row against its seal and keep the result; exit 1 names each seal that is broken."""
    broken = 0
    for chain in service.check(now=clock.now()):
        broken += len(chain.broken)
        click.echo(f"{chain.name}: {chain.rows} rows, {chain.seals} seals, {chain.unsealed} not yet sealed")
        for one in chain.broken:
            click.echo(f"broken: {one}")
    if broken:
        raise click.ClickException(f"{broken} seals are broken")
