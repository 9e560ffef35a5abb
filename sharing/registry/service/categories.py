"""Changes of categories as the register feels them: the words by which its instruments are found follow at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from sharing.kernel.db import db, table_of, transactional
from sharing.network import service as network
from sharing.people.rules import Actor
from sharing.registry import queries
from sharing.registry.models import Instrument
from sharing.registry.service.index import reindex

_instrument = table_of(Instrument).c


@transactional
def edit_category(edit: network.CategoryEdit, *, by: Actor | None, now: datetime) -> None:
    """As the network's use case. Raises Refused: forbidden, not-found, duplicate, invalid-input."""
    _follow(network.edit_category(edit, by=by, now=now))


@transactional
def hold_categories(now: datetime) -> int:
    """What begins today, of categories and versions; returns how many categories changed."""
    changed = network.hold_due(now=now)
    _follow(changed)
    return len(changed)


def _follow(category_ids: Collection[uuid.UUID]) -> None:
    """The names of those above an instrument's category are among its words, too."""
    codes = queries.below_categories(category_ids)
    if codes:
        ids = db.session.scalars(select(_instrument.id).where(_instrument.category_id.in_(codes))).all()
        reindex(list(ids))
