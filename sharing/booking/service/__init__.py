"""Asking for time, deciding, moving, using, ending: one function, one transaction.

Every change locks the calendar of its instrument first (one statement that raises the calendar's version), so that
what is read stays true; the schema keeps slots apart whatever the code does.
"""

from sharing.booking.queries import check
from sharing.booking.service.blocks import close_time, edit_block, reopen
from sharing.booking.service.deciding import decide, expire
from sharing.booking.service.ending import cancel, end_of_leaver
from sharing.booking.service.houses import (
    cancel_all_left_behind,
    cancel_left_behind,
    close_house,
    move_house,
)
from sharing.booking.service.moving import reschedule
from sharing.booking.service.nudging import nudge_instrument, nudge_request
from sharing.booking.service.offering import hand_over, keep, take_over
from sharing.booking.service.outside import (
    drop_file,
    drop_outside,
    fault_said,
    keep_outside,
    read_now,
    read_outside,
)
from sharing.booking.service.proposing import accept, decline, drop_proposal, propose
from sharing.booking.service.resubmitting import resubmit
from sharing.booking.service.serving import Run, lay_again, lay_run, lift_run
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
    "Run",
    "accept",
    "actions",
    "again",
    "ask_to_confirm",
    "cancel",
    "cancel_all_left_behind",
    "cancel_left_behind",
    "check",
    "check_in",
    "check_out",
    "close_house",
    "close_time",
    "confirm_use",
    "decide",
    "decline",
    "drop_file",
    "drop_outside",
    "drop_proposal",
    "edit_block",
    "end_of_leaver",
    "escalate",
    "expire",
    "fault_said",
    "hand_over",
    "keep",
    "keep_outside",
    "kindly",
    "lay_again",
    "lay_run",
    "lift_run",
    "mark_no_show",
    "move_house",
    "nudge_instrument",
    "nudge_request",
    "propose",
    "read_now",
    "read_outside",
    "release_no_show",
    "remind",
    "reopen",
    "reschedule",
    "resubmit",
    "submit",
    "take_over",
    "tell_shut_out",
    "warn_no_show",
]
