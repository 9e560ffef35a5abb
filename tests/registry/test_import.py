"""A file is brought to the register: what is added and changed, what is refused, and that nothing is half done."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.audit import queries as audit
from sharing.kernel.db import db
from sharing.kernel.language import speaking
from sharing.kernel.refusals import Refused
from sharing.kernel.tables.plan import Mode
from sharing.registry import queries, service
from sharing.registry.models import Instrument
from sharing.registry.rules import Status
from sharing.registry.rules.records import State
from sharing.registry.rules.search import Search
from sharing.registry.rules.words import FUNDS, SHARE_MODES, SOURCES
from tests import cast
from tests.registry.importing import (
    LATER,
    again,
    applied,
    bad,
    brought,
    changes,
    csv_of,
    everything,
    exported,
    found,
    looked,
)  # fmt: skip

HEAD = "管理单位代码,资产编号,仪器名称,分类编码,规格型号,原值（元）,启用日期"
NEW = "uni,2024001,共聚焦显微镜,040102,LSM 900,1250000.50,2024-03-01"


@pytest.fixture
def house(app: Flask) -> cast.House:
    made = cast.house()
    made.instrument.asset_no = "0012"
    db.session.commit()
    service.reindex()
    return made


def names(q: str) -> list[str]:
    return [one.name for one in queries.listed(Search(q=q), on=cast.TODAY).page.items]


def by_asset(number: str) -> Instrument:
    db.session.rollback()
    return db.session.query(Instrument).filter_by(asset_no=number).one()


# --- adding and changing --------------------------------------------------------------------------------------


def test_new_rows_are_entered_numbered_audited_and_found(house: cast.House, tmp_path: Path) -> None:
    by = cast.actor(house.admin)
    run = applied(csv_of(HEAD, NEW, "uni,2024002,流式细胞仪,040102,,,"), tmp_path, by=by)
    assert (run.state, run.counts.added, run.counts.written) == (State.DONE, 2, 2)
    row = by_asset("2024001")
    assert (row.code, row.original_value_fen, row.commissioned_on) == (
        "uni-2026-000001", 125_000_050, date(2024, 3, 1),
    )  # fmt: skip
    assert (row.zone_id, row.status, row.capacity) == (house.university.zone_id, "in_service", 1)
    assert names("lsm900") == ["共聚焦显微镜"]
    event = audit.history("instrument", row.id)[0]
    assert (event.action, event.actor_name) == ("registry.create", house.admin.name)
    assert event.after is not None
    assert event.after["name"] == "共聚焦显微镜"


def test_a_change_is_shown_before_and_after_and_only_that_is_written(
    house: cast.House, tmp_path: Path
) -> None:
    data = csv_of("仪器编号,仪器名称,规格型号", f"{house.instrument.code},透射电镜,Sigma 300")
    run = looked(data, tmp_path, by=cast.actor(house.admin))
    old = house.instrument.name
    assert (run.state, run.counts.changed) == (State.LOOKED, 1)
    assert changes(run, tmp_path) == {2: {"name": [old, "透射电镜"]}}
    assert by_asset("0012").name == old
    again(run, tmp_path, by=cast.actor(house.admin))
    row = by_asset("0012")
    assert (row.name, row.revision, names("透射")) == ("透射电镜", 2, ["透射电镜"])
    event = audit.history("instrument", row.id)[0]
    assert (event.action, event.before, event.after) == ("registry.edit", {"name": old}, {"name": "透射电镜"})


def test_the_same_file_twice_writes_nothing(house: cast.House, tmp_path: Path) -> None:
    data = csv_of(HEAD, NEW, "uni,0012,改名,040102,X,1,2020-01-01")
    assert applied(data, tmp_path).counts.written == 2
    before = everything()
    run = applied(data, tmp_path)
    assert (run.counts.same, run.counts.written, run.state) == (2, 0, State.DONE)
    assert everything() == before


def test_an_empty_cell_and_a_missing_row_say_nothing(house: cast.House, tmp_path: Path) -> None:
    before = everything()
    run = applied(csv_of("仪器编号,仪器名称,规格型号", f"{house.instrument.code},,"), tmp_path)
    assert (run.counts.same, everything() == before) == (1, True)


def test_a_number_is_known_again_whatever_its_width_and_case(house: cast.House, tmp_path: Path) -> None:
    house.instrument.asset_no = "A12"
    db.session.commit()
    run = looked(csv_of(HEAD, "uni,ａ12,改名,,,,"), tmp_path)
    assert (run.counts.changed, run.counts.added) == (1, 0)
    assert looked(csv_of(HEAD, "uni,0A12,新的,040102,,,"), tmp_path).counts.added == 1


def test_a_status_carries_its_reason_and_retiring_is_never_by_absence(
    house: cast.House, tmp_path: Path
) -> None:
    code = house.instrument.code
    run = looked(csv_of("仪器编号,状态", f"{code},维护中"), tmp_path)
    assert bad(run, tmp_path) == [(2, "", "status-reason")]
    applied(csv_of("仪器编号,状态,状态说明", f"{code},维护中,换灯丝"), tmp_path)
    assert (by_asset("0012").status, by_asset("0012").status_reason) == ("maintenance", "换灯丝")


def test_a_national_file_and_an_asset_card_find_the_same_instrument(
    house: cast.House, tmp_path: Path
) -> None:
    national = csv_of(
        "insCode,innerId,cname,instrCategory,worth,instrSource", "uni,0012,扫描电镜,040102,125.00,2"
    )
    applied(national, tmp_path)
    row = by_asset("0012")
    assert (row.name, row.original_value_fen, row.source) == ("扫描电镜", 125_000_000, "研制")
    card = csv_of(
        "资产编号,资产名称,资产原值,取得方式,是否共享共用",
        "0012,扫描电镜,1250000,自建,否",
        "9,新卡,1,购置,是",
    )
    run = looked(card, tmp_path, house=house.university)
    assert changes(run, tmp_path) == {2: {"share_mode": ["外部共享", "不共享"]}}
    assert bad(run, tmp_path) == [(3, "", "unknown-category")]  # the test's code set has no 990000


def test_a_mapping_says_which_column_is_what(house: cast.House, tmp_path: Path) -> None:
    data = csv_of("设备代号,叫什么,价（万）,备注", "0012,电镜,12.5,随便")
    targets = {"设备代号": "asset_no", "叫什么": "name", "价（万）": "original_value_wan"}
    run = looked(data, tmp_path, house=house.university, layout="mapping", targets=targets)
    assert changes(run, tmp_path)[2]["original_value_fen"] == [None, 12_500_000]


# --- refusing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("uni,1,名,040102,,十万,", "原值（元）", "decimal_parsing"),
        ("uni,1,名,040102,,,45352", "启用日期", "serial-date"),
        ("uni,1,名,040102,,,明天", "启用日期", "date_parsing"),
        ("uni,1,名,000001,,,", "分类编码", "unknown-category"),
        ("uni,1,,040102,,,", "仪器名称", "missing"),
        ("uni,1,名,,,,", "分类编码", "missing"),
        ("uni,,名,040102,,,", "", "no-key"),
        ("nowhere,1,名,040102,,,", "管理单位代码", "unknown-institution"),
        (",1,名,040102,,,", "管理单位代码", "unknown-institution"),
        ("firm,1,名,040102,,,", "管理单位代码", "unknown-institution"),
        ("uni,1," + "长" * 101 + ",040102,,,", "仪器名称", "string_too_long"),
        ("uni,1,名,040102,,,,多出来", "", "no-heading"),
    ],
)
def test_a_bad_row_is_named_by_line_column_and_reason(
    house: cast.House, tmp_path: Path, row: str, column: str, reason: str
) -> None:
    run = looked(csv_of(HEAD, NEW, row), tmp_path)
    assert bad(run, tmp_path) == [(3, column, reason)]
    assert (run.counts.added, run.counts.bad) == (1, 1)


def test_an_instrument_is_named_once_in_a_file(house: cast.House, tmp_path: Path) -> None:
    run = looked(csv_of(HEAD, NEW, NEW, "uni,0012,甲,,,,", "uni,００12,乙,,,,"), tmp_path)
    assert bad(run, tmp_path) == [(3, "资产编号", "twice"), (5, "资产编号", "twice")]


def test_every_fault_of_a_row_is_told_at_once(house: cast.House, tmp_path: Path) -> None:
    run = looked(csv_of(HEAD, "uni,1,名,040102,,x,y"), tmp_path)
    assert [reason for _line, _column, reason in bad(run, tmp_path)] == ["decimal_parsing", "date_parsing"]


def test_all_or_nothing_writes_nothing_when_one_row_is_bad(house: cast.House, tmp_path: Path) -> None:
    before = everything()
    run = applied(csv_of(HEAD, NEW, "uni,2,名,040102,,x,"), tmp_path)
    assert (run.state, run.problem and run.problem.kind) == (State.REFUSED, "import-bad-rows")
    assert (run.counts.written, run.counts.bad, everything() == before) == (0, 1, True)


def test_good_rows_are_written_when_asked(house: cast.House, tmp_path: Path) -> None:
    run = applied(csv_of(HEAD, NEW, "uni,2,名,040102,,x,"), tmp_path, mode=Mode.GOOD)
    assert (run.state, run.counts.written, run.counts.bad) == (State.DONE, 1, 1)
    assert by_asset("2024001").name == "共聚焦显微镜"


@pytest.mark.parametrize("who", ["admin", "zone_admin", "province_admin"])
def test_an_administrator_writes_only_what_is_hers(house: cast.House, tmp_path: Path, who: str) -> None:
    theirs = cast.instrument(house.elsewhere, asset_no="H1")
    cast.mandate(house.university)  # for the zone
    data = csv_of(HEAD, NEW, "other,H1,改名,,,,", "other,H2,新的,040102,,,")
    run = looked(data, tmp_path, by=cast.actor(getattr(house, who)))
    expected = [] if who == "province_admin" else [(3, "资产编号", "forbidden"), (4, "资产编号", "forbidden")]
    assert bad(run, tmp_path) == expected
    assert theirs.revision == 1


def test_an_owner_never_changes_by_an_import(house: cast.House, tmp_path: Path) -> None:
    data = csv_of("仪器编号,管理单位代码,仪器名称", f"{house.instrument.code},other,抢来的")
    assert bad(looked(data, tmp_path), tmp_path) == [(2, "管理单位代码", "other-institution")]
    run = looked(csv_of("仪器编号,仪器名称", f"{house.instrument.code},x"), tmp_path, house=house.elsewhere)
    assert bad(run, tmp_path) == [(2, "仪器编号", "other-institution")]


@pytest.mark.parametrize("who", ["manager", "researcher", "finance", "auditor"])
def test_others_bring_nothing(house: cast.House, tmp_path: Path, who: str) -> None:
    with pytest.raises(Refused) as no:
        brought(b"x", tmp_path, by=cast.actor(getattr(house, who)), house=house.university)
    assert no.value.kind == "forbidden"


def test_what_was_changed_since_the_look_is_not_overwritten(house: cast.House, tmp_path: Path) -> None:
    by = cast.actor(house.admin)
    run = looked(csv_of("仪器编号,仪器名称", f"{house.instrument.code},来自文件"), tmp_path, by=by)
    service.edit(house.instrument.id, {"name": "来自页面"}, revision=1, by=by, now=LATER)
    run = again(run, tmp_path, by=by, now=LATER)
    assert (run.state, bad(run, tmp_path)) == (State.REFUSED, [(2, "仪器编号", "changed-since")])
    assert by_asset("0012").name == "来自页面"


def test_a_file_that_cannot_be_read_ends_the_run_with_its_reason(house: cast.House, tmp_path: Path) -> None:
    run = looked("甲,乙\n1,2\n".encode(), tmp_path)
    assert (run.state, run.problem and run.problem.kind) == (State.REFUSED, "file-refused")
    assert run.problem
    assert "甲、乙" in run.problem.message
    run = applied(csv_of(HEAD, NEW) + "uni,半行".encode(), tmp_path, mode=Mode.ALL)
    assert run.state is State.REFUSED
    assert not db.session.query(Instrument).filter_by(asset_no="2024001").count()


def test_a_run_is_worked_on_once(house: cast.House, tmp_path: Path) -> None:
    data = csv_of(HEAD, NEW)
    run = found(brought(data, tmp_path, by=None))
    assert again(run, tmp_path).state is State.DONE
    assert again(found(run.id), tmp_path).counts.written in (0, 1)
    assert db.session.query(Instrument).filter_by(asset_no="2024001").count() == 1


def test_what_was_not_looked_at_cannot_be_asked_for(house: cast.House, tmp_path: Path) -> None:
    by = cast.actor(house.admin)
    run_id = brought(csv_of(HEAD, NEW), tmp_path, by=by, house=house.university)
    with pytest.raises(Refused) as no:
        service.ask_import(run_id, Mode.ALL, by=by, now=LATER, storage=tmp_path)
    assert no.value.kind == "invalid-transition"
    with pytest.raises(Refused) as no:
        service.ask_import(run_id, Mode.ALL, by=cast.actor(house.stranger), now=LATER, storage=tmp_path)
    assert no.value.kind == "not-found"


# --- the law: what goes out comes back as it was --------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).map(str.strip)
fields = st.fixed_dictionaries(
    {
        "name": texts.filter(bool),
        "name_en": texts,
        "technical": texts,
        "achievements": texts,
        "location": texts,
        "contact": texts.map(lambda text: text[:20].strip()),
        "asset_no": st.one_of(st.none(), st.from_regex(r"0{0,2}[1-9]\d{3,8}", fullmatch=True)),
        "serial_no": st.one_of(st.none(), texts.filter(bool)),
        "original_value_fen": st.one_of(st.none(), st.integers(0, 10**12)),
        "commissioned_on": st.one_of(st.none(), st.dates(date(1950, 1, 1), date(2100, 1, 1))),
        "status": st.sampled_from([one.value for one in Status]),
        "customs_supervised": st.booleans(),
        "offers_service": st.booleans(),
        "funds": st.lists(st.sampled_from(FUNDS), unique=True),
        "subjects": st.lists(st.from_regex(r"\d{3}", fullmatch=True), max_size=4),
        "source": st.sampled_from(SOURCES),
        "share_mode": st.sampled_from(SHARE_MODES),
        "capacity": st.integers(1, 99),
    }
)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("layout", ["sharing", "national", "finance"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=fields, other=fields, spoken=st.sampled_from(["zh-CN", "en"]))
def test_an_export_imported_again_writes_nothing(
    house: cast.House, tmp_path: Path, layout: str, kind: str, one: dict[str, object], other: dict[str, object],
    spoken: str,
) -> None:  # fmt: skip
    rows = db.session.query(Instrument).all()
    if len(rows) == 1:
        rows.append(cast.instrument(house.elsewhere))
    for row, values in zip(rows, (one, other), strict=True):
        for name, value in values.items():
            setattr(row, name, value)
        row.status_reason = "" if row.status == "in_service" else "原因"
    db.session.commit()
    before = everything()
    with speaking(spoken):
        data = exported(layout, kind)
    run = applied(data, tmp_path)
    assert (run.state, run.counts.written, bad(run, tmp_path)) == (State.DONE, 0, [])
    assert everything() == before


def test_a_number_entered_meanwhile_stops_all_of_it(
    house: cast.House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner saw no such instrument; the unique number in the database has the last word."""
    cast.instrument(house.university, asset_no="2024001")
    monkeypatch.setattr("sharing.registry.queries.matching.numbers_of", lambda _house: {})
    run = applied(csv_of(HEAD, "uni,9,先写的,040102,,,", NEW), tmp_path)
    assert (run.state, run.problem and run.problem.kind) == (State.REFUSED, "edit-conflict")
    assert not db.session.query(Instrument.id).filter_by(asset_no="9").count()


# --- in a house's stead -----------------------------------------------------------------------------------------------


def test_a_zone_brings_new_ones_only_where_the_house_lets_it(house: cast.House, tmp_path: Path) -> None:
    zone = cast.actor(house.zone_admin)
    second = cast.institution("second")
    cast.mandate(second, source_document="授权书 2 号")
    cast.mandate(house.university, ends_on=cast.TODAY)  # over since today
    rows = ("uni,2024001,共聚焦显微镜,040102,,,", "second,0001,质谱仪,040102,,,", "uni,0012,改了名,040102,,,")
    run = looked(csv_of(HEAD, *rows), tmp_path, by=zone)
    assert bad(run, tmp_path) == [(2, "资产编号", "no-mandate")]  # a change is hers to make, as on the page
    assert (run.counts.added, run.counts.changed) == (1, 1)
    again(run, tmp_path, by=zone, mode=Mode.GOOD)
    event = audit.history("instrument", by_asset("0001").id)[0]
    assert (event.actor_name, event.note) == (
        house.zone_admin.name, "代单位 second登记，依据：授权书 2 号",
    )  # fmt: skip


def test_a_file_for_a_house_that_lets_nobody_is_not_taken(house: cast.House, tmp_path: Path) -> None:
    zone = cast.actor(house.zone_admin)
    with pytest.raises(Refused, match="no-mandate"):
        brought(csv_of(HEAD, NEW), tmp_path, by=zone, house=house.university)
    cast.mandate(house.university)
    assert applied(csv_of(HEAD, NEW), tmp_path, by=zone, house=house.university).counts.added == 1


def test_leave_that_ended_since_the_look_is_asked_for_again(house: cast.House, tmp_path: Path) -> None:
    zone, leave = cast.actor(house.zone_admin), cast.mandate(house.university)
    run = looked(csv_of(HEAD, NEW), tmp_path, by=zone, house=house.university)
    assert run.counts.added == 1
    leave.ends_on = cast.TODAY
    db.session.commit()
    assert again(run, tmp_path, by=zone).state is State.REFUSED
