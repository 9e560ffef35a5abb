"""The `sharing` command: exit codes, what goes to which stream, and what each part does (CONTRACT section 1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sharing.web import schema
from sharing.web.cli import cli, is_loopback, settings_at
from tests.harness.databases import Clone
from tests.harness.processes import SECRET


@pytest.fixture
def blank(database: Clone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Clone]:
    """A database without tables, and settings that name it."""
    clone = Clone(database.kind)
    schema.downgrade(clone.url, "base")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHARING_DATABASE_URL", clone.url)
    monkeypatch.setenv("SHARING_SECRET_KEY", SECRET)
    yield clone
    clone.remove()


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)


@pytest.mark.parametrize("path", list(commands(cli)), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    result = run(*path, "--help")

    assert result.exit_code == 0
    assert len(result.stdout.splitlines()[2].strip()) > 10


def test_wrong_usage_ends_with_2() -> None:
    assert run("nothing-like-that").exit_code == 2
    assert run("serve", "--port", "0").exit_code == 2
    assert run("db", "downgrade").exit_code == 2


def test_the_links_of_a_demo_lead_to_the_port_it_listens_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARING_DEMO", "1")
    monkeypatch.setenv("SHARING_BASE_URL", "http://127.0.0.1:8000")  # as shipped; put back after the test

    assert settings_at("http://127.0.0.1:9000").base_url == "http://127.0.0.1:9000"
    assert os.environ["SHARING_BASE_URL"] == "http://127.0.0.1:9000"

    monkeypatch.setenv("SHARING_BASE_URL", "https://demo.example")
    assert settings_at("http://127.0.0.1:9000").base_url == "https://demo.example"


def test_settings_that_cannot_be_used_end_with_1_and_name_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARING_SECRET_KEY", SECRET)
    monkeypatch.setenv("SHARING_DATABSE_URL", "sqlite:///var/typo.db")

    result = run("db", "current")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "databse_url" in result.stderr


def test_a_demo_server_listens_on_this_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARING_DEMO", "1")

    assert run("serve", "--host", "0.0.0.0").exit_code == 2
    assert [host for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8") if not is_loopback(host)] == []
    assert [host for host in ("0.0.0.0", "::", "192.0.2.1", "example.test") if is_loopback(host)] == []


def test_a_server_without_a_secret_key_does_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SHARING_SECRET_KEY", raising=False)

    result = run("serve")

    assert result.exit_code == 1
    assert "SHARING_SECRET_KEY" in result.stderr


def test_a_database_is_made_checked_and_taken_away(blank: Clone) -> None:
    assert run("db", "current").stdout == "\n"
    assert run("db", "check").exit_code == 1

    first, second = run("db", "upgrade"), run("db", "upgrade")
    assert (first.exit_code, first.stdout) == (0, "")
    assert "reference data" in first.stderr
    assert "reference data" not in second.stderr
    assert run("db", "current").stdout.strip() == schema.head()
    assert run("db", "check").exit_code == 0

    assert run("db", "downgrade", "base").exit_code == 0
    assert run("db", "current").stdout == "\n"
    assert run("db", "downgrade", "no-such-revision").exit_code == 1


def test_the_doctor_names_what_is_wrong(blank: Clone) -> None:
    ill = run("doctor")
    assert ill.exit_code == 1
    assert "failed migrations" in ill.stdout

    run("db", "upgrade")
    well = run("doctor")
    assert well.exit_code == 0, well.stdout
    for about in ("configuration", "database", "roles", "migrations", "guards", "clock", "mail", "storage"):
        assert f" {about} " in well.stdout


def test_a_backup_goes_back_into_an_empty_database(blank: Clone, tmp_path: Path) -> None:
    run("db", "upgrade")
    assert run("backup", str(tmp_path / "all.backup")).exit_code == 0
    refused = run("restore", str(tmp_path / "all.backup"))
    assert (refused.exit_code, "holds rows already" in refused.stderr) == (1, True)

    run("db", "downgrade", "base")
    assert run("restore", str(tmp_path / "all.backup")).exit_code == 0
    assert run("db", "check").exit_code == 0
