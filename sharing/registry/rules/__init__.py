"""Words and decisions of the registry: its rows, when an instrument is open, what a search looks for. Pure."""

from sharing.registry.rules.coming import RulesShown, rules_shown
from sharing.registry.rules.hours import (
    open_spans,
    spans_from_text,
    spans_in_text,
    spans_on,
    timetable_faults,
)
from sharing.registry.rules.rows import (
    DocumentRow,
    InstrumentRow,
    LicenceRow,
    PictureRow,
    PolicyRow,
    QuestionRow,
    Terms,
    TimetableRow,
    questions_asked,
)
from sharing.registry.rules.scopes import Entry, Scope, Standing
from sharing.registry.rules.words import Audience, BookingMode, LicenceLevel, QuestionKind, Status

__all__ = [
    "Audience",
    "BookingMode",
    "DocumentRow",
    "Entry",
    "InstrumentRow",
    "LicenceLevel",
    "LicenceRow",
    "PictureRow",
    "PolicyRow",
    "QuestionKind",
    "QuestionRow",
    "RulesShown",
    "Scope",
    "Standing",
    "Status",
    "Terms",
    "TimetableRow",
    "open_spans",
    "questions_asked",
    "rules_shown",
    "spans_from_text",
    "spans_in_text",
    "spans_on",
    "timetable_faults",
]
