"""Nodes, institutions, categories."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import select

from sharing.kernel.db import db
from sharing.network.models import Category, CodeSet, Institution, Mandate, RuleEpoch, Setting, Zone
from tests.cast.base import LONG_AGO, NOW, SOURCE, keep, numbers

CODE_SET = "GB/T 40343-2021"

ZONES = {
    "kunming": ("昆明", "Kunming", "KM"),
    "honghe": ("红河", "Honghe", "HH"),
    "xishuangbanna": ("西双版纳", "Xishuangbanna", "BN"),
    "dehong": ("德宏", "Dehong", "DH"),
    "province": ("省级", "Province", "YN"),
}
CATEGORIES = {
    "040000": ("分析仪器", "Analytical instruments"),
    "040100": ("电子光学仪器", "Electron optics"),
    "040102": ("扫描电镜", "Scanning electron microscope"),
}


def network() -> dict[str, Zone]:
    """The five nodes by code, the categories and the dated settings of the network; once a test."""
    for position, (code, (name, name_en, prefix)) in enumerate(ZONES.items(), 1):
        db.session.add(
            Zone(
                code=code,
                name=name,
                name_en=name_en,
                number_prefix=prefix,
                position=position,
                is_province=code == "province",
            )
        )
    db.session.add(CodeSet(version=CODE_SET, name="仪器分类", source_document=SOURCE, valid_from=LONG_AGO))
    rules_changed()
    for code, (name, name_en) in CATEGORIES.items():
        category(code, name, name_en)
    for key, value in {"office_hours": [[510, 720], [840, 1050]]}.items():
        db.session.add(Setting(key=key, valid_from=LONG_AGO, value=value, source_document=SOURCE))
    db.session.commit()
    return {row.code: row for row in db.session.scalars(select(Zone))}


def rules_changed() -> None:
    """Tell caches of dated rules that they are old; every builder of a rule does."""
    db.session.merge(RuleEpoch(id=1, epoch=secrets.randbelow(2**31 - 1) + 1))
    db.session.commit()


def category(code: str, name: str, name_en: str) -> Category:
    level = 3 - code.endswith("00") - code.endswith("0000")
    parent = {1: None, 2: code[:2] + "0000", 3: code[:4] + "00"}[level]
    return keep(
        Category(code_set=CODE_SET, code=code, level=level, parent_code=parent, name=name, name_en=name_en)
    )


def zone(code: str) -> Zone:
    """A node by its code; makes the network when there is none."""
    found = db.session.scalar(select(Zone).where(Zone.code == code))
    return found or network()[code]


def institution(code: str | None = None, *, at: str = "kunming", **columns: Any) -> Institution:
    code = code or f"inst{next(numbers)}"
    given = {"name": f"单位 {code}", "name_en": f"Institution {code}", "kind": "university"} | columns
    return keep(Institution(code=code, zone_id=zone(at).id, **given))


def mandate(of: Institution, **columns: Any) -> Mandate:
    """Leave for its zone's administrator to register instruments in an institution's stead."""
    given = {"starts_on": LONG_AGO, "source_document": SOURCE, "created_at": NOW} | columns
    return keep(Mandate(institution_id=of.id, **given))
