"""A way back in, given by the administrators of her house; audited with both names."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from sharing.audit import service as audit
from sharing.kernel.db import transactional
from sharing.kernel.timespan import shanghai_day
from sharing.notify import service as notify
from sharing.people.rules import Actor
from sharing.people.service.accounts import LINK_LIFE, Link, open_link, recipient
from sharing.people.service.leaving import his_people

SHOWN_LIFE: Final = timedelta(hours=24)  # of a link that is handed over, not mailed


@transactional
def help_in(user_id: uuid.UUID, *, link: Link, by: Actor | None, now: datetime) -> str | None:
    """Mail her a link that sets a new password once; whoever has no address gets it from his hand: it is returned.

    Until she uses it her password stays. Whoever holds a role that is not his to end is not his to help, or a house's
    administrator could become the province's.
    Raises Refused: not-found, forbidden.
    """
    person, _held = his_people(user_id, by, shanghai_day(now))
    audit.record(
        "people.reset-given",
        about=("user", user_id),
        by=by,
        now=now,
        after={"mailed": bool(person.email)},
        institution=person.institution_id,
    )
    if not person.email:
        return link(open_link(user_id, now, SHOWN_LIFE))
    facts = {
        "username": person.username,
        "url": link(open_link(user_id, now, LINK_LIFE)),
        "due": now + LINK_LIFE,
    }
    notify.enqueue("people.reset", [recipient(person)], ("user", user_id), facts, now)
    return None
