"""The fixed cast of the tests: who may, who may not, a stranger; and the things they meet over.

Every builder writes plain rows, commits and returns the row (or a small group of rows); what is not named gets a
plausible value, and any column can be given by name. Times are fixed: NOW is a Monday morning in Shanghai in a year
whose calendar is published.

    house = cast.house()                       # a university at work: people of every kind, one instrument
    lin = cast.user(role="researcher", at=house.university)
    sem = cast.instrument(house.university, manager=lin, capacity=2)
"""

from tests.cast.base import LONG_AGO, NOW, SOURCE, TODAY, Scope, clock, keep, span
from tests.cast.bookings import authorisation, block, booking, card, slot
from tests.cast.house import House, house
from tests.cast.instruments import chain, instrument, licence, policy, price, question, timetable
from tests.cast.network import category, institution, network, zone
from tests.cast.people import actor, grant, group, user

__all__ = [
    "LONG_AGO",
    "NOW",
    "SOURCE",
    "TODAY",
    "House",
    "Scope",
    "actor",
    "authorisation",
    "block",
    "booking",
    "card",
    "category",
    "chain",
    "clock",
    "grant",
    "group",
    "house",
    "institution",
    "instrument",
    "keep",
    "licence",
    "network",
    "policy",
    "price",
    "question",
    "slot",
    "span",
    "timetable",
    "user",
    "zone",
]
