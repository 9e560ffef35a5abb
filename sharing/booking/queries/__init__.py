"""Reading bookings, calendars and free time."""

from sharing.booking.queries.behalf import colleague_meant, for_person, person_meant
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
    id_of_number,
    mine,
    offered_to,
    own_in,
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
from sharing.booking.queries.days import CalendarEffect, calendar_effect
from sharing.booking.queries.desk import approval_of, readable_booking
from sharing.booking.queries.due import (
    WARNED_FOR,
    Waiting,
    late,
    of_people_who_left,
    over,
    shut_out,
    to_escalate,
    to_expire,
    to_remind,
    unanswered,
    warned_at,
)
from sharing.booking.queries.effects import ChainEffect, PolicyEffect, chain_effect, policy_effect
from sharing.booking.queries.finding import earliest, to_look_at, with_names
from sharing.booking.queries.free import Outlook, alternatives, free_spans, outlook
from sharing.booking.queries.houses import Hanging, hanging_on, left_behind, standing_in
from sharing.booking.queries.judgement import Wish, case, month_use, month_use_of, quote
from sharing.booking.queries.listing import Listed, Listing, listing, whole_listing
from sharing.booking.queries.outside import outside, outside_blocks, outside_due, outside_row
from sharing.booking.queries.plan import Plan, advice, plan
from sharing.booking.queries.priced import price_masks
from sharing.booking.queries.slots import taken
from sharing.booking.queries.why import why
from sharing.booking.queries.zone_desk import LateRequest, QuietRow, ZoneDesk, late_requests, zone_desk

__all__ = [
    "WARNED_FOR", "AnswerRow", "Calendar", "CalendarEffect", "ChainEffect", "Conduct", "Hanging",
    "LateRequest", "Listed", "Listing", "Outlook", "Place", "Plan", "PolicyEffect", "QuietRow", "Search",
    "TakenOn", "Waiting", "Wish", "ZoneDesk", "advice", "alternatives", "answers", "approval_of", "block",
    "blocks", "booking", "bookings", "calendar", "calendar_effect", "case", "chain_effect", "changes",
    "check", "colleague_meant", "conduct", "earliest", "for_person", "free_spans", "hanging_on", "hits",
    "id_of_number", "in_window", "late", "late_requests", "left_behind", "listing", "met", "mine",
    "month_use", "month_use_of", "of_people_who_left", "offered_to", "outlook", "outside", "outside_blocks",
    "outside_due", "outside_row", "over", "over_blocks", "own_in", "person_meant", "plan", "policy_effect",
    "price_masks", "quote", "reached", "readable_booking", "run_by", "running", "running_today", "search",
    "shut_out", "standing", "standing_in", "taken", "taken_on", "timeline", "to_confirm", "to_escalate",
    "to_expire", "to_look_at", "to_remind", "unanswered", "warned_at", "week", "whole_listing", "why",
    "with_names", "written", "zone_desk",
]  # fmt: skip
