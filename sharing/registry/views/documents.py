"""Documents of an instrument: given out as downloads, put in and taken down by who runs it."""

from __future__ import annotations

import uuid

from flask import Blueprint, request, send_file
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.people.signed import me
from sharing.registry import forms, queries, service
from sharing.registry.pages.imports import storage
from sharing.registry.views.instruments import done

bp = Blueprint("documents", __name__)


@bp.get("/documents/<uuid:document_id>.pdf")
@needs(PUBLIC)
def document(document_id: uuid.UUID) -> ResponseReturnValue:
    """The file, always as a download: it is never shown inside our pages."""
    row = queries.document(document_id)
    path = service.document_file(storage(), row.sha256) if row else None
    if row is None or path is None or not path.is_file():
        raise Refused("not-found")
    response = send_file(
        path.absolute(),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"{row.title}.pdf",
        max_age=3600,
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@bp.post("/instruments/<uuid:instrument_id>/documents")
@needs("registry.edit")
def add(instrument_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        asked = parse(forms.DocumentForm, request.form)
        sent = request.files.get("document")
        data = sent.read() if sent else b""
        service.add_document(
            instrument_id, data, title=asked.title, storage=storage(), by=me(), now=clock.now()
        )

    return done(instrument_id, "documents", _("资料已加上"), work)


@bp.post("/instruments/<uuid:instrument_id>/documents/<uuid:document_id>/retire")
@needs("registry.edit")
def retire(instrument_id: uuid.UUID, document_id: uuid.UUID) -> ResponseReturnValue:
    def work() -> None:
        service.retire_document(document_id, by=me(), now=clock.now())

    return done(instrument_id, "documents", _("资料已撤下"), work)
