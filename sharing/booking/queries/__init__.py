"""Reading bookings, calendars and free time."""

from sharing.booking.queries.bookings import (
    AnswerRow,
    Conduct,
    Place,
    Search,
    TakenOn,
    answers,
    booking,
    bookings,
    changes,
    conduct,
    mine,
    run_by,
    running_today,
    search,
    taken_on,
    timeline,
    to_confirm,
)
from sharing.booking.queries.calendar import Calendar, calendar, week, written
from sharing.booking.queries.checking import check
from sharing.booking.queries.closing import (
    block,
    blocks,
    hits,
    in_window,
    met,
    over_blocks,
    reached,
    running,
    standing,
)
from sharing.booking.queries.desk import approval_of, readable_booking
from sharing.booking.queries.due import (
    WARNED_FOR,
    Waiting,
    late,
    over,
    shut_out,
    to_escalate,
    to_expire,
    to_remind,
    unanswered,
    warned_at,
)
from sharing.booking.queries.free import Outlook, alternatives, availability, free_spans, next_free, outlook
from sharing.booking.queries.judgement import Wish, case, month_use, month_use_of, quote
from sharing.booking.queries.plan import Plan, advice, plan
from sharing.booking.queries.priced import price_masks
from sharing.booking.queries.slots import taken

__all__ = [
    "WARNED_FOR", "AnswerRow", "Calendar", "Conduct", "Outlook", "Place", "Plan", "Search", "TakenOn",
    "Waiting", "Wish", "advice", "alternatives", "answers", "approval_of", "availability", "block", "blocks",
    "booking", "bookings", "calendar", "case", "changes", "check", "conduct", "free_spans", "hits",
    "in_window", "late", "met", "mine", "month_use", "month_use_of", "next_free", "outlook", "over",
    "over_blocks", "plan", "price_masks", "quote", "reached", "readable_booking", "run_by", "running",
    "running_today", "search", "shut_out", "standing", "taken", "taken_on", "timeline", "to_confirm",
    "to_escalate", "to_expire", "to_remind", "unanswered", "warned_at", "week", "written",
]  # fmt: skip
