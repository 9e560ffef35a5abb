"""The price tab and the rules tab of an instrument: what this reader pays, and who will be asked."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from sharing.kernel import clock
from sharing.kernel.db import db
from sharing.kernel.timespan import shanghai_day
from tests import cast
from tests.harness.browser import KEPT, Browser


def test_the_prices_with_the_readers_own_and_those_announced(app: Flask) -> None:
    house = cast.house()
    house.colleague.password_hash = KEPT
    soon = shanghai_day(clock.now()) + timedelta(days=9)
    night = {"name": "夜间", "name_en": "Night", "days": "all", "from": 1320, "to": 480, "percent": 50}
    cast.price(house.instrument, hour_fen=300_00, minimum_fen=50_00, bands=[night], valid_from=soon)
    cast.price(house.instrument, price_group="enterprise", may_buy=False)
    address = f"/instruments/{house.instrument.id}?tab=prices"
    visitor = Browser(app).get(address).text
    assert "您的价格" not in visitor
    assert "不对此类用户开放" in visitor
    shown = Browser(app).sign_in(house.colleague).get(address).text
    assert shown.count("您的价格") == 2  # inside and academic: she fits both
    assert "300.00" in shown
    assert "22:00–08:00" in shown
    assert "¥150.00" in shown


def test_the_rules_tab_says_who_will_be_asked(app: Flask) -> None:
    house = cast.house()
    address = f"/instruments/{house.instrument.id}?tab=rules"
    shown = Browser(app).get(address).text
    assert "课题组负责人" in shown
    assert "8 个工作小时内处理" in shown
    house.instrument.booking_mode = "self_service"
    house.instrument.revision += 1
    db.session.commit()
    assert "个工作小时内处理" not in Browser(app).get(address).text
