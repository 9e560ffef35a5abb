"""The catalogue's facets against counting by hand, and free time in a window."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sharing.booking.pages.catalogue import searched
from sharing.kernel.db import db
from sharing.network import queries as network
from sharing.registry import forms, queries, service
from sharing.registry.models import Instrument
from sharing.registry.rules import Audience, BookingMode, InstrumentRow, Status
from sharing.registry.rules.search import VALUE_STEPS_FEN, Catalogue, Search
from tests import cast

MODES, STATUSES = list(BookingMode), list(Status)


@pytest.fixture
def many(app: Flask) -> None:
    """Sixty instruments of two categories, three institutions in two zones, every mode and status, four audiences."""
    zones = cast.network()
    cast.category("040200", "质谱仪器", "Mass spectrometers")
    houses = [
        cast.institution(code, at=at) for code, at in (("a", "kunming"), ("b", "honghe"), ("c", "kunming"))
    ]
    kinds = {row.code: row for row in network.categories()}
    cast.policy(audience="everyone")
    cast.policy(houses[1], audience="institution")
    cast.policy(zones["kunming"], audience="network")
    for number in range(60):
        code = "040102" if number % 3 else "040200"
        row = cast.instrument(
            houses[number % 3],
            name=f"{'扫描电镜' if number % 2 else '质谱仪'} {number}",
            booking_mode=MODES[number % 4],
            status=STATUSES[number % 5 % 4],
            original_value_fen=None if number % 7 == 0 else number * 10_000_000,
            category_id=kinds[code].id,
            subjects=[["430"], ["430", "150"], ["180"], []][number % 4],
            category_code=code,
        )
        if number % 11 == 0:
            cast.policy(row, audience="group")
        if number % 13 == 0:
            cast.policy(row, audience="group", valid_from=cast.TODAY - timedelta(days=9), inherit=False)
            cast.policy(row, audience="group", valid_from=cast.TODAY - timedelta(days=1), inherit=True)
    service.reindex()


def everything() -> list[tuple[InstrumentRow, Audience]]:
    rows = [row.id for row in db.session.query(Instrument.id)]
    terms = queries.terms_of(rows)
    return [(one.instrument, one.policy(cast.TODAY).audience) for one in terms.values()]


def meets(row: InstrumentRow, audience: Audience, search: Search, but: str = "") -> bool:
    """The plain question for one instrument, with one filter left out."""
    tests = {
        "zone": not search.zones or row.zone_code in search.zones,
        "institution": not search.institutions or row.institution_code in search.institutions,
        "category": not search.categories
        or any(row.category_code.startswith(code.rstrip("0")) for code in search.categories),
        "subject": not search.subjects or bool(set(row.subjects) & set(search.subjects)),
        "mode": not search.modes or row.booking_mode in search.modes,
        "status": row.status in search.statuses if search.statuses else row.status is not Status.RETIRED,
        "audience": search.audience is None or audience.breadth >= search.audience.breadth,
        "value": search.min_value_fen is None or (row.original_value_fen or -1) >= search.min_value_fen,
        "q": not search.q or search.q in row.name or search.q in row.category_name,
    }
    return all(met for name, met in tests.items() if name != but)


def counted(found: Catalogue, facet: str) -> dict[str, int]:
    return {one.value: one.count for one in found.facets[facet] if one.count}


def by_hand(all_of: Sequence[Any], search: Search, facet: str, value: Any) -> dict[str, int]:
    rows = [row for row, audience in all_of if meets(row, audience, search, facet)]
    return dict(Counter(value(row) for row in rows))


searches = st.builds(
    Search,
    q=st.sampled_from(["", "", "扫描电镜"]),
    zones=st.sampled_from([(), ("kunming",), ("honghe", "dehong")]),
    institutions=st.sampled_from([(), ("a",), ("b", "c")]),
    categories=st.sampled_from([(), ("040000",), ("040100",), ("040200", "040102")]),
    subjects=st.sampled_from([(), ("430",), ("150", "180")]),
    modes=st.lists(st.sampled_from(MODES), max_size=2).map(tuple),
    statuses=st.lists(st.sampled_from(STATUSES), max_size=2).map(tuple),
    audience=st.sampled_from([None, *Audience]),
    min_value_fen=st.sampled_from([None, 0, 100_000_000, 50_000_000]),
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(search=searches)
def test_every_facet_counts_what_the_other_filters_leave(many: None, search: Search) -> None:
    all_of = everything()
    found = queries.catalogue(replace(search, per_page=100), on=cast.TODAY)
    wanted = {row.id for row, audience in all_of if meets(row, audience, search)}
    assert found.page.total == len(wanted)
    assert {row.id for row in found.page.items} == wanted
    assert counted(found, "zone") == by_hand(all_of, search, "zone", lambda row: row.zone_code)
    assert counted(found, "institution") == by_hand(
        all_of, search, "institution", lambda row: row.institution_code
    )
    assert counted(found, "mode") == by_hand(all_of, search, "mode", lambda row: row.booking_mode.value)
    assert counted(found, "status") == by_hand(all_of, search, "status", lambda row: row.status.value)
    served = [row.subjects for row, a in all_of if meets(row, a, search, "subject")]
    assert counted(found, "subject") == dict(Counter(code for codes in served for code in codes))
    classes = by_hand(all_of, search, "category", lambda row: row.category_code[:2] + "0000")
    classes |= by_hand(all_of, search, "category", lambda row: row.category_code[:4] + "00")
    assert counted(found, "category") == classes
    open_to = [audience for row, audience in all_of if meets(row, audience, search, "audience")]
    for one in found.facets["audience"]:
        assert one.count == sum(1 for a in open_to if a.breadth >= Audience(one.value).breadth)
    values = [row.original_value_fen or -1 for row, a in all_of if meets(row, a, search, "value")]
    for one in found.facets["value"]:
        assert one.count == sum(1 for value in values if value >= int(one.value))
    assert len(found.facets["value"]) == len(VALUE_STEPS_FEN)


def test_a_list_without_facets_finds_the_same(many: None) -> None:
    search = Search(q="电镜", zones=("kunming",), audience=Audience.NETWORK)
    whole, plain = (ask(search, on=cast.TODAY) for ask in (queries.catalogue, queries.listed))
    assert (plain.page.total, plain.page.items) == (whole.page.total, whole.page.items)


def test_pages_do_not_overlap_and_leave_nothing_out(many: None) -> None:
    total = queries.catalogue(Search(), on=cast.TODAY).page.total
    for sort in ("", "name", "-name", "value", "-value", "newest"):
        pages = [
            queries.listed(Search(sort=sort, page=number, per_page=7), on=cast.TODAY).page.items
            for number in range(1, total // 7 + 2)
        ]
        ids = [row.id for page in pages for row in page]
        assert len(ids) == len(set(ids)) == total


def test_the_dearest_first_and_those_without_a_value_last(many: None) -> None:
    items = queries.listed(Search(sort="-value", per_page=100), on=cast.TODAY).page.items
    values = [row.original_value_fen for row in items]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=True)
    assert values[len(known) :] == [None] * (len(values) - len(known))


# --- free time in a window ------------------------------------------------------------------------------------------


def free(window: Any) -> set[str]:
    asked = forms.SearchIn(free_from=window.start, free_to=window.end, per_page=100)
    return {row.name for row in searched(asked, None, cast.NOW, facets=False).page.items}


@pytest.fixture
def lab(app: Flask) -> dict[str, Instrument]:
    cast.network()
    house = cast.institution("a")
    cast.policy()
    cast.timetable()
    names = ("empty", "full", "half", "two", "two-full", "night", "closed", "broken")
    made = {
        name: cast.instrument(house, name=name, capacity=2 if name.startswith("two") else 1) for name in names
    }
    cast.timetable(made["night"], days={"workday": [[1200, 1800]]})
    made["closed"].booking_mode = "closed"
    made["broken"].status = "maintenance"
    db.session.commit()
    morning = cast.span(1, "08:00", "12:00")
    for name, position in (("full", 1), ("two", 2), ("two-full", 1), ("two-full", 2)):
        cast.slot(made[name], morning, position=position, source_id=uuid.uuid4())
    cast.slot(made["half"], cast.span(1, "08:00", "11:30"), source_id=uuid.uuid4())
    return made


def test_free_is_open_and_not_taken_on_every_place(lab: dict[str, Instrument]) -> None:
    assert free(cast.span(1, "09:00", "12:00")) == {"empty", "half", "two"}
    assert free(cast.span(1, "09:00", "11:00")) == {"empty", "two"}
    assert free(cast.span(1, "09:00", "12:30")) == {"empty", "half", "two", "full", "two-full"}


def test_closed_hours_are_not_free_and_nights_are_where_they_are_open(lab: dict[str, Instrument]) -> None:
    assert free(cast.span(1, "21:00", "22:00")) == {"night"}
    assert free(cast.span(2, "03:00", "04:00")) == {"night"}  # Wednesday before dawn belongs to Tuesday
    assert free(cast.span(5, "10:00", "12:00")) == set()  # Saturday


def test_a_slot_that_began_long_before_the_window_counts(lab: dict[str, Instrument]) -> None:
    start, end = cast.clock(1, "08:00"), cast.clock(9, "08:00")
    week = cast.span(1, "08:00", "09:00")
    cast.slot(lab["empty"], type(week)(start, end), source_id=uuid.uuid4())
    assert "empty" not in free(cast.span(3, "10:00", "12:00"))
    assert "half" in free(cast.span(3, "10:00", "12:00"))
