"""Files brought to the register are kept a set number of days; the record of each run stays."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.tables.plan import Mode
from sharing.people import service as people
from sharing.registry import service
from sharing.registry.jobs import forget_files, imports_due
from sharing.registry.models import ImportRun
from sharing.registry.pages import imports
from sharing.registry.rules.records import State
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.registry.importing import found
from tests.registry.test_import_pages import MIXED, latest, sent

OLD = timedelta(days=91)


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    made.admin.password_hash = KEPT
    db.session.commit()
    return made


@pytest.fixture
def admin(app: Flask, house: cast.House) -> Browser:
    return Browser(app).sign_in(house.admin)


@pytest.fixture
def run_id(admin: Browser, house: cast.House) -> uuid.UUID:
    """A run that was looked at, and not applied."""
    sent(admin, MIXED, house)
    run = latest(house.admin)
    assert run.state is State.LOOKED
    return run.id


def left(run_id: uuid.UUID) -> bool:
    return service.import_file(imports.storage(), run_id).is_file()


def at(run_id: uuid.UUID, state: State) -> None:
    db.session.execute(update(ImportRun).where(ImportRun.id == run_id).values(state=state.value))
    db.session.commit()


def test_a_file_is_kept_to_its_last_day_and_removed_once(run_id: uuid.UUID) -> None:
    brought = found(run_id).created_at
    assert forget_files(brought + timedelta(days=90)) == 0
    assert left(run_id)
    assert forget_files(brought + OLD) == 1
    assert not left(run_id)
    assert forget_files(brought + OLD) == 0


def test_the_days_are_a_setting(run_id: uuid.UUID) -> None:
    later = found(run_id).created_at + timedelta(days=10)
    assert service.forget_imports(imports.storage(), later, days=11) == 0
    assert service.forget_imports(imports.storage(), later, days=9) == 1


def test_the_page_says_so_and_its_figures_stay(admin: Browser, house: cast.House, run_id: uuid.UUID) -> None:
    before = found(run_id)
    where = f"/records/imports/{run_id}"
    assert "文件已删除" not in admin.get(where).text
    forget_files(before.created_at + OLD)
    page = admin.get(where).text
    assert ("文件已删除" in page, "只保存 90 天" in page) == (True, True)
    assert f"{where}/apply" not in page
    assert f"{where}/bad.csv" not in page
    assert admin.get(f"{where}/bad.csv").status_code == 404
    assert found(run_id) == before
    assert "登记表.csv" in admin.get("/records").text


def test_what_is_kept_no_longer_is_not_applied(admin: Browser, house: cast.House, run_id: uuid.UUID) -> None:
    forget_files(found(run_id).created_at + OLD)
    where = f"/records/imports/{run_id}"
    assert admin.post(f"{where}/apply", mode="good").status_code == 409
    assert admin.post(f"{where}/mapping").status_code == 409
    with pytest.raises(Refused) as no:
        service.ask_import(
            run_id, Mode.GOOD, by=cast.actor(house.admin), now=cast.NOW, storage=imports.storage()
        )
    assert no.value.kind == "invalid-transition"
    assert found(run_id).state is State.LOOKED
    assert imports_due(cast.NOW) == 0


@pytest.mark.parametrize("state", [State.WAITING, State.LOOKING, State.ASKED])
def test_a_file_that_somebody_will_still_read_stays(run_id: uuid.UUID, state: State) -> None:
    at(run_id, state)
    assert forget_files(found(run_id).created_at + OLD) == 0
    assert left(run_id)


@pytest.mark.parametrize("state", [State.DONE, State.REFUSED])
def test_a_file_that_was_worked_through_goes(run_id: uuid.UUID, state: State) -> None:
    at(run_id, state)
    assert forget_files(found(run_id).created_at + OLD) == 1


def test_the_api_says_so(client: FlaskClient, house: cast.House, run_id: uuid.UUID) -> None:
    by = cast.actor(house.admin)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    headers = {"Authorization": f"Bearer {token}"}
    where = f"/api/v1/registry/imports/{run_id}"
    assert client.get(where, headers=headers).get_json()["file_removed"] is False
    forget_files(found(run_id).created_at + OLD)
    assert client.get(where, headers=headers).get_json()["file_removed"] is True
    rows = client.get(f"{where}/rows?kind=bad", headers=headers)
    assert (rows.status_code, rows.get_json()["items"], rows.get_json()["total"]) == (200, [], 0)
    answer = client.post(f"{where}/apply", json={"mode": "good"}, headers=headers)
    assert answer.status_code == 409
