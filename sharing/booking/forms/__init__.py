"""What people and programs send about bookings and closed time, checked, every bad field at once."""

from sharing.booking.forms.blocks import BlockChangeIn, BlockIn, BlocksIn, ReopenIn, chosen, closing
from sharing.booking.forms.bookings import (
    AvailabilityIn,
    BookingIn,
    BookingsIn,
    MoveIn,
    NoteIn,
    ProposalIn,
    QuoteIn,
    WindowIn,
    panel,
    span,
    typed,
    used,
    with_files,
)

__all__ = [
    "AvailabilityIn",
    "BlockChangeIn",
    "BlockIn",
    "BlocksIn",
    "BookingIn",
    "BookingsIn",
    "MoveIn",
    "NoteIn",
    "ProposalIn",
    "QuoteIn",
    "ReopenIn",
    "WindowIn",
    "chosen",
    "closing",
    "panel",
    "span",
    "typed",
    "used",
    "with_files",
]
