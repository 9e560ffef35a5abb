"""`make bench`: loads the large network into a durable PostgreSQL and prints each figure beside the raw engine's.

Rounds are paired: ours and the raw engine by turns in one run, and the median of the ratios is told, because a shared
machine's speed moves. BENCH_ROUNDS (5) and BENCH_SECONDS (6) bound it; the table goes to var/bench.json too.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

import psycopg
from flask import Flask

from sharing.kernel.db import db, forget_connections
from sharing.kernel.timespan import shanghai_day, week_span
from sharing.web.app import create_app
from sharing.web.settings import Settings
from tests.bench import measures, raw, stage
from tests.bench.http import free_port, server
from tests.harness.postgres import Postgres
from tests.harness.statements import statements

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
WORKERS = 2
SEARCHES = (
    "/instruments?q=电镜",
    "/instruments?q=sem&zone=kunming",
    "/instruments?q=质谱",
    "/instruments?q=smdz",
    "/instruments?zone=honghe&sort=value",
    "/instruments?category=0101",
    "/instruments?q=Bruker",
    "/instruments",
)


def main() -> int:
    """Run everything; 1 when a promised figure is missed."""
    pg = Postgres(durable=True).start()
    try:
        return _run(pg)
    finally:
        pg.remove()


def _run(pg: Postgres) -> int:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    url = pg.url("bench")
    with psycopg.connect(_plain(pg.url()), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
    app = create_app(
        Settings(database_url=url, secret_key="only for the bench", demo=True, storage_dir=folder)
    )
    stage.load(app, url)
    with app.app_context():
        desks = stage.desks()
        category = stage.category_of(500)
        db.session.remove()
        forget_connections()
    environment = {
        "SHARING_DATABASE_URL": url,
        "SHARING_SECRET_KEY": "only for the bench",
        "SHARING_STORAGE_DIR": str(folder),
        "SHARING_LOG_FORMAT": "json",
    }
    port, empty = free_port(), free_port()
    ours = ["sharing.web.cli", "serve", "--port", str(port), "--workers", str(WORKERS), "--no-scheduler"]
    threads = str(app.extensions["sharing.settings"].pool_size)
    bare = ["gunicorn", "-k", "sharing.web.server.Worker", "--threads", threads, "-w", str(WORKERS)]
    bare += ["--keep-alive", "75", "-b", f"127.0.0.1:{empty}", "tests.bench.empty:app"]
    with server(ours, port, environment, folder / "ours.log"), server(bare, empty, {}, folder / "bare.log"):
        # Before the bookings are made, which give each person more of them than anybody has.
        found = _availability(port, desks, category)
        figures = {**_bookings(port, pg, desks), **_weeks(port, empty, desks), **_search(port), **found}
    figures["statements"] = _statements(app, desks)
    return _tell(figures)


def _plain(url: str) -> str:
    """What psycopg itself takes."""
    return url.replace("+psycopg", "")


def _pairs(ours: Callable[[int], float], bare: Callable[[int], float]) -> dict[str, Any]:
    """Paired rounds by turns; both medians and the median of the ratios."""
    a, b = [], []
    for n in range(ROUNDS):
        a.append(ours(n))
        b.append(bare(n))
    return _ratio(a, b)


def _ratio(a: list[float], b: list[float]) -> dict[str, Any]:
    ratios = [x / y for x, y in zip(a, b, strict=True)]
    return {
        "ours": round(measures.middle(a), 1),
        "raw": round(measures.middle(b), 1),
        "ratio": round(measures.middle(ratios), 3),
        "ratios": [round(r, 3) for r in ratios],
    }


def _bookings(port: int, pg: Postgres, desks: list[measures.Desk]) -> dict[str, Any]:
    """Ours, then the same guarded insert by bare psycopg: the slot with its booking's row. Beside it, by the same
    bookings of ours, the slot alone, which no product could call a booking."""
    url, first = _plain(pg.url("bench")), stage.far_future()
    kinds = {"slot and booking row": raw.slot_and_booking(url), "slot alone": raw.slot_alone()}

    def slots(n: int) -> Any:
        return measures.slots(first, n, timedelta(minutes=30))

    warm = measures.bookings_over_http(
        port, desks, slots(-1)
    )  # both workers learn the terms of every instrument
    measures.rate(warm, SECONDS)
    rates: dict[str, list[float]] = {name: [] for name in ("ours", *kinds)}
    for n in range(ROUNDS):
        ours = measures.bookings_over_http(port, desks, slots(3 * n))
        rates["ours"].append(measures.rate(ours, SECONDS))
        for place, (name, insert) in enumerate(kinds.items(), 1):
            rows = raw.inserts(url, insert, desks, slots(3 * n + place))
            rates[name].append(measures.rate(rows, SECONDS / 2))
    goals = {"slot and booking row": {"goal": 0.10, "aim": 0.20}, "slot alone": {}}
    return {
        f"bookings per second over HTTP / bare psycopg, {name}": _ratio(rates["ours"], rates[name])
        | goals[name]
        for name in kinds
    }


def _weeks(port: int, empty: int, desks: list[measures.Desk]) -> dict[str, Any]:
    ids: list[UUID] = [one for desk in desks for one in desk.instruments[:5]]
    week = week_span(shanghai_day(datetime.now(UTC)))  # as the loaded network has it: some seven bookings
    query = urlencode({"start": week.start.isoformat(), "end": week.end.isoformat()})
    paths = [f"/api/v1/instruments/{one}/calendar?{query}" for one in ids]
    headers = f"Authorization: Bearer {desks[0].token}\r\n"
    found = _pairs(
        lambda _n: measures.rate(measures.reads(port, paths, headers), SECONDS / 2),
        lambda _n: measures.rate(measures.reads(empty, ["/healthz"]), SECONDS / 2),
    )
    return {"week calendar JSON per second / empty Flask view": {**found, "goal": 0.25}}


def _search(port: int) -> dict[str, Any]:
    paths = [quote(path, safe="/?=&") for path in SEARCHES]  # a request line is ASCII
    measures.times(port, paths, WORKERS * len(paths))  # warm
    found = measures.times(port, paths, 25 * len(paths))
    quantiles = statistics.quantiles(found, n=100)
    return {
        "catalogue search with facets, ms": {
            "p50": round(quantiles[49], 1),
            "p95": round(quantiles[94], 1),
            "goal_p50": 60,
        }
    }


def _availability(port: int, desks: list[measures.Desk], category: tuple[str, int]) -> dict[str, Any]:
    """The nearest two hours over a category, in the fortnight from now and from each of the next days."""
    code, size = category
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    starts = [now + timedelta(days=n) for n in range(7)]
    asked = {"category": code, "duration": "PT2H"}
    paths = [
        "/api/v1/availability?"
        + urlencode(asked | {"from": start.isoformat(), "to": (start + timedelta(days=14)).isoformat()})
        for start in starts
    ]
    headers = f"Authorization: Bearer {desks[0].token}\r\n"
    measures.times(port, paths, 2 * WORKERS * len(paths), headers)  # warm: terms and prices are kept
    quantiles = statistics.quantiles(measures.times(port, paths, 20 * len(paths), headers), n=100)
    return {
        "availability over a category for 14 days, ms": {
            "p50": round(quantiles[49], 1),
            "p95": round(quantiles[94], 1),
            "instruments": size,
            "goal_p50": 150,
        }
    }


def _statements(app: Flask, desks: list[measures.Desk]) -> Mapping[str, int]:
    """Statements that one warm request of each kind sends, transaction control aside."""
    client, found = app.test_client(), {}
    start = stage.far_future() + timedelta(days=300)
    auth = {"Authorization": f"Bearer {desks[0].token}"}
    one = desks[0].instruments[0]
    monday = start.date()

    def book(n: int) -> int:
        span = {
            "start": (start + timedelta(hours=n)).isoformat(),
            "end": (start + timedelta(hours=n + 1)).isoformat(),
        }
        ask = {"instrument_id": str(one), "purpose": "b", **span}
        return client.post("/api/v1/bookings", json=ask, headers=auth).status_code

    kinds: dict[str, Callable[[int], int]] = {
        "POST /api/v1/bookings": book,
        "GET calendar": lambda _n: (
            client.get(
                f"/api/v1/instruments/{one}/calendar",
                query_string={
                    "start": f"{monday}T00:00:00+08:00",
                    "end": f"{monday + timedelta(days=7)}T00:00:00+08:00",
                },
                headers=auth,
            ).status_code
        ),
        "GET availability": lambda _n: (
            client.get("/api/v1/availability?category=010000&duration=PT2H", headers=auth).status_code
        ),
        "GET /instruments?q=电镜": lambda _n: client.get("/instruments?q=电镜").status_code,
        "GET /instruments/<id>": lambda _n: client.get(f"/instruments/{one}").status_code,
    }
    for name, ask in kinds.items():
        ask(0)
        sent: list[str] = []
        with app.app_context(), statements(sent):
            status = ask(1)
        if status not in {200, 201}:
            raise RuntimeError(f"{name}: {status}")
        found[name] = len([s for s in sent if not s.upper().startswith(("SAVEPOINT", "RELEASE"))])
    return found


def _tell(figures: dict[str, Any]) -> int:
    """Print the table, keep it, and say whether a goal was missed."""
    missed = []
    for name, found in figures.items():
        print(f"{name}: {json.dumps(found, ensure_ascii=False)}")
        if "goal" in found and found["ratio"] < found["goal"]:
            missed.append(name)
        if "goal_p50" in found and found["p50"] > found["goal_p50"]:
            missed.append(name)
    target = Path("var/bench.json")
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(figures, ensure_ascii=False, indent=1))
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
