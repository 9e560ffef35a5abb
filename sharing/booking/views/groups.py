"""The page of a research group and what its heads do there; it stands here because it shows the month's bookings."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sharing.booking.pages.group import group_page
from sharing.funds import service
from sharing.funds.forms import CardForm, LeaveForm, MemberForm
from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.kernel.timespan import shanghai_day
from sharing.people import queries as people
from sharing.people import service as people_service
from sharing.people.signed import me
from sharing.registry import queries as registry

bp = Blueprint("funds", __name__, url_prefix="/groups/<uuid:group_id>")


@bp.get("")
@needs(SIGNED_IN)
def group(group_id: uuid.UUID) -> ResponseReturnValue:
    """Members, cards, leave given in advance."""
    return _page(group_id)


def _page(group_id: uuid.UUID, refused: Refused | None = None, form: str = "") -> ResponseReturnValue:
    fields = refused.facts.get("fields", []) if refused else []
    body = render_template(
        "funds/group.html",
        page=group_page(group_id, by=me(), now=clock.now()),
        open_form=form,
        form=request.form,
        errors={one["field"]: one["message"] for one in fields},
        refused=current_app.extensions["sharing.explain"](refused) if refused and not fields else "",
    )
    return body, refused.status if refused else 200


def _done(group_id: uuid.UUID, work: Callable[[], object], said: str, form: str = "") -> ResponseReturnValue:
    """Run one action; what is refused shows the page again with the form as it was typed."""
    try:
        work()
    except Refused as no:
        if no.kind == "not-found" and not form:
            raise
        return _page(group_id, no, form)
    flash(said, "good")
    return redirect(url_for("funds.group", group_id=group_id), 303)


# --- cards -------------------------------------------------------------------------------------------------


@bp.post("/cards")
@needs("group.manage")
def add_card(group_id: uuid.UUID) -> ResponseReturnValue:
    """Add a card to the group."""
    return _done(
        group_id,
        lambda: service.add_card(parse(CardForm, request.form).card(group_id), by=me(), now=clock.now()),
        _("已添加经费卡"),
        form="card",
    )


@bp.post("/cards/<uuid:card_id>/retire")
@needs("group.manage")
def retire_card(group_id: uuid.UUID, card_id: uuid.UUID) -> ResponseReturnValue:
    """Take a card out of use."""
    return _done(group_id, lambda: service.retire_card(card_id, by=me(), now=clock.now()), _("已停用经费卡"))


# --- leave in advance --------------------------------------------------------------------------------------


@bp.post("/authorisations")
@needs("group.manage")
def authorise(group_id: uuid.UUID) -> ResponseReturnValue:
    """Give a member leave in advance."""

    def work() -> None:
        given = parse(LeaveForm, request.form)
        now = clock.now()
        instruments = _instruments(given.instrument_codes)
        service.authorise(given.leave(group_id, instruments, shanghai_day(now)), by=me(), now=now)

    return _done(group_id, work, _("已授权，并已告知本人"), form="leave")


def _instruments(codes: list[str]) -> tuple[uuid.UUID, ...]:
    found = {code: registry.instrument_by_code(code) for code in codes}
    if unknown := [code for code, row in found.items() if row is None]:
        message = _("没有编号为 %(codes)s 的仪器", codes="、".join(unknown))
        raise Refused("invalid-input", fields=[{"field": "codes", "message": message}])
    return tuple(row.id for row in found.values() if row is not None)


@bp.post("/authorisations/<uuid:authorisation_id>/end")
@needs("group.manage")
def end_authorisation(group_id: uuid.UUID, authorisation_id: uuid.UUID) -> ResponseReturnValue:
    """End a leave at once."""
    return _done(
        group_id,
        lambda: service.end_authorisation(authorisation_id, by=me(), now=clock.now()),
        _("已结束授权"),
    )


# --- members -----------------------------------------------------------------------------------------------


@bp.post("/members")
@needs("group.manage")
def add_member(group_id: uuid.UUID) -> ResponseReturnValue:
    """Take a person of the house into the group, by staff number or user name."""

    def work() -> None:
        who, by, now = parse(MemberForm, request.form).who, me(), clock.now()
        person = _person(group_id, who)
        people_service.add_member(group_id, person, starts_on=shanghai_day(now), by=by, now=now)

    return _done(group_id, work, _("已加入课题组"), form="member")


def _person(group_id: uuid.UUID, who: str) -> uuid.UUID:
    """Somebody of the group's institution: by her staff number there, or by her user name."""
    home = service.readable(group_id, by=me()).institution_id
    by_number = people.by_staff_no(home, [who]).get(who)
    person = by_number or people.person_by_username(who.lower())
    if person is None or person.left or person.institution_id != home:
        raise Refused("invalid-input", fields=[{"field": "who", "message": _("本单位没有这个工号或用户名")}])
    return person.id


@bp.post("/members/<uuid:user_id>/end")
@needs("group.manage")
def end_member(group_id: uuid.UUID, user_id: uuid.UUID) -> ResponseReturnValue:
    """A person leaves the group."""
    return _done(
        group_id,
        lambda: people_service.end_member(group_id, user_id, reason="", by=me(), now=clock.now()),
        _("已移出课题组"),
    )
