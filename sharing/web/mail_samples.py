"""A message with plausible facts, to show what a mail looks like before it is sent to anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sharing.kernel.language import speaking
from sharing.kernel.timespan import at_shanghai, shanghai_day
from sharing.notify.formats import Words, own, told
from sharing.notify.rules import OwnWords


def sample(now: datetime) -> dict[str, Any]:
    """Facts that every topic about an instrument can draw on."""
    day = shanghai_day(now) + timedelta(days=1)
    return {
        "number": "KM-2026-000123",
        "instrument": "场发射扫描电镜",
        "instrument_en": "Field-emission scanning electron microscope",
        "place": "理科楼 B112",
        "start": at_shanghai(day, 540).isoformat(),
        "end": at_shanghai(day, 660).isoformat(),
        "old_start": at_shanghai(day, 840).isoformat(),
        "old_end": at_shanghai(day, 960).isoformat(),
        "amount_fen": 45_000,
        "requester": "李静怡",
        "person": "赵建国",
        "note": "样品请先干燥",
        "purpose": "纳米催化剂形貌",
        "step": "manager",
        "due": at_shanghai(day, 510).isoformat(),
        "level": "independent",
    }


def looks(topic: str, text: dict[str, str] | None, now: datetime) -> dict[str, tuple[Words, Words]]:
    """The mail in each language: in our words, and in the institution's where it has any (else ours twice)."""
    found: dict[str, tuple[Words, Words]] = {}
    for language, tail in (("zh-CN", ""), ("en", "_en")):
        with speaking(language):
            facts = told(("booking", None), sample(now))
            mine = None
            if text and text.get(f"title{tail}"):
                mine = OwnWords(text[f"title{tail}"], text[f"said{tail}"], text[f"then{tail}"])
            found[language] = (own(None, topic, facts), own(mine, topic, facts))
    return found
