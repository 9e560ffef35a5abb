"""Every bad field is told at once, in the reader's language; forms and JSON are read alike."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest
from flask import Flask
from pydantic import Field
from werkzeug.datastructures import MultiDict

from sharing.kernel.inputs import Body, Day, EmptyIsNone, Input, Int, LocalMoment, Moment, parse
from sharing.kernel.refusals import Refused


class Wish(Input):
    start: Moment
    count: Annotated[Int, Field(ge=1)]
    note: Annotated[str | None, EmptyIsNone] = None


class Form(Input):
    start: LocalMoment
    tags: tuple[str, ...] = ()


class Plain(Input):
    number: Annotated[Annotated[int, Field(ge=1)] | None, EmptyIsNone] = None
    truth: bool = False
    either: int | str = 0


class Dated(Input):
    on: date
    note: str = ""
    more: dict[str, Any] = Field(default_factory=dict)


def test_every_bad_field_is_named() -> None:
    with pytest.raises(Refused) as no:
        parse(Wish, {"start": "2026-11-23T09:00", "count": 0, "extra": 1})
    assert no.value.kind == "invalid-input"
    assert {f["field"] for f in no.value.facts["fields"]} == {"start", "count", "extra"}


@pytest.mark.parametrize("bad", [True, 1763860000, 5.5, "0", "1763860000", "0.5"])
def test_a_number_is_no_instant(bad: object) -> None:
    with pytest.raises(Refused):
        parse(Wish, {"start": bad, "count": 1})


@pytest.mark.parametrize("bad", [0, 86400, "0", "20261123", "1e3"])
def test_a_number_is_no_day(bad: object) -> None:
    class Visit(Input):
        on: Day

    with pytest.raises(Refused):
        parse(Visit, {"on": bad})


@pytest.mark.parametrize("bad", [{"number": "5"}, {"number": True}, {"truth": 1}, {"truth": "true"}])
def test_json_has_numbers_and_truths_of_its_own(bad: dict[str, Any]) -> None:
    """A form and an address give them as text."""
    with pytest.raises(Refused):
        parse(Plain, Body(bad))
    text = {name: str(value) for name, value in bad.items() if value is not True}
    assert parse(Plain, MultiDict(text)) == parse(Plain, text)


def test_json_may_leave_a_number_empty_and_give_what_the_field_says() -> None:
    assert parse(Plain, Body(number="", truth=True, either="x")) == Plain(truth=True, either="x")
    assert parse(Plain, Body(number=5.0)).number == 5


def test_five_point_zero_is_five_as_json_schema_says() -> None:
    wish = parse(Wish, {"start": "2026-11-23T09:00:59+08:00", "count": 5.0, "note": ""})
    assert wish.count == 5
    assert wish.note is None
    assert wish.start == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def test_a_form_speaks_shanghai_time_and_repeats_fields() -> None:
    form = parse(
        Form, MultiDict([("start", "2026-11-23T09:00"), ("tags", "a"), ("tags", "b"), ("csrf_token", "x")])
    )
    assert form.start == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert form.tags == ("a", "b")


def test_sentences_follow_the_language(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}), pytest.raises(Refused) as no:
        parse(Wish, {"count": 1})
    assert no.value.facts["fields"][0]["message"] == "Please fill this in"


@pytest.mark.parametrize("year", ["0001", "1899", "2200", "9999"])
def test_a_year_that_nobody_means_is_refused_before_anything_is_reckoned(app: Flask, year: str) -> None:
    for model, wish in (
        (Wish, {"start": f"{year}-12-31T23:00+08:00", "count": 1}),
        (Form, {"start": f"{year}-01-01T00:00"}),
        (Dated, {"on": f"{year}-01-01"}),
    ):
        with pytest.raises(Refused) as no:
            parse(model, wish)
        assert "1900" in no.value.facts["fields"][0]["message"]


@pytest.mark.parametrize("where", [{"note": "a\0b"}, {"more": {"deep": ["a\0b"]}}, {"more": {"a\0": 1}}])
def test_what_postgresql_cannot_keep_is_refused(app: Flask, where: dict[str, object]) -> None:
    with pytest.raises(Refused) as no:
        parse(Dated, {"on": "2026-11-23", **where})
    assert [field["field"] for field in no.value.facts["fields"]] == list(where)
