"""Who may what: one row for each route of the URL map, to be read by people.

may     who gets through, on our side and on theirs; whether the form is then right is another question
knows   who may know of the thing: they are told 403, everybody else 404
own     it changes nothing but what belongs to the asker
Whoever holds the route's right nowhere is told 403 before anything is looked up; a visitor is sent to sign in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sharing.kernel.rights import PUBLIC, SIGNED_IN
from tests import cast
from tests.checks.rights_world import PEOPLE, VISITOR, Side

Args = dict[str, Any]
ALL: Final = frozenset(PEOPLE)


@dataclass(frozen=True)
class Who:
    """People by side."""

    ours: frozenset[str]
    theirs: frozenset[str]

    def __or__(self, other: Who) -> Who:
        return Who(self.ours | other.ours, self.theirs | other.theirs)


def who(ours: str, theirs: str = "") -> Who:
    return Who(frozenset(ours.split()), frozenset(theirs.split()))


EVERYBODY: Final = Who(ALL, ALL)
NOBODY: Final = who("")

# --- who is what to the things of a side -------------------------------------------------------------------
REQUESTER = who("researcher", "stranger")
HEADS = who("head", "other_head")
RUNS = who("manager deputy", "other_manager")  # its manager and deputies
OVERSEES = who("admin zone_admin province_admin", "other_admin province_admin")
MANAGER = who("manager", "other_manager")
AUDITOR = who("auditor", "auditor")
MEMBERS = REQUESTER | HEADS
GROUP_READERS = MEMBERS | who("admin finance auditor", "other_admin auditor")
BOOKING_READERS = MEMBERS | RUNS | OVERSEES | AUDITOR
EDITORS = MANAGER | OVERSEES
INTERNAL_READERS = RUNS | OVERSEES | AUDITOR | who("finance")
RUN_WRITERS = OVERSEES
RUN_READERS = OVERSEES | AUDITOR | who("finance")
LICENSERS = RUNS | who("admin", "other_admin")

# --- who holds a right anywhere: what the door of a route asks ---------------------------------------------
HOLDERS: Final[dict[str, frozenset[str]]] = {
    PUBLIC: ALL | {VISITOR},
    SIGNED_IN: ALL,
    "booking.submit": ALL - {"finance", "zone_admin", "province_admin", "auditor"},
    "booking.manage": frozenset("manager deputy other_manager".split()),
    "registry.edit": frozenset("manager admin zone_admin province_admin other_manager other_admin".split()),
    "registry.create": frozenset("admin zone_admin province_admin other_admin".split()),
    "registry.read-internal": frozenset(
        "manager deputy admin finance zone_admin province_admin auditor other_manager other_admin".split()
    ),
    "policy.edit": frozenset("manager admin zone_admin province_admin other_manager other_admin".split()),
    "licence.grant": frozenset("manager deputy admin other_manager other_admin".split()),
    "people.manage": frozenset("admin zone_admin province_admin other_admin".split()),
    "people.read-all": frozenset("admin zone_admin province_admin auditor other_admin".split()),
    "group.manage": frozenset("head other_head".split()),
    "network.edit": frozenset({"province_admin"}),
}


@dataclass(frozen=True)
class Route:
    """One method of one endpoint.

    args   the address's arguments, of a fresh thing; form: what is sent, JSON under the API
    """

    right: str
    may: Who = EVERYBODY
    knows: Who = EVERYBODY
    args: Callable[[Side], Args] = field(default=lambda _side: {})
    form: Callable[[Side], Args] = field(default=lambda _side: {})
    own: bool = False
    sided: bool = False  # the thing lies on a side; else it is tried once


def instrument(right: str, may: Who, form: Args | None = None, part: str = "", make: str = "") -> Route:
    """A route at an instrument, which everybody knows; `part` is made anew by `Side.<make>`."""

    def args(side: Side) -> Args:
        inner = {part: getattr(side, make)()} if part else {}
        return {"instrument_id": side.instrument.id, **inner}

    return Route(right, may, args=args, form=lambda _side: form or {}, sided=True)


def booking(right: str, may: Who, make: str = "approved", form: Args | None = None) -> Route:
    """A route at a booking, which only its readers know."""
    return Route(
        right,
        may,
        knows=BOOKING_READERS,
        args=lambda side: {"booking_id": getattr(side, make)()},
        form=lambda _side: form or {},
        sided=True,
    )


def import_run(right: str, may: Who, form: Args | None = None) -> Route:
    """A route at a file that was brought to the register, known to who reads inside its house."""
    return Route(
        right,
        may,
        knows=RUN_READERS,
        args=lambda side: {"run_id": side.import_run()},
        form=lambda _side: form or {},
        sided=True,
    )


def block(right: str, may: Who, form: Args | None = None) -> Route:
    """A route at closed time, which everybody knows."""
    return Route(
        right,
        may,
        args=lambda side: {"block_id": side.block()},
        form=lambda _side: form or {},
        sided=True,
    )


def group(form: Callable[[Side], Args], **args: Callable[[Side], Any]) -> Route:
    """A route at a research group, which its members and its house's administration know."""
    return Route(
        "group.manage",
        HEADS,
        knows=GROUP_READERS,
        args=lambda side: {"group_id": side.group.id} | {name: make(side) for name, make in args.items()},
        form=form,
        sided=True,
    )


def own(make: str, part: str) -> Route:
    """A route at something that belongs to one person, of which nobody else may know."""
    return Route(
        SIGNED_IN,
        REQUESTER,
        knows=NOBODY,
        args=lambda side: {part: getattr(side, make)()},
        own=True,
        sided=True,
    )


def open_to(right: str, *, own: bool = False, form: Args | None = None, **args: Any) -> Route:
    """A route without a thing: whoever holds the right gets through."""
    holders = HOLDERS[right] - {VISITOR}
    return Route(
        right, Who(holders, holders), args=lambda _side: args, form=lambda _side: form or {}, own=own
    )


def day(hour: str, on: int = 1) -> str:
    return cast.clock(on, hour).isoformat(timespec="minutes")


SPAN = {"start": day("13:00"), "end": day("14:00")}
PROPOSED = {"start": day("09:00", 8), "end": day("10:00", 8)}
CLOSED = {"start": day("18:00", 9), "end": day("20:00", 9), "reason": "检修"}
LATER = {"start": day("15:00", 3), "end": day("16:00", 3)}
DATED = {"valid_from": "2026-06-01", "source_document": "会议纪要"}
NEW = {"institution": "uni", "name": "新仪器", "category": "040102", "zone": "kunming"}
DEPUTY = {"deputy": "", "starts_on": "2026-03-02", "last_on": "2026-03-03"}


def role(side: Side) -> Args:
    """A role to give to somebody of the house."""
    return {
        "who": side.colleague().username,
        "role": "manager",
        "scope": f"institution:{side.institution.code}",
        "reason": "任命",
    }


def in_house(right: str, part: str, make: str, form: Args | None = None) -> Route:
    """A route at something of a house's people, which only their administrators know."""
    return Route(
        right,
        OVERSEES,
        knows=NOBODY,
        args=lambda side: {part: getattr(side, make)()},
        form=lambda _side: form or {},
        sided=True,
    )


ROUTES: Final[dict[str, Route]] = {
    # the shell
    "GET web.home": open_to(PUBLIC),
    "GET web.zone": open_to(PUBLIC, zone="kunming"),
    "POST web.language": open_to(PUBLIC, own=True, form={"language": "en"}),
    "GET health.alive": open_to(PUBLIC),
    "GET health.ready": open_to(PUBLIC),
    "GET health.metrics": open_to(PUBLIC),
    "GET openapi.document": open_to(PUBLIC),
    "GET openapi.docs": open_to(PUBLIC),
    # network
    "GET network.working_days": open_to(PUBLIC),
    "POST network.edit_working_day": open_to(
        "network.edit", form={"day": "2026-10-10", "kind": "workday", "source_document": "国办"}
    ),
    "GET network_api.zones": open_to(PUBLIC),
    "GET network_api.institutions": open_to(PUBLIC),
    "GET network_api.categories": open_to(PUBLIC),
    # signing in and out
    "GET people.sign_in": open_to(PUBLIC),
    "POST people.open_session": open_to(PUBLIC, own=True, form={"username": "", "password": ""}),
    "POST people.sign_out": open_to(PUBLIC, own=True),
    "POST people.sign_out_everywhere": open_to(SIGNED_IN, own=True),
    "GET people.reset": open_to(PUBLIC),
    "POST people.send_reset": open_to(PUBLIC, own=True, form={"email": "nobody@example.test"}),
    "GET people.new_password": open_to(PUBLIC, token="not-a-link"),
    "POST people.use_reset": open_to(PUBLIC, own=True, token="not-a-link"),
    # one's own account
    "GET people_api.show_me": open_to(SIGNED_IN),
    "GET people.profile": open_to(SIGNED_IN),
    "POST people.save_profile": open_to(SIGNED_IN, own=True, form={"email": "a@b.test", "language": "en"}),
    "GET account.password": open_to(SIGNED_IN),
    "POST account.change_password": open_to(SIGNED_IN, own=True),
    "GET account.sessions": open_to(SIGNED_IN),
    "POST account.end_session": own("session", "session_id"),
    "GET account.tokens": open_to(SIGNED_IN),
    "POST account.create_token": open_to(SIGNED_IN, own=True, form={"label": "脚本", "days": "1"}),
    "POST account.revoke_token": own("token", "token_id"),
    "GET account.calendar": open_to(SIGNED_IN),
    "POST account.create_calendar_key": open_to(SIGNED_IN, own=True, form={"kind": "person"}),
    "POST account.revoke_calendar_key": own("calendar_key", "key_id"),
    "POST account.renew_calendar_key": own("calendar_key", "key_id"),
    "GET account.deputies": open_to(SIGNED_IN),
    "POST account.add_deputy": open_to(SIGNED_IN, own=True, form=DEPUTY),
    "POST account.end_deputy": own("deputy_row", "row_id"),
    # roles
    "GET roles.roles": open_to("people.read-all"),
    "POST roles.give": Route("people.manage", OVERSEES, form=role, sided=True),
    "GET roles.ending": in_house("people.manage", "grant_id", "role"),
    "POST roles.end": in_house("people.manage", "grant_id", "role", {"reason": "调岗"}),
    "GET roles_api.roles": open_to("people.read-all"),
    "POST roles_api.give": Route("people.manage", OVERSEES, form=role, sided=True),
    "POST roles_api.end": in_house("people.manage", "grant_id", "role", {"reason": "调岗"}),
    # messages and calendars
    "GET notify.inbox": open_to(SIGNED_IN),
    "POST notify.mark_all_read": open_to(SIGNED_IN, own=True),
    "POST notify.open_message": own("message", "message_id"),
    "POST notify.mark_read": own("message", "message_id"),
    "GET notify.notices": open_to(SIGNED_IN),
    "POST notify.save_notices": open_to(SIGNED_IN, own=True),
    "GET feeds.calendar": Route(PUBLIC, args=lambda side: {"secret": side.feed()}),
    "GET feeds.booking_file": booking(SIGNED_IN, BOOKING_READERS),
    # instruments
    "GET registry.catalogue": open_to(PUBLIC),
    "GET registry.compare": open_to(PUBLIC),
    "GET registry.instrument": instrument(PUBLIC, EVERYBODY),
    "GET instruments.picture": open_to(PUBLIC, picture_id="01890000-0000-7000-8000-000000000000"),
    "POST instruments.star": Route(
        SIGNED_IN,
        own=True,
        args=lambda side: {"instrument_id": side.instrument.id},
        form=lambda _s: {"on": "1"},
    ),
    "GET instruments.new": open_to("registry.create"),
    "POST instruments.new": Route(
        "registry.create",
        who("admin zone_admin province_admin"),
        form=lambda side: NEW | {"code": f"N{next(side.number)}"},
    ),
    "GET instruments.settings": instrument("registry.read-internal", INTERNAL_READERS),
    "POST instruments.edit": instrument(
        "registry.edit", EDITORS, {"name": "改名", "category": "040102", "zone": "kunming"}
    ),
    "POST instruments.status": instrument("registry.edit", EDITORS, {"status": "in_service"}),
    "POST instruments.add_picture": instrument("registry.edit", EDITORS),
    "POST instruments.retire_picture": instrument("registry.edit", EDITORS, {}, "picture_id", "picture"),
    "GET documents.document": Route(PUBLIC, args=lambda side: {"document_id": side.document()}),
    "POST documents.add": instrument("registry.edit", EDITORS, {"title": "规程"}),
    "POST documents.retire": instrument("registry.edit", EDITORS, {}, "document_id", "document"),
    "POST instruments.add_policy": instrument("policy.edit", EDITORS, DATED),
    "POST instruments.add_timetable": instrument(
        "policy.edit", EDITORS, DATED | {"day_workday": "09:00-12:00"}
    ),
    "POST instruments.add_question": instrument(
        "policy.edit", EDITORS, {"key": "k", "kind": "text", "label": "问"}
    ),
    "POST instruments.retire_question": instrument("policy.edit", EDITORS, {}, "question_id", "question"),
    "POST instruments.grant_licence": instrument(
        "licence.grant", LICENSERS, {"who": "colleague", "level": "independent", "starts_on": "2026-03-02"}
    ),
    "POST instruments.paste_licences": instrument("licence.grant", LICENSERS, {"text": "colleague"}),
    "POST instruments.end_licence": instrument(
        "licence.grant", LICENSERS, {"reason": "离组"}, "licence_id", "licence"
    ),
    "GET instruments_api.instruments": open_to(PUBLIC),
    "GET instruments_api.instrument": instrument(PUBLIC, EVERYBODY),
    "POST instruments_api.create": Route(
        "registry.create",
        who("admin zone_admin province_admin"),
        form=lambda side: NEW | {"code": f"A{next(side.number)}"},
    ),
    "PATCH instruments_api.edit": instrument("registry.edit", EDITORS, {"name": "再改名"}),
    # the register as a table
    "GET records.records": open_to("registry.read-internal"),
    "GET records.export": open_to("registry.read-internal"),
    "POST records.bring": Route(
        "registry.create",
        RUN_WRITERS,
        form=lambda side: {"institution": str(side.institution.id)},
        sided=True,
    ),
    "GET records.run": import_run("registry.read-internal", RUN_READERS),
    "GET records.bad_rows": import_run("registry.read-internal", RUN_READERS),
    "POST records.apply": import_run("registry.create", RUN_WRITERS, {"mode": "all"}),
    "POST records.map_columns": import_run("registry.create", RUN_WRITERS),
    "GET records_api.export": open_to("registry.read-internal"),
    "POST records_api.bring": open_to("registry.create"),  # whose house: tests/registry/test_import_api.py
    "GET records_api.listed": open_to("registry.read-internal"),
    "GET records_api.one": import_run("registry.read-internal", RUN_READERS),
    "GET records_api.rows": import_run("registry.read-internal", RUN_READERS),
    "POST records_api.apply": import_run("registry.create", RUN_WRITERS, {"mode": "all"}),
    # asking for time
    "GET panel.week": instrument(PUBLIC, EVERYBODY),
    "POST panel.check": instrument(PUBLIC, EVERYBODY, SPAN),
    "POST panel.submit": instrument("booking.submit", EVERYBODY, SPAN | {"purpose": "样品"}),
    "GET calendar_api.calendar": instrument(PUBLIC, EVERYBODY),
    "GET calendar_api.availability": open_to("booking.submit"),
    "POST calendar_api.quote": Route(
        "booking.submit", form=lambda side: SPAN | {"instrument_id": str(side.instrument.id)}, own=True
    ),
    "POST booking_api.submit": Route(
        "booking.submit",
        form=lambda side: SPAN | {"instrument_id": str(side.instrument.id), "purpose": "样品"},
    ),
    # closed time
    "GET blocks.of_instrument": instrument("booking.manage", RUNS),
    "POST blocks.close_time": instrument("booking.manage", RUNS, CLOSED),
    "POST blocks.edit": block("booking.manage", RUNS, CLOSED),
    "POST blocks.reopen": block("booking.manage", RUNS),
    "GET blocks_api.listed": open_to(SIGNED_IN),
    "GET blocks_api.one": block(SIGNED_IN, EVERYBODY),
    "POST blocks_api.create": Route(
        "booking.manage",
        RUNS,
        form=lambda side: CLOSED | {"instrument_id": str(side.instrument.id)},
        sided=True,
    ),
    "PATCH blocks_api.edit": block("booking.manage", RUNS, CLOSED),
    "DELETE blocks_api.reopen": block("booking.manage", RUNS),
    # a booking
    "GET booking.booking": booking(SIGNED_IN, BOOKING_READERS),
    "GET booking.edit": booking(SIGNED_IN, BOOKING_READERS),
    "GET booking_files.answer": Route(
        SIGNED_IN, NOBODY, NOBODY, lambda side: {"booking_id": side.approved(), "key": "none"}, sided=True
    ),
    "POST booking.approve": booking(SIGNED_IN, HEADS, "requested"),
    "POST booking.reject": booking(SIGNED_IN, HEADS, "requested", {"note": "不行"}),
    "POST booking.give_back": booking(SIGNED_IN, HEADS, "requested", {"note": "请补充"}),
    "POST booking.approve_many": open_to(SIGNED_IN, own=True),
    "POST booking.cancel": booking(SIGNED_IN, REQUESTER | RUNS, "requested", {"note": "不来了"}),
    "POST booking.reschedule": booking(SIGNED_IN, REQUESTER | RUNS, "requested", LATER),
    "POST booking.propose": booking("booking.manage", RUNS, "coming", PROPOSED),
    "POST booking.accept": booking(SIGNED_IN, REQUESTER, "coming"),
    "POST booking.decline": booking(SIGNED_IN, REQUESTER, "coming"),
    "POST booking_api.propose": booking("booking.manage", RUNS, "coming", PROPOSED),
    "POST booking_api.accept": booking("booking.submit", REQUESTER, "coming"),
    "POST booking_api.decline": booking("booking.submit", REQUESTER, "coming"),
    "POST booking.check_in": booking(SIGNED_IN, REQUESTER | RUNS),
    "POST booking.check_out": booking(SIGNED_IN, REQUESTER | RUNS),
    "POST booking.no_show": booking("booking.manage", RUNS),
    "POST booking.confirm": booking("booking.manage", RUNS, form={"as_booked": "1"}),
    "GET booking_api.listed": open_to(SIGNED_IN),
    "GET booking_api.one": booking(SIGNED_IN, BOOKING_READERS),
    "PATCH booking_api.reschedule": booking("booking.submit", REQUESTER | RUNS, "requested", LATER),
    "POST booking_api.approve": booking(SIGNED_IN, HEADS, "requested"),
    "POST booking_api.reject": booking(SIGNED_IN, HEADS, "requested", {"note": "不行"}),
    "POST booking_api.give_back": booking(SIGNED_IN, HEADS, "requested", {"note": "请补充"}),
    "POST booking_api.cancel": booking("booking.submit", REQUESTER | RUNS, "requested"),
    "POST booking_api.check_in": booking("booking.submit", REQUESTER | RUNS),
    "POST booking_api.check_out": booking("booking.submit", REQUESTER | RUNS),
    "POST booking_api.no_show": booking("booking.manage", RUNS),
    # desks
    "GET booking.desk": open_to(SIGNED_IN),
    "GET booking.manage": open_to("booking.manage"),
    "GET booking.today": open_to("booking.manage"),
    "GET booking.weeks": open_to("booking.manage"),
    "GET booking.weeks_data": open_to("booking.manage"),
    # a research group
    "GET funds.group": Route(
        SIGNED_IN, GROUP_READERS, NOBODY, args=lambda side: {"group_id": side.group.id}, sided=True
    ),
    "POST funds.add_card": group(lambda side: {"number": f"X{next(side.number)}", "name": "新卡"}),
    "POST funds.retire_card": group(lambda _side: {}, card_id=lambda side: side.new_card()),
    "POST funds.authorise": group(lambda side: {"member_id": str(side.requester.id), "month_yuan": "100"}),
    "POST funds.end_authorisation": group(
        lambda _side: {}, authorisation_id=lambda side: side.authorisation()
    ),
    "POST funds.add_member": group(lambda side: {"who": side.colleague().username}),
    "POST funds.end_member": group(lambda _side: {}, user_id=lambda side: side.member().id),
    # last, for it takes roles away
    "POST instruments.set_managers": instrument("people.manage", OVERSEES, {"managers": "manager"}),
}
