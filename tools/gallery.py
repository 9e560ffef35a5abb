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

from flask import Flask, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemLoader

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
    find = item(str(navigation.FIND.label), "/find", "search", key="f")
    return navigation.Frame(
        person=who,
        zones=zones,
        desks=(find, *desks) if who else (),
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


def _home(visitor: bool) -> SimpleNamespace:
    """The home page's values with names as long as they come."""
    ns = SimpleNamespace
    names = [("昆明", "Kunming"), ("红河", "Honghe"), ("西双版纳", "Xishuangbanna"), ("德宏", "Dehong")]
    codes = ["kunming", "honghe", "xishuangbanna", "dehong"]
    zones = [
        ns(code=code, name=name, name_en=name_en) for code, (name, name_en) in zip(codes, names, strict=True)
    ]
    instruments = [
        ns(id=n, name=name, name_en=name_en, model=model, institution_name="云岭大学分析测试中心", zone_name="昆明",
           institution_name_en="Yunling University, Centre for Analysis and Testing", zone_name_en="Kunming",
           bookable=n != 2, status=ns(word="维修中"))
        for n, (name, name_en, model) in enumerate([
            ("场发射扫描电子显微镜", "Field-emission scanning electron microscope", "Regulus 8100"),
            ("液相色谱-三重四极杆质谱联用仪", "LC-MS/MS triple quadrupole", "Xevo TQ-XS"),
            ("X射线衍射仪", "X-ray diffractometer", "SmartLab 9kW"),
            ("600 MHz 核磁共振波谱仪", "600 MHz NMR spectrometer", "AVANCE NEO 600"),
        ])
    ]  # fmt: skip
    places = [
        ns(zone=z, instruments=1468 // (i * 9 + 1), free=34 // (i + 1), used_minutes=74_000 // (i + 1))
        for i, z in enumerate(zones)
    ]
    slots = [
        ns(
            instrument=instruments[n % 4],
            span=span(0 if n < 4 else 1, 19 + n % 4, 20 + n % 4),
            price=Money(18_000 + n * 500),
            outside=Money(45_000),
        )
        for n in range(7)
    ]
    row = ns(
        id=1,
        span=span(1, 9, 11.5),
        instrument_name=instruments[0].name,
        instrument_name_en=instruments[0].name_en,
        instrument_location="呈贡校区 理科楼 B-112",
        number="KM-2026-000123",
        status=ns(value="approved"),
        change=None,
        to_confirm=lambda _now: False,
    )
    favourites = [
        ns(instrument=one, slot=span(n, 13.5, 14) if n != 2 else None, last=ns(id=n) if n != 1 else None)
        for n, one in enumerate(instruments)
    ]
    notices = [
        ns(
            title="9月20日、10月10日调休上班,开放时间照常",
            title_en="Shifted working days: open as usual",
            body="按国务院办公厅通知。",
            body_en="By the State Council's notice.",
            starts_on=TODAY,
            zone_name="昆明",
            zone_name_en="Kunming",
        )
        for _ in range(3)
    ]
    categories = [
        ns(code=c, value=c, name=n, name_en=e, count=12, level=1)
        for c, n, e in (
            ("010102", "扫描电镜", "SEM"),
            ("010201", "有机质谱仪", "Organic MS"),
            ("010301", "X射线衍射仪", "XRD"),
            ("010601", "核磁共振波谱仪", "NMR"),
            ("010802", "激光共焦显微镜", "Confocal"),
            ("011007", "DNA测序仪", "DNA sequencer"),
        )
    ]
    owner = ns(
        code="YLU",
        name="云岭大学",
        name_en="Yunling University",
        address="昆明市呈贡区",
        phone="0871-0000000",
    )
    return ns(
        now=NOW,
        person=None if visitor else object(),
        next_booking=None if visitor else row,
        favourites=favourites,
        categories=categories,
        places=places,
        slots=slots,
        notices=notices,
        province=ns(instruments=1689, free=71, used_minutes=154_000),
        place=places[1],
        owners=[(owner, 42), (owner, 7)],
        keepers=[ns(name="李红梅", name_en="Li Hongmei", phone="0873-0000000")],
        may_run=not visitor,
    )


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

    @app.after_request
    def strict(response: Response) -> Response:
        """The product's content policy, so that a breach of it shows here too."""
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; script-src 'self' 'nonce-gallery'; style-src 'self' 'nonce-gallery';"
            " img-src 'self' data:; object-src 'none'; base-uri 'none'"
        )
        return response

    def page(template: str, **values: Any) -> Callable[[], ResponseReturnValue]:
        return lambda: render_template(template, **values)

    app.jinja_loader = FileSystemLoader([places.TEMPLATES, places.ROOT / "tools"])
    app.add_url_rule("/", "web.home", page("gallery.html", s=Samples()))
    app.add_url_rule("/done", "done", lambda: redirect("/"), methods=["POST"])
    app.add_url_rule("/language", "web.language", lambda: redirect("/"), methods=["POST"])
    app.add_url_rule(
        "/home",
        "home",
        lambda: render_template("web/home.html", home=_home(request.args.get("as") == "visitor")),
    )
    app.add_url_rule(
        "/zone",
        "zone",
        lambda: render_template("web/zone.html", page=_home(request.args.get("as") == "visitor")),
    )
    app.add_url_rule(
        "/error",
        "error",
        page(
            "errors/error.html",
            kind="not-found",
            status=404,
            title="没有找到",
            detail="",
            facts={},
            reference="0197a3f2",
        ),
    )
    for endpoint in (
        "registry.catalogue",
        "registry.earliest",
        "registry.instrument",
        "booking.booking",
        "web.zone",
        "zone_desk.desk",
    ):
        app.add_url_rule(f"/{endpoint}", endpoint, page("gallery.html", s=Samples()))
    app.add_url_rule("/week", "week", page("gallery_week.html", s=Samples()))
    app.add_url_rule("/week.json", "week_json", week_json)
    app.add_url_rule("/weeks.json", "weeks_json", weeks_json)
    app.add_url_rule("/check", "check", check, methods=["POST"])
    app.add_url_rule("/find", "find", lambda: render_template("web/home.html", home=_home(visitor=False)))
    for endpoint, rule in (("people.profile", "/p"), ("people.sign_in", "/in"), ("people.sign_out", "/out")):
        app.add_url_rule(rule, endpoint, page("gallery.html", s=Samples()))
    return app


if __name__ == "__main__":
    create().run(port=int(sys.argv[1]) if len(sys.argv) > 1 else 8765)
