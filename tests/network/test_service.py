"""Reading and changing the network: caches follow the rules, changes are audited and need the right."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from sharing.audit.models import AuditEvent
from sharing.kernel.db import db
from sharing.kernel.refusals import Refused
from sharing.network import queries, service
from sharing.network.models import CalendarDay, Notice
from sharing.network.service import DayChange
from tests import cast

OCTOBER_5 = date(2026, 10, 5)


def test_zones_stand_in_their_order_with_the_province_among_them(app: Flask) -> None:
    cast.network()
    assert [zone.code for zone in queries.zones()] == [
        "kunming",
        "honghe",
        "xishuangbanna",
        "dehong",
        "province",
    ]
    assert [zone.is_province for zone in queries.zones()] == [False] * 4 + [True]
    honghe = queries.zone("honghe")
    assert honghe is not None
    assert queries.zone_by_id(honghe.id) == honghe
    assert queries.zone("nowhere") is None


def test_institutions_of_one_zone_or_kind(app: Flask) -> None:
    home, other = cast.institution("a-uni"), cast.institution("b-firm", at="honghe", kind="enterprise")
    assert [row.code for row in queries.institutions()] == ["a-uni", "b-firm"]
    assert [row.code for row in queries.institutions(other.zone_id)] == ["b-firm"]
    assert [row.code for row in queries.institutions(kind="university")] == ["a-uni"]
    found = queries.institution(home.id)
    assert found is not None
    assert (found.zone_code, found.zone_name) == ("kunming", "昆明")
    assert queries.institution_by_code("a-uni") == found
    home.retired_at = cast.NOW
    db.session.commit()
    assert queries.institution(home.id) is None


def test_categories_of_the_newest_code_set(app: Flask) -> None:
    cast.network()
    assert [(row.code, row.level, row.parent_code) for row in queries.categories()] == [
        ("040000", 1, None),
        ("040100", 2, "040000"),
        ("040102", 3, "040100"),
    ]
    assert queries.categories("no such set") == []
    found = queries.category("040102")
    assert found is not None
    assert found.name_en == "Scanning electron microscope"


def test_a_dated_value_holds_from_its_day(app: Flask) -> None:
    cast.network()
    lead = cast.actor(cast.user(role="province_admin"))
    for hours, begins in (([[480, 720]], date(2026, 3, 1)), ([[540, 720]], date(2026, 4, 1))):
        service.change_setting(
            key="office_hours", value=hours, valid_from=begins, source_document="文", by=lead, now=cast.NOW
        )
    assert queries.office_hours(date(2026, 2, 28)).spans == ((510, 720), (840, 1050))
    assert queries.office_hours(date(2026, 3, 31)).spans == ((480, 720),)
    assert queries.office_hours(date(2026, 4, 1)).spans == ((540, 720),)
    assert queries.setting("office_hours", date(2023, 1, 1)) is None
    assert queries.setting("unknown", cast.TODAY) is None


def test_a_dated_value_is_never_overwritten(app: Flask) -> None:
    cast.network()
    lead = cast.actor(cast.user(role="province_admin"))
    with pytest.raises(Refused, match="duplicate"):
        service.change_setting(
            key="office_hours",
            value=[],
            valid_from=cast.LONG_AGO,
            source_document="文",
            by=lead,
            now=cast.NOW,
        )


def test_scenario_18_an_edited_day_counts_at_once_and_is_audited(app: Flask) -> None:
    cast.network()
    lead = cast.actor(cast.user(role="province_admin"))
    assert queries.work_calendar().fact(OCTOBER_5).provisional
    assert queries.work_calendar().is_workday(OCTOBER_5)
    entered = [DayChange(OCTOBER_5, "holiday", "国庆节", "National Day")]
    service.edit_calendar(entered, source_document="国办", by=lead, now=cast.NOW)
    assert not queries.work_calendar().is_workday(OCTOBER_5)
    assert not queries.work_calendar().fact(OCTOBER_5).provisional
    gone = [DayChange(OCTOBER_5, None)]
    service.edit_calendar(gone, source_document="更正", by=lead, now=cast.NOW)
    assert queries.listed_days() == []
    told = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in told] == ["network.calendar-day"] * 2
    assert told[0].before is None
    assert told[1].before is not None
    assert told[1].before["kind"] == "holiday"


def test_only_the_province_changes_the_calendar(app: Flask) -> None:
    cast.network()
    for role in ("zone_admin", "auditor"):
        other = cast.actor(cast.user(role=role, at=cast.zone("kunming") if role == "zone_admin" else None))
        gone = [DayChange(OCTOBER_5, None)]
        with pytest.raises(Refused, match="forbidden"):
            service.edit_calendar(gone, source_document="文", by=other, now=cast.NOW)


def test_a_day_that_is_over_stays_and_a_seen_list_is_the_list_changed(app: Flask) -> None:
    cast.network()
    lead = cast.actor(cast.user(role="province_admin"))
    over = [DayChange(OCTOBER_5, "holiday"), DayChange(date(2026, 3, 1), "holiday")]
    with pytest.raises(Refused, match="invalid-input"):
        service.edit_calendar(over, source_document="文", by=lead, now=cast.NOW)
    seen = queries.calendar_revision()
    entered = [DayChange(OCTOBER_5, "holiday")]
    service.edit_calendar(entered, source_document="文", by=lead, now=cast.NOW, revision=seen)
    with pytest.raises(Refused, match="edit-conflict"):
        service.edit_calendar(entered, source_document="文", by=lead, now=cast.NOW, revision=seen)


def test_the_list_of_days_of_one_year(app: Flask) -> None:
    cast.network()
    for day in (date(2025, 12, 31), date(2026, 1, 1), date(2027, 1, 1)):
        cast.keep(CalendarDay(day=day, kind="holiday", name="休", source_document="文"))
    assert [row.day for row in queries.listed_days(2026)] == [date(2026, 1, 1)]


def test_what_follows_from_rules_is_kept_until_one_changes(app: Flask) -> None:
    cast.network()
    asked = []
    for _time in range(2):
        queries.per_epoch("test", lambda: asked.append(1))
    assert len(asked) == 1
    service.raise_epoch()
    queries.per_epoch("test", lambda: asked.append(1))
    assert len(asked) == 2


def test_nothing_is_kept_while_there_are_no_rules(app: Flask) -> None:
    assert queries.rule_epoch() == 0
    assert [queries.per_epoch("test", lambda n=n: n) for n in range(2)] == [0, 1]


def test_notices_stand_between_their_days_newest_first(app: Flask) -> None:
    here, there = cast.zone("kunming"), cast.zone("honghe")
    for zone, title, starts, ends in (
        (here, "旧", cast.TODAY - timedelta(days=9), cast.TODAY),
        (here, "今", cast.TODAY, None),
        (there, "邻", cast.TODAY - timedelta(days=1), cast.TODAY + timedelta(days=1)),
        (here, "后", cast.TODAY + timedelta(days=1), None),
    ):
        cast.keep(Notice(zone_id=zone.id, title=title, body="…", starts_on=starts, ends_on=ends))
    assert [row.title for row in queries.notices(None, cast.TODAY)] == ["今", "邻"]
    assert [row.title for row in queries.notices(there.id, cast.TODAY)] == ["邻"]
