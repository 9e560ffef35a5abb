"""Commands about bookings and what rules them."""

from sharing.booking.cli.listing import booking
from sharing.booking.cli.outside import calendar
from sharing.booking.cli.rules import chain, policy, working_days

__all__ = ["booking", "calendar", "chain", "policy", "working_days"]
