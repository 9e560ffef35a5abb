"""Asking, quoting, agreeing, laying the slot, giving and accepting the result: one function, one transaction."""

from sharing.orders.service.asking import (
    accept,
    ask_change,
    decline,
    quote,
    refuse,
    submit,
    withdraw,
)
from sharing.orders.service.doing import (
    accept_result,
    deliver,
    object_to,
    receive,
    record_contract,
    schedule,
    stop,
)
from sharing.orders.service.files import MOST_BYTES, MOST_TOGETHER, Sent, add_files
from sharing.orders.service.timed import follow, lapse, remind

__all__ = [
    "MOST_BYTES",
    "MOST_TOGETHER",
    "Sent",
    "accept",
    "accept_result",
    "add_files",
    "ask_change",
    "decline",
    "deliver",
    "follow",
    "lapse",
    "object_to",
    "quote",
    "receive",
    "record_contract",
    "refuse",
    "remind",
    "schedule",
    "stop",
    "submit",
    "withdraw",
]
