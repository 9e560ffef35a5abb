"""Health, readiness and figures: what a load balancer and a Prometheus read."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from sharing.kernel.db import db, new_id, transaction
from sharing.notify import service
from sharing.notify.service import Recipient
from sharing.web import scheduler, views_health
from tests.cast import NOW


def figures(client: FlaskClient) -> dict[str, float]:
    """Each sample as `name{label=value,…}`."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return {
        sample.name + ("{" + ",".join(f"{k}={v}" for k, v in sample.labels.items()) + "}" if sample.labels else ""):
        sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }  # fmt: skip


def test_a_process_that_lives_says_so(client: FlaskClient) -> None:
    assert client.get("/healthz").text == "ok\n"


def test_ready_when_the_database_is_migrated(app: Flask, client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200
    newest = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.rollback()
    try:
        with transaction():
            db.session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz").status_code == 200
    finally:
        with transaction():
            db.session.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
    assert client.get("/readyz").status_code == 200


def test_the_outbox_stands_in_the_figures(client: FlaskClient) -> None:
    with transaction():
        to = [Recipient(new_id(), f"{n}@x.cn") for n in range(3)]
        service.enqueue("booking.approved", to, ("booking", new_id()), {"number": "1"}, NOW)
        db.session.execute(text("UPDATE notify_outgoing SET state = 'failed' WHERE address = '0@x.cn'"))
    found = figures(client)
    assert found["sharing_database_up"] == 1
    assert found["sharing_outbox_waiting"] == 2
    assert found["sharing_outbox_failed"] == 1
    assert found["sharing_outbox_late_seconds"] > 0


def test_timed_work_stands_in_the_figures(app: Flask, client: FlaskClient) -> None:
    scheduler.run_once(app, scheduler.OWN[0], "a")
    assert "sharing_job_last_done_timestamp_seconds{job=kernel.forget-keys}" in figures(client)


def test_requests_are_counted_by_endpoint_and_no_secret_is_named(client: FlaskClient) -> None:
    name = "sharing_requests_total{endpoint=feeds.calendar,method=GET,status=404}"
    before = figures(client).get(name, 0)
    client.get("/calendars/very-secret.ics")
    assert figures(client)[name] == before + 1
    assert "very-secret" not in client.get("/metrics").text


def test_any_method_is_counted_under_a_known_name(client: FlaskClient) -> None:
    client.open("/healthz", method="BREW")
    assert not [name for name in figures(client) if "BREW" in name]


def test_a_database_that_is_away_is_told(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise OperationalError("SELECT 1", {}, OSError("gone"))

    monkeypatch.setattr(views_health.notify, "outbox", away)
    assert figures(client)["sharing_database_up"] == 0


def test_what_is_refused_at_the_door_has_its_number_and_its_length(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.post("/sign-in", data={}, headers={"X-Request-ID": "from-the-proxy"})
    assert answer.status_code == 400  # no token in the form
    assert answer.headers["X-Request-ID"] == "from-the-proxy"
    said = "".join(
        capsys.readouterr()
    )  # standard error where an earlier test of this process configured the log
    line = next(line for line in said.splitlines() if "from-the-proxy" in line)
    took = re.search(r"milliseconds\W+([\d.]+)", re.sub(r"\x1b\[[\d;]*m", "", line))
    assert took is not None
    assert float(took[1]) < 60_000
