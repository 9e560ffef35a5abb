"""What stands above every tab of an instrument's page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from sharing.kernel.db import db
from sharing.people.rules import Actor
from sharing.registry.queries.instruments import FAVOURITE, instrument
from sharing.registry.queries.licences import ManagerRow, managers
from sharing.registry.rules import InstrumentRow


@dataclass(frozen=True, slots=True)
class Head:
    """An instrument, whom to ask, and what this reader may do about it."""

    row: InstrumentRow
    managers: Sequence[ManagerRow]
    starred: bool
    signed_in: bool
    may_edit: bool
    may_license: bool
    may_appoint: bool
    sees_internal: bool
    may_run: bool

    @property
    def may_set(self) -> bool:
        """There is something for her in the settings."""
        return self.may_edit or self.may_license or self.may_appoint


def head(instrument_id: uuid.UUID, by: Actor | None, on: date) -> Head | None:
    """The head of an instrument's page for this reader; None when there is no such instrument."""
    row = instrument(instrument_id)
    if row is None:
        return None
    return Head(
        row=row,
        managers=managers(instrument_id, on),
        starred=by is not None and starred(by.user_id, instrument_id),
        signed_in=by is not None,
        may_edit=by is not None and by.may("registry.edit", row.path),
        may_license=by is not None and by.may("licence.grant", row.path),
        may_appoint=by is not None and by.may("people.manage", row.path),
        sees_internal=by is not None and by.may("registry.read-internal", row.path),
        may_run=by is not None and by.may("booking.manage", row.path),
    )


def starred(user_id: uuid.UUID, instrument_id: uuid.UUID) -> bool:
    """True when this person marked the instrument as often used."""
    mine = (FAVOURITE.c.user_id == user_id, FAVOURITE.c.instrument_id == instrument_id)
    return db.session.execute(select(FAVOURITE.c.user_id).where(*mine)).first() is not None
