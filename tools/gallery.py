"""Serve every component with sample values, to look at: `python tools/gallery.py [PORT]`, then /, /home, /zone, /error.

No database and no sign-in; `?as=visitor` shows the frame without a person, the language button switches the words.
"""

from __future__ import annotations

import secrets
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from sharing.kernel import language
from sharing.kernel.money import Money
from sharing.kernel.paging import Page
from sharing.kernel.timespan import TimeSpan, at_shanghai, day_span, shanghai_day
from sharing.people.rules import Actor
from sharing.web import filters, navigation, places

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
TODAY = shanghai_day(NOW)


def span(day: int, start: float, end: float) -> TimeSpan:
    """Hours of the day `day` days from today, Shanghai."""
    on = TODAY + timedelta(days=day)
    return TimeSpan(at_shanghai(on, round(start * 60)), at_shanghai(on, round(end * 60)))


@dataclass(frozen=True)
class Samples:
    """What the gallery page shows; names as long as they come."""

    now: datetime = NOW
    booking: TimeSpan = field(default_factory=lambda: span(1, 9, 11.5))
    night: TimeSpan = field(default_factory=lambda: span(2, 22, 26))
    midnight: TimeSpan = field(default_factory=lambda: span(2, 20, 24))
    price: Money = field(default_factory=lambda: Money(125_000))
    page: Page[int] = field(default_factory=lambda: Page(list(range(50)), 731, 3, 50))
    within: TimeSpan = field(default_factory=lambda: span(0, 8, 20))


def frame() -> navigation.Frame:
    item = navigation.Item
    person = Actor(user_id=uuid.uuid4(), username="researcher", name="李静怡", name_en="Li Jingyi")
    who = None if request.args.get("as") == "visitor" else person
    english = language.current_language() == "en"
    names = [
        ("全省", "Province"),
        ("昆明", "Kunming"),
        ("红河", "Honghe"),
        ("西双版纳", "Xishuangbanna"),
        ("德宏", "Dehong"),
    ]
    zones = tuple(item(names[i][english], "#", active=i == 0) for i in range(len(names)))
    desks = tuple(
        item(str(d.label), "#", d.icon, active=i == 0, count=3 * i, key=d.key)
        for i, d in enumerate(navigation.DESKS)
    )
    inbox = item(str(navigation.INBOX.label), "#", "inbox", count=5, key="n")
    find = item(str(navigation.FIND.label), "#", "search", key="f")
    return navigation.Frame(
        person=who,
        zones=zones,
        desks=desks if who else (),
        phone=(find, *desks, inbox) if who else (),
        keys=(find, *desks, inbox),
        inbox=inbox if who else None,
        theme=request.args.get("theme", "auto"),
        other_language="zh-CN" if english else "en",
    )


def _items() -> list[dict[str, Any]]:
    """A working week round today: opening 8:30-12:00, 14:00-17:30, bookings of all states, a block, buffers."""
    monday = TODAY - timedelta(days=TODAY.weekday())
    away = (monday - TODAY).days
    items: list[dict[str, Any]] = []

    def add(kind: str, day: int, start: float, end: float, **more: Any) -> None:
        one = span(away + day, start, end)
        items.append(
            {
                "kind": kind,
                "start": filters.iso(one.start),
                "end": filters.iso(one.end),
                "position": 1,
                **more,
            }
        )

    for week in (0, 7):
        for day in range(7):
            for start, end in ((0, 24),) if day > 4 else ((0, 8.5), (12, 14), (17.5, 24)):
                add("closed", week + day, start, end)
        add("booking", week + 0, 9, 11, status="completed")
        add(
            "booking",
            week + 1,
            9,
            11.5,
            status="approved",
            title="李静怡 · 化学科学与工程学院",
            mine=True,
            href="#",
            booking_id="1",
            number="KM-2026-000123",
        )
        add("buffer", week + 1, 11.5, 11.75)
        add("booking", week + 1, 14, 16, status="requested")
        add("booking", week + 2, 8.5, 12, status="in_use", title="王磊")
        add(
            "booking",
            week + 3,
            15,
            17.5,
            status="requested",
            title="李静怡",
            mine=True,
            href="#",
            booking_id="2",
        )
        add("block", week + 4, 14, 17.5, title="年度校准")
    return items


def week_json() -> ResponseReturnValue:
    return {"items": _items(), "version": 1}


def weeks_json() -> ResponseReturnValue:
    names = ["场发射扫描电镜", "X射线衍射仪", "液相色谱-三重四极杆质谱联用仪", "600 MHz 核磁共振波谱仪"]
    resources = [{"id": str(n), "title": names[n % 4], "href": "#"} for n in range(8)]
    items = [
        {**item, "resource_id": str(n), "movable": item.get("status") == "approved"}
        for n in range(8)
        for item in _items()
    ]
    return {"resources": resources, "items": items, "version": 1}


def check() -> ResponseReturnValue:
    late = request.form["start"][11:] < "08:30"
    return render_template("gallery_check.html", late=late, s=Samples(), start=request.form["start"])


def create() -> Flask:
    """The gallery's own application."""
    app = Flask("gallery", static_folder=str(places.STATIC), template_folder=str(places.TEMPLATES))
    app.config.update(SECRET_KEY=secrets.token_hex(), TEMPLATES_AUTO_RELOAD=True)
    CSRFProtect(app)
    language.load(places.TRANSLATIONS)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)  # type: ignore[attr-defined]
    filters.install(app)
    app.jinja_env.globals.update(frame=frame, zip=zip)
    settings = SimpleNamespace(
        platform_name="云南大仪共享网", platform_name_en="Yunnan Instrument Sharing Network", demo=True
    )

    @app.before_request
    def speak() -> None:
        if chosen := request.args.get("lang"):
            language.use_language(chosen)

    @app.context_processor
    def context() -> dict[str, Any]:
        return {
            "csp_nonce": "gallery", "settings": settings, "language": language.current_language(),
            "named": language.named, "span": span, "Money": Money, "day_span": day_span, "timedelta": timedelta,
            "ns": SimpleNamespace,
        }  # fmt: skip

    def page(template: str, **values: Any) -> Callable[[], ResponseReturnValue]:
        return lambda: render_template(template, **values)

    app.jinja_env.loader = __import__("jinja2").ChoiceLoader(
        [app.jinja_env.loader, __import__("jinja2").FileSystemLoader(str(places.ROOT / "tools"))]
    )
    app.add_url_rule("/", "web.home", page("gallery.html", s=Samples()))
    app.add_url_rule("/language", "web.language", lambda: redirect("/"), methods=["POST"])
    app.add_url_rule("/week", "week", page("gallery_week.html", s=Samples()))
    app.add_url_rule("/week.json", "week_json", week_json)
    app.add_url_rule("/weeks.json", "weeks_json", weeks_json)
    app.add_url_rule("/check", "check", check, methods=["POST"])
    for endpoint, rule in (("people.profile", "/p"), ("people.sign_in", "/in"), ("people.sign_out", "/out")):
        app.add_url_rule(rule, endpoint, page("gallery.html", s=Samples()))
    return app


if __name__ == "__main__":
    create().run(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765)
