"""Words that several pages of bookings say."""

from __future__ import annotations

from typing import Any, Final

from sharing.booking.rules import Status
from sharing.kernel.language import _, _l


def rule_words(rule: str) -> str:
    """Why a step needed nobody's word."""
    words = {
        "authorisation": _("由负责人的预先授权满足"),
        "own-group": _("负责人本人预约，视为同意"),
        "no-payer": _("本单位自付，无须课题组同意"),
    }
    return words.get(rule, rule)


def done_words(action: str) -> str:
    """What an audit row of a booking says was done."""
    words = {
        "submit": _("提交预约"),
        "approve": _("已批准"),
        "agree": _("同意，等下一步审批"),
        "reject": _("未同意"),
        "return": _("已退回修改"),
        "resubmit": _("改好后已重新提交"),
        "cancel": _("已取消"),
        "propose": _("建议改时间"),
        "decline": _("不改时间"),
        "offer": _("想转给同事"),
        "take-over": _("同意接手，等付费方同意"),
        "hand-over": _("已转手"),
        "keep": _("不转手"),
        "reschedule": _("已改期"),
        "ask-change": _("申请改期"),
        "check-in": _("已签到"),
        "check-out": _("已结束使用"),
        "no-show": _("记为爽约"),
        "expire": _("到期未审批，时段已释放"),
        "confirm": _("已确认"),
        "outside-clash": _("校内系统也占用了这段时间"),
    }
    verb = action.rsplit(".", 1)[-1]
    return words.get(verb, verb)


def status_words(status: Status) -> str:
    """A status as people say it."""
    words = {
        Status.REQUESTED: _("待审批"),
        Status.APPROVED: _("已批准"),
        Status.REJECTED: _("未同意"),
        Status.CANCELLED: _("已取消"),
        Status.EXPIRED: _("已过期"),
        Status.IN_USE: _("使用中"),
        Status.COMPLETED: _("已完成"),
        Status.NO_SHOW: _("爽约"),
    }
    return words[status]


_TIMED: Final = {
    "lead_minutes": _l("至少提前"),
    "shortest_minutes": _l("一次至少"),
    "longest_minutes": _l("一次至多"),
    "granularity_minutes": _l("时间单位"),
    "person_day_minutes": _l("每人每天至多"),
    "person_week_minutes": _l("每人每周至多"),
    "group_day_minutes": _l("每课题组每天至多"),
    "group_week_minutes": _l("每课题组每周至多"),
}


def rule_kept(rule: str, limit: Any) -> tuple[str, int | None]:
    """A rule that is kept, in a few words; minutes to be said after them, where it is a limit of time."""
    if rule in _TIMED:
        return str(_TIMED[rule]), int(limit)
    words = {
        "horizon_days": _("不早于 %(n)s 天前", n=limit),
        "most_open_bookings": _("同时至多 %(n)s 个预约", n=limit),
        "licence_idle_days": _("授权在 %(n)s 天内用过", n=limit),
        "audience": _("对您开放"),
        "licence_level": _("持有所需的培训授权"),
        "opening_hours": _("在开放时间内"),
    }
    return words.get(rule, rule), None
