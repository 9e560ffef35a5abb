"""How values look on a page: money, hours, instants and names, in the reader's language and Shanghai time.

Filters only format; what they cannot know (the present, the address shown) they read at this edge and nowhere
else. Chinese: 11月23日 周一 09:00–11:00, 2 小时 30 分, ¥1,250.00. English: Mon 23 Nov, 09:00–11:00, 2 h 30 min. A
year other than the present one is said.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final, Protocol
from urllib.parse import urlencode

from flask import Flask, request

from sharing.kernel import clock
from sharing.kernel.language import current_language, named
from sharing.kernel.money import Money
from sharing.kernel.timespan import SHANGHAI, TimeSpan, minutes, shanghai_day
from sharing.web import places

NONE: Final = "—"
WEEKDAYS: Final = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WEEKDAYS_EN: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NEAR_DAYS: Final = {
    "zh-CN": {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"},
    "en": {-1: "yesterday", 0: "today", 1: "tomorrow"},
}
MINUTES_A_DAY: Final = 1440


class Named(Protocol):
    """What carries a name in both languages."""

    @property
    def name(self) -> str: ...
    @property
    def name_en(self) -> str | None: ...


def _english() -> bool:
    return current_language() == "en"


def yuan(amount: Money | None, unit: bool = True) -> str:
    """¥1,250.00; without `unit` the bare figure, for a column whose head says 元. Minus before the sign."""
    if amount is None:
        return NONE
    whole, fen = divmod(abs(amount.fen), 100)
    return f"{'−' if amount.fen < 0 else ''}{'¥' if unit else ''}{whole:,}.{fen:02d}"


def wan(amount: Money | None) -> str:
    """Original values: 245.60 万元, cut to the hundred yuan as the national record has it; ¥2,456,000."""
    if amount is None:
        return NONE
    if _english():
        return f"¥{amount.fen // 100:,}"
    whole, rest = divmod(amount.fen // 10_000, 100)
    return f"{whole:,}.{rest:02d} 万元"


def hours(total: int | None) -> str:
    """Whole minutes in words: 2 小时 30 分 / 2 h 30 min."""
    if total is None:
        return NONE
    whole, rest = divmod(abs(total), 60)
    hour, minute, alone = (" h", " min", " min") if _english() else (" 小时", " 分", " 分钟")
    parts = [f"{whole}{hour}"] if whole or not rest else []
    if rest:
        parts.append(f"{rest}{minute if whole else alone}")
    return ("−" if total < 0 else "") + " ".join(parts)


def count(number: int) -> str:
    """Whole numbers with thousands set apart."""
    return f"{number:,}"


def local_day(day: date | datetime | None) -> str:
    """11月23日 周一 / Mon 23 Nov, of a date or of the Shanghai day of an instant."""
    if day is None:
        return NONE
    on = shanghai_day(day) if isinstance(day, datetime) else day
    other_year = on.year != shanghai_day(clock.now()).year
    if _english():
        year = f" {on.year}" if other_year else ""
        return f"{WEEKDAYS_EN[on.weekday()]} {on.day} {MONTHS_EN[on.month - 1]}{year}"
    return f"{f'{on.year}年' if other_year else ''}{on.month}月{on.day}日 {WEEKDAYS[on.weekday()]}"


def day_before(day: date) -> date:
    """The last day of a half-open span of days, as people say it."""
    return day - timedelta(days=1)


def weekday(day: date) -> str:
    """周一 / Mon."""
    return (WEEKDAYS_EN if _english() else WEEKDAYS)[day.weekday()]


def local_clock(at: datetime, end: bool = False) -> str:
    """09:00; midnight as 24:00 when it ends something."""
    local = at.astimezone(SHANGHAI)
    return "24:00" if end and local.hour == local.minute == 0 else f"{local:%H:%M}"


def local_clocks(span: TimeSpan) -> str:
    """09:00–11:00: the clock of a span whose day stands elsewhere; a later day is said."""
    if _last_day(span) == shanghai_day(span.start):
        return f"{local_clock(span.start)}–{local_clock(span.end, end=True)}"
    return f"{local_clock(span.start)} – {local_moment(span.end)}"


def local_moment(at: datetime | None) -> str:
    """11月23日 周一 09:00 / Mon 23 Nov, 09:00."""
    if at is None:
        return NONE
    return f"{local_day(at)}{_comma()}{local_clock(at)}"


def local_span(span: TimeSpan | None) -> str:
    """11月23日 周一 09:00–11:00 / Mon 23 Nov, 09:00–11:00; both days when it runs past midnight."""
    if span is None:
        return NONE
    return f"{local_day(span.start)}{_comma()}{local_clocks(span)}"


def near(at: datetime | None) -> str:
    """An instant as people say it: 今天 15:00, 明天 13:30, 周四 09:00 this week, else day and clock."""
    if at is None:
        return NONE
    days = (shanghai_day(at) - shanghai_day(clock.now())).days
    word = NEAR_DAYS["en" if _english() else "zh-CN"].get(days)
    if word is None and 0 < days < 7:
        word = weekday(shanghai_day(at))
    return f"{word} {local_clock(at)}" if word else local_moment(at)


def distance(at: datetime | None) -> str:
    """How far away: 2 小时后, 3 天前 / in 2 h, 3 days ago; whole days from two on."""
    if at is None:
        return NONE
    away = minutes(clock.now(), at)
    if abs(away) < 1:
        return "now" if _english() else "刚刚"
    days = abs(away) // MINUTES_A_DAY
    size = hours(abs(away) if abs(away) < 60 else abs(away) // 60 * 60)
    if days > 1:
        size = f"{days} days" if _english() else f"{days} 天"
    if _english():
        return f"in {size}" if away > 0 else f"{size} ago"
    return f"{size}{'后' if away > 0 else '前'}"


def iso(at: datetime) -> str:
    """For <time datetime>: RFC 3339 with +08:00."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def datetime_local(at: datetime | None) -> str:
    """The value of an <input type=datetime-local>: Shanghai wall time to the minute."""
    return "" if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def initials(name: str) -> str:
    """For the round sign of a person: the last two characters of a Chinese name, else first letters."""
    words = name.split()
    if not words:
        return "?"
    if any("一" <= letter <= "鿿" for letter in name):
        return "".join(words)[-2:]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def named_thing(thing: Named | None) -> str:
    """A row's own name in the reader's language."""
    return NONE if thing is None else named(thing.name, thing.name_en)


def share_of(at: datetime, within: TimeSpan) -> float:
    """Where an instant lies in a span, 0 … 100, clipped: the x of drawings."""
    whole = (within.end - within.start) / timedelta(minutes=1)
    return round(min(max((at - within.start) / timedelta(minutes=1) / whole, 0), 1) * 100, 3)


def hour_marks(within: TimeSpan, step: int = 1) -> list[datetime]:
    """The full Shanghai hours in a span that `step` divides."""
    at = within.start.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
    marks = []
    while at < within.end:
        if at >= within.start and at.hour % step == 0:
            marks.append(at)
        at += timedelta(hours=1)
    return marks


@cache
def _shapes(sheet: str) -> frozenset[str]:
    return frozenset(re.findall(r'id="([\w-]+)"', (places.STATIC / "img" / sheet).read_text("utf-8")))


def zone_shape(code: str) -> str:
    """The id in img/art.svg of a zone's silhouette; plain hills for a zone that nobody has drawn yet."""
    return f"zone-{code}" if f"zone-{code}" in _shapes("art.svg") else "zone"


def instrument_shape(category: str) -> str:
    """The id in img/instruments.svg of what stands for a class without a picture: its own drawing, or a wider one's."""
    wider = (f"instrument-{category[:length]}" for length in (6, 4, 2))
    return next((name for name in wider if name in _shapes("instruments.svg")), "instrument")


def here(**changes: object) -> str:
    """This address with query arguments changed; None or "" drops one; any change but `page` goes to page one."""
    args = {name: request.args.getlist(name) for name in request.args}
    if "page" not in changes:
        args.pop("page", None)
    for name, value in changes.items():
        if value is None or value == "":
            args.pop(name, None)
        else:
            args[name] = list(map(str, value)) if isinstance(value, list | tuple) else [str(value)]
    return _address(args)


def here_toggle(name: str, value: object) -> str:
    """This address with one value of a repeated argument added, or taken away where it stands."""
    now_on = request.args.getlist(name)
    wanted = [v for v in now_on if v != str(value)] if str(value) in now_on else [*now_on, str(value)]
    return here(**{name: wanted or None})


def _address(args: dict[str, list[str]]) -> str:
    query = "&".join(_argument(name, value) for name, values in args.items() for value in values)
    return f"{request.path}?{query}" if query else request.path


@lru_cache(maxsize=4096)
def _argument(name: str, value: str) -> str:
    """A page of filters says the same few arguments in each of a hundred links."""
    return urlencode([(name, value)])


def _last_day(span: TimeSpan) -> date:
    return shanghai_day(span.end - timedelta(microseconds=1))


def _comma() -> str:
    return ", " if _english() else " "


def install(app: Flask) -> None:
    """Give every template these filters and the two address functions."""
    filters: dict[str, Any] = {
        "yuan": yuan, "wan": wan, "hours": hours, "count": count, "local_day": local_day, "weekday": weekday,
        "day_before": day_before,
        "local_clock": local_clock, "local_clocks": local_clocks, "local_moment": local_moment,
        "local_span": local_span, "near": near, "distance": distance, "iso": iso,
        "datetime_local": datetime_local, "initials": initials, "named": named_thing, "share_of": share_of,
        "hour_marks": hour_marks, "zone_shape": zone_shape, "instrument_shape": instrument_shape,
    }  # fmt: skip
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals.update(here=here, here_toggle=here_toggle)
