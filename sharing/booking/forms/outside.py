"""An outside calendar as it is set up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sharing.booking.rules import OutsideAsk
from sharing.kernel.inputs import Input, Int


class OutsideIn(Input):
    """Where the calendar is read (`address`, an iCalendar; empty: files are dropped), where people book it (`link`),
    and after how many minutes without a reading no booking is taken here."""

    address: Annotated[str, Field(max_length=1000)] = ""
    link: Annotated[str, Field(min_length=1, max_length=1000)]
    limit_minutes: Annotated[Int, Field(ge=10, le=60 * 24 * 31)] = 60

    def command(self) -> OutsideAsk:
        return OutsideAsk(self.address, self.link, self.limit_minutes)
