"""Bookings: a request for a span on an instrument and its fate; the slots they take; the calendar they make.

No two live slots on one position of an instrument meet: the database refuses it (`booking_slot`). Slots are inserted
and deleted, never updated. A booking goes `requested → approved → in_use → completed`, or ends as rejected, expired,
cancelled or no_show; the only table of transitions is in `rules.py`. A pending request holds its slot. The quote is
frozen with the rule rows it came from (DESIGN sections 2.1 and 3).
"""
