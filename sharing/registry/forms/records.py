"""The register as a table: what is asked of an export."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sharing.kernel.inputs import Input


class ExportIn(Input):
    """Which records, in which layout, as which kind of file."""

    layout: Literal["sharing", "national", "finance"] = "sharing"
    format: Literal["csv", "xlsx"] = "csv"
    zone: str = Field(default="", max_length=40)
    institution: str = Field(default="", max_length=40)
