"""Asking for time, deciding, moving, using, ending: one function, one transaction.

Every change locks the calendar of its instrument first (one statement that raises the calendar's version), so that
what is read stays true; the schema keeps slots apart whatever the code does.
"""

from sharing.booking.queries import check
from sharing.booking.service.blocks import close_time, edit_block, reopen
from sharing.booking.service.deciding import decide, expire
from sharing.booking.service.ending import cancel
from sharing.booking.service.moving import reschedule
from sharing.booking.service.proposing import accept, decline, drop_proposal, propose
from sharing.booking.service.resubmitting import resubmit
from sharing.booking.service.submitting import again, kindly, submit
from sharing.booking.service.timed import (
    ask_to_confirm,
    escalate,
    release_no_show,
    remind,
    tell_shut_out,
    warn_no_show,
)
from sharing.booking.service.using import actions, check_in, check_out, confirm_use, mark_no_show

__all__ = [
    "accept",
    "actions",
    "again",
    "ask_to_confirm",
    "cancel",
    "check",
    "check_in",
    "check_out",
    "close_time",
    "confirm_use",
    "decide",
    "decline",
    "drop_proposal",
    "edit_block",
    "escalate",
    "expire",
    "kindly",
    "mark_no_show",
    "propose",
    "release_no_show",
    "remind",
    "reopen",
    "reschedule",
    "resubmit",
    "submit",
    "tell_shut_out",
    "warn_no_show",
]
