"""The reference data: complete, the same on every node, written once."""

from __future__ import annotations

from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy import func, select

from sharing.kernel.db import db, table_of
from sharing.network.models import CalendarDay, Category, Setting, Zone
from sharing.network.rules import WorkCalendar
from sharing.web import seed

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


def count(model: type) -> int:
    return db.session.execute(select(func.count()).select_from(table_of(model))).scalar_one()


def test_seeding_twice_writes_once(app: Flask) -> None:
    assert seed.seed(NOW)
    before = count(Zone), count(Category), count(Setting), count(CalendarDay)
    assert not seed.seed(NOW)
    assert (count(Zone), count(Category), count(Setting), count(CalendarDay)) == before


def test_every_prefecture_of_the_province_lies_in_one_zone(app: Flask) -> None:
    seed.seed(NOW)
    zones = db.session.scalars(select(Zone).order_by(Zone.position)).all()
    assert [zone.code for zone in zones] == ["kunming", "honghe", "xishuangbanna", "dehong", "province"]
    assert [zone.number_prefix for zone in zones] == ["KM", "HH", "BN", "DH", "YN"]
    places = [place for zone in zones for place in zone.places]
    assert len(places) == len(set(places)) == 16
    assert [zone.is_province for zone in zones] == [False] * 4 + [True]


def test_every_class_has_its_parent_and_every_top_class_an_other(app: Flask) -> None:
    seed.seed(NOW)
    classes = {row.code: row for row in db.session.scalars(select(Category))}
    assert all(row.parent_code in classes for row in classes.values() if row.parent_code)
    top = [code for code, row in classes.items() if row.level == 1]
    assert len(top) == 15
    assert all(f"{code[:2]}9900" in classes for code in top if code != "990000")
    assert "SEM" in classes["010102"].aliases.split()


def test_scenario_35_working_days_of_2026(app: Flask) -> None:
    """DOMAIN 9: 30 working days after acceptance, by the State Council's list."""
    seed.seed(NOW)
    listed = {row.day: (row.kind, row.name, row.name_en) for row in db.session.scalars(select(CalendarDay))}
    calendar = WorkCalendar(listed=listed, published=frozenset({2026}))
    year = seed.days(date(2026, 1, 1), date(2026, 12, 31))
    assert sum(calendar.is_workday(day) for day in year) == 248
    assert calendar.workdays_after(date(2026, 1, 26), 30) == date(2026, 3, 13)
    assert calendar.workdays_after(date(2026, 9, 14), 30) == date(2026, 10, 30)
    assert calendar.is_workday(date(2026, 10, 10))
    assert not calendar.is_workday(date(2026, 10, 5))


def test_keys_follow_from_names() -> None:
    first, second = (
        seed.stable_id("zone:kunming", date(2022, 1, 1)),
        seed.stable_id("zone:honghe", date(2022, 1, 1)),
    )
    assert first == seed.stable_id("zone:kunming", date(2022, 1, 1))
    assert first != second
    assert (first.version, first.variant) == (7, "specified in RFC 4122")


def test_hours_are_minutes_after_midnight() -> None:
    assert seed.clock_span("08:30-12:00") == [510, 720]
    assert seed.opening({"name": "x", "workday": ["00:00-24:00"]}) == {"workday": [[0, 1440]]}
