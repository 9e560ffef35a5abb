"""Every bad field is told at once, in the reader's language; forms and JSON are read alike."""

from datetime import UTC, datetime
from typing import Annotated

import pytest
from flask import Flask
from pydantic import Field
from werkzeug.datastructures import MultiDict

from sharing.kernel.inputs import EmptyIsNone, Input, Int, LocalMoment, Moment, parse
from sharing.kernel.refusals import Refused


class Wish(Input):
    start: Moment
    count: Annotated[Int, Field(ge=1)]
    note: Annotated[str | None, EmptyIsNone] = None


class Form(Input):
    start: LocalMoment
    tags: tuple[str, ...] = ()


def test_every_bad_field_is_named() -> None:
    with pytest.raises(Refused) as no:
        parse(Wish, {"start": "2026-11-23T09:00", "count": 0, "extra": 1})
    assert no.value.kind == "invalid-input"
    assert {f["field"] for f in no.value.facts["fields"]} == {"start", "count", "extra"}


@pytest.mark.parametrize("bad", [True, 1763860000, 5.5])
def test_a_number_is_no_instant(bad: object) -> None:
    with pytest.raises(Refused):
        parse(Wish, {"start": bad, "count": 1})


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
