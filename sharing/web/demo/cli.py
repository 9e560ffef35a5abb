"""`sharing demo`: the sample network."""

from __future__ import annotations

from dataclasses import asdict

import click
from flask import current_app

from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.web.demo.loading import Scale, load


@click.group()
def demo() -> None:
    """The sample network."""


@demo.command("load")
@click.option("--scale", type=click.Choice(["small", "large"]), default="small", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed and day, same data.")
def load_command(scale: Scale, seed: int) -> None:
    """Load the sample network into an empty database, once; a database that holds real data is refused."""
    may_sign_in = current_app.extensions["sharing.settings"].demo
    try:
        loaded = load(scale, seed=seed, now=clock.now(), sign_in=may_sign_in)
    except Refused as no:
        if no.kind != "in-use":
            raise
        raise click.ClickException(
            "this database holds real data; the sample network needs an empty one"
        ) from no
    click.echo("\n".join(f"{name} {number}" for name, number in asdict(loaded).items()))
    if not loaded.rows:
        click.echo("the sample network is there already; nothing was written", err=True)
    elif not may_sign_in:
        click.echo("its accounts cannot sign in: that takes SHARING_DEMO=1", err=True)
