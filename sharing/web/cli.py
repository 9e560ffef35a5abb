"""The `sharing` command. Data goes to stdout, everything else to stderr; exit 0 done, 1 failed, 2 wrong usage."""

from __future__ import annotations

import ipaddress
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any

import click
from alembic.util import CommandError
from flask import Flask
from sqlalchemy.exc import DBAPIError

from sharing.audit import cli as audit
from sharing.booking import cli as booking
from sharing.exports import cli as exports
from sharing.kernel import clock
from sharing.kernel.db import db, forget_connections
from sharing.kernel.refusals import Refused
from sharing.ledger import cli as ledger
from sharing.orders import cli as orders
from sharing.people import cli as people
from sharing.pricing import cli as pricing
from sharing.registry import cli as registry
from sharing.web import (
    backups,
    checkup,
    demo,
    logs,
    network_command,
    schema,
    seed,
    server,
    settings,
    telling_command,
)
from sharing.web import scheduler as jobs
from sharing.web.app import create_app
from sharing.web.demo import cli as demo_cli
from sharing.web.messages import explain, title
from sharing.web.trail.command import export as audit_export

ENOUGH_WORKERS = 4
UNSIGNED = "this command signs nothing"


def say(text: str) -> None:
    click.echo(text, err=True)


class Sharing(click.Group):
    """Turns what may go wrong into one line and exit code 1; a bug keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Refused as no:
            raise click.ClickException(f"{title(no.kind)}: {explain(no.kind, no.facts)}") from no
        except (settings.SettingsError, schema.BrokenReferences, CommandError, backups.Unusable) as error:
            raise click.ClickException(str(error)) from error
        except DBAPIError as error:
            raise click.ClickException(f"the database did not answer: {error.orig}") from error


@click.group(cls=Sharing, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Booking, approval, use and accounts of a network of shared research instruments."""


@contextmanager
def opened(app: Flask) -> Iterator[None]:
    """The application's context; its connections are closed at the end."""
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()
            forget_connections()


def in_application(command: click.Command) -> click.Command:
    """A copy of a slice's command, or of its group, that runs with the application's context open."""
    mine = copy(command)
    if isinstance(mine, click.Group):
        mine.commands = {name: in_application(part) for name, part in mine.commands.items()}
    elif mine.callback is not None:
        mine.callback = _with_context(mine.callback)
    return mine


def _with_context(work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def run(*args: Any, **kwargs: Any) -> Any:
        found = settings.read()
        logs.configure(found.log_format)
        with opened(create_app(found)):
            return work(*args, **kwargs)

    return run


# --- serving ----------------------------------------------------------------------------------------------------------


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", type=click.IntRange(1, 256), help="Processes; by default one a core, two to four.")
@click.option("--no-scheduler", is_flag=True, help="Leave timed work to a scheduler started elsewhere.")
def serve(host: str, port: int, workers: int | None, no_scheduler: bool) -> None:
    """Serve pages and API, with the scheduler beside them."""
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    found = settings_at(address)
    logs.configure(found.log_format)
    if found.demo and not is_loopback(host):
        raise click.UsageError("a demo server has known passwords, so it listens on this machine only")
    server.share_figures()
    app = create_app(found)
    if found.demo:
        prepare_demo(app, found)
    server.Served(
        app,
        bind=address.removeprefix("http://"),
        workers=workers or max(2, min(ENOUGH_WORKERS, os.cpu_count() or 1)),
        threads=found.pool_size,
        with_scheduler=not no_scheduler,
        ready=lambda: click.echo(demo.greeting(address) if found.demo else address),
    ).run()


@cli.command()
@click.option("--beside", type=int, hidden=True, help="End when this process has gone.")
def scheduler(beside: int | None) -> None:
    """Do timed work; of all that are started, one is active."""
    found = settings.read()
    logs.configure(found.log_format)
    if beside is not None:
        threading.Thread(target=end_with, args=(beside,), daemon=True).start()
    jobs.run(create_app(found))


def end_with(parent: int) -> None:
    """Ask this process to stop once its parent has gone, however it went."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


def settings_at(address: str) -> settings.Settings:
    """The settings; a demo that was told no address of its own has its links lead to where it listens.

    Said in the environment, so that the scheduler beside writes the same links into its mails.
    """
    found = settings.read()
    if found.demo and found.base_url == settings.Settings.model_fields["base_url"].default:
        os.environ["SHARING_BASE_URL"] = address
        found = settings.read()
    return found


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def prepare_demo(app: Flask, found: settings.Settings) -> None:
    """Bring the demo's database up to date and load the sample network into an empty one."""
    if not schema.state_of(found.database_url).is_current:
        schema.upgrade(found.database_url)
    with opened(app):
        if demo.is_empty():
            say("loading the demo network …")
            demo.load(now=clock.now())


# --- database ---------------------------------------------------------------------------------------------------------


@cli.group("db")
def database() -> None:
    """Migrations of the database."""


def owner_url() -> str:
    """The URL that may change tables; these commands need no secret key."""
    given: dict[str, Any] = {} if os.environ.get("SHARING_SECRET_KEY") else {"secret_key": UNSIGNED}
    found = settings.read(**given)
    return found.database_owner_url or found.database_url


@database.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Migrate to the newest schema (or to REVISION) and write the reference data of a new network."""
    url = owner_url()
    schema.upgrade(url, revision)
    if schema.state_of(url).is_current:
        with opened(create_app(settings.read(database_url=url, secret_key=UNSIGNED))):
            if seed.seed(clock.now()):
                say("wrote the reference data: zones, categories, working days, first rules")
    say(f"the database is at {schema.state_of(url).current}")


@database.command()
@click.argument("revision")
def downgrade(revision: str) -> None:
    """Go back to REVISION; `base` takes every table away."""
    url = owner_url()
    schema.downgrade(url, revision)
    say(f"the database is at {schema.state_of(url).current or 'nothing'}")


@database.command()
def current() -> None:
    """Print the revision that the database is at."""
    click.echo(schema.state_of(owner_url()).current or "")


@database.command("check")
def check_database() -> None:
    """Compare the database with the code: revision, tables, and the guards that hold the invariants."""
    url = owner_url()
    state = schema.state_of(url)
    if not state.is_current:
        raise click.ClickException(
            f"at {state.current or 'nothing'}, newest is {state.head}: sharing db upgrade"
        )
    wrong = schema.differences(url) + schema.missing_guards(url)
    for line in wrong:
        click.echo(line)
    if wrong:
        raise click.ClickException(f"{len(wrong)} differences between database and code")
    say(f"the database is at {state.head} and as the code expects it")


# --- care -------------------------------------------------------------------------------------------------------------


@cli.command()
def doctor() -> None:
    """Look at configuration, database, migrations, clock, mail and storage: a line each."""
    lines = checkup.lines()
    for line in lines:
        click.echo(line)
    if any(line.failed for line in lines):
        sys.exit(1)


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write database and stored files, as of one instant, into FILE."""
    found = settings.read()
    backups.write(found, file)
    say(f"wrote {file} ({file.stat().st_size} bytes)")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Read a backup into an empty database."""
    backups.read(settings.read(), file)
    say(f"restored {file}")


audit.audit.add_command(audit_export)
cli.add_command(in_application(audit.audit))
cli.add_command(in_application(booking.booking))
cli.add_command(in_application(network_command.zone))
cli.add_command(in_application(network_command.institution))
cli.add_command(in_application(telling_command.notice))
cli.add_command(in_application(telling_command.mail_text))
cli.add_command(in_application(people.user))
cli.add_command(in_application(people.token))
cli.add_command(in_application(registry.registry))
cli.add_command(in_application(people.role))
cli.add_command(in_application(people.group))
cli.add_command(in_application(exports.own_data))
cli.add_command(in_application(people.channel))
cli.add_command(in_application(pricing.price))
cli.add_command(in_application(booking.policy))
cli.add_command(in_application(booking.chain))
cli.add_command(in_application(booking.working_days))
cli.add_command(in_application(orders.order))
cli.add_command(in_application(booking.calendar))
cli.add_command(in_application(ledger.ledger))
cli.add_command(in_application(demo_cli.demo))


def main() -> None:
    """The console script."""
    cli(prog_name="sharing")


if __name__ == "__main__":
    main()
