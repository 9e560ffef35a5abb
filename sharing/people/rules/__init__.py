"""The words and decisions of people."""

from sharing.people.rules.roles import (
    GIVES,
    RIGHTS,
    ROLE_SCOPES,
    Actor,
    Device,
    Grant,
    Role,
    ScopeFilter,
    ScopeKind,
    ScopePath,
    Throttle,
    in_force,
    keeper_of,
    may_give,
    secret_hash,
)

__all__ = [
    "GIVES",
    "RIGHTS",
    "ROLE_SCOPES",
    "Actor",
    "Device",
    "Grant",
    "Role",
    "ScopeFilter",
    "ScopeKind",
    "ScopePath",
    "Throttle",
    "in_force",
    "keeper_of",
    "may_give",
    "secret_hash",
]
