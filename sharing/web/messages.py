"""What each refusal and each broken rule says, and what to do next; Chinese here, English in the catalogue.

Every kind of `kernel.refusals.KINDS` and every rule of `booking.rules` has a sentence: a test fails without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sharing.kernel.language import _, lazy_gettext
from sharing.web.broken_rules import sentence

Facts = Mapping[str, Any]

_TITLES: Final = {
    "bad-request": lazy_gettext("请求看不懂"),
    "invalid-input": lazy_gettext("填写有误"),
    "unauthenticated": lazy_gettext("请先登录"),
    "sign-in-failed": lazy_gettext("登录不成功"),
    "sign-in-throttled": lazy_gettext("登录尝试太多"),
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
    "no-approver": lazy_gettext("没有人可以审批"),
    "not-your-decision": lazy_gettext("不能由您审批"),
    "chain-without-approver": lazy_gettext("审批流程有一步没有审批人"),
    "idempotency-mismatch": lazy_gettext("同一幂等键用于不同的请求"),
    "link-expired": lazy_gettext("链接已失效"),
    "password-refused": lazy_gettext("密码不符合要求"),
    "in-use": lazy_gettext("正在使用，不能停用"),
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
    "sign-in-failed": lazy_gettext("用户名或密码不对。忘记密码可用邮件重设。"),
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
    "no-approver": lazy_gettext("审批步骤目前没有审批人，请联系仪器所属单位管理员。"),
    "not-your-decision": lazy_gettext(
        "这一步不由您审批：本人的申请要由别人审批，其余以当前步骤的审批人为准。"
    ),
    "chain-without-approver": lazy_gettext("请先为这一步指定审批人，再保存流程。"),
    "idempotency-mismatch": lazy_gettext("新的请求请换一个 Idempotency-Key。"),
    "link-expired": lazy_gettext("链接只能用一次，且有时限。请重新申请。"),
    "password-refused": lazy_gettext("请换一个更长、不常见的密码。"),
    "in-use": lazy_gettext("它还有未完成的使用，请先处理。"),
    "last-administrator": lazy_gettext(
        "结束后这里就没有管理员了。请先指定接替的人；确实不再需要时，勾选“仍要结束”，上级管理员会收到通知。"
    ),
    "read-only": lazy_gettext("审计账号可以查看一切，但不能改动。"),
    "busy": lazy_gettext("请稍后再试，已填内容没有丢失。"),
    "unavailable": lazy_gettext("数据库暂时没有应答，请过几秒再试；未得到确认的操作没有生效。"),
    "internal": lazy_gettext("这是系统的问题，不是您的。请记下编号并告诉管理员；未得到确认的操作没有生效。"),
}


def _with_facts(kind: str, facts: Facts) -> str | None:
    """The sentences that name a figure of this one case."""
    if kind == "sign-in-throttled":
        return _("请在 %(seconds)s 秒后再试，或用邮件重设密码。", seconds=facts.get("retry_after", 60))
    if kind == "policy-violation":
        return _said(facts.get("violations", ()))
    if kind == "file-refused":
        return str(facts["message"]) if "message" in facts else None
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
    """A booking's status in words."""
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
    }
    return words.get(code, code)


def _said(violations: Any) -> str:
    return _("；").join(sentence(one) for one in violations) or _("请按规则修改后再提交。")
