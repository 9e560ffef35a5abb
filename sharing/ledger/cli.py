"""`sharing ledger`: do the books hold?"""

from __future__ import annotations

import uuid

import click

from sharing.ledger import queries
from sharing.network import queries as network


@click.group()
def ledger() -> None:
    """The books of every institution."""


@ledger.command()
def check() -> None:
    """Hold all the books against their rules and every entry against its seal; exit 1 names each breach."""
    found = 0
    chains = queries.chains()
    houses = network.institutions_named(uuid.UUID(chain.name) for chain in chains)
    for chain in chains:
        found += len(chain.broken)
        code = houses[uuid.UUID(chain.name)].code
        for one in chain.broken:
            click.echo(f"broken: {code}: {one}")
        click.echo(f"{code}: {chain.rows} entries, {chain.seals} seals, {chain.unsealed} not yet sealed")
    for breach in queries.breaches():
        found += 1
        facts = ", ".join(f"{name} {value}" for name, value in breach.facts.items())
        click.echo(f"{breach.rule}: {breach.about} ({facts})")
    if found:
        raise click.ClickException(f"{found} breaches of the rules of the books")
    click.echo(f"{queries.count()} entries hold")
