"""The inbox, and what each person wants mailed."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sharing.kernel import clock
from sharing.kernel.language import _l
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.notify import queries, service
from sharing.notify.formats import words
from sharing.notify.rules import GROUPS, TOPICS

bp = Blueprint("notify", __name__)

GROUP_WORDS = {
    "booking": _l("我的预约"),
    "approval": _l("待我审批"),
    "desk": _l("我管理的仪器"),
    "account": _l("授权与账号"),
}
TOPIC_WORDS = {
    "booking.requested": _l("预约已提交"),
    "booking.approved": _l("预约已批准"),
    "booking.rejected": _l("预约未获同意"),
    "booking.returned": _l("预约退回修改"),
    "booking.cancelled": _l("预约已取消"),
    "booking.expired": _l("预约过期作废"),
    "booking.rescheduled": _l("预约已改期"),
    "booking.change-requested": _l("申请改期"),
    "booking.change-refused": _l("改期未获同意"),
    "booking.no-show-warning": _l("临近爽约提醒"),
    "booking.no-show": _l("记为爽约"),
    "booking.released": _l("空出时段"),
    "booking.to-confirm": _l("有使用待确认"),
    "booking.shut-out": _l("已约时间变为不开放"),
    "booking.block-moved": _l("因仪器停用改期"),
    "booking.block-cancelled": _l("因仪器停用取消"),
    "booking.block-kept": _l("仪器停用，预约保留"),
    "booking.proposed": _l("机主建议改时间"),
    "booking.proposal-declined": _l("改时间的建议未被接受"),
    "approval.waiting": _l("有预约待审批"),
    "approval.reminder": _l("审批到期提醒"),
    "approval.escalated": _l("逾期转我审批"),
    "funds.authorised": _l("课题组预先授权"),
    "registry.licence-granted": _l("授予培训授权"),
    "registry.licence-ended": _l("培训授权终止"),
}


def reader() -> uuid.UUID:
    """Who reads. This slice knows nobody: the person is asked of the shell's sign-in, not of `people`."""
    found: uuid.UUID = current_user.actor.user_id
    return found


@bp.get("/inbox")
@needs(SIGNED_IN)
def inbox() -> ResponseReturnValue:
    group = request.args.get("about")
    unread_only = request.args.get("unread") == "1"
    rows = queries.inbox(
        reader(),
        group=group if group in GROUPS else None,
        unread=unread_only,
        page=max(request.args.get("page", 1, type=int), 1),
    )
    return render_template(
        "notify/inbox.html",
        page=rows.map(lambda row: (row, words(row.topic, row.facts))),
        unread=queries.unread(reader()),
        unread_only=unread_only,
        group=group,
        groups=GROUP_WORDS,
    )


@bp.post("/inbox/<uuid:message_id>/open")
@needs(SIGNED_IN)
def open_message(message_id: uuid.UUID) -> ResponseReturnValue:
    """Read it off and go to what it tells of."""
    row = queries.message(message_id, reader=reader())
    if row is None:
        raise Refused("not-found")
    service.mark_read(message_id, reader=reader(), now=clock.now())
    return redirect(row.facts.page, 303)


@bp.post("/inbox/<uuid:message_id>/read")
@needs(SIGNED_IN)
def mark_read(message_id: uuid.UUID) -> ResponseReturnValue:
    service.mark_read(message_id, reader=reader(), now=clock.now())
    return redirect(_back(), 303)


@bp.post("/inbox/read")
@needs(SIGNED_IN)
def mark_all_read() -> ResponseReturnValue:
    service.mark_all_read(reader=reader(), now=clock.now())
    return redirect(_back(), 303)


@bp.get("/profile/notices")
@needs(SIGNED_IN)
def notices() -> ResponseReturnValue:
    wanted = queries.choices(reader())
    groups = [
        (
            word,
            [(topic, TOPIC_WORDS[topic]) for topic in _topics(group)],
            [t for t in _topics(group) if wanted[t]],
        )
        for group, word in GROUP_WORDS.items()
    ]
    return render_template("notify/choices.html", groups=groups, saved="saved" in request.args)


@bp.post("/profile/notices")
@needs(SIGNED_IN)
def save_notices() -> ResponseReturnValue:
    """A box that is not ticked is not sent: what is missing is not wanted."""
    ticked = set(request.form.getlist("topic"))
    service.choose({topic: topic in ticked for group in GROUPS for topic in _topics(group)}, reader=reader())
    return redirect(url_for(".notices", saved=1), 303)


def _topics(group: str) -> list[str]:
    return [name for name, topic in TOPICS.items() if topic.group == group and topic.chosen]


def _back() -> str:
    """The list as it was, its filters kept; only ever our own inbox."""
    kept = {name: value for name in ("about", "unread", "page") if (value := request.form.get(name))}
    return f"{url_for('.inbox')}?{urlencode(kept)}" if kept else url_for(".inbox")
