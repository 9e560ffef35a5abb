"""R1 for hand-over: of 32 answers to one offer at the same instant one counts, with and without the lock."""

from __future__ import annotations

import sys
from collections import Counter

import pytest
from flask import Flask

from sharing.booking import service
from sharing.booking.queries.tables import CHANGE
from sharing.kernel.db import db
from tests import cast
from tests.harness.databases import Clone
from tests.harness.processes import SHARING
from tests.races.ground import deadlocks, ground, overlaps, scattered
from tests.races.rivals import api
from tests.races.test_doors import RIVALS, rivals_of

ROUNDS = 5
UNGUARDED = (sys.executable, "-m", "tests.races.unguarded")

pytestmark = pytest.mark.race


@pytest.mark.parametrize("command", [SHARING, UNGUARDED], ids=["guarded", "database-alone"])
def test_r1_one_answer_to_an_offer_counts(app: Flask, database: Clone, command: tuple[str, ...]) -> None:
    """Half of them take it, half take it back: either it is the colleague's or it stays, never both."""
    at = ground(app)
    house, before = at.house, deadlocks()
    now = at.day.replace(year=at.day.year - 1)
    ids = scattered(at.laser, house.researcher, house.group.id, [at.slot(n) for n in range(ROUNDS)])
    for booking_id in ids:
        service.hand_over(booking_id, person=house.head.username, by=cast.actor(house.researcher), now=now)
    db.session.execute(CHANGE.update().values(due_at=at.day.replace(year=at.day.year + 1)))
    db.session.commit()
    with rivals_of(database, command) as rivals:
        for booking_id in ids:
            take = api("POST", f"/bookings/{booking_id}/take-over", at.tokens["head"])
            keep = api("POST", f"/bookings/{booking_id}/keep", at.tokens["researcher"])
            said = Counter(one.status for one in rivals.race([take, keep] * (RIVALS // 2)))
            assert said[200] == 1, said
            assert set(said) <= {200, 404, 409}, said
    assert overlaps() == {"slots": 0, "bookings": 0}
    assert deadlocks() == before
