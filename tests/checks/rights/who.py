"""Who is who to the things of a side, who holds a right anywhere, and what a row of the table says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sharing.kernel.rights import PUBLIC, SIGNED_IN
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
GIVES_LEAVE = who("admin province_admin", "other_admin province_admin")
KEEPS = who("zone_admin province_admin", "province_admin")  # of its zone or above
MANAGER = who("manager", "other_manager")
AUDITOR = who("auditor", "auditor")
MEMBERS = REQUESTER | HEADS
GROUP_READERS = MEMBERS | who("admin finance auditor", "other_admin auditor")
BOOKING_READERS = MEMBERS | RUNS | OVERSEES | AUDITOR
HEIR = who("colleague", "other_head")  # to whom a booking is offered
EDITORS = MANAGER | OVERSEES
INTERNAL_READERS = RUNS | OVERSEES | AUDITOR | who("finance")
RUN_WRITERS = OVERSEES
RUN_READERS = OVERSEES | AUDITOR | who("finance")
PRICERS = who("admin finance province_admin", "other_admin province_admin")
CUSTOMER = REQUESTER | HEADS  # of a service order: who placed it, and the head whose group pays
ORDER_READERS = BOOKING_READERS | who("finance")
LICENSERS = RUNS | who("admin", "other_admin")

# --- who holds a right anywhere: what the door of a route asks ---------------------------------------------
HOLDERS: Final[dict[str, frozenset[str]]] = {
    PUBLIC: ALL | {VISITOR},
    SIGNED_IN: ALL,
    "booking.submit": ALL - {"finance", "zone_admin", "province_admin", "auditor"},
    "order.submit": ALL - {"finance", "zone_admin", "province_admin", "auditor"},
    "order.manage": frozenset("manager deputy other_manager".split()),
    "booking.manage": frozenset("manager deputy other_manager".split()),
    "booking.on-behalf": frozenset("head manager deputy admin other_head other_manager other_admin".split()),
    "registry.edit": frozenset("manager admin zone_admin province_admin other_manager other_admin".split()),
    "registry.create": frozenset("admin zone_admin province_admin other_admin".split()),
    "registry.read-internal": frozenset(
        "manager deputy admin finance zone_admin province_admin auditor other_manager other_admin".split()
    ),
    "policy.edit": frozenset("manager admin zone_admin province_admin other_manager other_admin".split()),
    "chain.edit": frozenset("admin zone_admin province_admin other_admin".split()),
    "price.edit": frozenset("admin finance province_admin other_admin".split()),
    "licence.grant": frozenset("manager deputy admin other_manager other_admin".split()),
    "people.manage": frozenset("admin zone_admin province_admin other_admin".split()),
    "people.invite": frozenset("head admin zone_admin province_admin other_head other_admin".split()),
    "enterprise.accept": frozenset("zone_admin province_admin".split()),
    "people.read-all": frozenset("admin zone_admin province_admin auditor other_admin".split()),
    "group.manage": frozenset("head other_head".split()),
    "network.edit": frozenset({"province_admin"}),
    "zone.desk": frozenset({"zone_admin", "province_admin", "auditor"}),
    "zone.nudge": frozenset({"zone_admin", "province_admin"}),
    "notice.edit": frozenset("admin zone_admin province_admin other_admin".split()),
    "mailtext.edit": frozenset("admin zone_admin province_admin other_admin".split()),
    "finance.read": frozenset("finance admin province_admin auditor other_admin".split()),
    "period.close": frozenset({"finance"}),
    "sign-on.edit": frozenset("admin province_admin other_admin".split()),
    "mandate.give": frozenset("admin province_admin other_admin".split()),
    "institution.manage": frozenset({"zone_admin", "province_admin"}),
    "institution.edit": frozenset("admin zone_admin province_admin other_admin".split()),
    "admin.desk": frozenset("admin finance zone_admin province_admin auditor other_admin".split()),
    "audit.read": frozenset("admin zone_admin province_admin auditor other_admin".split()),
    "booking.read-all": frozenset(
        "manager deputy admin zone_admin province_admin auditor other_manager other_admin".split()
    ),
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
