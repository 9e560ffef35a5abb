"""A zone's desk: what is due first, with whom to call, 催办 and 代办."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking import queries, service
from sharing.booking.service.nudging import APART
from sharing.kernel import clock
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import needs
from sharing.network import queries as network
from sharing.network.queries import ZoneRow
from sharing.people import queries as people
from sharing.people.queries import EnterpriseRow
from sharing.people.rules import ScopeFilter, ScopePath
from sharing.people.signed import me
from sharing.web import front

bp = Blueprint("zone_desk", __name__)
RIGHT = "zone.desk"


def zone_of(code: str) -> ZoneRow:
    """A zone that the asker looks after. Raises Refused: not-found, forbidden."""
    row = network.zone(code)
    if row is None:
        raise Refused("not-found")
    if not me().may(RIGHT, ScopePath(row.id)):
        raise Refused("forbidden")
    return row


@bp.get("/zones/desk")
@needs(RIGHT)
def own() -> ResponseReturnValue:
    """The desk of the reader's own zone; whoever looks after several chooses."""
    mine = [row for row in network.zones() if me().may(RIGHT, ScopePath(row.id))]
    if len(mine) == 1:
        return redirect(url_for("zone_desk.desk", zone=mine[0].code))
    return render_template("web/zone_desks.html", zones=mine)


@bp.get("/zones/<zone>/desk")
@needs(RIGHT)
def desk(zone: str) -> ResponseReturnValue:
    """What waits in the zone, and its figures."""
    row, now = zone_of(zone), clock.now()
    return render_template(
        "web/zone_desk.html",
        desk=queries.zone_desk(row, now),
        figures=front.zone_figures(row, now),
        companies=_companies(row),
        may_nudge=me().may("zone.nudge", ScopePath(row.id)),
        now=now,
        day_ago=now - APART,
    )


def _companies(row: ZoneRow) -> Sequence[EnterpriseRow]:
    """Companies that wait for the zone's answer; only whoever may give it reads of them."""
    if not me().may("enterprise.accept", ScopePath(row.id)):
        return ()
    return people.enterprises(ScopeFilter(zones=frozenset({row.id})), waiting=True).items


@bp.post("/zones/<zone>/nudge/<kind>/<uuid:thing_id>")
@needs("zone.nudge")
def nudge(zone: str, kind: str, thing_id: uuid.UUID) -> ResponseReturnValue:
    """Ask those whose turn it is; told by message and mail, written down, once a day."""
    row, now = zone_of(zone), clock.now()
    what = request.form.get("what", "").strip()[:200] or _("请尽快处理")
    ask = {"request": service.nudge_request, "instrument": service.nudge_instrument}.get(kind)
    if ask is None:
        raise Refused("not-found")
    try:
        told = ask(thing_id, what=what, by=me(), now=now)
    except Refused as no:
        if no.kind != "duplicate":
            raise
        flash(_("今天已经催过，明天可以再催。"), "bad")
    else:
        flash(
            _("已通知 %(n)s 人。", n=told) if told else _("没有可通知的人，请打电话。"),
            "good" if told else "bad",
        )
    return redirect(url_for("zone_desk.desk", zone=row.code), 303)
