"""The layouts of a record: what each shows and reads back; its own words are never a difference."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sharing.kernel import language
from sharing.kernel.language import speaking
from sharing.registry.formats import LAYOUTS, detected, folded_heading, mapped
from sharing.registry.formats import columns as c
from sharing.registry.formats.columns import Unfit
from sharing.registry.rules import BookingMode, InstrumentRow, Status
from sharing.registry.rules.words import CARRIERS, FUNDS, KINDS, SHARE_MODES, SOURCES, USUAL_STATES
from sharing.web import places
from tests.registry.rows import instrument

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(str.strip)
rows = st.builds(
    instrument,
    code=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,12}", fullmatch=True),
    asset_no=st.one_of(st.none(), words.filter(bool)),
    original_value_fen=st.one_of(st.none(), st.integers(0, 10**13)),
    commissioned_on=st.one_of(st.none(), st.dates(date(1950, 1, 1), date(2100, 1, 1))),
    status=st.sampled_from(Status),
    booking_mode=st.sampled_from(BookingMode),
    capacity=st.integers(1, 99),
    customs_supervised=st.booleans(),
    offers_service=st.booleans(),
    subjects=st.lists(st.from_regex(r"\d{3}", fullmatch=True), max_size=4).map(tuple),
    funds=st.lists(st.sampled_from(FUNDS), unique=True).map(tuple),
    source=st.sampled_from(SOURCES),
    kind=st.sampled_from(KINDS),
    carrier_kind=st.sampled_from(CARRIERS),
    share_mode=st.sampled_from(SHARE_MODES),
    usual_state=st.sampled_from(USUAL_STATES),
    institution_uscc=st.one_of(st.none(), st.just("12530000431204939P")),
    **dict.fromkeys(
        ("name", "name_en", "technical", "functions", "achievements", "location", "contact"), words
    ),
)


@pytest.fixture(scope="module", autouse=True)
def words_are_read() -> None:
    language.load(places.TRANSLATIONS)


@given(rows, st.sampled_from(sorted(LAYOUTS)), st.sampled_from(["zh-CN", "en"]))
def test_what_a_layout_shows_is_no_difference_when_it_is_read(
    row: InstrumentRow, name: str, spoken: str
) -> None:
    with speaking(spoken):
        layout = LAYOUTS[name]
        known = layout.by_heading()
        for column, heading, cell in zip(layout.columns, layout.headings(), layout.cells(row), strict=True):
            if not column.field or cell is None:
                continue
            assert known[folded_heading(heading)].field == column.field
            typed = cell.isoformat() if isinstance(cell, date) else str(cell).strip()
            if typed and column.field != "institution":
                assert c.same(column, column.read(typed), row), (heading, cell)


def test_the_national_record_tells_the_value_in_wan_with_two_places() -> None:
    row = instrument(original_value_fen=123_456_789, asset_no="0012", institution_code="uni")
    cells = dict(zip(LAYOUTS["national"].headings(), LAYOUTS["national"].cells(row), strict=True))
    assert cells["原值（万元）"] == Decimal("123.46")
    assert (cells["单位标识"], cells["仪器编号"]) == ("uni", "0012")
    finance = dict(zip(LAYOUTS["finance"].headings(), LAYOUTS["finance"].cells(row), strict=True))
    assert finance["资产原值"] == Decimal("1234567.89")


def test_a_national_value_that_rounds_to_ours_is_no_difference() -> None:
    wan = LAYOUTS["national"].by_heading()["worth"]
    row = instrument(original_value_fen=123_456_789)
    assert c.same(wan, wan.read("123.46"), row)
    assert not c.same(wan, wan.read("123.47"), row)


def test_a_name_cut_by_the_finance_card_is_no_difference() -> None:
    column = LAYOUTS["finance"].by_heading()["资产名称"]
    row = instrument(name="高" * 40)
    assert c.same(column, "高" * 30, row)
    assert not c.same(column, "高" * 29, row)


@pytest.mark.parametrize(
    ("headings", "name"),
    [
        (["仪器编号", "仪器名称", "管理单位代码"], "sharing"),
        (["Instrument no.", "Name", "institution"], "sharing"),
        (["单位标识", "仪器编号", "仪器名称"], "national"),
        (["insCode", "innerId", "cname", "worth"], "national"),
        (["资产编号", "资产名称", "资产原值"], "finance"),
        (["设备代号", "设备叫什么"], None),
    ],
)
def test_a_header_tells_its_layout(headings: list[str], name: str | None) -> None:
    found = detected(headings)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2024-03-01", date(2024, 3, 1)),
        ("2024/3/1", date(2024, 3, 1)),
        ("2024年3月1日", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("2024-03-01 00:00:00", date(2024, 3, 1)),
    ],
)
def test_a_day_is_read_however_it_is_typed(said: str, day: date) -> None:
    assert c.read_day(said) == day


def test_a_day_kept_as_a_number_is_refused_with_what_it_may_mean() -> None:
    with pytest.raises(Unfit) as no:
        c.read_day("45352")
    assert (no.value.reason, no.value.limit) == ("serial-date", "2024-03-01")


@pytest.mark.parametrize("said", ["2024-13-01", "2024-03", "昨天", "0"])
def test_what_is_no_day_is_refused(said: str) -> None:
    with pytest.raises(Unfit) as no:
        c.read_day(said)
    assert no.value.reason == "date_parsing"


@pytest.mark.parametrize(
    ("said", "fen"), [("1,234.5", 123_450), ("¥12", 1200), ("０.０１", 1), ("12元", 1200)]
)
def test_money_is_read_to_the_fen(said: str, fen: int) -> None:
    assert c.read_yuan(said) == fen


@pytest.mark.parametrize(
    ("said", "reason"),
    [("1.234", "decimal_max_places"), ("十万", "decimal_parsing"), ("-1", "decimal_parsing")],
)
def test_what_is_no_amount_is_refused(said: str, reason: str) -> None:
    with pytest.raises(Unfit) as no:
        c.read_yuan(said)
    assert no.value.reason == reason


def test_words_of_ours_are_read_in_every_language_and_as_codes() -> None:
    status = LAYOUTS["sharing"].by_heading()["status"]
    assert {status.read(said) for said in ("维护中", "maintenance", "Under maintenance", "MAINTENANCE")} == {
        "maintenance"
    }
    with pytest.raises(Unfit):
        status.read("坏了")


def test_a_mapping_names_fields_of_ours() -> None:
    layout = mapped({"设备名": "name", "价（万）": "original_value_wan"})
    known = layout.by_heading()
    assert (known["设备名"].read("电镜"), known["价(万)"].read("12.5")) == ("电镜", 12_500_000)
    with pytest.raises(KeyError):
        mapped({"设备名": "nothing"})
