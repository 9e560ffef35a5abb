"""Mail texts: an institution writes the mails about its instruments in its own words, looked at before they hold."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import queries as network
from sharing.network.queries import InstitutionRow
from sharing.notify import queries, service
from sharing.notify.forms import TextForm
from sharing.notify.rules import OWN_WORDS, PARTS, PLACES
from sharing.people.rules import ScopePath
from sharing.people.signed import me
from sharing.web.again import today, told, tried
from sharing.web.mail_samples import looks

bp = Blueprint("texts", __name__, url_prefix="/admin/mail-texts")
RIGHT = "mailtext.edit"
NAMES = tuple(f"{part}{tail}" for part in PARTS for tail in ("", "_en"))


def houses() -> list[InstitutionRow]:
    """Whose mails she may write."""
    within = me().scopes(RIGHT)
    return [
        row
        for row in network.institutions()
        if row.kind != "enterprise"
        and (within.everything or row.zone_id in within.zones or row.id in within.institutions)
    ]


def house_of(institution_id: uuid.UUID) -> InstitutionRow:
    """Raises Refused: not-found, forbidden."""
    row = network.institution(institution_id)
    if row is None:
        raise Refused("not-found")
    if not me().may(RIGHT, ScopePath(row.zone_id, row.id)):
        raise Refused("forbidden")
    return row


@bp.get("")
@needs(RIGHT)
def listed() -> ResponseReturnValue:
    """Whose mails the reader may write: her own house's at once, else a choice."""
    mine = houses()
    if len(mine) == 1:
        return redirect(url_for("texts.of_house", institution_id=mine[0].id))
    return render_template("notify/text_houses.html", houses=mine)


@bp.get("/<uuid:institution_id>")
@needs(RIGHT)
def of_house(institution_id: uuid.UUID) -> ResponseReturnValue:
    """Every topic, with the title that its mail bears today."""
    house, now = house_of(institution_id), clock.now()
    own = queries.texts_on([house.id], today())
    rows = []
    for topic in sorted(OWN_WORDS):
        found = own.get((house.id, topic))
        words = (
            {f"{part}{tail}": getattr(found, f"{part}{tail}") for part in PARTS for tail in ("", "_en")}
            if found
            else None
        )
        rows.append((topic, looks(topic, words, now), bool(found and not found.inherit)))
    return render_template("notify/texts.html", house=house, rows=rows)


def _page(
    house: InstitutionRow, topic: str, refused: Refused | None = None, preview: bool = False
) -> ResponseReturnValue:
    if topic not in OWN_WORDS:
        raise Refused("not-found")
    held = queries.texts(house.id, topic)
    now_row = next((one for one in held if one.valid_from <= today()), None)
    typed: Any = request.form if refused or preview else now_row
    parts = {name: _part(typed, name) for name in NAMES}
    broken = bool(service.text_faults(parts))
    body = render_template(
        "notify/text.html",
        house=house,
        topic=topic,
        held=held,
        v=parts,
        looks=looks(topic, None if broken else parts, clock.now()),
        places=PLACES,
        today=today(),
        **(told(refused) | ({"form": request.form} if preview else {})),
    )
    return body, refused.status if refused else 200


def _part(typed: Any, name: str) -> str:
    found = typed.get(name, "") if hasattr(typed, "get") else getattr(typed, name, "")
    return str(found or "")


@bp.get("/<uuid:institution_id>/<topic>")
@needs(RIGHT)
def text(institution_id: uuid.UUID, topic: str) -> ResponseReturnValue:
    """One mail: ours, theirs, how both look in both languages, and what was entered before."""
    return _page(house_of(institution_id), topic)


@bp.post("/<uuid:institution_id>/<topic>")
@needs(RIGHT)
def enter(institution_id: uuid.UUID, topic: str) -> ResponseReturnValue:
    """Keep the words from a day on, or only show how they would look."""
    house = house_of(institution_id)

    def act() -> ResponseReturnValue:
        given = parse(TextForm, request.form)
        if "look" in request.form:
            if faults := service.text_faults(given.words()):
                raise Refused("invalid-input", fields=faults)
            return _page(house, topic, preview=True)
        service.enter_text(
            house.id,
            topic,
            given.words(),
            valid_from=given.valid_from,
            inherit=given.inherit,
            source_document=given.source_document,
            by=me(),
            now=clock.now(),
        )
        flash(_("已保存，从生效日起用这些文字发信。"), "good")
        return redirect(url_for("texts.text", institution_id=house.id, topic=topic), 303)

    return tried(act, lambda no: _page(house, topic, no))
