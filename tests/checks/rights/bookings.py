"""Who may what with bookings, closed time, calendars kept outside and service orders."""

from __future__ import annotations

from typing import Final

from sharing.kernel.rights import PUBLIC, SIGNED_IN
from tests.checks.rights.kinds import SPAN, day, instrument, open_to
from tests.checks.rights.who import (
    BOOKING_READERS,
    CUSTOMER,
    EVERYBODY,
    HEADS,
    HEIR,
    NOBODY,
    ORDER_READERS,
    REQUESTER,
    RUNS,
    Args,
    Route,
    Who,
    who,
)

PROPOSED = {"start": day("09:00", 8), "end": day("10:00", 8)}

CLOSED = {"start": day("18:00", 9), "end": day("20:00", 9), "reason": "检修"}

LATER = {"start": day("15:00", 3), "end": day("16:00", 3)}

TEST = {"what": "形貌", "samples": 3, "nature": "粉末"}

LINE = {"item": "机时", "quantity": "1", "unit": "小时", "unit_price_fen": 100}


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


def offered(right: str, may: Who) -> Route:
    """A route at a booking that is offered to a colleague, who knows of it too."""
    return Route(
        right,
        may,
        knows=BOOKING_READERS | HEIR,
        args=lambda side: {"booking_id": side.offered()},
        sided=True,
    )


def outside(may: Who, make: str = "kept_outside") -> Route:
    """A route at an instrument whose calendar is kept outside."""
    return Route(
        "booking.manage", may, args=lambda side: {"instrument_id": getattr(side, make)()}, sided=True
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


def order(right: str, may: Who, status: str = "asked", form: Args | None = None) -> Route:
    """A route at a service order, which only its parties and those who oversee the house know."""
    return Route(
        right,
        may,
        knows=ORDER_READERS,
        args=lambda side: {"order_id": side.order(status)},
        form=lambda _side: form or {},
        sided=True,
    )


def order_steps(blueprint: str, line: Args, quote: Args) -> dict[str, Route]:
    """What is done to an order, on a page or through the API alike."""
    submit, manage, why = "order.submit", "order.manage", {"note": "原因"}
    operator = {"operator_id": "01890000-0000-7000-8000-000000000000"}
    steps = {
        "quote": order(manage, RUNS, "asked", {"revision": 1, **line, **quote}),
        "accept": order(submit, CUSTOMER, "quoted", {"version": 1}),
        "refuse": order(submit, CUSTOMER, "quoted", why),
        "ask_change": order(submit, CUSTOMER, "quoted", why),
        "decline": order(manage, RUNS, "asked", why),
        "withdraw": order(submit, CUSTOMER, "accepted", why),
        "contract": order(submit, CUSTOMER | RUNS, "accepted"),
        "schedule": order(manage, RUNS, "accepted", SPAN | operator),
        "receive": order(manage, RUNS, "scheduled", why),
        "deliver": order(manage, RUNS, "received"),
        "accept_result": order(submit, CUSTOMER, "delivered"),
        "object_to": order(submit, CUSTOMER, "delivered", why),
        "stop": order(manage, RUNS, "accepted", why),
        "add_files": order(submit, CUSTOMER, "asked"),
    }
    return {f"POST {blueprint}.{name}": route for name, route in steps.items()}


ROUTES: Final[dict[str, Route]] = {
    # asking for time
    "GET panel.week": instrument(PUBLIC, EVERYBODY),
    "POST panel.check": instrument(PUBLIC, EVERYBODY, SPAN),
    "POST panel.submit": instrument("booking.submit", EVERYBODY, SPAN | {"purpose": "样品"}),
    "GET calendar_api.calendar": instrument(PUBLIC, EVERYBODY),
    "GET outside.of_instrument": instrument("booking.manage", RUNS),
    "POST outside.keep": instrument("booking.manage", RUNS, {"link": "https://campus.example/book"}),
    "POST outside.read": outside(RUNS, "read_outside"),
    "POST outside.file": outside(RUNS),
    "POST outside.drop": outside(RUNS),
    "GET outside_api.one": outside(RUNS),
    "PUT outside_api.keep": instrument("booking.manage", RUNS, {"link": "https://campus.example/book"}),
    "POST outside_api.read": outside(RUNS, "read_outside"),
    "PUT outside_api.file": outside(RUNS),
    "DELETE outside_api.drop": outside(RUNS),
    "GET sheets.week_plan": instrument("booking.manage", RUNS),
    "GET sheets.door_sheet": instrument(PUBLIC, EVERYBODY),
    "GET sheets.code": instrument(PUBLIC, EVERYBODY),
    "GET panel.why": instrument(SIGNED_IN, EVERYBODY),
    "GET calendar_api.why": instrument("booking.submit", EVERYBODY),
    "GET calendar_api.availability": open_to("booking.submit"),
    "POST calendar_api.quote": Route(
        SIGNED_IN, form=lambda side: SPAN | {"instrument_id": str(side.instrument.id)}, own=True
    ),
    "POST booking_api.submit": Route(
        "booking.submit",
        form=lambda side: SPAN | {"instrument_id": str(side.instrument.id), "purpose": "样品"},
    ),
    "POST panel.submit_for": Route(
        "booking.on-behalf",
        RUNS | who("head admin", "other_head other_admin"),
        args=lambda side: {"instrument_id": side.instrument.id},
        form=lambda side: SPAN | {"for": side.requester.username, "purpose": "样品"},
        sided=True,
    ),
    "POST booking_api.submit_for": Route(
        "booking.on-behalf",
        RUNS | who("head admin", "other_head other_admin"),
        form=lambda side: (
            SPAN
            | {
                "instrument_id": str(side.instrument.id),
                "person": side.requester.username,
                "purpose": "样品",
            }
        ),
        sided=True,
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
    "GET feeds.booking_file": booking(SIGNED_IN, BOOKING_READERS),
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
    "POST booking.hand_over": booking(SIGNED_IN, REQUESTER | RUNS, "coming", {"person": "nobody"}),
    "POST booking.take_over": offered(SIGNED_IN, HEIR),
    "POST booking.keep": offered(SIGNED_IN, HEIR | REQUESTER | RUNS),
    "POST booking_api.hand_over": booking("booking.submit", REQUESTER | RUNS, "coming", {"person": "nobody"}),
    "POST booking_api.take_over": offered("booking.submit", HEIR),
    "POST booking_api.keep": offered("booking.submit", HEIR | REQUESTER | RUNS),
    "POST booking.check_in": booking(SIGNED_IN, REQUESTER | RUNS),
    "POST booking.check_out": booking(SIGNED_IN, REQUESTER | RUNS),
    "POST booking.no_show": booking("booking.manage", RUNS),
    "POST booking.confirm": booking("booking.manage", RUNS, form={"as_booked": "1"}),
    "GET bookings.listed": open_to("booking.read-all"),
    "GET bookings.export": open_to("booking.read-all"),
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
    # service orders
    "GET orders.mine": open_to(SIGNED_IN),
    "GET orders.managed": open_to("order.manage"),
    "GET orders.sheet": open_to("order.manage"),
    "GET orders.new": instrument("order.submit", EVERYBODY),
    "POST orders.new": instrument("order.submit", EVERYBODY, TEST),
    "GET orders.order": order(SIGNED_IN, ORDER_READERS),
    "GET orders.file": Route(
        SIGNED_IN,
        NOBODY,
        NOBODY,
        lambda side: {"order_id": side.order(), "file_id": side.group.id},
        sided=True,
    ),
    **order_steps("orders", {"item": "机时", "quantity": "1", "price": "1"}, {"valid_on": "2026-04-01"}),
    "GET orders_api.listed": open_to(SIGNED_IN),
    "POST orders_api.submit": Route(
        "order.submit", form=lambda side: TEST | {"instrument_id": str(side.instrument.id)}
    ),
    "GET orders_api.one": order(SIGNED_IN, ORDER_READERS),
    "GET orders_api.file": Route(
        SIGNED_IN,
        NOBODY,
        NOBODY,
        lambda side: {"order_id": side.order(), "file_id": side.group.id},
        sided=True,
    ),
    **order_steps("orders_api", {"lines": [LINE]}, {"valid_until": day("17:00", 9)}),
}
