"""What each broken booking rule says: the rule, the limit, the actual, and the way out (INTERFACE section 1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Protocol

from sharing.kernel.language import _, named
from sharing.kernel.timespan import TimeSpan
from sharing.web import filters

Facts = Mapping[str, Any]


class Violation(Protocol):
    """One broken rule as `booking.rules` gives it."""

    @property
    def rule(self) -> str: ...
    @property
    def limit(self) -> Any: ...
    @property
    def actual(self) -> Any: ...
    @property
    def facts(self) -> Mapping[str, Any]: ...


def sentence(broken: Violation) -> str:
    """One broken rule in the reader's language. Raises KeyError for a rule without a sentence."""
    return SENTENCES[broken.rule](broken.limit, broken.actual, broken.facts)


def _hours(minutes: Any) -> str:
    return filters.hours(int(minutes or 0))


def _at(text: Any) -> str:
    return filters.near(datetime.fromisoformat(str(text)))


def _day(text: Any) -> str:
    return filters.local_day(date.fromisoformat(str(text)[:10]))


def _spans(items: Sequence[Mapping[str, str]]) -> str:
    said = [
        filters.local_span(TimeSpan(datetime.fromisoformat(i["start"]), datetime.fromisoformat(i["end"])))
        for i in items
    ]
    return _("、").join(said)


def _label(facts: Facts) -> str:
    return named(str(facts.get("label", "")), facts.get("label_en"))


def _past(_limit: Any, actual: Any, _facts: Facts) -> str:
    return _("开始时间已过去 %(ago)s，请选以后的时间", ago=_hours(actual))


def _granularity(limit: Any, _actual: Any, facts: Facts) -> str:
    if "start" not in facts:
        return _("时间须按 %(step)s 对齐", step=_hours(limit))
    near = _spans([{"start": facts["start"], "end": facts["end"]}])
    return _("时间须按 %(step)s 对齐；最接近的是 %(near)s", step=_hours(limit), near=near)


def _shortest(limit: Any, actual: Any, _facts: Facts) -> str:
    return _("每次至少预约 %(limit)s；现在是 %(actual)s", limit=_hours(limit), actual=_hours(actual))


def _longest(limit: Any, actual: Any, _facts: Facts) -> str:
    return _(
        "每次最多预约 %(limit)s；现在是 %(actual)s。可分几次预约", limit=_hours(limit), actual=_hours(actual)
    )


def _lead(limit: Any, actual: Any, facts: Facts) -> str:
    said = _("最晚须提前 %(limit)s预约；现在距开始 %(actual)s。", limit=_hours(limit), actual=_hours(actual))
    return said + (
        _("最近可约：%(earliest)s", earliest=_at(facts["earliest"])) if facts.get("earliest") else ""
    )


def _horizon(limit: Any, actual: Any, facts: Facts) -> str:
    latest = _day(facts["latest_on"]) if facts.get("latest_on") else ""
    return _(
        "最早可提前 %(limit)s 天预约；现在提前了 %(actual)s 天。最远可约到 %(latest)s",
        limit=limit,
        actual=actual,
        latest=latest,
    )


def _opening_hours(limit: Any, _actual: Any, facts: Facts) -> str:
    day = _("当天开放：%(spans)s。", spans=_spans(limit)) if limit else _("当天不开放。")
    near = _("最近的开放时间：%(near)s", near=_spans(facts["nearest"])) if facts.get("nearest") else ""
    hint = _("(该年放假安排尚未公布，按暂定日历)") if facts.get("provisional") else ""
    return _("超出开放时间。") + day + near + hint


def _quota(words: Callable[[str, str, str], str]) -> Callable[[Any, Any, Facts], str]:
    def say(limit: Any, actual: Any, facts: Facts) -> str:
        left = max(0, int(limit or 0) - int(facts.get("held", 0)))
        return words(_hours(limit), _hours(actual), _hours(left))

    return say


def _open_bookings(limit: Any, actual: Any, _facts: Facts) -> str:
    return _(
        "同时最多保留 %(limit)s 个未完成的预约；加上这个是 %(actual)s 个。请先完成或取消一个",
        limit=limit,
        actual=actual,
    )


def _audience(limit: Any, _actual: Any, _facts: Facts) -> str:
    words = {
        "group": _("只对所属课题组开放预约"),
        "institution": _("只对本单位人员开放预约"),
        "network": _("只对入网单位人员开放预约"),
    }
    return words.get(str(limit), "") + _(";可联系机主送样委托")


def _licence(limit: Any, actual: Any, facts: Facts) -> str:
    level = {"supervised": _("有人指导"), "independent": _("独立操作"), "advanced": _("高级操作")}
    need = level.get(str(limit), str(limit))
    if facts.get("lapsed_on"):
        said = _("需要“%(need)s”培训授权；您的授权已于 %(day)s 到期", need=need, day=_day(facts["lapsed_on"]))
    elif actual:
        said = _(
            "需要“%(need)s”培训授权；您现有“%(actual)s”",
            need=need,
            actual=level.get(str(actual), str(actual)),
        )
    else:
        said = _("需要“%(need)s”培训授权；您还没有", need=need)
    ask = _("、").join(facts.get("ask", ()))
    return said + (_("。请联系 %(names)s 安排培训", names=ask) if ask else "")


def _licence_idle(limit: Any, actual: Any, facts: Facts) -> str:
    said = _("培训授权 %(limit)s 天不用即失效；到那天已 %(actual)s 天没有使用", limit=limit, actual=actual)
    ask = _("、").join(facts.get("ask", ()))
    return said + (_("。请联系 %(names)s 重新授权", names=ask) if ask else "")


def _instrument_status(_limit: Any, actual: Any, facts: Facts) -> str:
    words = {"maintenance": _("维护中"), "suspended": _("暂停使用"), "retired": _("已退役")}
    said = _("仪器%(status)s，暂不能预约", status=words.get(str(actual), str(actual)))
    return said + (_("。原因：%(reason)s", reason=facts["reason"]) if facts.get("reason") else "")


def _outside_stale(limit: Any, actual: Any, facts: Facts) -> str:
    if actual is None:
        said = _("这台仪器的日历在校内系统，还没有读到过，暂不能在这里预约")
    else:
        said = _(
            "这台仪器的日历在校内系统，最近一次读取是 %(ago)s之前，超过 %(limit)s，暂不能在这里预约",
            ago=_hours(actual),
            limit=_hours(limit),
        )
    return said + _("。请到那里预约：%(link)s", link=facts["link"])


def _mode(_limit: Any, actual: Any, _facts: Facts) -> str:
    if actual == "service_only":
        return _("这台仪器只接受送样委托，不开放自行上机；请联系机主")
    return _("这台仪器目前不开放预约；请联系机主")


def _customs(_limit: Any, _actual: Any, facts: Facts) -> str:
    until = _("(至 %(day)s)", day=_day(facts["until"])) if facts.get("until") else ""
    return _("免税进口仪器在海关监管期内%(until)s不能由企业使用；请改选同类仪器", until=until)


def _answer_required(_limit: Any, _actual: Any, facts: Facts) -> str:
    return _("请回答“%(label)s”", label=_label(facts))


def _answer_kind(_limit: Any, _actual: Any, facts: Facts) -> str:
    kinds = {
        "number": _("数字"),
        "choice": _("所列选项之一"),
        "yes_no": _("是或否"),
        "file": _("一个文件"),
        "text": _("文字"),
    }
    kind = kinds.get(str(facts.get("kind")), "")
    return _("“%(label)s”应填%(kind)s", label=_label(facts), kind=kind)


def _answer_unknown(_limit: Any, _actual: Any, facts: Facts) -> str:
    return _("没有“%(key)s”这个问题；请按仪器当前的问题填写", key=facts.get("key", ""))


def _payer(_limit: Any, actual: Any, _facts: Facts) -> str:
    if actual == "several":
        return _("您属于几个课题组，请选择由谁付费")
    if actual == "not_member":
        return _("您不是所选课题组的成员；请换一个课题组，或请组长把您加进去")
    return _("没有付费的课题组；请联系课题组负责人把您加入课题组")


def _card(_limit: Any, _actual: Any, _facts: Facts) -> str:
    return _("所选经费卡不属于该课题组或已失效；请换一张")


def _price(_limit: Any, _actual: Any, _facts: Facts) -> str:
    return _("这台仪器还没有对您公布的收费标准；请联系机主")


def _position(limit: Any, _actual: Any, _facts: Facts) -> str:
    return _("机位只有 1 到 %(limit)s 号", limit=limit)


def _check_in_early(limit: Any, _actual: Any, facts: Facts) -> str:
    opens = _at(facts["opens_at"]) if facts.get("opens_at") else ""
    return _("最早可在开始前 %(limit)s签到；请在 %(opens)s 之后签到", limit=_hours(limit), opens=opens)


def _change_in_use(_limit: Any, _actual: Any, _facts: Facts) -> str:
    return _("正在使用的预约只能改结束时间")


def _moved_nothing(_limit: Any, _actual: Any, _facts: Facts) -> str:
    return _("时间没有变化；请选新的时间")


SENTENCES: Final[Mapping[str, Callable[[Any, Any, Facts], str]]] = {
    "past": _past,
    "granularity_minutes": _granularity,
    "shortest_minutes": _shortest,
    "longest_minutes": _longest,
    "lead_minutes": _lead,
    "horizon_days": _horizon,
    "opening_hours": _opening_hours,
    "person_day_minutes": _quota(
        lambda limit, actual, left: _(
            "每人每天最多 %(limit)s；加上这次是 %(actual)s，当天还可约 %(left)s",
            limit=limit,
            actual=actual,
            left=left,
        )
    ),
    "person_week_minutes": _quota(
        lambda limit, actual, left: _(
            "每人每周最多 %(limit)s；加上这次是 %(actual)s，本周还可约 %(left)s",
            limit=limit,
            actual=actual,
            left=left,
        )
    ),
    "group_day_minutes": _quota(
        lambda limit, actual, left: _(
            "每个课题组每天最多 %(limit)s；加上这次是 %(actual)s，当天还可约 %(left)s",
            limit=limit,
            actual=actual,
            left=left,
        )
    ),
    "group_week_minutes": _quota(
        lambda limit, actual, left: _(
            "每个课题组每周最多 %(limit)s；加上这次是 %(actual)s，本周还可约 %(left)s",
            limit=limit,
            actual=actual,
            left=left,
        )
    ),
    "most_open_bookings": _open_bookings,
    "audience": _audience,
    "licence_level": _licence,
    "licence_idle_days": _licence_idle,
    "instrument_status": _instrument_status,
    "outside_stale": _outside_stale,
    "booking_mode": _mode,
    "customs": _customs,
    "answer_required": _answer_required,
    "answer_kind": _answer_kind,
    "answer_unknown": _answer_unknown,
    "payer": _payer,
    "card": _card,
    "price": _price,
    "position": _position,
    "check_in_early_minutes": _check_in_early,
    "change_in_use": _change_in_use,
    "moved_nothing": _moved_nothing,
}
