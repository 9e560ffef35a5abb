"""Training licences: one by one, by a pasted list, ended; and whom a licence lets in."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from sharing.audit import queries as audit
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.notify.models import Message
from sharing.registry import queries, service
from sharing.registry.rules import LicenceLevel
from sharing.registry.rules.paste import MOST_ROWS, read_date, read_paste
from tests import cast

TODAY = cast.TODAY
YEAR = timedelta(days=365)


@pytest.fixture
def house(app: Flask) -> cast.House:
    return cast.house()


def give(
    house: cast.House,
    *,
    who: str = "researcher",
    by: str = "manager",
    level: LicenceLevel = LicenceLevel.INDEPENDENT,
    starts_on: date = TODAY,
    ends_on: date | None = None,
) -> None:
    service.grant_licence(
        house.instrument.id,
        getattr(house, who).id,
        level=level,
        starts_on=starts_on,
        ends_on=ends_on,
        by=cast.actor(getattr(house, by)),
        now=cast.NOW,
    )


def level_of(house: cast.House, on: date = TODAY) -> str | None:
    row = queries.licence(house.instrument.id, house.researcher.id, on)
    return row.level.value if row else None


def told(house: cast.House) -> list[str]:
    rows = db.session.query(Message).filter_by(recipient_id=house.researcher.id).order_by(Message.id)
    return [row.topic for row in rows]


def test_a_licence_holds_on_its_days_and_the_person_is_told(house: cast.House) -> None:
    give(house, ends_on=TODAY + timedelta(days=10))
    assert [level_of(house, TODAY + timedelta(days=n)) for n in (-1, 0, 9, 10)] == [
        None,
        "independent",
        "independent",
        None,
    ]
    assert told(house) == ["registry.licence-granted"]


def test_a_new_one_replaces_the_old_and_both_stay_on_record(house: cast.House) -> None:
    give(house, level=LicenceLevel.SUPERVISED)
    give(house, level=LicenceLevel.ADVANCED)
    assert level_of(house) == "advanced"
    assert len(queries.licences(house.instrument.id)) == 2
    assert len(queries.licences(house.instrument.id, on=TODAY)) == 1


def test_one_for_later_leaves_the_present_one_in_force(house: cast.House) -> None:
    give(house, level=LicenceLevel.SUPERVISED)
    give(house, level=LicenceLevel.ADVANCED, starts_on=TODAY + YEAR)
    assert [level_of(house), level_of(house, TODAY + YEAR)] == ["supervised", "advanced"]


def test_ending_takes_effect_at_once_and_says_why(house: cast.House) -> None:
    give(house)
    row = queries.licence(house.instrument.id, house.researcher.id, TODAY)
    assert row
    by = cast.actor(house.manager)
    with pytest.raises(Refused, match="invalid-input"):
        service.end_licence(row.id, reason=" ", by=by, now=cast.NOW)
    service.end_licence(row.id, reason="违规操作", by=by, now=cast.NOW)
    assert level_of(house) is None
    assert told(house) == ["registry.licence-granted", "registry.licence-ended"]
    event = audit.history("instrument", house.instrument.id)[-1]
    assert (event.action, event.note) == ("registry.licence-ended", "违规操作")
    with pytest.raises(Refused, match="not-found"):
        service.end_licence(row.id, reason="再次", by=by, now=cast.NOW)


@pytest.mark.parametrize("by", ["researcher", "head", "stranger", "auditor", "zone_admin", "finance"])
def test_others_give_none(house: cast.House, by: str) -> None:
    with pytest.raises(Refused, match="forbidden"):
        give(house, by=by)


@pytest.mark.parametrize("by", ["manager", "deputy", "admin"])
def test_those_who_run_it_do(house: cast.House, by: str) -> None:
    give(house, by=by)
    assert level_of(house) == "independent"


def test_it_cannot_end_before_it_begins(house: cast.House) -> None:
    with pytest.raises(Refused, match="invalid-input"):
        give(house, ends_on=TODAY)


# --- a pasted list ----------------------------------------------------------------------------------------------------


def paste(house: cast.House, text: str, *, partly: bool = False) -> service.Pasted:
    by = cast.actor(house.manager)
    return service.paste_licences(house.instrument.id, text, partly=partly, by=by, now=cast.NOW)


def test_a_good_list_is_given_whole(house: cast.House) -> None:
    lines = [
        "工号\t级别\t开始\t截止",
        f"{house.researcher.staff_no}\tindependent\t2026-01-05\t2026-12-31",
        "",
        f"{house.colleague.staff_no}\t可用高级功能\t\t",
    ]
    assert paste(house, "\n".join(lines)).granted == 2
    row = queries.licence(house.instrument.id, house.researcher.id, TODAY)
    assert row
    assert (row.starts_on, row.ends_on, row.last_on) == (
        date(2026, 1, 5),
        date(2027, 1, 1),
        date(2026, 12, 31),
    )


def bad_list(house: cast.House) -> str:
    return "\n".join(
        [
            f"{house.researcher.staff_no}\tindependent\t2026-01-05\t2026-12-31",
            "NOBODY\tindependent",
            f"{house.colleague.staff_no}\tmaster\t2026-02-30\tsoon",
            f"{house.researcher.staff_no}\tadvanced",
            f"{house.stranger.staff_no}\tindependent",
            f"{house.head.staff_no}\tindependent\t2026-05-01\t2026-04-01",
            "\tindependent",
        ]
    )


def test_every_bad_row_is_named_and_nothing_is_given(house: cast.House) -> None:
    with pytest.raises(Refused) as no:
        paste(house, bad_list(house))
    assert [one["field"] for one in no.value.facts["fields"]] == [
        "line 2",
        "line 3",
        "line 3",
        "line 3",
        "line 4",
        "line 5",
        "line 6",
        "line 7",
    ]
    assert "NOBODY" in no.value.facts["fields"][0]["message"]
    assert queries.licences(house.instrument.id) == []
    assert told(house) == []


def test_the_good_rows_are_given_when_asked(house: cast.House) -> None:
    done = paste(house, bad_list(house), partly=True)
    assert (done.granted, len(done.faults)) == (1, 8)
    assert level_of(house) == "independent"
    assert [row.name for row in queries.licences(house.instrument.id)] == [house.researcher.name]
    assert len(service.said(done.faults)) == 8


def test_dates_are_read_as_people_write_them() -> None:
    day = date(2027, 6, 3)
    for text in ("2027-06-03", "2027/6/3", "2027.6.3", "2027年6月3日"):
        assert read_date(text) == day
    for text in ("3.6.2027", "2027-13-01", "2027-02-30", "", "tomorrow", "２０２７-06-03x"):
        assert read_date(text) is None


def test_more_than_the_limit_is_cut_with_its_line() -> None:
    text = "\n".join(f"S{n}\tindependent" for n in range(MOST_ROWS + 5))
    rows, faults = read_paste(text, today=TODAY)
    assert len(rows) == MOST_ROWS
    assert [(one.line, one.reason) for one in faults] == [(MOST_ROWS + 1, "too-many")]


@given(text=st.text(st.characters(codec="utf-8") | st.sampled_from("\t\n,，\r\u2028"), max_size=200))
def test_whatever_is_pasted_every_line_is_good_bad_or_empty(text: str) -> None:
    rows, faults = read_paste(text, today=TODAY)
    seen = [row.line for row in rows]
    assert len(seen) == len(set(seen))
    assert not set(seen) & {fault.line for fault in faults}
    assert all(row.staff_no and (row.ends_on is None or row.ends_on > row.starts_on) for row in rows)
