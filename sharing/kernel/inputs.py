"""From a form, a JSON body or a command line to one checked value, every bad field reported at once.

One model serves the page and the API: pages give text, the API gives JSON, both are read here. Errors leave as
`Refused("invalid-input", fields=[{field, message, input}])` in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from flask import request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_before_validator_function
from werkzeug.datastructures import MultiDict

from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import FIRST_YEAR, LAST_YEAR, SHANGHAI, believable

T = TypeVar("T", bound="Input")


class Body(dict[str, Any]):
    """The JSON object of a request: a number in it is a number and a truth a truth, not a text of one."""


class Input(BaseModel):
    """Base of every command value: unknown JSON fields are refused, text is stripped, the value is frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def itself(cls, value: Any, info: ValidationInfo) -> Any:
        """Only a form, an address or a file gives numbers and truths as text; in JSON a truth is no number."""
        if info.context and isinstance(value, str | int) and info.field_name:
            _refuse_another(value, _plain_types(cls, info.field_name))
        return value

    @field_validator("*")
    @classmethod
    def storable(cls, value: Any) -> Any:
        """No day that nobody means, and no NUL, which PostgreSQL keeps in no text."""
        if isinstance(value, date):
            return _believed(value)
        if _has_nul(value):
            raise PydanticCustomError("string_pattern_mismatch", "a NUL character")
        return value


@cache
def _plain_types(model: type[Input], name: str) -> frozenset[type]:
    """What a field's annotation is made of."""
    open_, found = [model.model_fields[name].annotation], set()
    while open_:
        one = open_.pop()
        if get_origin(one) is Annotated:
            open_.append(get_args(one)[0])
        elif get_origin(one) in (Union, UnionType):
            open_ += get_args(one)
        elif isinstance(one, type):
            found.add(one)
    return frozenset(found)


def _refuse_another(value: str | int, wanted: frozenset[type]) -> None:
    """Raises what pydantic would, were it strict about numbers and truths alone."""
    if type(value) in wanted or value == "":  # whether it may be empty, the field itself says
        return
    if bool in wanted:
        raise PydanticCustomError("bool_type", "true or false expected")
    if int in wanted and str not in wanted:
        raise PydanticCustomError("int_type", "whole number expected")


D = TypeVar("D", bound=date)


def _believed(value: D) -> D:
    if not believable(value):
        raise PydanticCustomError("date_range", "no such year")
    return value


def _has_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list | tuple) and any(map(_has_nul, value))


def _whole(value: Any) -> Any:
    """JSON Schema's integer: 5 and 5.0, but neither true nor "5" from JSON; digits from a form are given as text."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "whole number expected")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _is_number(value: Any) -> bool:
    """What pydantic would read as seconds since 1970: no day and no instant of ours."""
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _day(value: Any) -> Any:
    if _is_number(value):
        raise PydanticCustomError("date_parsing", "a day expected")
    return value


def _moment(value: Any) -> Any:
    if _is_number(value):
        raise PydanticCustomError("datetime_parsing", "an RFC 3339 instant expected")
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("timezone_aware", "an offset is needed")
    return _believed(value).astimezone(UTC).replace(second=0, microsecond=0)


def _local(value: datetime) -> datetime:
    """What a `datetime-local` field holds is Shanghai time."""
    aware = _believed(value if value.tzinfo else value.replace(tzinfo=SHANGHAI))
    return aware.astimezone(UTC).replace(second=0, microsecond=0)


def _none(value: Any) -> Any:
    return None if value == "" else value


class _EmptyIsNone:
    """The reader of an optional form field; the document says of it that it may be empty."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(_none, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        told = handler(schema)
        return {"anyOf": [*told.get("anyOf", [told]), {"type": "string", "maxLength": 0}]}


Int = Annotated[int, BeforeValidator(_whole)]
Day = Annotated[date, BeforeValidator(_day)]
PageNumber = Annotated[Int, Field(ge=1, le=1_000_000)]
"""Of a list; no list is longer, and beyond that a database counts no further."""
Moment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_aware)]
"""An instant with an offset, cut to the whole minute, in UTC."""
LocalMoment = Annotated[datetime, BeforeValidator(_moment), AfterValidator(_local)]
"""What a form's date-and-time field holds: Shanghai time where no offset is given."""
EmptyIsNone = _EmptyIsNone()
"""For optional form fields: an empty text means nothing was given."""


def limit_of(context: Mapping[str, Any]) -> Any:
    """The bound that a pydantic error names; "" where it names none."""
    names = ("ge", "gt", "le", "lt", "max_length", "min_length", "expected")
    return next((context[name] for name in names if name in context), "")


def sentence(kind: str, limit: Any, fallback: str = "") -> str:
    """One plain sentence per pydantic error type, in the reader's language."""
    sentences = {
        "missing": _("请填写此项"),
        "extra_forbidden": _("没有这个字段"),
        "string_type": _("此处应为文字"),
        "string_too_short": _("至少 %(limit)s 个字", limit=limit),
        "string_too_long": _("最多 %(limit)s 个字", limit=limit),
        "string_pattern_mismatch": _("格式不对"),
        "int_type": _("此处应为整数"),
        "int_parsing": _("此处应为整数"),
        "int_from_float": _("此处应为整数"),
        "decimal_parsing": _("此处应为数字"),
        "decimal_type": _("此处应为数字"),
        "decimal_max_places": _("小数位太多"),
        "float_parsing": _("此处应为数字"),
        "bool_parsing": _("请选择是或否"),
        "bool_type": _("请选择是或否"),
        "greater_than_equal": _("不能小于 %(limit)s", limit=limit),
        "greater_than": _("须大于 %(limit)s", limit=limit),
        "less_than_equal": _("不能大于 %(limit)s", limit=limit),
        "less_than": _("须小于 %(limit)s", limit=limit),
        "datetime_parsing": _("请写成日期和时间，例如 2026-11-23T09:00+08:00"),
        "datetime_from_date_parsing": _("请写成日期和时间，例如 2026-11-23T09:00+08:00"),
        "datetime_type": _("请写成日期和时间，例如 2026-11-23T09:00+08:00"),
        "timezone_aware": _("时间须带时区，例如 +08:00"),
        "date_parsing": _("请写成日期，例如 2026-11-23"),
        "date_from_datetime_parsing": _("请写成日期，例如 2026-11-23"),
        "date_range": _("请填 %(first)s 年到 %(last)s 年之间的日期", first=FIRST_YEAR, last=LAST_YEAR),
        "duration": _("请写成 ISO 8601 时长，例如 PT2H"),
        "mail": _("请填写邮件地址"),
        "span_backwards": _("结束时间须晚于开始时间"),
        "span_too_long": _("时段太长"),
        "date_type": _("请写成日期，例如 2026-11-23"),
        "uuid_parsing": _("编号格式不对"),
        "uuid_type": _("编号格式不对"),
        "enum": _("请从列出的选项中选择：%(limit)s", limit=limit),
        "literal_error": _("请从列出的选项中选择：%(limit)s", limit=limit),
        "list_type": _("此处应为列表"),
        "too_long": _("最多 %(limit)s 项", limit=limit),
        "too_short": _("至少 %(limit)s 项", limit=limit),
        "dict_type": _("此处应为一组字段"),
        "uscc": _("统一社会信用代码为 18 位，请核对：校验位不符"),
        "model_type": _("此处应为一组字段"),
        "model_attributes_type": _("此处应为一组字段"),
    }
    return sentences.get(kind, fallback)


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """`[{field, message}]`, one for each bad field; a field inside another reads `answers.0.value`."""
    return [
        {
            "field": ".".join(str(part) for part in one["loc"]),
            "message": sentence(one["type"], limit_of(one.get("ctx", {})), one["msg"]),
        }
        for one in error.errors(include_url=False, include_input=False)
    ]


def json_body() -> Body:
    """The JSON object of the request, an empty one where nothing was sent. Raises Refused: invalid-input when it is
    something else."""
    given = request.get_json() if request.mimetype or request.get_data() else {}
    if not isinstance(given, dict):
        raise Refused("invalid-input", fields=[{"field": "", "message": sentence("dict_type", "")}])
    return Body(given)


def parse(model: type[T], data: Mapping[str, Any] | MultiDict[str, Any]) -> T:
    """The checked value. Raises Refused: invalid-input, with every bad field.

    A form's MultiDict gives a list only where the model declares one; csrf and submit fields are left aside.
    """
    if isinstance(data, MultiDict):
        data = _from_form(model, data)
    try:
        return model.model_validate(data, context=isinstance(data, Body))
    except ValidationError as error:
        raise Refused("invalid-input", fields=problems(error)) from None


def _from_form(model: type[Input], form: MultiDict[str, Any]) -> dict[str, Any]:
    return {
        key: form.getlist(key) if wants_many else form[key] for key, wants_many in _keys(model) if key in form
    }


@cache
def _keys(model: type[Input]) -> list[tuple[str, bool]]:
    """What a form calls the model's fields, and whether each takes a list."""
    return [
        (field.alias or name, "list" in str(field.annotation) or "tuple" in str(field.annotation))
        for name, field in model.model_fields.items()
    ]
