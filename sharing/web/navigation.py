"""What stands in the frame of every page: zones, desks, inbox, person. One reading per whole page, none for parts.

A desk appears when its page is mounted and its reader holds the right; later slices add a row to DESKS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app, request, url_for

from sharing.kernel.language import current_language, lazy_gettext, named
from sharing.network import queries as network
from sharing.notify import queries as notify
from sharing.orders import pages as orders
from sharing.orders.rules import Side
from sharing.people.rules import Actor
from sharing.people.signed import me, me_or_none

THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "theme"


@dataclass(frozen=True, slots=True)
class Desk:
    """A place to work at: the endpoint of its page, the right that opens it ("" for everyone signed in).

    also  where else the pages of this desk lie
    """

    endpoint: str
    right: str
    label: object
    icon: str
    key: str  # after `g`
    also: tuple[str, ...] = ()


DESKS: Final = (
    Desk("booking.desk", "", lazy_gettext("我的"), "calendar-time", "m"),
    Desk("booking.manage", "booking.manage", lazy_gettext("仪器管理"), "microscope", "i"),
    Desk(
        "admin.home", "admin.desk", lazy_gettext("管理"), "settings", "a", ("/people/", "/records", "/audit")
    ),
)
FIND: Final = Desk("registry.catalogue", "", lazy_gettext("找仪器"), "search", "f")
INBOX: Final = Desk("notify.inbox", "", lazy_gettext("消息"), "inbox", "n")
HOME: Final = Desk("web.home", "", lazy_gettext("首页"), "home", "h")
PHONE_MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a bar; `active` is the page that is shown, or one below it."""

    label: str
    href: str
    icon: str = ""
    active: bool = False
    count: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """All that base.html draws round a page."""

    person: Actor | None
    zones: tuple[Item, ...]
    desks: tuple[Item, ...]
    phone: tuple[Item, ...]
    keys: tuple[Item, ...]
    inbox: Item | None
    theme: str
    other_language: str

    @property
    def zone(self) -> Item:
        """The zone that is looked at; the whole province when none is."""
        return next((item for item in self.zones if item.active), self.zones[0])


def frame() -> Frame:
    """The frame of the page being shown, for the one who asks."""
    person = me_or_none()
    unread = notify.unread(person.user_id) if person else 0
    inbox = _item(INBOX, unread) if person else None
    mine = [FIND, *(desk for desk in DESKS if not desk.right or (person and person.has(desk.right)))]
    shown = [item for item in map(_item, mine) if item] if person else []
    phone = [item for item in (*shown, inbox) if item]
    keys = [item for item in (_item(HOME), *(shown or (_item(FIND),)), inbox) if item]
    chosen = request.cookies.get(THEME_COOKIE, "")
    return Frame(
        person=person,
        zones=_zones(),
        desks=tuple(shown),
        phone=tuple(phone[:PHONE_MOST]),
        keys=tuple(keys),
        inbox=inbox,
        theme=chosen if chosen in THEMES else THEMES[0],
        other_language="en" if current_language() != "en" else "zh-CN",
    )


def _item(desk: Desk, number: int = 0) -> Item | None:
    """The entry, or None while its page is not mounted."""
    if desk.endpoint not in current_app.view_functions:
        return None
    href = url_for(desk.endpoint)
    active = request.path == href or (href != "/" and request.path.startswith((f"{href}/", *desk.also)))
    return Item(str(desk.label), href, desk.icon, active, number, desk.key)


def _zones() -> tuple[Item, ...]:
    """全省 and the zones; on the catalogue a zone narrows the list in place."""
    on_catalogue = request.endpoint == FIND.endpoint
    here = (request.view_args or {}).get("zone", "") or (request.args.get("zone", "") if on_catalogue else "")
    whole = Item(str(lazy_gettext("全省")), url_for(HOME.endpoint), active=not here)
    parts = (
        Item(named(zone.name, zone.name_en), url_for("web.zone", zone=zone.code), active=zone.code == here)
        for zone in network.zones()
        if not zone.is_province
    )
    return (whole, *parts)


def install(app: Flask) -> None:
    """Give templates `frame()`, which only base.html calls, so that parts of pages cost nothing; and for the two desks,
    which lie below orders, what of these waits there: one statement."""
    app.jinja_env.globals["frame"] = frame
    app.jinja_env.globals["waiting_orders"] = lambda side: orders.waiting(Side(side), me())
