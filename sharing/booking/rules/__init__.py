"""Words and decisions of bookings: statuses, limits, places, answers, what is asked and what is shown. Pure."""

from sharing.booking.rules.answers import of_answers, shown
from sharing.booking.rules.case import Case, violations
from sharing.booking.rules.gaps import DayLoad, Fit, around, bookable, first_fit, free_days
from sharing.booking.rules.leave import Training, default_payer, heads
from sharing.booking.rules.limits import Held, has_quotas, has_sums, is_open, nearest_open
from sharing.booking.rules.places import (
    Taken,
    cluster,
    extra,
    free_position,
    full_spans,
    meeting,
    peak,
    repacked,
)
from sharing.booking.rules.rows import (
    Advice,
    BookingRow,
    ChangeRow,
    Check,
    Free,
    Item,
    ItemKind,
    StepPreview,
    Week,
    readable,
)
from sharing.booking.rules.status import LIVE, OPEN, TRANSITIONS, VOID, Action, Status, allowed, moved
from sharing.booking.rules.words import MANAGER_EXEMPT, RULES, Submit, Violation, exempted, local

__all__ = [
    "LIVE",
    "MANAGER_EXEMPT",
    "OPEN",
    "RULES",
    "TRANSITIONS",
    "VOID",
    "Action",
    "Advice",
    "BookingRow",
    "Case",
    "ChangeRow",
    "Check",
    "DayLoad",
    "Fit",
    "Free",
    "Held",
    "Item",
    "ItemKind",
    "Status",
    "StepPreview",
    "Submit",
    "Taken",
    "Training",
    "Violation",
    "Week",
    "allowed",
    "around",
    "bookable",
    "cluster",
    "default_payer",
    "exempted",
    "extra",
    "first_fit",
    "free_days",
    "free_position",
    "full_spans",
    "has_quotas",
    "has_sums",
    "heads",
    "is_open",
    "local",
    "meeting",
    "moved",
    "nearest_open",
    "of_answers",
    "peak",
    "readable",
    "repacked",
    "shown",
    "violations",
]
