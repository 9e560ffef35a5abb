"""The register as a table: what is asked of an export, and a file's rows as checked values."""

from __future__ import annotations

import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from sharing.kernel.inputs import EmptyIsNone, Input, Int, PageNumber, limit_of
from sharing.kernel.language import _
from sharing.kernel.paging import MOST_PER_PAGE, PER_PAGE
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import MOST_ROWS, NO_HEADING, opened
from sharing.kernel.tables.plan import Fault, Mode, RowRead
from sharing.registry.formats import LAYOUTS, Layout, detected, folded_heading, mapped
from sharing.registry.formats.columns import Column, Reader, Taken, Unfit
from sharing.registry.formats.faults import COLUMNS
from sharing.registry.forms.instruments import InstrumentIn
from sharing.registry.rules.records import KEYS, RunRow
from sharing.registry.service.runs import file_of

MAPPED: Final = "mapping"
LAYOUT_NAMES: Final = ("auto", *LAYOUTS)


class ExportIn(Input):
    """Which records, in which layout, as which kind of file."""

    layout: Literal["sharing", "national", "finance"] = "sharing"
    format: Literal["csv", "xlsx"] = "csv"
    zone: str = Field(default="", max_length=40)
    institution: str = Field(default="", max_length=40)


class BringForm(Input):
    """A file that is brought: whose instruments it tells of where its rows do not say, and what its columns mean."""

    institution: Annotated[uuid.UUID | None, EmptyIsNone] = None
    layout: Literal["auto", "sharing", "national", "finance"] = "auto"
    mapping: Annotated[uuid.UUID | None, EmptyIsNone] = None


class UploadIn(BringForm):
    """The same with its file, for the API's document."""

    file: Annotated[bytes, Field(json_schema_extra={"format": "binary"})]


class ApplyIn(Input):
    """All of a file or nothing, or its good rows."""

    mode: Mode = Mode.ALL


class RunsAsked(Input):
    """Which page of the list."""

    page: PageNumber = 1
    per_page: Annotated[Int, Field(ge=1, le=MOST_PER_PAGE)] = PER_PAGE


class RowsAsked(Input):
    """Rows of one kind, fifty a page."""

    kind: Literal["changed", "added", "bad"] = "changed"
    page: Annotated[Int, Field(ge=1, le=10_000)] = 1


def mapping(path: Path) -> dict[str, str]:
    """The mapping that a TOML file holds: under [columns] a heading of the table and the field that it fills.

    Raises Refused: invalid-input, naming what cannot be mapped.
    """
    try:
        columns = tomllib.loads(path.read_text("utf-8")).get("columns")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused("invalid-input", fields=[{"field": path.name, "message": str(error)}]) from None
    if not isinstance(columns, dict) or not columns:
        raise Refused("invalid-input", fields=[{"field": path.name, "message": _("缺少 [columns] 一节")}])
    return targets({str(heading): str(field) for heading, field in columns.items()})


def targets(chosen: Mapping[str, str]) -> dict[str, str]:
    """A mapping checked: only fields that there are, each once. Raises Refused: invalid-input."""
    kept = {heading: field for heading, field in chosen.items() if field}
    wrong = []
    for heading, field in kept.items():
        try:
            mapped({heading: field})
        except KeyError:
            wrong.append({"field": heading, "message": _("没有这个字段：%(field)s", field=field)})
    if not wrong and len({field.removesuffix("_wan").removesuffix("_yuan") for field in kept.values()}) < len(
        kept
    ):
        wrong.append({"field": "", "message": _("有两列对应同一个字段")})
    if not wrong and not set(kept.values()) & set(KEYS):
        wrong.append({"field": "", "message": _("至少要有一列对应仪器编号、资产编号或国家平台编号")})
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    return kept


@contextmanager
def read_records(
    source: bytes | Path,
    *,
    name: str,
    layout: str = "auto",
    chosen: Mapping[str, str] | None = None,
    most_rows: int = MOST_ROWS,
) -> Iterator[Taken]:
    """A file as rows of the register.

    layout  auto, or a name of LAYOUTS; chosen: a mapping of somebody's own, which stands above it
    raises  Refused: file-refused
    """
    with opened(source, name=name, most_rows=most_rows) as table:
        shape = _layout(table.headings, layout, chosen)
        known = shape.by_heading()
        found = {heading: known.get(folded_heading(heading)) for heading in table.headings}
        columns, headings = _columns(found)
        ours = {folded_heading(word) for word in COLUMNS}
        untaken = tuple(
            heading
            for heading, column in found.items()
            if (column is None or not column.field) and folded_heading(heading) not in ours
        )
        taken = {heading: column for heading, column in found.items() if column and column.field}
        rows = (_row(line, cells, taken, headings) for line, cells in table.rows)
        yield Taken(shape.name, columns, headings, untaken, shape.defaults, rows)


def _layout(headings: tuple[str, ...], name: str, chosen: Mapping[str, str] | None) -> Layout:
    if chosen:
        return mapped(chosen)
    found = detected(headings) if name not in LAYOUTS else LAYOUTS[name]
    if found is None:
        message = _("认不出表头：%(headings)s。请说明每列对应哪个字段", headings="、".join(headings[:12]))
        raise Refused("file-refused", reason="layout", message=message, headings=list(headings))
    return found


def _columns(found: Mapping[str, Column | None]) -> tuple[dict[str, Column], dict[str, str]]:
    """The columns and headings by field; a field may be filled once, and one of the keys must be there."""
    columns: dict[str, Column] = {}
    headings: dict[str, str] = {}
    for heading, column in found.items():
        if column is None or not column.field:
            continue
        if column.field in columns:
            message = _(
                "“%(one)s”和“%(other)s”填的是同一项，请删去一列", one=headings[column.field], other=heading
            )
            raise Refused("file-refused", reason="twice", message=message)
        columns[column.field], headings[column.field] = column, heading
    if not columns.keys() & set(KEYS):
        message = _("没有仪器编号、资产编号或国家平台编号这样的列，认不出是哪台仪器")
        raise Refused("file-refused", reason="no-key", message=message, headings=list(found))
    return columns, headings


def _row(
    line: int, cells: Mapping[str, str], taken: Mapping[str, Column], headings: Mapping[str, str]
) -> RowRead:
    """One row: every cell read, then checked as a form would be; all that is wrong at once."""
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for heading, column in taken.items():
        cell = cells[heading]
        if not cell:
            continue
        try:
            values[column.field] = column.read(cell)
        except Unfit as no:
            faults.append(Fault(heading, cell[:200], no.reason, no.limit))
    if NO_HEADING in cells:
        faults.append(Fault("", cells[NO_HEADING][:200], "no-heading"))
    institution = values.pop("institution", None)
    try:
        checked = InstrumentIn.model_validate(values).values()
    except ValidationError as error:
        checked = {}
        faults += [
            _told(one, cells, headings) for one in error.errors(include_url=False, include_input=False)
        ]
    for field in ("status", "booking_mode"):
        if field in checked:
            checked[field] = checked[field].value
    if institution is not None:
        checked["institution"] = institution
    return RowRead(line, checked, cells, tuple(faults))


def _told(error: Any, cells: Mapping[str, str], headings: Mapping[str, str]) -> Fault:
    heading = headings.get(str(error["loc"][0]), str(error["loc"][0]))
    return Fault(heading, cells.get(heading, "")[:200], error["type"], str(limit_of(error.get("ctx", {}))))


def reader(run: RunRow, storage: Path) -> Reader:
    """Opens the file that a run brought."""
    return partial(
        read_records, file_of(storage, run.id), name=run.file_name, layout=run.layout, chosen=run.targets
    )


def headings(run: RunRow, storage: Path) -> tuple[str, ...]:
    """The header of the file that a run brought; nothing where it cannot be read."""
    try:
        with opened(file_of(storage, run.id), name=run.file_name) as table:
            return table.headings
    except Refused:
        return ()
