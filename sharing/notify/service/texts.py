"""An institution writes its own mails: from a day on, checked before they are kept."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sharing.audit import service as audit
from sharing.kernel.db import db, insert, new_id, table_of, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.timespan import shanghai_day
from sharing.notify import queries
from sharing.notify.models import Text
from sharing.notify.rules import OWN_WORDS, PARTS, PLACES, broken_places


def text_faults(values: Mapping[str, str]) -> list[dict[str, str]]:
    """What is wrong with each part: an unknown place is named, with those that there are."""
    found: list[dict[str, str]] = []
    for language in ("", "_en"):
        parts = {part: values.get(f"{part}{language}", "") for part in PARTS}
        for part, text in parts.items():
            if broken := broken_places(text):
                message = _(
                    "不认识的占位符：%(broken)s；可用的有 %(known)s",
                    broken=_("、").join(broken),
                    known=" ".join("{" + name + "}" for name in PLACES),
                )
                found.append({"field": f"{part}{language}", "message": message})
        empty = [part for part in ("title", "said") if any(parts.values()) and not parts[part].strip()]
        found += [{"field": f"{part}{language}", "message": _("请填写此项")} for part in empty]
    return found


@transactional
def enter_text(
    institution_id: uuid.UUID,
    topic: str,
    values: Mapping[str, str],
    *,
    valid_from: date,
    inherit: bool,
    source_document: str,
    by: Any,
    now: datetime,
) -> uuid.UUID:
    """Enter an institution's own words of a topic from a day on; `inherit` goes back to ours.

    Whoever calls has asked whether she may: rights at an institution are known above this slice.
    Raises Refused: not-found (no such topic), invalid-input (a broken place is named), duplicate (a row of that day).
    """
    if topic not in OWN_WORDS:
        raise Refused("not-found")
    faults = [] if inherit else text_faults(values)
    if not inherit and not (values.get("title") or values.get("title_en")):
        faults.append({"field": "title", "message": _("请填写此项")})
    if valid_from < shanghai_day(now):
        faults.append({"field": "valid_from", "message": _("不能早于今天")})
    if faults:
        raise Refused("invalid-input", fields=faults)
    names = [f"{part}{tail}" for part in PARTS for tail in ("", "_en")]
    words = {name: "" if inherit else values.get(name, "") for name in names}
    text_id = new_id()
    row: dict[str, Any] = {"id": text_id, "institution_id": institution_id, "topic": topic}
    row |= {"valid_from": valid_from}
    row |= {"inherit": inherit, **words, "source_document": source_document, "created_at": now}
    table = table_of(Text)
    added = insert(table).values(**row).on_conflict_do_nothing().returning(table.c.id)
    if db.session.execute(added).first() is None:
        raise Refused("duplicate", field="valid_from", value=valid_from)
    older = [one for one in queries.texts(institution_id, topic) if one.valid_from < valid_from]
    before = {name: getattr(older[0], name) for name in ("valid_from", "inherit", *words)} if older else None
    about = ("mail_text", row["id"])
    audit.record(
        "notify.text", about=about, by=by, now=now, institution=institution_id, before=before, after=row
    )
    return text_id
