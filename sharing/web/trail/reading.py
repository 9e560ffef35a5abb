"""What somebody asks of the trail, made into what the audit slice reads, and its rows with names."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sharing.audit import queries as audit
from sharing.audit.forms import TrailIn
from sharing.audit.queries import Asked, Sight, TrailRow
from sharing.booking import queries as booking
from sharing.kernel.language import _, named
from sharing.kernel.refusals import Refused
from sharing.kernel.tables import Cell
from sharing.kernel.timespan import SHANGHAI, at_shanghai, day_span
from sharing.network import queries as network
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.registry import queries as registry
from sharing.web.trail import words
from sharing.web.trail.difference import Line, lines, references

Names = dict[uuid.UUID, str]
Thing = tuple[str, uuid.UUID]
PIECE: Final = 500
STAMP: Final = "%Y-%m-%d %H:%M:%S"
PAGES: Final = {"booking": "/bookings/{}", "instrument": "/instruments/{}", "group": "/groups/{}"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One row as a page says it; `page` is where its thing is to be looked at, or empty."""

    row: TrailRow
    action: str
    who: str
    standing_for: str
    kind: str
    thing: str
    page: str
    where: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Trail:
    """A page of the trail; `older` leads on to what was done before."""

    rows: Sequence[Shown]
    older: uuid.UUID | None


def sight_of(by: Actor) -> Sight:
    """Where she reads the trail: her zones with all their houses, her houses, or everything."""
    scopes = by.scopes("audit.read")
    if scopes.everything:
        return Sight(everything=True)
    zones = frozenset(row.code for row in network.zones() if row.id in scopes.zones)
    houses = {row.id for zone in scopes.zones for row in network.institutions(zone)}
    return Sight(zones=zones, institutions=scopes.institutions | houses)


# --- what is asked ---------------------------------------------------------------------------------------------------


def asked_of(given: TrailIn, by: Actor | None) -> Asked:
    """The checked question; `by` None is the command line. Raises Refused: invalid-input (nothing is called so)."""
    wrong: list[dict[str, str]] = []

    def found(field: str, said: str, look: Callable[[], Any], sentence: str) -> Any:
        answer = look() if said else None
        if said and answer is None:
            wrong.append({"field": field, "message": sentence})
        return answer

    home = by.institution_id if by else None
    person = found("person", given.person, lambda: _person(given.person, home), _("没有这个用户名或工号"))
    thing = found(
        "thing", given.thing, lambda: _thing(given.thing), _("没有这个编号的预约、仪器、单位或课题组")
    )
    zone = found("zone", given.zone, lambda: network.zone(given.zone), _("没有这个子平台"))
    house = found(
        "institution",
        given.institution,
        lambda: network.institution_by_code(given.institution),
        _("没有这个单位代码"),
    )
    if wrong:
        raise Refused("invalid-input", fields=wrong)
    return Asked(
        person=person.id if person else None,
        about_kind=thing[0] if thing else "",
        about_id=thing[1] if thing else None,
        request_id=given.request,
        action=given.action,
        since=at_shanghai(given.since) if given.since else None,
        until=day_span(given.last).end if given.last else None,
        zone=zone.code if zone else "",
        institution=house.id if house else None,
        older_than=given.older_than,
        most=given.per_page,
    )


def _person(said: str, home: uuid.UUID | None) -> people.PersonRow | None:
    """Who is meant by a key, a user name, a staff number of one's own house, or a name that nobody else begins with."""
    if key := _key(said):
        return people.person(key)
    if one := people.person_by_username(said) or people.meant(said, home):
        return one
    alike = people.search(said)
    return alike[0] if len(alike) == 1 else None


def spoken(given: TrailIn, found: Trail) -> dict[str, Any]:
    """What was asked, as its form says it: a key that a link carried reads as the user name or number it stands for."""
    said = given.model_dump()
    if (key := _key(given.person)) and (person := people.person(key)):
        said["person"] = person.username
    if found.rows and _key(given.thing) and found.rows[0].row.about_kind == "booking":
        said["thing"] = found.rows[0].thing or given.thing
    return said


def _thing(said: str) -> Thing | None:
    """What a number, a code or a key names; a key alone may be of any kind."""
    if key := _key(said):
        return "", key
    tries: Sequence[tuple[str, Callable[[str], Any]]] = (
        ("booking", booking.id_of_number),
        ("instrument", lambda code: _id(registry.instrument_by_code(code))),
        ("institution", lambda code: _id(network.institution_by_code(code))),
        ("group", lambda code: _id(people.group_by_code(code))),
    )
    for kind, look in tries:
        if found := look(said):
            return kind, found
    return None


def _key(said: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(said)
    except ValueError:
        return None


def _id(row: Any) -> uuid.UUID | None:
    return row.id if row else None


# --- rows with names -------------------------------------------------------------------------------------------------


def trail(asked: Asked, sight: Sight) -> Trail:
    """A page of the trail with names: one statement for each kind of thing on it."""
    found = audit.trail(asked, sight)
    return Trail(shown(found.rows), found.older)


def of_thing(kind: str, key: uuid.UUID) -> list[Shown]:
    """What was last done to one thing, the newest first; whoever may open the thing's page may read it."""
    return shown(audit.trail(Asked(about_kind=kind, about_id=key), Sight(everything=True)).rows)


def shown(rows: Sequence[TrailRow]) -> list[Shown]:
    """Rows in words."""
    names = _names(rows)
    return [_shown(row, names) for row in rows]


def _shown(row: TrailRow, names: Names) -> Shown:
    place = PAGES.get(row.about_kind, "")
    return Shown(
        row=row,
        action=words.action(row.action),
        who=row.actor_name or _("系统"),
        standing_for=names.get(row.for_id, "") if row.for_id else "",
        kind=words.kind(row.about_kind),
        thing=names.get(row.about_id, "") if row.about_id else "",
        page=place.format(row.about_id) if place and row.about_id else "",
        where=names.get(row.institution_id, "") if row.institution_id else "",
        lines=lines(row.before, row.after, names),
    )


def _names(rows: Iterable[TrailRow]) -> Names:
    """What everything that these rows name is called."""
    wanted: dict[str, set[uuid.UUID]] = defaultdict(set)
    for row in rows:
        for kind, key in _named_by(row):
            wanted[kind].add(key)
    names: Names = {row.id: named(row.name, row.name_en) for row in network.zones()}
    names |= {key: one.name for key, one in people.persons(wanted["user"]).items()}
    names |= {key: _both(one) for key, one in registry.instruments(wanted["instrument"]).items()}
    names |= {key: _both(one) for key, one in people.groups_named(wanted["group"]).items()}
    names |= {key: one.number for key, one in booking.bookings(wanted["booking"]).items()}
    names |= {key: _both(one) for key, one in network.institutions_named(wanted["institution"]).items()}
    return names


def _named_by(row: TrailRow) -> Iterator[Thing]:
    keys = (("user", row.for_id), (row.about_kind, row.about_id), ("institution", row.institution_id))
    yield from ((kind, key) for kind, key in keys if key)
    yield from references(row.before)
    yield from references(row.after)


def _both(row: Any) -> str:
    return named(row.name, row.name_en)


# --- as a file -------------------------------------------------------------------------------------------------------


def headings() -> list[str]:
    """The header of the file, in the reader's language."""
    return [
        _("时间"), _("人员"), _("代替"), _("做了什么"), _("对象类别"), _("对象"), _("变动"), _("说明"),
        _("单位"), _("子平台代码"), _("请求号"), _("记录号"),
    ]  # fmt: skip


def cells(asked: Asked, sight: Sight) -> Iterator[Sequence[Cell]]:
    """Every row that was asked for, a few hundred at a time."""
    rows = audit.whole_trail(asked, sight)
    while piece := list(islice(rows, PIECE)):
        for one in shown(piece):
            row = one.row
            yield (
                row.at.astimezone(SHANGHAI).strftime(STAMP), one.who, one.standing_for, one.action, one.kind, one.thing,
                _("；").join(map(in_words, one.lines)), row.note or "", one.where, row.zone_code or "",
                row.request_id or "", str(row.id),
            )  # fmt: skip


def in_words(line: Line) -> str:
    """状态：待审批 → 已批准."""
    if line.before is None:
        return f"{line.field}{_('：')}{line.after or _('空')}"
    return f"{line.field}{_('：')}{line.before or _('空')} → {line.after or _('空')}"


def as_json(one: Shown) -> Mapping[str, Any]:
    """One row as the API gives it: the values as they were written, and the same in words."""
    row = one.row
    return {
        "id": row.id,
        "at": row.at,
        "action": row.action,
        "actor": {"id": row.actor_id, "name": row.actor_name} if row.actor_id else None,
        "standing_for": {"id": row.for_id, "name": one.standing_for} if row.for_id else None,
        "about": {"kind": row.about_kind, "id": row.about_id, "name": one.thing},
        "zone": row.zone_code,
        "institution": {"id": row.institution_id, "name": one.where} if row.institution_id else None,
        "before": row.before,
        "after": row.after,
        "changes": [{"field": line.field, "before": line.before, "after": line.after} for line in one.lines],
        "note": row.note,
        "request_id": row.request_id,
    }
