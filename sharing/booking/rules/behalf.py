"""Booking for somebody else: who may, and on whose account. Rules are judged for the person who will use the time."""

from __future__ import annotations

import uuid

from sharing.people.rules import Actor, Role, ScopeKind, ScopePath


def headed(by: Actor, person: Actor) -> tuple[uuid.UUID, ...]:
    """The groups of the person that the other one heads."""
    return tuple(one for one in person.groups if by.holds(Role.HEAD, ScopeKind.GROUP, one))


def free_hand(by: Actor, person: Actor, place: ScopePath) -> bool:
    """She may book for the person on any account of the person's: she runs the instrument, or speaks for the person's
    institution, as its administrator or as whoever it named."""
    home = ScopePath(institution_id=person.institution_id)
    return by.may("booking.manage", place) or by.may("people.stand-for", home)


def stands_for(by: Actor, person: Actor, place: ScopePath) -> bool:
    """Whether one may book for the other on an instrument that lies there; nobody stands for herself."""
    if by.user_id == person.user_id:
        return False
    return free_hand(by, person, place) or bool(headed(by, person))


def accounts(by: Actor, person: Actor, place: ScopePath) -> tuple[uuid.UUID, ...]:
    """The groups of the person that may be made to pay: a head has her own only."""
    return person.groups if free_hand(by, person, place) else headed(by, person)
