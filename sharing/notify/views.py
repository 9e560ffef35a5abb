"""The inbox, what each person wants mailed, and the robots that pass messages on."""

from __future__ import annotations

import uuid
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from sharing.kernel import clock
from sharing.kernel.inputs import parse
from sharing.kernel.language import _, _l
from sharing.kernel.refusals import Refused
from sharing.kernel.rights import SIGNED_IN, needs
from sharing.notify import queries, service
from sharing.notify.formats import words
from sharing.notify.forms import ChannelForm
from sharing.notify.rules import GROUPS, TOPICS, Kind
from sharing.notify.service.channels import remove_channel, save_channel, sealing, try_channel

bp = Blueprint("notify", __name__)

GROUP_WORDS = {
    "booking": _l("我的预约"),
    "order": _l("送样委托"),
    "approval": _l("待我审批"),
    "desk": _l("我管理的仪器"),
    "account": _l("授权与账号"),
}
KIND_WORDS = {Kind.WECOM: _l("企业微信群机器人"), Kind.DINGTALK: _l("钉钉群机器人")}
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
    "booking.house-closed": _l("因单位退出取消"),
    "desk.nudge": _l("子平台催办"),
    "booking.block-kept": _l("仪器停用，预约保留"),
    "booking.on-behalf": _l("别人替我预约"),
    "booking.hand-over-offered": _l("有人把预约转给我"),
    "booking.hand-over-declined": _l("预约没有转手"),
    "booking.handed-over": _l("预约已由别人接手"),
    "booking.taken-over": _l("我接手的预约"),
    "booking.outside-clash": _l("校内系统也占用了已约的时间"),
    "booking.proposed": _l("机主建议改时间"),
    "booking.proposal-declined": _l("改时间的建议未被接受"),
    "order.asked": _l("有委托待报价"),
    "order.quoted": _l("收到报价"),
    "order.lapsed": _l("报价已过期"),
    "order.accepted": _l("报价已被接受，待排期"),
    "order.scheduled": _l("测试时间已定或已改"),
    "order.slot-lost": _l("测试时间取消，待重排"),
    "order.received": _l("样品已收到"),
    "order.delivered": _l("结果已交付，待验收"),
    "order.objected": _l("结果有异议"),
    "order.done": _l("结果已验收"),
    "order.ended": _l("委托已结束"),
    "order.overdue": _l("委托逾期提醒"),
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
    return _notices()


def _notices(no: Refused | None = None) -> ResponseReturnValue:
    """What is mailed, and the robots that pass messages on; a robot that was refused comes back as typed."""
    wanted = queries.choices(reader())
    groups = [
        (
            word,
            [(topic, TOPIC_WORDS[topic]) for topic in _topics(group)],
            [t for t in _topics(group) if wanted[t]],
        )
        for group, word in GROUP_WORDS.items()
    ]
    body = render_template(
        "notify/choices.html",
        groups=groups,
        saved="saved" in request.args,
        robots=queries.channels(reader(), _keeps_for()),
        shares=bool(_keeps_for()),
        kinds=[(kind.value, word) for kind, word in KIND_WORDS.items()],
        kind_words=KIND_WORDS,
        group_words=GROUP_WORDS,
        form=request.form if no else {},
        errors={one["field"]: one["message"] for one in no.facts.get("fields", [])} if no else {},
    )
    return body, no.status if no else 200


def _keeps_for() -> frozenset[uuid.UUID]:
    """Her own institution, where she keeps its robots."""
    actor = current_user.actor
    kept: frozenset[uuid.UUID] = actor.scopes("channel.edit").institutions & {actor.institution_id}
    return kept


@bp.post("/profile/robots")
@needs(SIGNED_IN)
def save_robot() -> ResponseReturnValue:
    """Enter a robot, and have it say that it works."""
    try:
        given = parse(ChannelForm, request.form)
        by, now = current_user.actor, clock.now()
        made = save_channel(
            given.kind,
            given.address,
            given.secret,
            given.groups,
            institution_id=by.institution_id if given.shared else None,
            by=by,
            sealing=sealing(),
            now=now,
        )
        try_channel(made, by=by, now=now)
    except Refused as no:
        if no.kind != "invalid-input":
            raise
        return _notices(no)
    flash(_("已保存，几秒内会收到一条试发的消息。"), "good")
    return redirect(url_for(".notices", _anchor="robots"), 303)


@bp.post("/profile/robots/<uuid:channel_id>/try")
@needs(SIGNED_IN)
def try_robot(channel_id: uuid.UUID) -> ResponseReturnValue:
    try_channel(channel_id, by=current_user.actor, now=clock.now())
    flash(_("已发出一条试发的消息；没有收到时，过一会儿看这里的出错说明。"), "good")
    return redirect(url_for(".notices", _anchor="robots"), 303)


@bp.post("/profile/robots/<uuid:channel_id>/remove")
@needs(SIGNED_IN)
def remove_robot(channel_id: uuid.UUID) -> ResponseReturnValue:
    remove_channel(channel_id, by=current_user.actor, now=clock.now())
    flash(_("已移除，不再往那里发消息。"), "good")
    return redirect(url_for(".notices", _anchor="robots"), 303)


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
