"""Reading instruments with the names of their owner, zone and category."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, select

from sharing.kernel.db import db, table_of
from sharing.network.models import Category, Institution, Zone
from sharing.people.rules import ScopePath
from sharing.registry.models import Favourite, Instrument, Picture
from sharing.registry.rules import BookingMode, InstrumentRow, PictureRow, Status

INSTRUMENT: Final = table_of(Instrument)
ZONE: Final = table_of(Zone)
INSTITUTION: Final = table_of(Institution)
CATEGORY: Final = table_of(Category)
PICTURE: Final = table_of(Picture)
FAVOURITE: Final = table_of(Favourite)

_ELSEWHERE: Final[dict[str, Any]] = {
    "zone_code": ZONE.c.code,
    "zone_name": ZONE.c.name,
    "zone_name_en": ZONE.c.name_en,
    "zone_prefix": ZONE.c.number_prefix,
    "institution_code": INSTITUTION.c.code,
    "institution_name": INSTITUTION.c.name,
    "institution_name_en": INSTITUTION.c.name_en,
    "institution_uscc": INSTITUTION.c.uscc,
    "category_name": CATEGORY.c.name,
    "category_name_en": CATEGORY.c.name_en,
    "code_set": CATEGORY.c.code_set,
    "cover": select(PICTURE.c.id)
    .where(PICTURE.c.instrument_id == INSTRUMENT.c.id, PICTURE.c.retired_at.is_(None))
    .order_by(PICTURE.c.position, PICTURE.c.id)
    .limit(1)
    .correlate(INSTRUMENT)
    .scalar_subquery(),
}
_MADE: Final = {"status": Status, "booking_mode": BookingMode, "subjects": tuple, "funds": tuple}
_FIELDS: Final = tuple(InstrumentRow.__dataclass_fields__)
_MAKERS: Final = [(_FIELDS.index(name), make) for name, make in _MADE.items()]


def rows_of() -> Select[Any]:
    """The statement whose rows `row_of` makes into InstrumentRows; callers add conditions, order and bounds."""
    columns = [
        (_ELSEWHERE[name] if name in _ELSEWHERE else INSTRUMENT.c[name]).label(name) for name in _FIELDS
    ]
    return (
        select(*columns)
        .join_from(INSTRUMENT, ZONE, ZONE.c.id == INSTRUMENT.c.zone_id)
        .join(INSTITUTION, INSTITUTION.c.id == INSTRUMENT.c.institution_id)
        .join(CATEGORY, CATEGORY.c.id == INSTRUMENT.c.category_id)
    )


_ALL: Final = rows_of()


def row_of(row: Row[Any] | Sequence[Any]) -> InstrumentRow:
    values = list(row)
    for index, make in _MAKERS:
        values[index] = make(values[index] or ())
    return InstrumentRow(*values)


def instrument(instrument_id: uuid.UUID) -> InstrumentRow | None:
    """One instrument, retired ones too."""
    row = db.session.execute(_ALL.where(INSTRUMENT.c.id == instrument_id)).first()
    return row_of(row) if row else None


def instrument_by_code(code: str) -> InstrumentRow | None:
    row = db.session.execute(_ALL.where(INSTRUMENT.c.code == code)).first()
    return row_of(row) if row else None


def instruments(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, InstrumentRow]:
    """Those that exist, by key; one statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = map(row_of, db.session.execute(_ALL.where(INSTRUMENT.c.id.in_(wanted))))
    return {row.id: row for row in rows}


def path(row: InstrumentRow) -> ScopePath:
    """Where an instrument lies, for `actor.may`."""
    return row.path


# --- pictures and favourites --------------------------------------------------------------------------------


def pictures(instrument_id: uuid.UUID) -> list[PictureRow]:
    """The pictures shown of an instrument, in their order."""
    asked = (
        select(*(PICTURE.c[name] for name in PictureRow.__dataclass_fields__))
        .where(PICTURE.c.instrument_id == instrument_id, PICTURE.c.retired_at.is_(None))
        .order_by(PICTURE.c.position, PICTURE.c.id)
    )
    return [PictureRow(*row) for row in db.session.execute(asked)]


def picture(picture_id: uuid.UUID) -> PictureRow | None:
    """One picture that is not retired."""
    columns = [PICTURE.c[name] for name in PictureRow.__dataclass_fields__]
    asked = select(*columns).where(PICTURE.c.id == picture_id, PICTURE.c.retired_at.is_(None))
    row = db.session.execute(asked).first()
    return PictureRow(*row) if row else None


def favourites(user_id: uuid.UUID) -> list[uuid.UUID]:
    """What a person starred, the last first."""
    asked = (
        select(FAVOURITE.c.instrument_id)
        .where(FAVOURITE.c.user_id == user_id)
        .order_by(FAVOURITE.c.created_at.desc())
    )
    return list(db.session.execute(asked).scalars())
