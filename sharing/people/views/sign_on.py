"""Pages of signing in with the account of one's institution: choosing it, leaving for it, coming back from it."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from sharing.kernel import clock
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import PUBLIC, needs
from sharing.kernel.timespan import shanghai_day
from sharing.network import queries as network
from sharing.notify.service.channels import sealing
from sharing.people import formats, queries, service
from sharing.people.queries import SignOnRow
from sharing.people.rules import Role, ScopeKind
from sharing.people.signed import me_or_none
from sharing.people.views.joining import NO_STORE, said_of
from sharing.people.views.sign_in import address, enter, settings

bp = Blueprint("sign_on", __name__, url_prefix="/sign-in/institution")
KEPT = "sign_on"  # in the session: what this browser began
_SHOWN = frozenset({"sign-on-failed", "sign-on-nobody", "sign-on-unavailable", "sign-in-throttled", "busy"})


def back(code: str) -> str:
    """Where the institution sends people back to: one address for each, so that none answers for another."""
    return str(settings().base_url).rstrip("/") + url_for("sign_on.finish", code=code)


@bp.get("")
@needs(PUBLIC)
def choose() -> ResponseReturnValue:
    """Which institution's account; those in one's own zone stand together."""
    after = formats.local_path(request.args.get("next"), url_for("web.home"))
    if me_or_none():
        return redirect(after)
    zones: dict[tuple[str, str], list[queries.SignOnHouse]] = {}
    for house in queries.sign_on_houses():
        zones.setdefault((house.zone_name, house.zone_name_en), []).append(house)
    return render_template("people/sign_on.html", zones=zones, after=after), 200, NO_STORE


def _connection(code: str) -> SignOnRow:
    row = queries.sign_on_of(code)
    if row is None:
        raise Refused("not-found")
    return row


@bp.get("/<code>")
@needs(PUBLIC)
def begin(code: str) -> ResponseReturnValue:
    """Away to the institution's own page. A link and no form: a form may lead to no other site."""
    row, now = _connection(code), clock.now()
    after = formats.local_path(request.args.get("next"), url_for("web.home"))
    if me_or_none():
        return redirect(after)
    try:
        begun, away = service.begin_sign_on(row, after=after, back=back(code), sealing=sealing(), now=now)
    except Refused as no:
        return _not_in(row, no, after)
    session[KEPT] = formats.begun_kept(begun, session.get(KEPT), now)
    return redirect(away, 303), NO_STORE


@bp.get("/<code>/answer")
@needs(PUBLIC)
def finish(code: str) -> ResponseReturnValue:
    """Back with an answer: in as the person whom it names, or told why not. An answer is looked at once."""
    row = _connection(code)
    under_way, state = formats.begun_from(session.get(KEPT)), request.args.get("state", "")
    after = next((one.after for one in under_way if one.state == state), url_for("web.home"))
    session[KEPT] = [one for one in session.get(KEPT, ()) if one["state"] != state]
    try:
        opened = service.finish_sign_on(
            row,
            under_way,
            request.args.to_dict(),
            back=back(code),
            address=address(),
            browser=request.user_agent.string,
            lasts=timedelta(hours=settings().session_hours),
            sealing=sealing(),
            now=clock.now(),
        )
    except Refused as no:
        return _not_in(row, no, after)
    return enter(opened, after)


def _not_in(row: SignOnRow, no: Refused, after: str) -> ResponseReturnValue:
    """Why nobody came in, who can help, and the other ways."""
    if no.kind not in _SHOWN:
        raise no
    nobody = no.kind == "sign-on-nobody"
    today = shanghai_day(clock.now())
    body = render_template(
        "people/sign_on_failed.html",
        row=row,
        refused=no,
        said=said_of(no),
        faults=[formats.fault_said(one) for one in no.facts.get("faults", ())],
        house=network.institution(row.institution_id) if nobody else None,
        admins=queries.holders(Role.INSTITUTION_ADMIN, ScopeKind.INSTITUTION, row.institution_id, today)
        if nobody
        else [],
        after=after,
    )
    return body, no.status, NO_STORE
