"""A table of people as checked values, row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, StringConstraints, ValidationError

from sharing.kernel.inputs import Input, limit_of
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import NO_HEADING, opened
from sharing.kernel.tables.plan import Fault, RowRead
from sharing.people.formats.importing import fields_of, standing_of
from sharing.people.forms.joining import Department, Name, NameEn, Phone, StaffNo
from sharing.people.forms.own import Email

MOST_ROWS: Final = 20_000
MOST_BYTES: Final = 8 * 1024 * 1024
_BETWEEN: Final = re.compile(r"[,，、;；]+")


class PersonIn(Input):
    """A row; what the table leaves empty is not said."""

    staff_no: StaffNo | None = None
    name: Name | None = None
    name_en: NameEn | None = None
    department: Department | None = None
    email: Email | None = None
    phone: Phone | None = None
    groups: list[Annotated[str, StringConstraints(max_length=120)]] | None = None


class ImportForm(Input):
    """Whose people a file names, and what to do with it: look, write all or nothing, or write the good rows."""

    institution: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    mode: Literal["look", "all", "good"] = "look"


class PeopleUploadIn(ImportForm):
    """The same with its file, for the API's document."""

    file: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]


@contextmanager
def read_people(source: bytes | Path, *, name: str) -> Iterator[tuple[dict[str, str], Iterator[RowRead]]]:
    """The heading of each field, and the rows. Raises Refused: file-refused."""
    with opened(source, name=name, most_rows=MOST_ROWS) as table:
        taken = fields_of(table.headings)
        headings = {field: heading for heading, field in taken.items()}
        if len(headings) < len(taken):
            twice = next(heading for heading, field in taken.items() if headings[field] != heading)
            message = _(
                "“%(one)s”和“%(other)s”填的是同一项，请删去一列", one=twice, other=headings[taken[twice]]
            )
            raise Refused("file-refused", reason="twice", message=message)
        if "staff_no" not in headings:
            seen = "、".join(table.headings[:12])
            message = _("没有“工号”或“学号”这一列，认不出是谁。表头是：%(headings)s", headings=seen)
            raise Refused("file-refused", reason="no-key", message=message)
        yield headings, (_row(line, cells, taken, headings) for line, cells in table.rows)


def _row(
    line: int, cells: Mapping[str, str], taken: Mapping[str, str], headings: Mapping[str, str]
) -> RowRead:
    """One row, all that is wrong in it at once."""
    values: dict[str, Any] = {field: cells[heading] for heading, field in taken.items() if cells[heading]}
    faults = [Fault("", cells[NO_HEADING][:200], "no-heading")] if NO_HEADING in cells else []
    said = values.pop("standing", None)
    standing = standing_of(said) if said else None
    if said and standing is None:
        faults.append(Fault(headings["standing"], said[:200], "standing"))
    if "groups" in values:
        values["groups"] = [part.strip() for part in _BETWEEN.split(values["groups"]) if part.strip()]
    try:
        checked = PersonIn.model_validate(values).model_dump(exclude_none=True)
    except ValidationError as error:
        checked = {}
        for one in error.errors(include_url=False, include_input=False):
            heading = headings[str(one["loc"][0])]
            faults.append(
                Fault(heading, cells[heading][:200], one["type"], str(limit_of(one.get("ctx", {}))))
            )
    if standing:
        checked["standing"] = standing.value
    return RowRead(line, checked, cells, tuple(faults))
