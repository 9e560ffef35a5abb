"""An act whose process is killed before it commits: afterwards nothing of it is there, and doing it again succeeds."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from sharing.audit.models import AuditEvent
from sharing.booking.models import Booking, Slot
from sharing.kernel.db import db
from sharing.notify.models import Message
from sharing.orders import queries, service
from sharing.orders.models import OrderFile
from sharing.orders.rules import Status
from sharing.web.places import ROOT
from tests.cast import NOW
from tests.harness.databases import Clone
from tests.orders.world import PDF, SLOT, world

SCRIPT = """
import os, signal, sys, uuid
from datetime import datetime
from pathlib import Path
from sqlalchemy import event
from sharing.kernel.db import db
from sharing.kernel.timespan import TimeSpan
from sharing.orders import service
from sharing.people import queries as people
from sharing.web.app import create_app
from sharing.web.settings import Settings

url, storage, act, order, manager, now, start, end = sys.argv[1:]
app = create_app(Settings(database_url=url, secret_key="a key that only this test knows", storage_dir=Path(storage)))
with app.app_context():
    by = people.actor(uuid.UUID(manager), datetime.fromisoformat(now))
    event.listen(db.engine, "commit", lambda _connection: os.kill(os.getpid(), signal.SIGKILL))
    at = datetime.fromisoformat(now)
    if act == "deliver":
        service.deliver(uuid.UUID(order), [service.Sent("a.pdf", b"%PDF-1.7 %%EOF")], by=by, now=at)
    else:
        span = TimeSpan(datetime.fromisoformat(start), datetime.fromisoformat(end))
        service.schedule(uuid.UUID(order), span, by.user_id, by=by, now=at)
"""


def counted() -> dict[str, int]:
    db.session.rollback()
    tables = {"files": OrderFile, "bookings": Booking, "slots": Slot, "audit": AuditEvent, "told": Message}
    return {
        name: db.session.scalar(select(func.count()).select_from(model)) or 0
        for name, model in tables.items()
    }


@pytest.mark.parametrize("act", ["schedule", "deliver"])
def test_killed_before_the_commit_nothing_of_it_is_there(app: Flask, database: Clone, act: str) -> None:
    at = world()
    row = at.accepted() if act == "schedule" else at.received()
    before, manager = counted(), at.house.manager.id
    now = NOW + timedelta(days=2)
    db.session.execute(text("SELECT 1"))
    db.session.rollback()
    facts = [str(row.id), str(manager), now.isoformat(), SLOT.start.isoformat(), SLOT.end.isoformat()]
    command = [sys.executable, "-c", SCRIPT, database.url, str(database.folder / "storage"), act, *facts]
    done = subprocess.run(command, cwd=Path(ROOT), capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert counted() == before
    assert at.now(row).status is row.status
    by = at.by("manager")
    if act == "schedule":
        assert service.schedule(row.id, SLOT, manager, by=by, now=now).slot == SLOT
    else:
        again = service.deliver(row.id, [service.Sent("a.pdf", PDF)], by=by, now=now)
        assert again.status is Status.DELIVERED
        assert len([one for one in queries.files(row.id) if one.delivery == 1]) == 1
