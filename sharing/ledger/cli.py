"""`sharing ledger`: do the books hold?"""

from __future__ import annotations

import click

from sharing.ledger import queries


@click.group()
def ledger() -> None:
    """The books of every institution."""


@ledger.command()
def check() -> None:
    """Hold all the books against their rules and every entry against its seal; exit 1 names each breach."""
    found = 0
    for chain in queries.chains():
        found += len(chain.broken)
        for one in chain.broken:
            click.echo(f"broken: {one}")
        click.echo(
            f"{chain.name}: {chain.rows} entries, {chain.seals} seals, {chain.unsealed} not yet sealed"
        )
    for breach in queries.breaches():
        found += 1
        facts = ", ".join(f"{name} {value}" for name, value in breach.facts.items())
        click.echo(f"{breach.rule}: {breach.about} ({facts})")
    if found:
        raise click.ClickException(f"{found} breaches of the rules of the books")
    click.echo(f"{queries.count()} entries hold")
