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
from tests.cast.joining import LICENCE, company, invitation, sign_up, uscc
from tests.cast.network import CODE_SET, category, institution, mandate, network, zone
from tests.cast.orders import order
from tests.cast.people import actor, grant, group, user
from tests.cast.sign_on import sign_on

__all__ = [
    "CODE_SET",
    "LICENCE",
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
    "company",
    "grant",
    "group",
    "house",
    "institution",
    "instrument",
    "invitation",
    "keep",
    "licence",
    "mandate",
    "network",
    "order",
    "policy",
    "price",
    "question",
    "sign_on",
    "sign_up",
    "slot",
    "span",
    "timetable",
    "uscc",
    "user",
    "zone",
]
