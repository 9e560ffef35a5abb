"""Finding instruments again by what a file knows them by: our number, the asset number of their house, the nation's."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Final

from sqlalchemy import select

from sharing.kernel.db import db
from sharing.registry.queries.instruments import INSTRUMENT
from sharing.registry.rules.grams import folded

_C: Final = INSTRUMENT.c


def numbers_of(institution_id: uuid.UUID) -> dict[str, uuid.UUID]:
    """Every number that a house's instruments go by, folded: asset numbers, and ours where nobody else has it."""
    asked = select(_C.id, _C.asset_no, _C.code).where(_C.institution_id == institution_id)
    rows = db.session.execute(asked).all()
    found = {folded(row.asset_no.strip()): row.id for row in rows if row.asset_no}
    for row in rows:
        found.setdefault(folded(row.code), row.id)
    return found


def ids_by_code(codes: Collection[str]) -> dict[str, uuid.UUID]:
    rows = db.session.execute(select(_C.code, _C.id).where(_C.code.in_(codes)))
    return {row.code: row.id for row in rows}


def ids_by_national_no(numbers: Collection[str]) -> dict[str, uuid.UUID]:
    """Instruments by their number in the national platform; a number that two have is nobody's."""
    found: dict[str, uuid.UUID] = {}
    twice: set[str] = set()
    for row in db.session.execute(select(_C.national_no, _C.id).where(_C.national_no.in_(numbers))):
        if found.setdefault(row.national_no, row.id) != row.id:
            twice.add(row.national_no)
    return {number: key for number, key in found.items() if number not in twice}
