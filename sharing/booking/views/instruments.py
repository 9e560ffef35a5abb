"""The public catalogue and an instrument's page. Here, not in the registry: they also show prices and free time."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, Final

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.approval import queries as approvals
from sharing.approval.formats import shown_chain
from sharing.booking import forms as booking_forms
from sharing.booking import queries
from sharing.booking.pages import catalogue as page
from sharing.booking.pages.earliest import earliest_page
from sharing.booking.views.panel import from_address
from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import shanghai_day
from sharing.people.signed import me_or_none
from sharing.pricing import queries as pricing
from sharing.pricing.rules import price_groups
from sharing.registry import forms
from sharing.registry import queries as registry
from sharing.registry.formats import linked_data
from sharing.registry.queries import Head
from sharing.registry.rules import Terms, rules_shown, spans_in_text
from sharing.registry.rules.subjects import subject_name

bp = Blueprint("registry", __name__)

TABS: Final = ("book", "about", "prices", "rules", "files")
PART: Final = "catalogue"  # the element that htmx asks anew


@bp.get("/instruments")
@needs(PUBLIC)
def catalogue() -> ResponseReturnValue:
    """What is found, with facets; every state has an address that can be sent to a colleague."""
    asked = forms.search(request.args, per_page=page.PER_PAGE)
    found = page.find(asked, me_or_none(), clock.now())
    restored = request.headers.get("HX-History-Restore-Request") == "true"
    part = request.headers.get("HX-Target") == PART and not restored
    template = "registry/_found.html" if part else "registry/catalogue.html"
    return render_template(template, found=found, called=page.words(found), at_least=page.at_least)


@bp.get("/instruments/compare")
@needs(PUBLIC)
def compare() -> ResponseReturnValue:
    """Instruments side by side; which ones stands in the address, so that a choice can be sent to a colleague."""
    found = page.compared(forms.compared(request.args), me_or_none(), clock.now())
    return render_template("registry/compare.html", found=found, most=page.MOST_COMPARED)


@bp.get("/instruments/earliest")
@needs(PUBLIC)
def earliest() -> ResponseReturnValue:
    """The nearest free times across all instruments asked for, each with the address that fills in its panel."""
    asked = booking_forms.earliest(request.args)
    return render_template("booking/earliest.html", page=earliest_page(asked, me_or_none(), clock.now()))


@bp.get("/instruments/<uuid:instrument_id>")
@needs(PUBLIC)
def instrument(instrument_id: uuid.UUID) -> ResponseReturnValue:
    """One instrument; a retired one says so. `tab` chooses what is shown under its head."""
    now, by = clock.now(), me_or_none()
    on = shanghai_day(now)
    head = registry.head(instrument_id, by, on)
    terms = registry.booking_terms(instrument_id)
    if head is None or terms is None:
        raise Refused("not-found")
    tab = request.args.get("tab", "")
    if tab == "settings":
        return redirect(url_for("instruments.settings", instrument_id=instrument_id))
    if tab not in TABS:
        tab = "book" if head.row.bookable else "about"
    running = queries.running([instrument_id], now).get(instrument_id)
    return render_template(
        "registry/instrument.html",
        head=head,
        tab=tab,
        on=on,
        running=running,
        linked=_linked(head),
        **_tab(tab, head, terms, on),
    )


def _linked(head: Head) -> dict[str, Any]:
    """The instrument for search engines, with whole addresses."""
    base = current_app.extensions["sharing.settings"].base_url.rstrip("/")
    cover = head.row.cover
    picture = url_for("instruments.picture", picture_id=cover) if cover else ""
    return linked_data(
        head.row,
        address=base + url_for(".instrument", instrument_id=head.row.id),
        picture=base + picture if picture else None,
    )


def _tab(tab: str, head: Head, terms: Terms, on: date) -> dict[str, Any]:
    """What one tab needs beside the head."""
    if tab == "book":
        return {"book": from_address(terms, request.args)}
    if tab == "about":
        return {"pictures": registry.pictures(head.row.id)}
    if tab == "prices":
        mine = price_groups(me_or_none(), head.row)
        return {"table": pricing.shown_table(terms.scope_keys, on), "mine": mine if me_or_none() else ()}
    if tab == "rules":
        chain = (
            shown_chain(approvals.chain_for(terms.scope_keys, on))
            if head.row.booking_mode == "approval"
            else None
        )
        shown = {"rules": rules_shown(terms, on), "questions": terms.questions, "in_text": spans_in_text}
        return shown | {"chain": chain}
    subjects = [f"{code} {subject_name(code)}" for code in head.row.subjects]
    files = {"pictures": registry.pictures(head.row.id), "documents": registry.documents(head.row.id)}
    return files | {"subjects": subjects}
