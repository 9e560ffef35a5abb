"""The registry's words: what a row may say, and how each is said to people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from sharing.kernel.language import _l


class Status(StrEnum):
    """Whether an instrument runs today; a change carries its reason."""

    IN_SERVICE = "in_service"
    MAINTENANCE = "maintenance"
    SUSPENDED = "suspended"
    RETIRED = "retired"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


class BookingMode(StrEnum):
    """How time on it is had: by oneself at once, by approval, only as a service, or not at all."""

    SELF_SERVICE = "self_service"
    APPROVAL = "approval"
    SERVICE_ONLY = "service_only"
    CLOSED = "closed"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


class Audience(StrEnum):
    """To whom an instrument is open; each includes the ones before it."""

    GROUP = "group"
    INSTITUTION = "institution"
    NETWORK = "network"
    EVERYONE = "everyone"

    @property
    def word(self) -> str:
        return str(_WORDS[self])

    @property
    def breadth(self) -> int:
        """0 for the owning group … 3 for everyone."""
        return list(Audience).index(self)


class LicenceLevel(StrEnum):
    """How far a trained person may go alone; each covers the ones before it."""

    SUPERVISED = "supervised"
    INDEPENDENT = "independent"
    ADVANCED = "advanced"

    @property
    def word(self) -> str:
        return str(_WORDS[self])

    def covers(self, needed: LicenceLevel) -> bool:
        order = list(LicenceLevel)
        return order.index(self) >= order.index(needed)


class QuestionKind(StrEnum):
    """What a booking question is answered with."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    FILE = "file"
    YES_NO = "yes_no"

    @property
    def word(self) -> str:
        return str(_WORDS[self])


_WORDS: Final[Mapping[StrEnum, Any]] = {
    Status.IN_SERVICE: _l("在用"),
    Status.MAINTENANCE: _l("维护中"),
    Status.SUSPENDED: _l("暂停开放"),
    Status.RETIRED: _l("已退役"),
    BookingMode.SELF_SERVICE: _l("自助预约"),
    BookingMode.APPROVAL: _l("需审批"),
    BookingMode.SERVICE_ONLY: _l("仅委托测试"),
    BookingMode.CLOSED: _l("不开放预约"),
    Audience.GROUP: _l("本组"),
    Audience.INSTITUTION: _l("本单位"),
    Audience.NETWORK: _l("网内单位"),
    Audience.EVERYONE: _l("全社会"),
    LicenceLevel.SUPERVISED: _l("须有人陪同"),
    LicenceLevel.INDEPENDENT: _l("可独立操作"),
    LicenceLevel.ADVANCED: _l("可用高级功能"),
    QuestionKind.TEXT: _l("文字"),
    QuestionKind.CHOICE: _l("选项"),
    QuestionKind.NUMBER: _l("数字"),
    QuestionKind.FILE: _l("文件"),
    QuestionKind.YES_NO: _l("是或否"),
}

# The national record's own enumerations (DOMAIN 2.A1), kept as its words.
SOURCES: Final = ("购置", "研制", "赠送", "其他")
KINDS: Final = ("通用", "专用")
FUNDS: Final = ("中央财政资金", "地方财政资金", "单位自有资金", "其他资金")
SHARE_MODES: Final = ("内部共享", "外部共享", "不共享")
USUAL_STATES: Final = ("正常", "偶有故障", "故障频繁", "待修", "待报废")
CARRIERS: Final = (
    "无",
    "仪器中心",
    "重大科研基础设施",
    "国家重点实验室",
    "国家工程技术研究中心",
    "生物种质资源库馆",
)
