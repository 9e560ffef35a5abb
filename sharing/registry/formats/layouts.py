"""The layouts of an instrument's record as a table: ours, the national one (DOMAIN 2.A1), a finance card (2.B1, 2.B2).

Ours holds every field; its headings are in the reader's language and are read in both. The registers' own layouts are
in Chinese. The register decides what a heading means: 仪器编号 is our number here and the asset number there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sharing.kernel.language import LANGUAGES, _l, speaking
from sharing.kernel.tables import Cell
from sharing.registry.formats import columns as c
from sharing.registry.formats.columns import Column
from sharing.registry.rules import BookingMode, InstrumentRow, Status
from sharing.registry.rules.words import CARRIERS, FUNDS, KINDS, SHARE_MODES, SOURCES, USUAL_STATES

OTHER_CLASS: Final = "990000"  # none fits (DOMAIN 2.A1)
_SEEN: Final = re.compile(r"[\s*:：]+")


@dataclass(frozen=True, slots=True)
class Layout:
    """columns: as exported, in order. also: headings that are only read. marks: headings that tell this layout.

    defaults: what a new instrument takes where the layout has no such column. with_retired: it shows what is retired.
    """

    name: str
    columns: tuple[Column, ...]
    also: tuple[Column, ...] = ()
    marks: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    with_retired: bool = False

    def headings(self) -> list[str]:
        """The header in the language at hand."""
        return [str(column.label) for column in self.columns]

    def cells(self, row: InstrumentRow) -> list[Cell]:
        return [column.show(row) for column in self.columns]

    def by_heading(self) -> dict[str, Column]:
        """Every way to write a heading, folded, and its column."""
        known: dict[str, Column] = {}
        for column in (*self.also, *self.columns):
            known |= {folded_heading(name): column for name in column.names}
        for language in LANGUAGES:
            with speaking(language):
                known |= {folded_heading(str(column.label)): column for column in self.columns}
        return known


def folded_heading(heading: str) -> str:
    """A heading without what people add to it: spaces, a star for what is required, width and case."""
    return _SEEN.sub("", unicodedata.normalize("NFKC", heading)).casefold()


def detected(headings: Iterable[str]) -> Layout | None:
    """The layout whose marks stand in the header, the registers' before ours; None when it is none of them."""
    seen = {folded_heading(one) for one in headings}
    for layout in (NATIONAL, FINANCE, SHARING):
        if seen & {folded_heading(one) for one in layout.marks}:
            return layout
    return SHARING if len(seen & SHARING.by_heading().keys()) >= 2 else None


def mapped(targets: Mapping[str, str]) -> Layout:
    """A layout of somebody's own. targets: heading -> field of ours; `original_value_wan` and `_yuan` say the unit.

    Raises KeyError for a field that there is not.
    """
    found = tuple(
        Column(heading, column.field, column.show, column.read)
        for heading, target in targets.items()
        for column in (TARGETS[target],)
    )
    return Layout("mapping", found, defaults={"category": OTHER_CLASS})


# --- ours -------------------------------------------------------------------------------------------------------------

SHARING: Final = Layout(
    "sharing",
    (
        c.text(_l("仪器编号"), "code", "code"),
        c.text(_l("仪器名称"), "name", "name"),
        c.text(_l("英文名"), "name_en", "name_en"),
        Column(
            _l("管理单位代码"), "institution", lambda row: row.institution_code, c.read_text, ("institution",)
        ),
        c.only_shown(_l("管理单位"), lambda row: row.institution_name),
        Column(_l("片区代码"), "zone", lambda row: row.zone_code, c.read_text, ("zone",)),
        Column(_l("分类编码"), "category", lambda row: row.category_code, c.read_text, ("category",)),
        c.only_shown(_l("分类名称"), lambda row: row.category_name),
        c.text(_l("资产编号"), "asset_no", "asset_no"),
        c.text(_l("国家平台编号"), "national_no", "national_no"),
        c.text(_l("出厂编号"), "serial_no", "serial_no"),
        c.text(_l("制造商"), "manufacturer", "manufacturer"),
        c.text(_l("制造商英文名"), "manufacturer_en", "manufacturer_en"),
        c.text(_l("规格型号"), "model", "model"),
        c.text(_l("产地国别"), "country", "country"),
        c.yuan(_l("原值（元）"), "original_value_yuan"),
        c.day(_l("启用日期"), "commissioned_on", "commissioned_on"),
        c.enum(_l("状态"), "status", Status, "status"),
        c.text(_l("状态说明"), "status_reason", "status_reason"),
        c.enum(_l("预约方式"), "booking_mode", BookingMode, "booking_mode"),
        c.yes_no(_l("接受送样委托"), "offers_service", "offers_service"),
        c.number(_l("同时可用位数"), "capacity", "capacity"),
        c.text(_l("来源"), "source", "source"),
        c.text(_l("用途类别"), "kind", "kind"),
        c.yes_no(_l("海关监管"), "customs_supervised", "customs_supervised"),
        c.day(_l("监管至"), "customs_until", "customs_until"),
        c.text(_l("所属资源载体"), "carrier_kind", "carrier_kind"),
        c.text(_l("载体名称"), "carrier_name", "carrier_name"),
        c.text(_l("内部门"), "department", "department"),
        c.text(_l("主要技术指标"), "technical", "technical"),
        c.text(_l("主要功能"), "functions", "functions"),
        c.listed(_l("学科代码"), "subjects", "subjects"),
        c.listed(_l("购置经费来源"), "funds", "funds"),
        c.text(_l("服务内容"), "service_content", "service_content"),
        c.text(_l("典型成果"), "achievements", "achievements"),
        c.text(_l("对外开放规定"), "open_rules", "open_rules"),
        c.text(_l("参考收费说明"), "fee_summary", "fee_summary"),
        c.text(_l("共享模式"), "share_mode", "share_mode"),
        c.text(_l("常年运行状态"), "usual_state", "usual_state"),
        c.text(_l("市（州）"), "city", "city"),
        c.text(_l("县（区）"), "county", "county"),
        c.text(_l("街道门牌"), "street", "street"),
        c.text(_l("邮政编码"), "postal_code", "postal_code"),
        c.text(_l("楼宇与房间"), "location", "location"),
        c.text(_l("联系人"), "contact", "contact"),
        c.text(_l("联系电话"), "contact_phone", "contact_phone"),
        c.text(_l("联系邮箱"), "contact_email", "contact_email"),
    ),
    also=(c.wan("原值（万元）", "原值（万元）", "original_value_wan"),),
    marks=("管理单位代码", "Institution code", "institution"),
    with_retired=True,
)

TARGETS: Final[dict[str, Column]] = {
    name: column for column in (*SHARING.columns, *SHARING.also) if column.field for name in column.names[-1:]
}
"""What a mapping may name: our fields, the value with its unit."""

# --- the national record, type 4 --------------------------------------------------------------------------------------

_CODED: Final = {
    "source": {"1": "购置", "2": "研制", "3": "赠送", "4": "其他"},
    "kind": {"1": "专用", "2": "通用"},
    "funds": {str(number): word for number, word in enumerate(FUNDS, 1)},
    "share_mode": {str(number): word for number, word in enumerate(SHARE_MODES, 1)},
    "usual_state": {"1": "正常", "2": "正常", "3": "正常", "4": "偶有故障", "5": "故障频繁", "6": "待修", "7": "待报废",
                    "待机": "正常", "远程服务中": "正常"},
    "carrier_kind": {"1": "仪器中心", "2": "重大科研基础设施", "4": "无", "6": "国家重点实验室",
                     "7": "国家工程技术研究中心", "8": "生物种质资源库馆", "不附属": "无"},
}  # fmt: skip
"""The client's stored codes and older words (DOMAIN 2.A1), and our word for each."""


def _plain(label: str, field: str, words: tuple[str, ...], *names: str) -> Column:
    return c.worded(label, field, {word: word for word in words}, *names, also=_CODED[field])


def _unit(row: InstrumentRow) -> str:
    return row.institution_uscc or row.institution_code


def _number(row: InstrumentRow) -> str:
    """The number that the unit's asset office gave; ours where it gave none."""
    return row.asset_no or row.code


NATIONAL: Final = Layout(
    "national",
    (
        Column("单位标识", "institution", _unit, c.read_text, ("insCode",)),
        Column("仪器编号", "asset_no", _number, c.read_text, ("innerId",)),
        c.text("仪器名称", "name", "cname"),
        c.text("英文名", "name_en", "ename", "英文名称"),
        _plain("所属资源载体", "carrier_kind", CARRIERS, "instrBelongsType"),
        c.text("载体名称", "carrier_name", "instrBelongsName", "resourceName"),
        c.text("内部门", "department", "insideDepart", "所在内部门"),
        Column("分类编码", "category", lambda row: row.category_code, c.read_text, ("instrCategory",)),
        _plain("来源", "source", SOURCES, "instrSource"),
        c.yes_no("海关监管", "customs_supervised", "instrSupervise"),
        c.wan("原值（万元）", "原值", "worth"),
        c.text("产地国别", "country", "nation"),
        c.text("制造商", "manufacturer", "生产制造商"),
        c.day("启用日期", "commissioned_on", "beginDate", "建账日期"),
        _plain("类别", "kind", KINDS, "type", "仪器类别"),
        c.text("规格型号", "model", "instrVersion"),
        c.text("主要技术指标", "technical", "technical"),
        c.text("主要功能", "functions", "function"),
        c.listed("学科领域", "subjects", "subject", "主要学科领域"),
        c.listed("购置经费来源", "funds", "funds", codes=_CODED["funds"]),
        c.text("服务内容", "service_content", "serviceContent"),
        c.text("典型成果", "achievements", "achievement", none="无"),
        c.text("对外开放共享规定", "open_rules", "requirement"),
        c.text("参考收费标准", "fee_summary", "fee"),
        c.only_shown("年总运行机时", lambda _row: None, "runMachine"),
        c.only_shown("年服务机时", lambda _row: None, "serviceMachine"),
        _plain("运行状态", "usual_state", USUAL_STATES, "status"),
        _plain("共享模式", "share_mode", SHARE_MODES, "shareMode"),
        c.only_shown("省", lambda _row: "云南省", "province"),
        c.text("市", "city", "city"),
        c.text("县", "county", "county"),
        c.text("街道", "street", "street", "地址"),
        c.text("联系人", "contact", "contact"),
        c.text("联系电话", "contact_phone", "phone"),
        c.text("电子邮箱", "contact_email", "email"),
        c.text("邮政编码", "postal_code", "postalcode"),
    ),
    marks=("单位标识", "insCode", "innerId"),
    defaults={"category": OTHER_CLASS},
)

# --- the finance system's asset card ----------------------------------------------------------------------------------

_GAINED: Final = {"购置": "购置", "研制": "自建", "赠送": "捐赠", "其他": "其他"}
_GAINED_TOO: Final = {"自创": "研制", "调拨": "其他", "划拨": "其他", "置换": "其他"}


def _state(row: InstrumentRow) -> str:
    """使用状况 by the crosswalk (DOMAIN 6.3); not taken back: a status changes with its reason, on our side."""
    if row.usual_state == "待报废":
        return "毁坏不能用（待报废）"
    return {Status.IN_SERVICE: "在用", Status.MAINTENANCE: "在用", Status.SUSPENDED: "未使用"}.get(
        row.status, "其他"
    )


def _shared(cell: str) -> str:
    return SHARE_MODES[1] if c.read_yes_no(cell) else SHARE_MODES[2]


FINANCE: Final = Layout(
    "finance",
    (
        Column("单位统一社会信用代码", "institution", _unit, c.read_text, ("单位代码", "统一社会信用代码")),
        Column("资产编号", "asset_no", _number, c.read_text, ("财政编码",)),
        c.only_shown("资产分类代码", lambda _row: None, "资产分类", "ZICFLID"),
        c.text("资产名称", "name", "ZICMC", most=30),
        c.only_shown("计量单位", lambda _row: "台"),
        c.only_shown("数量", lambda _row: 1),
        c.text("规格型号", "model", "GUIGXH", most=60),
        c.text("生产厂家", "manufacturer"),
        c.text("产品序列号", "serial_no"),
        c.only_shown("价值类型", lambda row: "无价值" if row.original_value_fen is None else "原值"),
        c.yuan("资产原值", "资产原值（元）", "价值", "原值", "JIAZ"),
        c.worded("取得方式", "source", _GAINED, also=_GAINED_TOO),
        c.day("投入使用日期", "commissioned_on", "TOURSYRQ"),
        c.only_shown("使用状况", _state, "资产状态", "SHIYZKID"),
        c.text("存放地点", "location", "CUNFDDID", most=150),
        c.text("使用部门", "department", most=100),
        c.text("管理人", "contact", most=30),
        Column("是否共享共用", "share_mode", lambda row: "否" if row.share_mode == SHARE_MODES[2] else "是", _shared),
    ),
    also=(
        c.wan("资产原值（万元）", "资产原值（万元）", "原值（万元）"),
        *(c.only_shown(name, lambda _row: None, name) for name in (
            "业务状态", "卡片类型", "品牌", "管理部门", "使用人", "取得日期", "累计折旧", "净值", "财务入账状态",
            "备注",
        )),
    ),
    marks=("资产名称", "ZICMC", "财政编码"),
    defaults={"category": OTHER_CLASS},
)  # fmt: skip

LAYOUTS: Final = {layout.name: layout for layout in (SHARING, NATIONAL, FINANCE)}


def label_of(field: str) -> str:
    """A field's name in the reader's language, as our own layout has it."""
    return next((str(column.label) for column in SHARING.columns if column.field == field), field)
