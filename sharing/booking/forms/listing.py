"""What somebody who oversees bookings asks of their list."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field, StringConstraints

from sharing.booking.queries import Listing
from sharing.booking.rules import Status
from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int
from sharing.kernel.language import _
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import at_shanghai, day_span
from sharing.network import queries as network


class ListingIn(Input):
    """Which bookings; `zone` and `institution` by their codes, `since` and `last` as days that both count."""

    q: Annotated[str, StringConstraints(max_length=60)] = ""
    status: Annotated[Status | None, EmptyIsNone] = None
    instrument: Annotated[uuid.UUID | None, EmptyIsNone] = None
    zone: Annotated[str, StringConstraints(max_length=40)] = ""
    institution: Annotated[str, StringConstraints(max_length=40)] = ""
    since: Annotated[Day | None, EmptyIsNone] = None
    last: Annotated[Day | None, EmptyIsNone] = None
    older_than: Annotated[uuid.UUID | None, EmptyIsNone] = None
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE

    def asked(self) -> Listing:
        """As the query takes it. Raises Refused: invalid-input (no such zone or institution)."""
        zone = network.zone(self.zone) if self.zone else None
        house = network.institution_by_code(self.institution) if self.institution else None
        wrong = [
            {"field": field, "message": sentence}
            for field, missing, sentence in (
                ("zone", self.zone and zone is None, _("没有这个子平台")),
                ("institution", self.institution and house is None, _("没有这个单位代码")),
            )
            if missing
        ]
        if wrong:
            raise Refused("invalid-input", fields=wrong)
        return Listing(
            words=self.q,
            statuses=(self.status,) if self.status else (),
            instrument_id=self.instrument,
            zone_id=zone.id if zone else None,
            institution_id=house.id if house else None,
            since=at_shanghai(self.since) if self.since else None,
            until=day_span(self.last).end if self.last else None,
            older_than=self.older_than,
            most=self.per_page,
        )
