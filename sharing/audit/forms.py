"""What somebody asks of the trail, to a checked value."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE

Text = Annotated[str, StringConstraints(max_length=60)]


class TrailIn(Input):
    """Which rows of the trail, the newest first.

    person       a user name, or a staff number of one's own institution
    thing        a booking's number, an instrument's or an institution's code, a group's code, or any thing's id
    request      the number of a request, as `X-Request-ID` answered it
    action       what was done, such as `booking.cancel`; `booking.` means all that is done to bookings
    since, last  days; `last` still counts
    older_than   the id of the last row of the page before
    """

    person: Text = ""
    thing: Text = ""
    request: Text = ""
    action: Text = ""
    zone: Text = ""
    institution: Text = ""
    since: Annotated[Day | None, EmptyIsNone] = None
    last: Annotated[Day | None, EmptyIsNone] = None
    older_than: Annotated[uuid.UUID | None, EmptyIsNone] = None
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE
