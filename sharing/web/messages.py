"""What each refusal and each broken rule says, and what to do next; Chinese here, English in the catalogue.

Every kind of `kernel.refusals.KINDS` and every rule of `booking.rules` has a sentence: a test fails without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sharing.kernel.language import _, lazy_gettext
from sharing.orders.rules import Status as Order
from sharing.web.broken_rules import sentence

Facts = Mapping[str, Any]

_TITLES: Final = {
    "bad-request": lazy_gettext("请求看不懂"),
    "invalid-input": lazy_gettext("填写有误"),
    "unauthenticated": lazy_gettext("请先登录"),
    "sign-in-failed": lazy_gettext("登录不成功"),
    "sign-in-throttled": lazy_gettext("登录尝试太多"),
    "sign-on-failed": lazy_gettext("登录没有完成"),
    "sign-on-nobody": lazy_gettext("不能以这个单位账号登录"),
    "sign-on-unavailable": lazy_gettext("单位的登录服务不能用"),
    "rate-limited": lazy_gettext("请求太频繁"),
    "forbidden": lazy_gettext("无权操作"),
    "not-found": lazy_gettext("找不到"),
    "method-not-allowed": lazy_gettext("此地址不支持这种操作"),
    "not-acceptable": lazy_gettext("无法给出所要的格式"),
    "unsupported-media-type": lazy_gettext("内容格式不支持"),
    "too-large": lazy_gettext("内容太大"),
    "file-refused": lazy_gettext("文件读不了"),
    "import-bad-rows": lazy_gettext("有的行不能导入"),
    "csrf": lazy_gettext("页面已过期"),
    "precondition-failed": lazy_gettext("已被他人修改"),
    "precondition-required": lazy_gettext("缺少版本号"),
    "edit-conflict": lazy_gettext("已被他人修改"),
    "duplicate": lazy_gettext("已经存在"),
    "booking-conflict": lazy_gettext("时段已被占用"),
    "block-hits": lazy_gettext("停用时段内有预约"),
    "block-over": lazy_gettext("停用时段已结束"),
    "policy-violation": lazy_gettext("不符合预约规则"),
    "invalid-transition": lazy_gettext("当前状态不能这样做"),
    "no-service-orders": lazy_gettext("不接受送样委托"),
    "quote-changed": lazy_gettext("报价已更新"),
    "order-incomplete": lazy_gettext("还缺材料"),
    "no-approver": lazy_gettext("没有人可以审批"),
    "no-mandate": lazy_gettext("该单位没有授权代办"),
    "not-your-decision": lazy_gettext("不能由您审批"),
    "not-on-behalf": lazy_gettext("不能替这个人预约"),
    "chain-without-approver": lazy_gettext("审批流程有一步没有审批人"),
    "idempotency-mismatch": lazy_gettext("同一幂等键用于不同的请求"),
    "link-expired": lazy_gettext("链接已失效"),
    "password-refused": lazy_gettext("密码不符合要求"),
    "in-use": lazy_gettext("正在使用，不能停用"),
    "rule-begun": lazy_gettext("已开始执行，不能撤回"),
    "period-not-over": lazy_gettext("会计期间还没有结束"),
    "period-open": lazy_gettext("前面的会计期间还没有结账"),
    "last-administrator": lazy_gettext("这是最后一位管理员"),
    "read-only": lazy_gettext("只读账号"),
    "busy": lazy_gettext("系统繁忙"),
    "unavailable": lazy_gettext("服务暂时不可用"),
    "internal": lazy_gettext("系统出错了"),
}

_DETAILS: Final = {
    "bad-request": lazy_gettext("请检查地址和内容后再试。"),
    "invalid-input": lazy_gettext("请改正标出的各项后再提交；已填内容都还在。"),
    "unauthenticated": lazy_gettext("登录后再试；接口请带 Authorization: Bearer 令牌。"),
    "sign-in-failed": lazy_gettext(
        "账号或密码不对。工号在几个单位都有时，请写成“单位代码/工号”；忘记密码可用邮件重设。"
    ),
    "sign-on-unavailable": lazy_gettext("单位的登录服务现在不能用。请稍后再试，或用平台密码登录。"),
    "rate-limited": lazy_gettext("请稍等一会儿再试。"),
    "forbidden": lazy_gettext("您的角色不包括这项操作；需要时请联系本单位管理员。"),
    "not-found": lazy_gettext("它不存在，或您不能查看。请从搜索或列表重新进入。"),
    "method-not-allowed": lazy_gettext("请用页面上的按钮操作。"),
    "not-acceptable": lazy_gettext("请改用 JSON。"),
    "unsupported-media-type": lazy_gettext("请用 application/json 提交。"),
    "too-large": lazy_gettext("请减小文件或内容后再试。"),
    "file-refused": lazy_gettext("请按提示改好文件后再上传。"),
    "import-bad-rows": lazy_gettext("一行也没有写入。请改好有问题的行再导入，或选择只导入没有问题的行。"),
    "csrf": lazy_gettext("请回到上一页刷新后重新提交；已填内容浏览器通常会保留。"),
    "precondition-failed": lazy_gettext("您打开之后别人已保存了新版本。请取最新内容，再作修改。"),
    "precondition-required": lazy_gettext("修改时请带上 If-Match,值为读取时的 ETag。"),
    "edit-conflict": lazy_gettext("您打开之后别人已保存了新版本。请对照最新内容，再保存一次。"),
    "duplicate": lazy_gettext("已有相同的记录，请查看原有的一条。"),
    "booking-conflict": lazy_gettext("这个时段刚被占用。请选择下面的空档，或另选时间。"),
    "block-hits": lazy_gettext("请为每个受影响的预约选择：改期、免费取消或保留。"),
    "block-over": lazy_gettext("它已经结束或已撤销，请刷新页面。"),
    "no-service-orders": lazy_gettext("这台仪器不接受送样委托；请联系机主，或另选接受委托的仪器。"),
    "quote-changed": lazy_gettext("您看到的报价已被机主更新，请看过新报价再决定。"),
    "order-incomplete": lazy_gettext("校外委托须先有双方签章的书面合同；请上传合同后再排期。"),
    "no-approver": lazy_gettext("审批步骤目前没有审批人，请联系仪器所属单位管理员。"),
    "no-mandate": lazy_gettext("请该单位的管理员先在“管理 → 单位”里授权子平台代为登记，或由其自行登记。"),
    "not-your-decision": lazy_gettext(
        "这一步不由您审批：本人的申请要由别人审批，其余以当前步骤的审批人为准。"
    ),
    "not-on-behalf": lazy_gettext(
        "没有这个人，或您不能替其预约。机主可替任何人约自己的仪器；课题组负责人可替组员；单位管理员和单位指定的代约人可替本单位的人。"
    ),
    "chain-without-approver": lazy_gettext("请先为这一步指定审批人，再保存流程。"),
    "idempotency-mismatch": lazy_gettext("新的请求请换一个 Idempotency-Key。"),
    "link-expired": lazy_gettext("链接只能用一次，且有时限。请重新申请。"),
    "password-refused": lazy_gettext("请换一个更长、不常见的密码。"),
    "in-use": lazy_gettext("它还有未完成的使用，请先处理。"),
    "rule-begun": lazy_gettext("请录入一行新的，从以后的某天起代替它；过去的不改写。"),
    "period-not-over": lazy_gettext("请在期间的最后一天过后再结账。"),
    "period-open": lazy_gettext("请先结前面的月份，再结这个月。"),
    "last-administrator": lazy_gettext(
        "结束后这里就没有管理员了。请先指定接替的人；确实不再需要时，勾选“仍要结束”，上级管理员会收到通知。"
    ),
    "read-only": lazy_gettext("审计账号可以查看一切，但不能改动。"),
    "busy": lazy_gettext("请稍后再试，已填内容没有丢失。"),
    "unavailable": lazy_gettext("数据库暂时没有应答，请过几秒再试；未得到确认的操作没有生效。"),
    "internal": lazy_gettext("这是系统的问题，不是您的。请记下编号并告诉管理员；未得到确认的操作没有生效。"),
}


QUOTED: Final = {
    "lines": lazy_gettext("收费项目"),
    "amount": lazy_gettext("总价"),
    "valid_until": lazy_gettext("有效期"),
    "result_on": lazy_gettext("交付日期"),
    "note": lazy_gettext("附言"),
}


_SIGN_ON: Final = {
    "state": lazy_gettext("这次登录不是从这个浏览器开始的，或已超过十分钟。请再试一次。"),
    "denied": lazy_gettext("单位的登录页没有放行（%(said)s）。请再试一次，或联系单位的平台管理员。"),
    "code": lazy_gettext("单位没有接受这次登录。请再试一次；仍不行时，请告诉单位的平台管理员。%(said)s"),
    "token": lazy_gettext(
        "单位送来的身份凭证核对不过（%(said)s）。请再试一次；仍不行时，请告诉单位的平台管理员。"
    ),
    "unknown": lazy_gettext("平台上，这个单位还没有您这个人。"),
    "several": lazy_gettext("平台上，这个单位有几个人都对得上，不知道是哪一位。"),
    "left": lazy_gettext("您在平台上的账号已因离开单位而关闭。"),
    "no-claim": lazy_gettext("单位没有告诉平台您是谁：登录凭证里没有 %(value)s。"),
    "unverified": lazy_gettext("您的邮箱在单位还没有核实，不能用来登录。"),
    "beyond": lazy_gettext("您在单位以外还有角色，请用平台密码登录。"),
}
"""Why a sign-on with an institution's account did not end in a session, by its reason."""


def _with_facts(kind: str, facts: Facts) -> str | None:
    """The sentences that name a figure of this one case."""
    if kind == "sign-in-throttled":
        return _("请在 %(seconds)s 秒后再试，或用邮件重设密码。", seconds=facts.get("retry_after", 60))
    if kind in {"sign-on-failed", "sign-on-nobody"}:
        filled = {"said": facts.get("said", ""), "value": facts.get("value", "")}
        return str(_SIGN_ON[facts["reason"]]) % filled
    if kind == "policy-violation":
        return _said(facts.get("violations", ()))
    if kind == "booking-conflict" and facts.get("own"):
        numbers = _("、").join(str(one["number"]) for one in facts["own"])
        return _("这个时段您自己已经约了：%(numbers)s。若是重复提交，打开它即可。", numbers=numbers)
    if kind == "file-refused":
        return str(facts["message"]) if "message" in facts else None
    if kind == "quote-changed" and facts.get("changed"):
        said = _("、").join(str(QUOTED[name]) for name in facts["changed"])
        return _("您看到的报价已被机主更新，变了的是：%(changed)s。请看过新报价再决定。", changed=said)
    if kind == "invalid-transition":
        now = status(str(facts.get("status", "")))
        return _("它现在的状态是“%(status)s”，请刷新页面查看可以做什么。", status=now)
    return None


def title(kind: str) -> str:
    """A few words that name the refusal."""
    return str(_TITLES[kind])


def explain(kind: str, facts: Facts) -> str:
    """What happened and what to do next."""
    return _with_facts(kind, facts) or str(_DETAILS[kind])


def status(code: str) -> str:
    """The status of a booking, or of a service order, in words."""
    words = {
        "requested": _("待审批"),
        "approved": _("已批准"),
        "rejected": _("未同意"),
        "cancelled": _("已取消"),
        "expired": _("已过期"),
        "in_use": _("使用中"),
        "completed": _("已完成"),
        "no_show": _("爽约"),
        "returned": _("已退回修改"),
        "accepted": _("已接受"),
        "refused": _("未接受"),
    }
    return words.get(code) or (Order(code).word if code in set(Order) else code)


def _said(violations: Any) -> str:
    return _("；").join(sentence(one) for one in violations) or _("请按规则修改后再提交。")
