"""Documents of an instrument: PDF only, looked at, bounded, kept under their hash and given out only as a download."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from sharing.audit import service as audit
from sharing.kernel import files
from sharing.kernel.db import db, save, transactional
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.people.rules import Actor
from sharing.registry.models import Document
from sharing.registry.queries.documents import DOCUMENT
from sharing.registry.service.instruments import ABOUT, must, touch

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_DOCUMENTS: Final = 20
_BEGINS: Final = b"%PDF-"
_ENDS: Final = b"%%EOF"
_ACTIVE: Final = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|Encrypt)\b")


@transactional
def add_document(
    instrument_id: uuid.UUID, data: bytes, *, title: str, storage: Path, by: Actor, now: datetime
) -> uuid.UUID:
    """Keep a document. Raises Refused: not-found, forbidden, too-large, invalid-input (no plain PDF, or too many)."""
    row = must("registry.edit", instrument_id, by)
    if len(data) > MOST_BYTES:
        raise Refused("too-large", limit=MOST_BYTES, actual=len(data))
    _judge(data)
    shown = DOCUMENT.c.instrument_id == instrument_id, DOCUMENT.c.retired_at.is_(None)
    if (db.session.scalar(select(func.count()).select_from(DOCUMENT).where(*shown)) or 0) >= MOST_DOCUMENTS:
        raise _bad(_("最多 %(limit)s 份资料，请先撤下一份", limit=MOST_DOCUMENTS))
    digest = hashlib.sha256(data).hexdigest()
    files.keep(document_file(storage, digest), data)
    document = Document(
        instrument_id=instrument_id, title=title, sha256=digest, size=len(data), created_at=now
    )
    save(document)
    touch(instrument_id, now)
    facts = {"document": document.id, "sha256": digest, "title": title}
    about = (ABOUT, instrument_id)
    audit.record(
        "registry.document",
        about=about,
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        after=facts,
    )
    return document.id


@transactional
def retire_document(document_id: uuid.UUID, *, by: Actor, now: datetime) -> None:
    """Offer it no more; the file stays. Raises Refused: not-found, forbidden."""
    document = db.session.get(Document, document_id)
    if document is None or document.retired_at is not None:
        raise Refused("not-found")
    row = must("registry.edit", document.instrument_id, by)
    document.retired_at = now
    touch(document.instrument_id, now)
    facts = {"document": document_id, "sha256": document.sha256, "title": document.title}
    about = (ABOUT, row.id)
    audit.record(
        "registry.document-retired",
        about=about,
        by=by,
        now=now,
        zone=row.zone_code,
        institution=row.institution_id,
        before=facts,
    )


def document_file(storage: Path, digest: str) -> Path:
    """Where a document lies below the storage folder."""
    return storage / "documents" / digest[:2] / f"{digest}.pdf"


def _judge(data: bytes) -> None:
    """A whole PDF without scripts, attachments or a password, as far as its bytes show it."""
    if not data.startswith(_BEGINS) or _ENDS not in data[-1024:]:
        raise _bad(_("请给完整的 PDF 文件"))
    if _ACTIVE.search(data):
        raise _bad(_("PDF 里有脚本、附件或密码，请去掉后再传"))


def _bad(message: str) -> Refused:
    return Refused("invalid-input", fields=[{"field": "document", "message": message}])
