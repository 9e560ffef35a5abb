"""The pages of orders: one order, and the list of either side."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sharing.audit import queries as audit
from sharing.booking.service import files as kept
from sharing.kernel.language import _, named
from sharing.kernel.paging import MOST_PER_PAGE, Page
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import SHANGHAI, TimeSpan, shanghai_day
from sharing.orders import queries
from sharing.orders.formats import number
from sharing.orders.rules import (
    OVER,
    TURN,
    ContractRow,
    FileKind,
    FileRow,
    OrderRow,
    QuoteRow,
    Side,
    Status,
    lacking,
    may,
    sides,
)
from sharing.people import queries as people
from sharing.people.rules import Actor
from sharing.pricing import queries as pricing
from sharing.pricing.rules import price_groups
from sharing.registry import queries as registry

PER_PAGE: Final = 20
VALID_DAYS: Final = 14
STAGES: Final = (
    Status.ASKED,
    Status.QUOTED,
    Status.ACCEPTED,
    Status.SCHEDULED,
    Status.RECEIVED,
    Status.DELIVERED,
    Status.DONE,
)
STANDS_AT: Final = {Status.LAPSED: Status.QUOTED, Status.OBJECTED: Status.DELIVERED}
ANSWERS: Final = {Status.ASKED: "ask-change", Status.OBJECTED: "object"}
"""What was said last, to which the house answers."""
TONES: Final = {
    "accept": "good", "accept-result": "good", "decline": "bad", "refuse": "bad", "object": "bad", "stop": "bad",
    "ask-change": "wait", "lose-slot": "wait", "lapse": "wait",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Everything that `orders/order.html` shows.

    party  the side whose page it is, None for who oversees
    said   the customer's words that the house is to answer
    """

    row: OrderRow
    now: datetime
    party: Side | None
    may: frozenset[str]
    next: str
    mine: bool
    quotes: Sequence[QuoteRow]
    contract: ContractRow | None
    lacking: Sequence[str]
    files: Sequence[FileRow]
    stages: Sequence[Mapping[str, str]]
    events: Sequence[Mapping[str, Any]]
    said: str
    managers: Sequence[str]
    operators: Sequence[tuple[str, str]]
    may_add: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[Mapping[str, str]] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    opened: str = ""
    clashes: Sequence[TimeSpan] = ()

    @property
    def quote(self) -> QuoteRow | None:
        """The one that stands."""
        return self.quotes[0] if self.quotes else None

    def of_kind(self, kind: str) -> list[FileRow]:
        return [one for one in self.files if one.kind.value == kind]


def shown_lines(row: QuoteRow) -> list[dict[str, Any]]:
    """The lines of a quote as `fl.quote` draws them."""
    return [
        {
            "item": line.item,
            "quantity": f"{number(line.quantity)} {line.unit}".strip(),
            "unit_price": line.unit_price,
            "amount": line.amount,
        }
        for line in row.terms.lines
    ]


def order_page(
    order_id: uuid.UUID,
    *,
    by: Actor,
    now: datetime,
    typed: Mapping[str, Any] | None = None,
    lines: Sequence[Mapping[str, str]] = (),
    refused: Refused | None = None,
    said: str = "",
    opened: str = "",
) -> OrderPage:
    """One order as its reader may see it; `typed` and `refused` where a form comes back. Raises Refused: not-found."""
    row = queries.readable_order(order_id, by)
    found = {action.value for action in may(row, by)}
    party, contract, quotes = queries.party(row, by), queries.contract(row.id), queries.quotes(row.id)
    events = shown_events(row.id, with_names=party is not None)
    running = registry.managers(row.instrument_id, shanghai_day(now))
    hers = not by.read_only and Side.CUSTOMER in sides(row, by)
    faults = refused.facts.get("fields", ()) if refused else ()
    return OrderPage(
        row=row,
        now=now,
        party=party,
        may=frozenset(found),
        next=next_words(row, party, missing=bool(lacking(row, contract))),
        mine=row.turn is not None and row.turn in sides(row, by) and not by.read_only,
        quotes=quotes,
        contract=contract,
        lacking=lacking(row, contract) if row.status not in OVER else (),
        files=queries.files_for(row, by),
        stages=stages(row),
        events=events,
        said=next((one["note"] for one in events if one["verb"] == ANSWERS.get(row.status)), ""),
        managers=[named(one.name, one.name_en) for one in running],
        operators=[(str(one.id), named(one.name, one.name_en)) for one in running],
        may_add=hers and row.status not in OVER,
        values=first_values(row, quotes, by, now) | dict(typed or {}),
        lines=list(lines) or first_lines(row, quotes, now),
        errors={str(one["field"]): str(one["message"]) for one in faults},
        refused=said,
        opened=opened,
        clashes=refused.facts.get("conflicts", ()) if refused else (),
    )


def first_values(row: OrderRow, quotes: Sequence[QuoteRow], by: Actor, now: datetime) -> dict[str, Any]:
    """What the forms hold before anybody typed: the last quote, the slot that is laid, herself as operator."""
    today = shanghai_day(now)
    last = quotes[0].terms if quotes else None
    valid_on = today + timedelta(days=VALID_DAYS)
    return {
        "valid_on": max(valid_on, last_day(last.valid_until)) if last else valid_on,
        "result_on": last.result_on if last else row.wanted_on,
        "start": _local(row.slot.start) if row.slot else "",
        "end": _local(row.slot.end) if row.slot else "",
        "operator_id": str(row.operator_id or by.user_id),
    }


def _local(at: datetime) -> str:
    """As a date-and-time field holds it."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def first_lines(row: OrderRow, quotes: Sequence[QuoteRow], now: datetime) -> list[dict[str, str]]:
    """The lines of the last quote; before the first, an hour at the price that is published for this customer."""
    if quotes:
        return [
            {
                "item": one.item,
                "quantity": number(one.quantity),
                "unit": one.unit,
                "price": f"{one.unit_price.fen // 100}.{one.unit_price.fen % 100:02d}",
            }
            for one in quotes[0].terms.lines
        ]
    instrument, customer = registry.instrument(row.instrument_id), people.actor(row.customer_id, now)
    if instrument is None or customer is None:
        return []
    groups = price_groups(customer, instrument, row.group_id)
    rows = pricing.prices(instrument.scope_keys, shanghai_day(now))
    found = [one.hour for one in rows if one.price_group in groups and one.may_buy]
    if not found:
        return []
    price = min(found)
    return [
        {
            "item": _("机时"),
            "quantity": "1",
            "unit": _("小时"),
            "price": f"{price.fen // 100}.{price.fen % 100:02d}",
        }
    ]


def last_day(until: datetime) -> date:
    """The Shanghai day on which something that holds until an instant holds last."""
    return shanghai_day(until - timedelta(microseconds=1))


def next_words(row: OrderRow, party: Side | None, *, missing: bool) -> str:
    """What the one whose turn it is has to do; to the other side, what is waited for."""
    turn = TURN.get(row.status)
    if turn is None:
        return ""
    mine = party is turn
    words = {
        (Status.ASKED, True): _("请报价；不能接时请说明原因，让对方另找仪器。"),
        (Status.ASKED, False): _("等机主报价。"),
        (Status.QUOTED, True): _("请看报价：接受、要求修改，或谢绝。"),
        (Status.QUOTED, False): _("等客户确认报价。"),
        (Status.LAPSED, True): _("报价已过期；仍需要时请机主重新报价。"),
        (Status.LAPSED, False): _("报价已过期，客户可以要求重新报价。"),
        (Status.ACCEPTED, True): _("请排定测试时间并指定操作人。"),
        (Status.ACCEPTED, False): _("等机主排定测试时间。"),
        (Status.SCHEDULED, True): _("请在测试开始前把样品送到仪器所在地点，样品上写明委托编号。"),
        (Status.SCHEDULED, False): _("等样品送到；收到后请登记。"),
        (Status.RECEIVED, True): _("测试后请上传结果文件。"),
        (Status.RECEIVED, False): _("样品已收到，等结果。"),
        (Status.DELIVERED, True): _("请下载结果并验收；有问题请提出异议并写明原因。"),
        (Status.DELIVERED, False): _("等客户验收结果。"),
        (Status.OBJECTED, True): _("请补充结果再交付，或先重排时间复测。"),
        (Status.OBJECTED, False): _("等机主答复异议。"),
    }
    said = words[row.status, mine]
    if missing and row.status is Status.ACCEPTED:
        said = _("校外委托须先有双方签章的书面合同。") + said
    return said


def stages(row: OrderRow) -> list[dict[str, str]]:
    """The way of an order as steps: what is done, where it stands, what comes."""
    names = {
        Status.ASKED: _("提交委托"),
        Status.QUOTED: _("报价"),
        Status.ACCEPTED: _("接受报价"),
        Status.SCHEDULED: _("排定时间"),
        Status.RECEIVED: _("收到样品"),
        Status.DELIVERED: _("交付结果"),
        Status.DONE: _("验收"),
    }
    here = STANDS_AT.get(row.status, row.status)
    reached = STAGES.index(here) if here in STAGES else _reached(row)
    ended = row.status in OVER and row.status is not Status.DONE
    out = []
    for at, stage in enumerate(STAGES):
        done = at <= reached
        state = "done" if done else "skipped" if ended else "now" if at == reached + 1 else "next"
        out.append({"name": names[stage], "state": state})
    return out


def _reached(row: OrderRow) -> int:
    """How far an order came that was then given up."""
    marks = (row.quote_version, row.accepted_version, row.told, row.received_at, row.delivered_at)
    return max((at for at, mark in enumerate(marks, 1) if mark), default=0)


def shown_events(order_id: uuid.UUID, *, with_names: bool) -> list[dict[str, Any]]:
    """What was done to an order, newest first; what files are called is for the two parties alone."""
    events = audit.history("order", order_id)
    found = people.persons(event.actor_id for event in events if event.actor_id)
    names = {key: named(one.name, one.name_en) for key, one in found.items()}
    out = []
    for event in reversed(events):
        verb = event.action.rsplit(".", 1)[-1]
        who = names.get(event.actor_id, event.actor_name or "") if event.actor_id else event.actor_name or ""
        out.append(
            {
                "verb": verb,
                "at": event.at,
                "who": who,
                "what": done_words(verb, (event.after or {}) if with_names else {}),
                "note": event.note or "",
                "tone": TONES.get(verb, ""),
            }
        )
    return out


def done_words(verb: str, after: Mapping[str, Any]) -> str:
    """What an audit row of an order says was done."""
    words = {
        "submit": _("提交委托"),
        "quote": _("已报价"),
        "accept": _("已接受报价"),
        "refuse": _("已谢绝报价"),
        "ask-change": _("已要求重新报价"),
        "decline": _("机主未接受"),
        "lapse": _("报价已过期"),
        "withdraw": _("已撤回"),
        "contract": _("合同已登记"),
        "schedule": _("已排定测试时间"),
        "slot-moved": _("测试时间已改"),
        "lose-slot": _("测试时间已取消"),
        "receive": _("收到样品"),
        "deliver": _("已交付结果"),
        "accept-result": _("已验收"),
        "object": _("已提出异议"),
        "stop": _("已终止"),
        "file": _("已上传文件"),
    }
    said = words.get(verb, verb)
    return f"{said} {after['name']}" if verb == "file" and "name" in after else said


# --- lists -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListPage:
    """Everything that `orders/list.html` shows."""

    side: Side
    show: str
    words: str
    now: datetime
    page: Page[OrderRow]
    counts: Mapping[str, int]


SHOWN: Final[Mapping[str, frozenset[Status]]] = {
    "open": frozenset(TURN),
    "over": OVER,
    "all": frozenset(Status),
}


def list_page(side: Side, *, show: str, words: str, page: int, by: Actor, now: datetime) -> ListPage:
    """The orders of one side; `show` is waiting, open, over or all."""
    known = queries.counts(side, by)
    counts = {name: sum(known.get(one, 0) for one in statuses) for name, statuses in SHOWN.items()}
    counts["waiting"] = sum(known.get(status, 0) for status, whose in TURN.items() if whose is side)
    asked = queries.Search(
        side=side,
        waiting=show == "waiting",
        statuses=() if show in {"waiting", "all"} else tuple(sorted(SHOWN[show])),
        words=words,
        page=page,
        per_page=PER_PAGE,
    )
    return ListPage(side, show, words, now, queries.search(asked, by), counts)


def sheet(side: Side, *, show: str, words: str, by: Actor) -> Iterator[OrderRow]:
    """Every order of a list, page by page."""
    at = 1
    while True:
        statuses = () if show in {"waiting", "all"} else tuple(sorted(SHOWN[show]))
        asked = queries.Search(side, show == "waiting", statuses, None, words, at, MOST_PER_PAGE)
        found = queries.search(asked, by)
        yield from found.items
        if at >= found.pages:
            return
        at += 1


def waiting(side: Side, by: Actor, *, most: int = 5) -> Page[OrderRow]:
    """What waits for one side, what is due first; for the desks."""
    return queries.search(queries.Search(side=side, waiting=True, per_page=most), by)


# --- files -----------------------------------------------------------------------------------------------------------


def file_of(order_id: uuid.UUID, file_id: uuid.UUID, *, by: Actor) -> tuple[FileRow, Path]:
    """A file that she may have, and where it lies. Raises Refused: not-found."""
    row = queries.readable_order(order_id, by)
    found = next((one for one in queries.files_for(row, by) if one.id == file_id), None)
    path = kept.place(found.sha256).absolute() if found else None
    if found is None or path is None or not path.is_file():
        raise Refused("not-found")
    return found, path


def deliveries(files: Sequence[FileRow]) -> list[tuple[int, list[FileRow]]]:
    """Result files by delivery, the last first."""
    results = [one for one in files if one.kind is FileKind.RESULT]
    rounds = sorted({one.delivery for one in results}, reverse=True)
    return [(at, [one for one in results if one.delivery == at]) for at in rounds]
