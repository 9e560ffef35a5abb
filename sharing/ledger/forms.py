"""What somebody asks of the books, to checked values."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field, StringConstraints

from sharing.kernel.inputs import Day, EmptyIsNone, Input, Int
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.ledger.rules import MONTH

Code = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Month = Annotated[str, StringConstraints(pattern=f"^{MONTH.pattern}$")]


class EntriesIn(Input):
    """Which entries, in the order of their posting.

    institution  whose books, by code
    period       a month, such as `2026-03`
    after        the id of the last entry of the page before
    """

    institution: Code
    period: Annotated[Month | None, EmptyIsNone] = None
    after: Annotated[uuid.UUID | None, EmptyIsNone] = None
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class TrialBalanceIn(Input):
    """Whose books, by code, and until which day; that day still counts. Today when it is not said."""

    institution: Code
    as_of: Annotated[Day | None, EmptyIsNone] = None


class ClosingIn(Input):
    """Whose period is closed, by code."""

    institution: Code
