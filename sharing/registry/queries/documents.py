"""Reading the documents of an instrument."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import Select, select

from sharing.kernel.db import db, table_of
from sharing.registry.models import Document
from sharing.registry.rules import DocumentRow

DOCUMENT: Final = table_of(Document)


def _shown() -> Select[Any]:
    columns = [DOCUMENT.c[name] for name in DocumentRow.__dataclass_fields__]
    return select(*columns).where(DOCUMENT.c.retired_at.is_(None))


def documents(instrument_id: uuid.UUID) -> list[DocumentRow]:
    """What is offered of an instrument, the oldest first."""
    asked = _shown().where(DOCUMENT.c.instrument_id == instrument_id).order_by(DOCUMENT.c.id)
    return [DocumentRow(*row) for row in db.session.execute(asked)]


def document(document_id: uuid.UUID) -> DocumentRow | None:
    """One document that is not retired."""
    row = db.session.execute(_shown().where(DOCUMENT.c.id == document_id)).first()
    return DocumentRow(*row) if row else None
