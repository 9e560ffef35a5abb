"""`sharing own-data`: a person's data, for whoever may not sign in any more."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sharing.exports import formats, queries
from sharing.people import queries as people


@click.command("own-data")
@click.argument("username")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; else standard output.")
def own_data(username: str, out: Path | None) -> None:
    """Write everything that is kept of a person as JSON, of one who has left too."""
    person = people.person_by_username(username)
    if person is None:
        raise click.ClickException(f"nobody has the username {username!r}")
    pieces = formats.document(queries.own_data(person.id))
    if out is None:
        sys.stdout.buffer.writelines(pieces)
        return
    with out.open("wb") as file:
        file.writelines(pieces)
