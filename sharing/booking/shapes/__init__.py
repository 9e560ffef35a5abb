"""The shapes of the API's answers, for the OpenAPI document."""

from sharing.booking.shapes.bookings import (
    AvailabilityOut,
    BlockOut,
    BlocksOut,
    BookingOut,
    BookingsOut,
    CalendarOut,
    OutsideOut,
    QuoteOut,
    WhyOut,
)
from sharing.booking.shapes.rules import (
    ChainEffectOut,
    ChainsOut,
    PoliciesOut,
    PolicyEffectOut,
    calendar_effect_json,
    chain_effect_json,
    policy_effect_json,
)

__all__ = [
    "AvailabilityOut",
    "BlockOut",
    "BlocksOut",
    "BookingOut",
    "BookingsOut",
    "CalendarOut",
    "ChainEffectOut",
    "ChainsOut",
    "OutsideOut",
    "PoliciesOut",
    "PolicyEffectOut",
    "QuoteOut",
    "WhyOut",
    "calendar_effect_json",
    "chain_effect_json",
    "policy_effect_json",
]
