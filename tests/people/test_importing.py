"""People by file: found again by their number, every bad row named, all or the good rows, twice is once."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import func, select

from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import write_xlsx
from sharing.kernel.tables.plan import Action, Mode
from sharing.people import forms, queries, service
from sharing.people.cli import user as command
from sharing.people.models import Grant, Membership, User
from sharing.people.rules import Outcome
from sharing.people.service.forget import BROUGHT, FILE_LIFE
from tests import cast
from tests.harness.browser import KEPT, Browser

TABLE = """工号/学号,姓名,部门,邮箱,手机,类别,课题组
20260001,李静怡,化学院,li@uni.example,138 8800 1234,学生,{group}
20260002,王 强,化学院,,,教师,
"""
BAD = """学号,姓名,邮箱,类别,课题组
20260003,赵一,,学生,
,无号,,,
20260003,重号,,,
20260004,,not-an-address,外星人,没有这个组
"""


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    found.admin.password_hash = KEPT
    db.session.commit()
    return found


def bring(
    house: cast.House, table: str | bytes, mode: Mode | None = Mode.ALL, by: User | None = None
) -> Outcome:
    data = table.encode() if isinstance(table, str) else table
    with forms.read_people(data, name="名册.csv") as (headings, rows):
        return service.import_people(
            rows,
            headings,
            institution_id=house.university.id,
            mode=mode,
            source="名册.csv",
            by=cast.actor(by or house.admin),
            now=cast.NOW,
        )


def one(house: cast.House, number: str) -> User:
    ask = select(User).where(User.institution_id == house.university.id, User.staff_no == number)
    return db.session.scalars(ask).one()


def counted() -> tuple[int, ...]:
    db.session.rollback()
    return tuple(
        db.session.scalar(select(func.count()).select_from(model)) or 0 for model in (User, Grant, Membership)
    )


def test_people_are_entered_with_their_group_and_may_book(house: cast.House) -> None:
    outcome = bring(house, TABLE.format(group=house.group.code))
    assert (outcome.done, outcome.counts.added, outcome.counts.written) == (True, 2, 2)
    li = one(house, "20260001")
    assert (li.name, li.phone, li.standing, li.kind) == ("李静怡", "13888001234", "student", "member")
    actor = queries.actor(li.id, cast.NOW)
    assert actor is not None
    assert actor.has("booking.submit")
    assert house.group.id in actor.groups
    assert {row.reason for row in queries.grants_of(li.id)} == {"名册.csv"}
    assert one(house, "20260002").email == ""


def test_a_look_writes_nothing_and_the_same_file_twice_writes_nothing(house: cast.House) -> None:
    table, before = TABLE.format(group=house.group.name), counted()
    assert bring(house, table, None).counts.added == 2
    assert counted() == before
    bring(house, table)
    after = counted()
    again = bring(house, table)
    assert (again.counts.same, again.counts.written, again.rows) == (2, 0, ())
    assert counted() == after


def test_every_bad_row_is_named_and_all_means_none(house: cast.House) -> None:
    before = counted()
    outcome = bring(house, BAD)
    assert (outcome.done, outcome.counts.bad) == (False, 3)
    assert counted() == before
    said = [(row.line, fault.heading, fault.reason) for row in outcome.of(Action.BAD) for fault in row.faults]
    assert said == [
        (3, "学号", "no-key"), (4, "学号", "twice"),
        (5, "类别", "standing"), (5, "邮箱", "string_pattern_mismatch"),
    ]  # fmt: skip
    good = bring(house, BAD, Mode.GOOD)
    assert (good.done, good.counts.written) == (True, 1)
    assert one(house, "20260003").name == "赵一"


def test_a_group_that_there_is_not_and_a_name_that_is_missing_are_named(house: cast.House) -> None:
    outcome = bring(house, "工号,姓名,课题组\n1001,甲,没有这个组\n1002,,\n")
    reasons = [fault.reason for row in outcome.rows for fault in row.faults]
    assert reasons == ["unknown-group", "missing"]


def test_a_change_is_shown_before_and_after_and_empty_cells_say_nothing(house: cast.House) -> None:
    bring(house, TABLE.format(group=""))
    outcome = bring(house, f"学号,姓名,部门,课题组\n20260001,李静仪,,\n20260002,,,{house.group.code}\n")
    changes = {row.staff_no: dict(row.changes) for row in outcome.of(Action.CHANGE)}
    assert changes["20260001"] == {"name": ("李静怡", "李静仪")}
    assert set(changes["20260002"]) == {"groups"}
    assert one(house, "20260001").department == "化学院"


def test_an_address_that_opens_an_account_is_hers_to_change(house: cast.House) -> None:
    number = house.researcher.staff_no
    outcome = bring(house, f"工号,邮箱,手机\n{number},taken-over@evil.example,13900000000\n")
    assert dict(outcome.rows[0].changes) == {"phone": (None, "13900000000")}
    assert one(house, str(number)).email == house.researcher.email


def test_nobody_who_reaches_beyond_the_house_gets_a_way_in_from_it(house: cast.House) -> None:
    """A house's administrator must not become the province's by writing an address where there is none."""
    boss = cast.user(
        "boss", role="province_admin", institution=house.university, email="", phone=None, staff_no="9001"
    )
    outcome = bring(house, "工号,邮箱,手机\n9001,mine@evil.example,13900000000\n")
    assert outcome.counts.same == 1
    db.session.refresh(boss)
    assert (boss.email, boss.phone) == ("", None)


def test_an_address_or_a_number_that_has_an_owner_is_refused(house: cast.House) -> None:
    cast.user("gone", institution=house.university, staff_no="7007", left_at=cast.NOW)
    table = f"工号,姓名,邮箱\n1,甲,{house.stranger.email}\n2,乙,x@uni.example\n3,丙,X@uni.example\n7007,丁,\n"
    reasons = [(row.line, fault.reason) for row in bring(house, table).rows for fault in row.faults]
    assert (2, "email-known") in reasons
    assert (4, "email-twice") in reasons
    assert (5, "left") in reasons


def test_a_user_name_that_is_taken_gets_the_house_before_it(house: cast.House) -> None:
    cast.user("20260001")
    bring(house, TABLE.format(group=""))
    assert one(house, "20260001").username == f"{house.university.code.lower()}-20260001"


def test_only_who_manages_the_house_brings_people(house: cast.House) -> None:
    with pytest.raises(Refused, match="forbidden"):
        bring(house, TABLE, by=house.manager)
    stranger = cast.user(role="institution_admin", at=house.elsewhere)
    with pytest.raises(Refused, match="forbidden"):
        bring(house, TABLE, by=stranger)


@pytest.mark.parametrize("table", ["姓名\n甲\n", "工号,学号,姓名\n1,2,甲\n", ""])
def test_a_table_that_cannot_be_told_is_refused_whole(house: cast.House, table: str) -> None:
    with pytest.raises(Refused, match="file-refused"):
        bring(house, table)


def test_a_workbook_is_read_as_well(house: cast.House) -> None:
    out = io.BytesIO()
    write_xlsx(out, ["工号", "姓名"], [["A1001", "甲"]])
    assert bring(house, out.getvalue()).counts.added == 1


def test_the_page_shows_what_a_file_would_do_and_writes_it(app: Flask, house: cast.House) -> None:
    admin = Browser(app).sign_in(house.admin)
    data = {"institution": house.university.code, "file": (io.BytesIO(BAD.encode()), "名册.csv")}
    looked = admin.post("/people/import", data, content_type="multipart/form-data")
    assert looked.status_code == 200
    assert "与第 2 行是同一个工号" in looked.text
    ticket = looked.text.split('name="ticket" value="')[1].split('"')[0]
    storage = Path(app.extensions["sharing.settings"].storage_dir)
    assert len(list((storage / BROUGHT).glob("*/*"))) == 1
    assert admin.post("/people/import/apply", ticket=ticket, mode="all").status_code == 200
    assert admin.post("/people/import/apply", ticket=ticket, mode="good").status_code == 303
    assert one(house, "20260003").name == "赵一"
    assert list((storage / BROUGHT).glob("*/*")) == []
    assert admin.post("/people/import/apply", ticket=ticket, mode="good").status_code == 410


def test_a_file_that_nobody_writes_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / BROUGHT / "ab" / "abc"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    os.utime(path, (cast.NOW.timestamp(),) * 2)
    assert service.forget_files(tmp_path, cast.NOW) == 0
    assert service.forget_files(tmp_path, cast.NOW + FILE_LIFE * 2) == 1
    assert not path.exists()


def test_the_api_looks_writes_and_names_bad_rows(app: Flask, house: cast.House) -> None:
    by = cast.actor(house.admin)
    token = service.create_token(by.user_id, label="t", ends_at=None, by=by, now=cast.NOW)

    def post(mode: str, table: str) -> Any:
        return app.test_client().post(
            "/api/v1/people/imports",
            data={
                "institution": house.university.code,
                "mode": mode,
                "file": (io.BytesIO(table.encode()), "a.csv"),
            },
            headers={"Authorization": f"Bearer {token}"},
            content_type="multipart/form-data",
        )

    assert post("look", BAD).get_json()["bad"] == 3
    refused = post("all", BAD)
    assert (refused.status_code, refused.get_json()["type"]) == (422, "/problems/import-bad-rows")
    assert {one["line"] for one in refused.get_json()["rows"]} == {3, 4, 5}
    assert post("good", BAD).get_json()["written"] == 1
    assert post("all", "学号,姓名\n20260003,赵一\n").get_json()["same"] == 1
    assert post("look", "姓名\n甲\n").status_code == 422


def test_the_command_brings_a_file(app: Flask, house: cast.House, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(BAD, "utf-8")

    def run(*options: str) -> Any:
        return CliRunner().invoke(
            command, ["import", str(path), "--institution", house.university.code, *options]
        )

    assert run("--dry-run").exit_code == 1
    done = run("--good-rows")
    assert done.exit_code == 0
    assert "+ 2: 20260003 赵一" in done.output
    assert "1 written" in done.output
