"""What every dated rule is asked and told by: its scope, its day and document, the version that was seen."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sharing.kernel.inputs import Day, EmptyIsNone, Input
from sharing.registry.service import Dates


class ScopeAsked(Input):
    """Which scope: `network`, `zone:kunming`, `institution:uni`, `category:040102`, `instrument:<id or code>`."""

    scope: Annotated[str, Field(min_length=1, max_length=80)]


class DatesIn(Input):
    """From when it holds, by which document; `inherit` ends the scope's own rule and hands back to the wider one."""

    valid_from: Day
    source_document: Annotated[str, Field(max_length=300)] = ""
    inherit: bool = False
    revision: Annotated[Annotated[int, Field(ge=0)] | None, EmptyIsNone] = None

    def dates(self) -> Dates:
        return Dates(self.valid_from, self.source_document, self.inherit, self.revision)


class WithdrawForm(Input):
    """Why a row that has not begun is taken back."""

    reason: Annotated[str, Field(min_length=1, max_length=300)]
