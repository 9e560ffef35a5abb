"""Words that several pages of bookings say."""

from __future__ import annotations

from sharing.kernel.language import _


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
        "reject": _("未同意"),
        "return": _("已退回修改"),
        "resubmit": _("改好后已重新提交"),
        "cancel": _("已取消"),
        "propose": _("建议改时间"),
        "decline": _("不改时间"),
        "reschedule": _("已改期"),
        "ask-change": _("申请改期"),
        "check-in": _("已签到"),
        "check-out": _("已结束使用"),
        "no-show": _("记为爽约"),
        "expire": _("到期未审批，时段已释放"),
        "confirm": _("已确认"),
    }
    verb = action.rsplit(".", 1)[-1]
    return words.get(verb, verb)
