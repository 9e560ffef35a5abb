"""Who may what: one row for each route of the URL map, to be read by people.

may     who gets through, on our side and on theirs; whether the form is then right is another question
knows   who may know of the thing: they are told 403, everybody else 404
own     it changes nothing but what belongs to the asker
Whoever holds the route's right nowhere is told 403 before anything is looked up; a visitor is sent to sign in.
"""

from __future__ import annotations

from typing import Final

from tests.checks.rights import bookings, houses, money, people, register
from tests.checks.rights.kinds import instrument
from tests.checks.rights.who import OVERSEES, Route

LAST: Final[dict[str, Route]] = {  # for it takes roles away
    "POST instruments.set_managers": instrument("people.manage", OVERSEES, {"managers": "manager"}),
}
ROUTES: Final[dict[str, Route]] = (
    bookings.ROUTES | register.ROUTES | people.ROUTES | houses.ROUTES | money.ROUTES | LAST
)
