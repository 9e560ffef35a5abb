"""What people and programs send about bookings and closed time, checked, every bad field at once."""

from sharing.booking.forms.blocks import BlockChangeIn, BlockIn, BlocksIn, ReopenIn, chosen, closing
from sharing.booking.forms.bookings import (
    BookingIn,
    BookingsIn,
    HandOverIn,
    MoveIn,
    NoteIn,
    OnBehalfIn,
    ProposalIn,
    QuoteIn,
    TakeOverIn,
    WhyIn,
    WindowIn,
    panel,
    span,
    typed,
    used,
    with_files,
)
from sharing.booking.forms.finding import WITHIN, AvailabilityIn, EarliestIn, earliest, iso
from sharing.booking.forms.outside import OutsideIn

__all__ = [
    "WITHIN",
    "AvailabilityIn",
    "BlockChangeIn",
    "BlockIn",
    "BlocksIn",
    "BookingIn",
    "BookingsIn",
    "EarliestIn",
    "HandOverIn",
    "MoveIn",
    "NoteIn",
    "OnBehalfIn",
    "OutsideIn",
    "ProposalIn",
    "QuoteIn",
    "ReopenIn",
    "TakeOverIn",
    "WhyIn",
    "WindowIn",
    "chosen",
    "closing",
    "earliest",
    "iso",
    "panel",
    "span",
    "typed",
    "used",
    "with_files",
]
