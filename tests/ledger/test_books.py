"""The books on both databases: posted once, balanced, unchanged, closed as a whole."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from sharing.kernel import clock
from sharing.kernel.db import db, new_id, table_of, transaction, transactional
from sharing.kernel.money import Money
from sharing.kernel.refusals import Refused
from sharing.kernel.seals import SETTLED
from sharing.ledger import queries, service
from sharing.ledger.cli import ledger
from sharing.ledger.models import Account, Entry, EntryLine, Period
from sharing.ledger.rules import Draft, EntryRow, Line, Tags, credit, debit
from tests import cast

DAY = date(2026, 1, 20)
LINES = (debit("1212", Money(106_00)), credit("4101", Money(100_00)), credit("2101", Money(6_00)))


@pytest.fixture
def house(app: Flask) -> cast.House:
    found = cast.house()
    for code, nature in {"1002": "asset", "1212": "asset", "2101": "liability", "4101": "income"}.items():
        cast.keep(Account(code=code, name=code, name_en=code, nature=nature))
    return found


def posted(house: cast.House, source: str = "charge:1", lines: Any = LINES, on: date = DAY) -> EntryRow:
    draft = Draft(house.university.id, source, on, lines, note="三小时")
    return service.post(draft, by=cast.actor(house.finance), now=cast.NOW)


def closed(house: cast.House, month: str, **more: Any) -> Any:
    given = {"by": cast.actor(house.finance), "now": cast.NOW} | more
    return service.close(house.university.code, month, **given)


# --- posting ---------------------------------------------------------------------------------------------------------


def test_scenario_29_an_entry_stands_as_it_was_posted(house: cast.House) -> None:
    tags = Tags(instrument_id=house.instrument.id, group_id=house.group.id)
    entry = posted(house, lines=[debit("1212", Money(5), tags), credit("4101", Money(5), tags)])
    assert queries.entry(entry.id) == entry
    assert (entry.period, entry.on, entry.source) == ("2026-01", DAY, "charge:1")
    assert entry.lines == [Line("1212", Money(5), tags), Line("4101", Money(-5), tags)]


def test_a_source_is_posted_once(house: cast.House) -> None:
    first = posted(house)
    again = posted(house, lines=[debit("1212", Money(1)), credit("4101", Money(1))])
    assert again == first
    assert queries.count() == 1


def test_a_draft_that_is_no_entry_writes_nothing(house: cast.House) -> None:
    with pytest.raises(ValueError, match="the lines sum to 1 fen; no account 9"):
        posted(house, lines=[debit("1212", Money(3)), credit("9", Money(2))])
    assert (queries.count(), queries.periods(house.university.id)) == (0, [])


def test_a_reversal_takes_all_of_it_back_once(house: cast.House) -> None:
    entry, by = posted(house), cast.actor(house.finance)
    back = service.reverse(entry.id, on=DAY, note="记错了", by=by, now=cast.NOW)
    assert service.reverse(entry.id, on=DAY, note="再点一次", by=by, now=cast.NOW) == back
    assert back.reverses == entry.id
    assert [one.balance.fen for one in queries.trial_balance(house.university.id, DAY)] == [0, 0, 0]
    with pytest.raises(Refused, match="invalid-transition"):
        service.reverse(back.id, on=DAY, note="", by=by, now=cast.NOW)


def test_a_trial_balance_is_of_one_institution_until_a_day(house: cast.House) -> None:
    posted(house)
    posted(house, "payment:1", [debit("1002", Money(50_00)), credit("1212", Money(50_00))], cast.TODAY)
    elsewhere = Draft(house.elsewhere.id, "charge:2", DAY, LINES)
    service.post(elsewhere, by=None, now=cast.NOW)
    january = queries.trial_balance(house.university.id, date(2026, 1, 31))
    assert {one.account.code: one.balance.fen for one in january} == {
        "1212": 106_00, "2101": 6_00, "4101": 100_00
    }  # fmt: skip
    today = {one.account.code: one for one in queries.trial_balance(house.university.id, cast.TODAY)}
    assert (today["1212"].debit.fen, today["1212"].credit.fen) == (106_00, 50_00)
    assert sum(one.debit.fen - one.credit.fen for one in today.values()) == 0


# --- periods ---------------------------------------------------------------------------------------------------------


def test_what_comes_after_the_closing_goes_into_the_next_month_with_its_day(house: cast.House) -> None:
    closed(house, "2026-01")
    late = posted(house)
    assert (late.period, late.on) == ("2026-02", DAY)


def test_no_month_opens_before_one_that_is_closed(house: cast.House) -> None:
    """Books that began in a month, and were closed with it: what happened before comes into the first open one."""
    closed(house, "2026-02")
    assert posted(house).period == "2026-03"
    assert [row.month for row in queries.periods(house.university.id)] == ["2026-03", "2026-02"]


def test_december_may_close_on_the_20th(house: cast.House) -> None:
    cast.keep(Period(institution_id=house.university.id, month="2026-01", starts_on=date(2025, 12, 21)))
    assert posted(house, on=date(2025, 12, 20)).period == "2025-12"
    closed(house, "2025-12", now=cast.clock(date(2025, 12, 21), "09:00"))
    assert posted(house, "charge:2", on=date(2025, 12, 25)).period == "2026-01"


def test_a_month_closes_when_it_is_over_and_those_before_it_are_closed(house: cast.House) -> None:
    posted(house)
    with pytest.raises(Refused, match="period-not-over"):
        closed(house, "2026-03")
    with pytest.raises(Refused) as no:
        closed(house, "2026-02")
    assert (no.value.kind, no.value.facts) == ("period-open", {"month": "2026-01"})
    first = closed(house, "2026-01")
    assert closed(house, "2026-01", now=cast.NOW + timedelta(hours=1)) == first
    assert closed(house, "2026-02").closed_at == cast.NOW


def test_only_finance_of_the_house_closes_its_books(house: cast.House) -> None:
    for who in (house.admin, house.manager, house.auditor):
        with pytest.raises(Refused, match="forbidden"):
            closed(house, "2026-01", by=cast.actor(who))
    with pytest.raises(Refused, match="not-found"):
        service.close("nowhere", "2026-01", by=cast.actor(house.finance), now=cast.NOW)


# --- the database by itself ------------------------------------------------------------------------------------------


def entry_row(house: cast.House, period_id: uuid.UUID, count: int = 2) -> dict[str, Any]:
    return {
        "id": new_id(), "institution_id": house.university.id, "period_id": period_id, "source": f"raw:{new_id()}",
        "on_day": DAY, "note": "", "line_count": count, "posted_at": cast.NOW,
    }  # fmt: skip


@transactional
def forced_in(row: dict[str, Any], amounts: tuple[int, ...]) -> None:
    """As code that forgets the service would."""
    for place, fen in enumerate(amounts):
        db.session.execute(table_of(EntryLine).insert().values(**line_row(row["id"], fen, place)))
    db.session.execute(table_of(Entry).insert().values(**row))


def line_row(entry_id: uuid.UUID, fen: int, place: int) -> dict[str, Any]:
    return {"id": new_id(), "entry_id": entry_id, "place": place, "account": "1212", "amount_fen": fen}


@pytest.mark.parametrize(
    ("amounts", "count"), [((5, -4), 2), ((5, -5), 3), ((), 2)], ids=["sum", "count", "empty"]
)
def test_scenario_29_an_entry_that_does_not_balance_cannot_come_in(
    house: cast.House, amounts: tuple[int, ...], count: int
) -> None:
    period = cast.keep(
        Period(institution_id=house.university.id, month="2026-01", starts_on=date(2026, 1, 1))
    )
    row = entry_row(house, period.id, count)
    with pytest.raises(DBAPIError, match="unbalanced"):
        forced_in(row, amounts)
    assert queries.count() == 0


def test_scenario_29_a_line_without_an_entry_or_after_it_cannot_come_in(house: cast.House) -> None:
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(table_of(EntryLine).insert().values(**line_row(new_id(), 5, 1)))
    entry = posted(house)
    with pytest.raises(DBAPIError, match="entry-complete"), transaction():
        db.session.execute(table_of(EntryLine).insert().values(**line_row(entry.id, 5, 9)))


def test_scenario_29_a_closed_period_takes_no_entry(house: cast.House) -> None:
    closed(house, "2026-01")
    period = queries.period(house.university.id, "2026-01")
    assert period is not None
    row = entry_row(house, period.id)
    with pytest.raises(DBAPIError, match="period-closed"):
        forced_in(row, (5, -5))


@pytest.mark.parametrize(
    "change",
    [
        update(table_of(Entry)).values(note="x"),
        update(table_of(EntryLine)).values(amount_fen=1),
        table_of(Entry).delete(),
        table_of(EntryLine).delete(),
    ],
)
def test_scenario_29_nothing_is_changed_or_deleted(house: cast.House, change: Any) -> None:
    posted(house)
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(change)


# --- the check -------------------------------------------------------------------------------------------------------


def forced(statement: str) -> None:
    """As a superuser would, past every guard of the database."""
    if db.engine.dialect.name == "postgresql":
        with transaction():
            db.session.execute(text("SET LOCAL session_replication_role = replica"))
            db.session.execute(text(statement))
        return
    with transaction():
        names = ("ledger_line_append_only_update", "ledger_line_append_only_delete")
        kept = [
            db.session.scalar(text(f"SELECT sql FROM sqlite_master WHERE name = '{name}'")) for name in names
        ]
        for name in names:
            db.session.execute(text(f"DROP TRIGGER {name}"))
        db.session.execute(text(statement))
        for one in kept:
            db.session.execute(text(str(one)))


def test_the_check_holds_and_says_how_many(app: Flask, house: cast.House) -> None:
    posted(house)
    said = app.test_cli_runner().invoke(ledger, ["check"])
    chain = f"{house.university.code}: 1 entries, 0 seals, 1 not yet sealed"
    assert (said.exit_code, said.output.splitlines()) == (0, [chain, "1 entries hold"])


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("UPDATE ledger_line SET amount_fen = amount_fen + 1 WHERE place = 1", "unbalanced"),
        ("DELETE FROM ledger_line WHERE place = 1", "unbalanced"),
        ("UPDATE ledger_period SET closed_at = '2026-02-01 00:00:00'", "period-closed"),
    ],
)
def test_what_was_forced_in_is_named(app: Flask, house: cast.House, statement: str, rule: str) -> None:
    entry = posted(house)
    forced(statement)
    said = app.test_cli_runner().invoke(ledger, ["check"])
    assert said.exit_code == 1
    assert f"{rule}: {entry.id} (source charge:1" in said.output


def test_a_reversal_that_was_bent_is_named(app: Flask, house: cast.House) -> None:
    entry, by = posted(house), cast.actor(house.finance)
    back = service.reverse(entry.id, on=DAY, note="", by=by, now=cast.NOW)
    forced("UPDATE ledger_line SET amount_fen = 2 * amount_fen WHERE account IN ('1212', '2101', '4101')"
           f" AND entry_id = '{back.id.hex if db.engine.dialect.name == 'sqlite' else back.id}'")  # fmt: skip
    said = app.test_cli_runner().invoke(ledger, ["check"])
    assert (said.exit_code, "half-reversed" in said.output) == (1, True)


# --- seals -----------------------------------------------------------------------------------------------------------


def sealed() -> int:
    """Seal every entry so far."""
    return service.seal(now=clock.now() + SETTLED + timedelta(seconds=1))


def test_entries_are_sealed_per_institution_and_in_order(house: cast.House) -> None:
    posted(house)
    service.post(Draft(house.elsewhere.id, "charge:2", DAY, LINES), by=None, now=cast.NOW)
    assert service.seal(now=clock.now()) == 0  # they may have company under way
    assert (sealed(), sealed()) == (2, 0)
    posted(house, "charge:3")
    assert sealed() == 1
    assert [(one.seals, one.rows, one.unsealed, one.broken) for one in queries.chains()] == [
        (2, 2, 0, ()) if one.name == str(house.university.id) else (1, 1, 0, ()) for one in queries.chains()
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_line SET account = '1002' WHERE account = '1212'",
        "UPDATE ledger_line SET amount_fen = 2 * amount_fen",
    ],
)
def test_a_change_that_keeps_the_balance_breaks_the_seal(
    app: Flask, house: cast.House, statement: str
) -> None:
    posted(house)
    sealed()
    forced(statement)
    said = app.test_cli_runner().invoke(ledger, ["check"])
    assert said.exit_code == 1
    assert f"broken: {house.university.code}: {house.university.id} #1" in said.output
