"""The trail as a page, JSON, a file and a command: whose rows each one sees, filters, pages, words for every change."""

from __future__ import annotations

import ast
import csv
import io
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from sharing.approval.queries import CHAINS
from sharing.audit import cli, queries, service
from sharing.audit.forms import TrailIn
from sharing.audit.queries import Asked, Sight
from sharing.booking import service as booking
from sharing.booking.rules import Action, Submit
from sharing.kernel.db import db, transaction
from sharing.network.service.categories import ACTIONS as CATEGORY_ACTIONS
from sharing.orders.rules import Action as OrderAction
from sharing.people import service as people
from sharing.people.rules import Role, ScopeKind
from sharing.pricing.queries import PRICES
from sharing.registry.queries import POLICIES, TIMETABLES
from sharing.web import places
from sharing.web.trail import command, reading, words
from sharing.web.trail.difference import Line, lines
from tests import cast
from tests.harness.browser import KEPT, Browser
from tests.harness.statements import statements

EVERYWHERE = Sight(everything=True)


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(cast.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for user in found.people().values():
        user.password_hash = KEPT
    db.session.commit()
    return found


def ask_for_time(house: cast.House, day: int = 1, now: Any = cast.NOW) -> Any:
    """A request of the researcher, as the trail keeps it."""
    ask = Submit(
        instrument_id=house.instrument.id,
        span=cast.span(day, "09:00", "10:00"),
        purpose="样品",
        group_id=house.group.id,
    )
    return booking.submit(ask, by=cast.actor(house.researcher), now=now).booking


def seen_by(who: Any) -> list[str]:
    found = reading.trail(Asked(most=200), reading.sight_of(cast.actor(who)))
    return [f"{one.row.action} {one.who}" for one in found.rows]


# --- whose rows ------------------------------------------------------------------------------------------------


def test_each_reads_her_own_house_her_zone_or_everything(app: Flask, house: cast.House) -> None:
    row = ask_for_time(house)
    other_admin = cast.user("other_admin", role="institution_admin", at=house.elsewhere)
    people.grant(
        house.stranger.id, role=Role.MANAGER, scope_kind=ScopeKind.INSTITUTION, scope_id=house.elsewhere.id,
        starts_on=cast.TODAY, reason="接任", by=cast.actor(house.province_admin), now=cast.NOW,
    )  # fmt: skip
    ours, theirs = f"booking.submit {house.researcher.name}", f"people.grant {house.province_admin.name}"
    assert seen_by(house.admin) == [ours]
    assert seen_by(house.zone_admin) == [ours]
    assert seen_by(other_admin) == [theirs]
    assert seen_by(house.auditor) == seen_by(house.province_admin) == [theirs, ours]
    assert row.number in Browser(app).sign_in(house.admin).get("/audit").text


def test_an_outsiders_booking_counts_in_the_instruments_house(house: cast.House) -> None:
    """A company's request on our instrument is ours to read, though it is none of our people."""
    cast.policy(valid_from=cast.TODAY, audience="everyone")
    ask = Submit(instrument_id=house.instrument.id, span=cast.span(1, "09:00", "10:00"), purpose="样品")
    booking.submit(ask, by=cast.actor(house.enterprise), now=cast.NOW)
    assert seen_by(house.admin) == [f"booking.submit {house.enterprise.name}"]


def test_who_asks_to_join_is_read_by_the_house_that_answers(app: Flask, house: cast.House) -> None:
    """A visitor belongs to no house; her request does."""
    ask = people.Asking(institution_id=house.university.id, email="new@example.test", name="新人")
    people.sign_up(ask, address="198.51.100.1", now=cast.NOW)
    other_admin = cast.user("other_admin", role="institution_admin", at=house.elsewhere)
    assert [one.split()[0] for one in seen_by(house.admin)] == ["people.sign-up"]
    assert seen_by(other_admin) == []
    assert "申请加入" in Browser(app).sign_in(house.admin).get("/audit").text


def test_nobody_else_opens_it(app: Flask, house: cast.House) -> None:
    assert Browser(app).sign_in(house.researcher).get("/audit").status_code == 403


# --- filters and pages -----------------------------------------------------------------------------------------


def actions(**given: Any) -> list[str]:
    asked = reading.asked_of(TrailIn(**given), None)
    return [one.row.action for one in reading.trail(asked, EVERYWHERE).rows]


def test_filters_by_person_thing_request_action_and_day(house: cast.House, monday: Any) -> None:
    row = ask_for_time(house)
    booking.cancel(row.id, by=cast.actor(house.researcher), note="不来了", now=cast.NOW)
    monday.move_to(cast.clock(1, "08:00"))
    ask_for_time(house, 2, now=cast.clock(1, "08:00"))
    assert actions(thing=row.number) == actions(thing=str(row.id)) == ["booking.cancel", "booking.submit"]
    assert actions(person="researcher") == actions(person=house.researcher.name) != []
    assert actions(person="head") == []
    assert actions(action="booking.cancel") == ["booking.cancel"]
    assert len(actions(action="booking.")) == 3
    assert actions(since="2026-03-03") == actions(zone="kunming", since="2026-03-03")
    assert len(actions(last="2026-03-02")) == 2
    assert actions(institution="uni", request="nothing") == []


def test_a_link_to_one_person_reads_as_her_user_name(app: Flask, house: cast.House) -> None:
    row = ask_for_time(house)
    page = Browser(app).sign_in(house.auditor).get(f"/audit?person={house.researcher.id}&thing={row.id}").text
    assert 'value="researcher"' in page
    assert f'value="{row.number}"' in page


def test_what_is_called_by_nothing_is_said_at_its_field(app: Flask, house: cast.House) -> None:
    page = Browser(app).sign_in(house.auditor).get("/audit?person=nobody&thing=KM-1999-000001")
    assert page.status_code == 422
    assert "没有这个用户名或工号" in page.text
    assert "没有这个编号" in page.text


def test_pages_follow_each_other_without_being_counted(house: cast.House) -> None:
    with transaction():
        for n in range(7):
            about = ("thing", uuid.UUID(int=n))
            service.record("test.done", about=about, by=None, now=cast.NOW, zone="kunming", after={"n": n})
    seen: list[Any] = []
    older = None
    for _page in range(3):
        sent: list[str] = []
        with statements(sent):
            found = queries.trail(Asked(older_than=older, most=3), EVERYWHERE)
        assert len(sent) == 1
        assert "count" not in sent[0].lower()
        seen += [row.after["n"] for row in found.rows if row.after]
        older = found.older
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert older is None


def test_a_page_sends_few_statements_however_long_it_is(house: cast.House) -> None:
    for day in range(1, 5):
        ask_for_time(house, day)
    sent: list[str] = []
    with statements(sent):
        assert len(reading.trail(Asked(), EVERYWHERE).rows) >= 4
    assert len(sent) <= 8


# --- words -----------------------------------------------------------------------------------------------------


def test_a_change_reads_in_words_of_the_field(app: Flask, house: cast.House) -> None:
    row = ask_for_time(house)
    booking.cancel(row.id, by=cast.actor(house.researcher), note="不来了", now=cast.NOW)
    page = Browser(app).sign_in(house.auditor).get(f"/audit?thing={row.number}")
    assert "取消预约" in page.text
    assert "<del>待审批</del> → <ins>已取消</ins>" in page.text
    assert house.researcher.name in page.text
    assert "requester_id" not in page.text
    assert "{&#39;" not in page.text


def test_lines_leave_out_what_stayed_and_say_money_time_and_names() -> None:
    key = uuid.uuid4()
    was = {"amount_fen": 100, "starts_at": "2026-03-02T01:00:00+00:00", "same": 1, "requester_id": str(key)}
    now = {"amount_fen": 12_500, "starts_at": "2026-03-02T02:00:00+00:00", "same": 1, "requester_id": None}
    assert lines(was, now, {key: "李娜"}) == [
        Line("金额", "¥1.00", "¥125.00"),
        Line("开始", "3月2日 周一 09:00", "3月2日 周一 10:00"),
        Line("预约人", "李娜", ""),
    ]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3),
    max_leaves=8,
)
ROWS = st.dictionaries(st.sampled_from([*words.FIELDS, *words.HIDDEN, "other"]), PLAIN, max_size=6)


@given(row=ROWS)
def test_what_did_not_change_has_no_line(row: dict[str, Any]) -> None:
    assert lines(row, row, {}) == []


@given(was=st.none() | ROWS, now=st.none() | ROWS)
@example(was=None, now={"days": {"": [[0, 60]]}})
@example(was=None, now={"days": {"workday": ["x"]}})
@example(was=None, now={"other": {"start": 1, "end": "x"}})
def test_whatever_was_written_can_be_read(was: Any, now: Any) -> None:
    for line in lines(was, now, {}):
        assert (line.before or "") != (line.after or "") or was is None


WRITERS = {"record", "_record", "change", "_change", "_add", "_all", "_end", "_audited"}
ACTION = re.compile(r"[a-z]+\.[a-z-]+")


def recorded() -> set[str]:
    """Every action that the code records: what it hands to a writer, and those of the tables of transitions and of
    dated rows."""
    found = {f"booking.{action.value}" for action in Action}
    found |= {f"order.{action.value}" for action in OrderAction}
    found |= set(CATEGORY_ACTIONS.values())
    found |= {action for kind in (PRICES, POLICIES, TIMETABLES, CHAINS) for action in kind.actions}
    for path in Path(places.PACKAGE).rglob("*.py"):
        writers = WRITERS | (
            {"_tell"} if path.relative_to(places.PACKAGE).parts[0] in {"network", "people"} else set()
        )
        for node in ast.walk(ast.parse(path.read_text("utf8"))):
            parts: list[Any] = []
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) in writers
            ):
                parts = [*node.args, *(one.value for one in node.keywords if one.arg == "action")]
            elif isinstance(node, ast.Dict):
                keys = zip(node.keys, node.values, strict=True)
                parts = [
                    value for key, value in keys if isinstance(key, ast.Constant) and key.value == "action"
                ]
            parts += [side for one in parts if isinstance(one, ast.IfExp) for side in (one.body, one.orelse)]
            said = [
                one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            found |= {one for one in said if ACTION.fullmatch(one)}
    return found


def test_every_recorded_action_has_a_word_and_every_word_an_action() -> None:
    assert (sorted(recorded() - set(words.ACTIONS)), sorted(set(words.ACTIONS) - recorded())) == ([], [])


# --- the file, the command, the check --------------------------------------------------------------------------


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_file_holds_what_the_filters_ask_for(app: Flask, house: cast.House) -> None:
    row = ask_for_time(house)
    booking.cancel(row.id, by=cast.actor(house.researcher), note="=1+1", now=cast.NOW)
    answer = Browser(app).sign_in(house.auditor).get("/audit/export?action=booking.cancel")
    assert answer.mimetype == "text/csv"
    header, line = table(answer.data)
    assert header[:4] == ["时间", "人员", "代替", "做了什么"]
    assert line[3] == "取消预约"
    assert "状态：待审批 → 已取消" in line[6]
    assert line[7] == "'=1+1"


def test_the_command_writes_the_same(house: cast.House) -> None:
    ask_for_time(house)
    done = CliRunner().invoke(command.export, ["--action", "booking."])
    assert done.exit_code == 0, done.output
    assert "提交预约" in done.stdout_bytes.decode()


def test_the_api_gives_values_words_and_the_next_page(app: Flask, house: cast.House) -> None:
    row = ask_for_time(house)
    booking.cancel(row.id, by=cast.actor(house.researcher), note="不来了", now=cast.NOW)
    by = cast.actor(house.auditor)
    token = people.create_token(by.user_id, label="x", ends_at=None, by=by, now=cast.NOW)
    headers = {"Authorization": f"Bearer {token}"}
    first = app.test_client().get(f"/api/v1/audit?thing={row.number}&per_page=1", headers=headers).json
    assert first["items"][0]["action"] == "booking.cancel"
    assert first["items"][0]["after"]["status"] == "cancelled"
    assert {"field": "状态", "before": "待审批", "after": "已取消"} in first["items"][0]["changes"]
    rest = app.test_client().get(
        f"/api/v1/audit?thing={row.number}&older_than={first['older_than']}", headers=headers
    ).json  # fmt: skip
    assert [one["action"] for one in rest["items"]] == ["booking.submit"]
    assert rest["older_than"] is None


def test_the_last_check_stands_on_the_page(app: Flask, house: cast.House) -> None:
    browser = Browser(app).sign_in(house.auditor)
    assert "还没有核对过" in browser.get("/audit").text
    assert CliRunner().invoke(cli.check).exit_code == 0
    assert "全部相符" in browser.get("/audit").text


def test_a_broken_chain_is_named_on_the_page(app: Flask, house: cast.House) -> None:
    found = {"rows": 9, "seals": 2, "unsealed": 0, "broken": ["kunming #2: a row or the seal was changed"]}
    service._keep_check(found | {"id": uuid.uuid4(), "at": cast.NOW})
    assert "kunming #2" in Browser(app).sign_in(house.auditor).get("/audit").text
