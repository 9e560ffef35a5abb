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
        "approve": _("批准"),
        "reject": _("不同意"),
        "return": _("退回修改"),
        "resubmit": _("修改后重新提交"),
        "cancel": _("取消"),
        "propose": _("建议改时间"),
        "decline": _("不改时间"),
        "reschedule": _("改期"),
        "change-requested": _("申请改期"),
        "change-refused": _("改期未获同意"),
        "check-in": _("签到"),
        "check-out": _("结束使用"),
        "no-show": _("记为爽约"),
        "expire": _("到期未审批，时段已释放"),
        "confirm": _("确认使用"),
        "repack": _("调整机位"),
    }
    verb = action.rsplit(".", 1)[-1]
    return words.get(verb, verb)
