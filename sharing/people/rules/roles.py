"""Who may do what, where: roles, rights, and the one scope rule that checks a thing and bounds a list alike."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What someone is at a scope (DOMAIN section 7)."""

    RESEARCHER = "researcher"
    HEAD = "head"
    MANAGER = "manager"
    DEPUTY_MANAGER = "deputy_manager"
    INSTITUTION_ADMIN = "institution_admin"
    INSTITUTION_FINANCE = "institution_finance"
    ZONE_ADMIN = "zone_admin"
    PROVINCE_ADMIN = "province_admin"
    AUDITOR = "auditor"
    ENTERPRISE = "enterprise"
    ENTERPRISE_ADMIN = "enterprise_admin"
    BOOKING_AGENT = "booking_agent"


class ScopeKind(StrEnum):
    NETWORK = "network"
    ZONE = "zone"
    INSTITUTION = "institution"
    GROUP = "group"
    INSTRUMENT = "instrument"


_MANAGERS = {Role.MANAGER, Role.DEPUTY_MANAGER}
_ADMINS = {Role.INSTITUTION_ADMIN, Role.ZONE_ADMIN, Role.PROVINCE_ADMIN}

RIGHTS: Final[Mapping[str, frozenset[Role]]] = {
    "booking.submit": frozenset(
        {
            Role.RESEARCHER,
            Role.HEAD,
            Role.ENTERPRISE,
            Role.ENTERPRISE_ADMIN,
            *_MANAGERS,
            Role.INSTITUTION_ADMIN,
        }
    ),
    "booking.on-behalf": frozenset(
        {Role.HEAD, *_MANAGERS, Role.INSTITUTION_ADMIN, Role.ENTERPRISE_ADMIN, Role.BOOKING_AGENT}
    ),
    "booking.read-all": frozenset({*_MANAGERS, *_ADMINS, Role.AUDITOR}),
    "booking.manage": frozenset({*_MANAGERS}),
    "order.submit": frozenset(
        {
            Role.RESEARCHER,
            Role.HEAD,
            Role.ENTERPRISE,
            Role.ENTERPRISE_ADMIN,
            *_MANAGERS,
            Role.INSTITUTION_ADMIN,
        }
    ),
    "order.read-all": frozenset({*_MANAGERS, *_ADMINS, Role.INSTITUTION_FINANCE, Role.AUDITOR}),
    "order.manage": frozenset({*_MANAGERS}),
    "approval.decide": frozenset({Role.HEAD, *_MANAGERS, Role.INSTITUTION_ADMIN, Role.ZONE_ADMIN}),
    "approval.read-all": frozenset({*_MANAGERS, *_ADMINS, Role.AUDITOR}),
    "registry.read-internal": frozenset({*_MANAGERS, *_ADMINS, Role.INSTITUTION_FINANCE, Role.AUDITOR}),
    "registry.edit": frozenset({Role.MANAGER, *_ADMINS}),
    "registry.create": frozenset({*_ADMINS}),
    "licence.grant": frozenset({*_MANAGERS, Role.INSTITUTION_ADMIN}),
    "policy.edit": frozenset({Role.MANAGER, *_ADMINS}),
    "price.edit": frozenset({Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE, Role.PROVINCE_ADMIN}),
    "chain.edit": frozenset({*_ADMINS}),
    "network.edit": frozenset({Role.PROVINCE_ADMIN}),
    "institution.manage": frozenset({Role.ZONE_ADMIN, Role.PROVINCE_ADMIN}),
    "institution.edit": frozenset({*_ADMINS}),
    "people.stand-for": frozenset({Role.INSTITUTION_ADMIN, Role.ENTERPRISE_ADMIN, Role.BOOKING_AGENT}),
    "people.manage": frozenset({*_ADMINS, Role.ENTERPRISE_ADMIN}),
    "people.invite": frozenset({*_ADMINS, Role.ENTERPRISE_ADMIN, Role.HEAD}),
    "people.read-all": frozenset({*_ADMINS, Role.ENTERPRISE_ADMIN, Role.AUDITOR}),
    "enterprise.accept": frozenset({Role.ZONE_ADMIN, Role.PROVINCE_ADMIN}),
    "group.manage": frozenset({Role.HEAD}),
    "group.read": frozenset({Role.HEAD, Role.INSTITUTION_ADMIN, Role.INSTITUTION_FINANCE, Role.AUDITOR}),
    "finance.read": frozenset(
        {Role.INSTITUTION_FINANCE, Role.INSTITUTION_ADMIN, Role.PROVINCE_ADMIN, Role.AUDITOR}
    ),
    "period.close": frozenset({Role.INSTITUTION_FINANCE}),
    "channel.edit": frozenset({Role.INSTITUTION_ADMIN, Role.ENTERPRISE_ADMIN}),
    "sign-on.edit": frozenset({Role.INSTITUTION_ADMIN, Role.PROVINCE_ADMIN}),
    "zone.desk": frozenset({Role.ZONE_ADMIN, Role.PROVINCE_ADMIN, Role.AUDITOR}),
    "zone.nudge": frozenset({Role.ZONE_ADMIN, Role.PROVINCE_ADMIN}),
    "notice.edit": frozenset({*_ADMINS}),
    "mailtext.edit": frozenset({*_ADMINS}),
    "mandate.give": frozenset({Role.INSTITUTION_ADMIN, Role.ENTERPRISE_ADMIN, Role.PROVINCE_ADMIN}),
    "admin.desk": frozenset({*_ADMINS, Role.INSTITUTION_FINANCE, Role.ENTERPRISE_ADMIN, Role.AUDITOR}),
    "audit.read": frozenset({*_ADMINS, Role.AUDITOR}),
}
"""Each right and the roles that carry it. The auditor reads everything and changes nothing."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held today at a scope; `scope_id` is None for the whole network."""

    role: Role
    scope_kind: ScopeKind
    scope_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class ScopePath:
    """Where a thing lies. A grant covers it when its scope is the network or one of these."""

    zone_id: uuid.UUID | None = None
    institution_id: uuid.UUID | None = None
    group_id: uuid.UUID | None = None
    instrument_id: uuid.UUID | None = None

    def within(self, kind: ScopeKind, scope_id: uuid.UUID | None) -> bool:
        """True when the scope covers this path."""
        if kind is ScopeKind.NETWORK:
            return True
        mine = {
            ScopeKind.ZONE: self.zone_id,
            ScopeKind.INSTITUTION: self.institution_id,
            ScopeKind.GROUP: self.group_id,
            ScopeKind.INSTRUMENT: self.instrument_id,
        }[kind]
        return mine is not None and mine == scope_id

    def of_scope(self, kind: str) -> ScopePath:
        """Where the scope itself of that kind lies: who may set the rules of a zone needs the right at the zone.

        A category spans institutions, so its rules are the network's to set.
        """
        if kind == ScopeKind.INSTRUMENT:
            return self
        if kind == ScopeKind.INSTITUTION:
            return ScopePath(self.zone_id, self.institution_id)
        return ScopePath(self.zone_id) if kind == ScopeKind.ZONE else ScopePath()


@dataclass(frozen=True, slots=True)
class ScopeFilter:
    """The same rule for a list: everything, or what lies in one of these scopes. Empty sets mean nothing at all."""

    everything: bool = False
    zones: frozenset[uuid.UUID] = frozenset()
    institutions: frozenset[uuid.UUID] = frozenset()
    groups: frozenset[uuid.UUID] = frozenset()
    instruments: frozenset[uuid.UUID] = frozenset()

    @property
    def nothing(self) -> bool:
        return not (self.everything or self.zones or self.institutions or self.groups or self.instruments)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts in a request, with the grants in force today. Made by `people.queries`, passed as `by`."""

    user_id: uuid.UUID
    username: str
    name: str
    language: str = "zh-CN"
    email: str = ""
    kind: str = "member"  # member | enterprise
    institution_id: uuid.UUID | None = None
    zone_id: uuid.UUID | None = None
    staff_no: str | None = None
    groups: tuple[uuid.UUID, ...] = ()  # research groups she is a member or head of today
    grants: tuple[Grant, ...] = field(default=())
    name_en: str = ""

    def holds(self, role: Role, kind: ScopeKind | None = None, scope_id: uuid.UUID | None = None) -> bool:
        """True when she holds the role: anywhere, or at exactly this scope."""
        return any(
            g.role is role and (kind is None or (g.scope_kind is kind and g.scope_id == scope_id))
            for g in self.grants
        )

    def has(self, right: str) -> bool:
        """True when she holds the right at any scope; what a route asks before its service asks about the thing."""
        roles = RIGHTS[right]
        return any(g.role in roles for g in self.grants)

    def may(self, right: str, path: ScopePath) -> bool:
        """True when one of her grants carries the right and covers the thing."""
        roles = RIGHTS[right]
        return any(g.role in roles and path.within(g.scope_kind, g.scope_id) for g in self.grants)

    def scopes(self, right: str) -> ScopeFilter:
        """Where she holds the right, to bound a list with; agrees with `may` for every thing."""
        return _filter(g for g in self.grants if g.role in RIGHTS[right])

    @property
    def eyes(self) -> str:
        """A short word that differs when what she may see, or the language she reads, differs; for ETags."""
        held = (f"{one.role.value}{one.scope_kind.value}{one.scope_id}" for one in self.grants)
        known = "\0".join((self.user_id.hex, self.language, self.kind, *map(str, self.groups), *held))
        return hashlib.blake2b(known.encode(), digest_size=9).hexdigest()

    @property
    def read_only(self) -> bool:
        """An auditor and nothing else: sees all, changes nothing."""
        return bool(self.grants) and all(g.role is Role.AUDITOR for g in self.grants)


def _filter(grants: Iterable[Grant]) -> ScopeFilter:
    found: dict[ScopeKind, set[uuid.UUID]] = {kind: set() for kind in ScopeKind}
    for grant in grants:
        if grant.scope_kind is ScopeKind.NETWORK:
            return ScopeFilter(everything=True)
        if grant.scope_id is not None:
            found[grant.scope_kind].add(grant.scope_id)
    return ScopeFilter(
        zones=frozenset(found[ScopeKind.ZONE]),
        institutions=frozenset(found[ScopeKind.INSTITUTION]),
        groups=frozenset(found[ScopeKind.GROUP]),
        instruments=frozenset(found[ScopeKind.INSTRUMENT]),
    )


def in_force(starts_on: date, ends_on: date | None, on: date) -> bool:
    """Half-open days: a grant that ends on the 1st does not hold on the 1st."""
    return starts_on <= on and (ends_on is None or on < ends_on)


def secret_hash(secret: str) -> bytes:
    """What the database keeps of a secret of 256 random bits: no salt is needed where nothing can be guessed."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Throttle:
    """How long to wait after failures: none for the first `free`, then doubling from `first_seconds`.

    window  how far back failures count
    """

    free: int
    first_seconds: int
    longest_seconds: int
    window: timedelta

    def wait(self, failures: int, last: datetime | None, now: datetime) -> int:
        """Whole seconds until the next try may be made; 0 when it may be made now."""
        if failures < self.free or last is None:
            return 0
        delay = min(self.first_seconds * 2 ** min(failures - self.free, 20), self.longest_seconds)
        return max(0, math.ceil((last + timedelta(seconds=delay) - now).total_seconds()))


ROLE_SCOPES: Final[Mapping[Role, frozenset[ScopeKind]]] = {
    Role.RESEARCHER: frozenset({ScopeKind.GROUP, ScopeKind.INSTITUTION}),
    Role.HEAD: frozenset({ScopeKind.GROUP}),
    Role.MANAGER: frozenset({ScopeKind.INSTRUMENT, ScopeKind.INSTITUTION}),
    Role.DEPUTY_MANAGER: frozenset({ScopeKind.INSTRUMENT}),
    Role.INSTITUTION_ADMIN: frozenset({ScopeKind.INSTITUTION}),
    Role.INSTITUTION_FINANCE: frozenset({ScopeKind.INSTITUTION}),
    Role.ZONE_ADMIN: frozenset({ScopeKind.ZONE}),
    Role.PROVINCE_ADMIN: frozenset({ScopeKind.NETWORK}),
    Role.AUDITOR: frozenset({ScopeKind.NETWORK, ScopeKind.ZONE, ScopeKind.INSTITUTION}),
    Role.ENTERPRISE: frozenset({ScopeKind.NETWORK, ScopeKind.INSTITUTION}),
    Role.ENTERPRISE_ADMIN: frozenset({ScopeKind.INSTITUTION}),
    Role.BOOKING_AGENT: frozenset({ScopeKind.INSTITUTION}),
}
"""Where each role may be given (DOMAIN section 7)."""

_HOUSE: Final = frozenset(
    {
        Role.RESEARCHER,
        Role.HEAD,
        Role.MANAGER,
        Role.DEPUTY_MANAGER,
        Role.INSTITUTION_ADMIN,
        Role.INSTITUTION_FINANCE,
    }
)
_FIRM: Final = frozenset({Role.ENTERPRISE, Role.ENTERPRISE_ADMIN})
GIVES: Final[Mapping[Role, frozenset[Role]]] = {
    Role.INSTITUTION_ADMIN: _HOUSE | {Role.BOOKING_AGENT},
    Role.ENTERPRISE_ADMIN: _FIRM | {Role.BOOKING_AGENT},
    Role.ZONE_ADMIN: _HOUSE | _FIRM | {Role.ZONE_ADMIN},
    Role.PROVINCE_ADMIN: frozenset(Role),
}
"""Which roles the holder of a role gives and ends within her own scope.

Nobody gives more than she holds: a company's administrator cannot make one of an institution. An auditor is named by
the province alone, for whoever is audited must not choose or dismiss him. Who books for the people of a house is
named by that house: so it is the house that authorises its zone's administrator.
"""
_KEEPERS: Final[Mapping[ScopeKind, tuple[Role, ...]]] = {
    ScopeKind.NETWORK: (Role.PROVINCE_ADMIN,),
    ScopeKind.ZONE: (Role.ZONE_ADMIN,),
    ScopeKind.INSTITUTION: (Role.INSTITUTION_ADMIN, Role.ENTERPRISE_ADMIN),
}


def may_give(by: Actor, role: Role, path: ScopePath) -> bool:
    """True when one of her roles gives this one and covers where it is to be held."""
    return any(role in GIVES.get(g.role, ()) and path.within(g.scope_kind, g.scope_id) for g in by.grants)


def keeper_of(kind: ScopeKind) -> tuple[Role, ...]:
    """The roles that administer a scope of that kind; one of them must always be held."""
    return _KEEPERS.get(kind, ())


@dataclass(frozen=True, slots=True)
class Device:
    """What a browser's long-lived cookie says: its own id and the people who signed in there before."""

    id: str
    people: frozenset[uuid.UUID] = frozenset()
