"""Whose instruments somebody may enter; the list form of `service.leave.leave_for`."""

from __future__ import annotations

from datetime import date

from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.people.rules import Actor


def owners(by: Actor, on: date) -> list[InstitutionRow]:
    """Her own houses, those of her zones that let her, and for the network every house but companies without leave."""
    scope, mandated = by.scopes("registry.create"), network.mandated(on)
    return [
        one
        for one in network.institutions()
        if one.id in scope.institutions
        or (one.id in mandated and one.zone_id in scope.zones)
        or (scope.everything and (one.kind != "enterprise" or one.id in mandated))
    ]
