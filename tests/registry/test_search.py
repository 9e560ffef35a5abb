"""Finding an instrument by whatever a person types, the same on both databases."""

from __future__ import annotations

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sharing.kernel.db import db
from sharing.network.models import Category
from sharing.registry import queries, service
from sharing.registry.models import Instrument
from sharing.registry.rules.search import Search
from tests import cast


@pytest.fixture
def sem(app: Flask) -> Instrument:
    cast.network()
    university = cast.institution("ylu", name="云岭大学", name_en="Yunling University")
    kind = db.session.query(Category).filter_by(code="040102").one()
    kind.aliases = "SEM 扫描电镜 电镜 FESEM LC-MS"
    db.session.commit()
    row = cast.instrument(
        university,
        code="YLU-0001",
        name="场发射扫描电子显微镜",
        name_en="Field-emission scanning electron microscope",
        manufacturer="日立",
        manufacturer_en="Hitachi",
        model="Regulus 8100",
        asset_no="20190317",
        functions="形貌观察",
    )
    cast.instrument(university, name="液相色谱仪", name_en="Liquid chromatograph", model="JSM-7610F Plus")
    service.reindex()
    db.session.commit()
    return row


def found(q: str) -> list[str]:
    catalogue = queries.catalogue(Search(q=q), on=cast.TODAY)
    assert catalogue.page.total == len(catalogue.page.items)
    return [row.name for row in catalogue.page.items]


ASKED = [
    "电镜",  # two characters, by the category's alias
    "镜",
    "显微",
    "扫描电子",
    "sem",
    "SEM",
    "ＳＥＭ",
    "cfssmdzxwj",  # pinyin initials
    "changfashesaomiao",  # the beginning of the whole pinyin
    "yldx 镜",
    "regulus",
    "Regulus 8100",
    "regulus8100",
    "regulus-8100",
    "8100",
    "日立",
    "hitachi",
    "云岭",
    "yunling university",
    "YLU-0001",
    "ylu0001",
    "20190317",
    "lcms",
    "形貌",
    "昆明 电镜",
    "分析仪器 日立",
    "field emission",
]


@pytest.mark.parametrize("q", ASKED)
def test_it_is_found_by(q: str, sem: Instrument) -> None:
    assert sem.name in found(q)


@pytest.mark.parametrize("q", ["jsm7610f", "JSM-7610F", "7610", "JSM 7610 F", "jsm7610fplus"])
def test_a_model_number_is_found_however_it_is_spaced(q: str, sem: Instrument) -> None:
    assert found(q) == ["液相色谱仪"]


@pytest.mark.parametrize("q", ["原子力", "电镜色谱", "regulus 9999", "子电", "' OR 1=1 --", '"*:^'])
def test_what_is_not_there_is_not_found(q: str, sem: Instrument) -> None:
    assert sem.name not in found(q) or not q.strip("'\"*:^- =")


def test_nothing_to_look_for_shows_everything(sem: Instrument) -> None:
    assert len(found("  。!?  ")) == 2


def test_the_better_match_stands_first(sem: Instrument) -> None:
    cast.instrument(cast.institution("x", name="显微镜研究所"), name="天平")
    service.reindex()
    db.session.commit()
    assert found("显微")[0] == sem.name
    assert set(found("显微")) == {sem.name, "天平"}


# --- the law --------------------------------------------------------------------------------------------------------

letters = st.text(
    st.sampled_from("电子显微镜扫描透射质谱液相色氣霝〇㐀龦𠀀𲎯ABcd09 -()()·XμéΩ"), min_size=2, max_size=20
)


def _by_itself(name: str, q: str) -> bool:
    row = db.session.query(Instrument).one()
    row.name = name
    db.session.commit()
    service.reindex([row.id])
    return queries.catalogue(Search(q=q), on=cast.TODAY).page.total == 1


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=letters, at=st.integers(0, 18))
def test_any_two_characters_of_the_name_find_it(app: Flask, name: str, at: int) -> None:
    if db.session.query(Instrument).count() != 1:
        cast.network()
        cast.instrument(cast.institution("u", name="单位", name_en="U"))
    at = min(at, len(name) - 2)
    assert _by_itself(name, name[at : at + 2])


def test_an_edit_and_its_search_are_one(sem: Instrument) -> None:
    sem.name = "透射电镜"
    db.session.commit()
    service.reindex([sem.id])
    assert "透射电镜" in found("透射")
    assert found("场发射") == []
