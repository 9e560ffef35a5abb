"""Pages of the shell: home, a zone, the choice of language."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.language import COOKIE, LANGUAGES
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.people import service as people
from sharing.people.formats import local_path
from sharing.people.signed import me_or_none
from sharing.web import front

bp = Blueprint("web", __name__)

A_YEAR: Final = 365 * 24 * 3600


@bp.get("/")
@needs(PUBLIC)
def home() -> ResponseReturnValue:
    """The province's front door; signed in, with what is mine above everything."""
    return render_template("web/home.html", home=front.home(me_or_none(), clock.now()))


@bp.get("/zones/<zone>")
@needs(PUBLIC)
def zone(zone: str) -> ResponseReturnValue:
    """One zone's page, by its code."""
    return render_template("web/zone.html", page=front.zone_page(zone, me_or_none(), clock.now()))


@bp.post("/language")
@needs(PUBLIC)
def language() -> ResponseReturnValue:
    """Keep the chosen language in a cookie, and for whoever is signed in, and go back to where it was chosen."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Refused("bad-request")
    if actor := me_or_none():
        people.set_language(chosen, by=actor)
    response = make_response(redirect(local_path(request.form.get("next"), url_for("web.home")), 303))
    response.set_cookie(
        COOKIE, chosen, max_age=A_YEAR, samesite="Lax", secure=request.is_secure, httponly=True
    )
    return response
