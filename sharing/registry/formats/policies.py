"""A booking policy's columns in words, for its history."""

from __future__ import annotations

from typing import Any, Final

from sharing.kernel.language import _, _l

AUDIENCES: Final = {
    "group": _l("本组"),
    "institution": _l("本单位"),
    "network": _l("网内单位"),
    "everyone": _l("全社会"),
}
LEVELS: Final = {
    "supervised": _l("须有人陪同"),
    "independent": _l("可独立操作"),
    "advanced": _l("可用高级功能"),
}
LABELS: Final = {
    "valid_from": _l("自哪天起"),
    "granularity_minutes": _l("时间单位"),
    "shortest_minutes": _l("一次最短"),
    "longest_minutes": _l("一次最长"),
    "lead_minutes": _l("最晚提前"),
    "horizon_days": _l("最早提前"),
    "cancel_notice_minutes": _l("取消须提前"),
    "setup_minutes": _l("使用前留时"),
    "cleanup_minutes": _l("使用后留时"),
    "runs_through_closed": _l("可以跨闭馆时间连续运行"),
    "person_day_minutes": _l("每人每天"),
    "person_week_minutes": _l("每人每周"),
    "most_open_bookings": _l("同时未完成"),
    "group_day_minutes": _l("每课题组每天"),
    "group_week_minutes": _l("每课题组每周"),
    "audience": _l("对谁开放"),
    "licence_level": _l("培训授权"),
    "licence_idle_days": _l("多久不用授权失效"),
    "check_in_required": _l("须签到"),
    "check_in_early_minutes": _l("最早提前签到"),
    "no_show_minutes": _l("未到多久释放"),
    "inherit": _l("交还给上一级规则"),
    "source_document": _l("依据文件"),
}
"""Columns of a policy as its form and its history name them."""


def said(column: str, value: Any) -> str:
    """A column's value in a history."""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if column == "audience":
        return str(AUDIENCES[value])
    if column == "licence_level":
        return str(LEVELS[value]) if value else _("不需要")
    if value is None:
        return _("不失效") if column == "licence_idle_days" else _("不限")
    if column.endswith("_minutes"):
        return _hours(int(value))
    return _("%(n)s 天", n=value) if column in {"horizon_days", "licence_idle_days"} else str(value)


def _hours(minutes: int) -> str:
    whole, rest = divmod(minutes, 60)
    if not rest:
        return _("%(hours)s 小时", hours=whole)
    if not whole:
        return _("%(minutes)s 分钟", minutes=rest)
    return _("%(hours)s 小时 %(minutes)s 分", hours=whole, minutes=rest)
