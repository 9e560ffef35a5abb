"""Keeping the words by which instruments are found: written with every edit, and rebuilt whole when asked."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from sqlalchemy import bindparam, select, text

from sharing.kernel.among import Keys, among
from sharing.kernel.bulk import copy_in
from sharing.kernel.db import db, is_sqlite, transactional
from sharing.network import queries as network
from sharing.network.queries import CategoryRow
from sharing.registry.queries.instruments import CATEGORY, INSTITUTION, INSTRUMENT, ZONE
from sharing.registry.rules.grams import grams, is_chinese, joined, runs, tails, vector

BATCH: Final = 1000
CACHED: Final = 8192
Lineage = Callable[[str, str], list[CategoryRow]]
_C: Final = INSTRUMENT.c
_WORDS: Final = (
    select(
        _C.id,
        _C.code,
        _C.name,
        _C.name_en,
        _C.model,
        _C.manufacturer,
        _C.manufacturer_en,
        _C.asset_no,
        _C.national_no,
        _C.serial_no,
        _C.department,
        _C.location,
        _C.functions,
        _C.service_content,
        _C.technical,
        INSTITUTION.c.code.label("institution_code"),
        INSTITUTION.c.name.label("institution"),
        INSTITUTION.c.name_en.label("institution_en"),
        ZONE.c.name.label("zone"),
        ZONE.c.name_en.label("zone_en"),
        CATEGORY.c.code_set,
        CATEGORY.c.code.label("category"),
    )
    .join_from(INSTRUMENT, INSTITUTION, INSTITUTION.c.id == _C.institution_id)
    .join(ZONE, ZONE.c.id == _C.zone_id)
    .join(CATEGORY, CATEGORY.c.id == _C.category_id)
)
# By one array: amid a long import PostgreSQL has no figures of the table, and would read all of it for a list of keys.
_WORDS_OF: Final = _WORDS.where(among(_C.id, bindparam("ids", type_=Keys())))
_SQLITE_IN: Final = text(
    "INSERT INTO registry_fts (instrument_id, name, terms, rest, sound) VALUES (:key, :name, :terms, :rest, :sound)"
)
_SQLITE_OUT: Final = text(
    "DELETE FROM registry_fts WHERE rowid IN"
    " (SELECT rowid FROM registry_fts WHERE registry_fts MATCH 'instrument_id : \"' || :key || '\"')"
)
_POSTGRESQL: Final = text(
    "INSERT INTO registry_fts (instrument_id, words) VALUES (CAST(:key AS uuid), CAST(:words AS tsvector))"
    " ON CONFLICT (instrument_id) DO UPDATE SET words = excluded.words"
)


_COPY: Final = "COPY registry_fts (instrument_id, words) FROM STDIN"


@transactional
def reindex(ids: Sequence[uuid.UUID] | None = None, *, fresh: bool = False) -> int:
    """Write the words of these instruments anew, or of all; in the caller's transaction. Returns how many.

    fresh  they have no words yet: nothing is taken out first, and PostgreSQL copies them in
    """
    if ids is None:
        db.session.execute(text("DELETE FROM registry_fts"))
        rows = db.session.execute(_WORDS).all()
    else:
        rows = db.session.execute(_WORDS_OF, {"ids": list(ids)}).all()
        if is_sqlite() and not fresh:
            for key in ids:
                db.session.execute(_SQLITE_OUT, {"key": key.hex})
    lineage = _lineages()
    for start in range(0, len(rows), BATCH):
        _write([_columns(row, lineage) for row in rows[start : start + BATCH]], fresh or ids is None)
    return len(rows)


def _write(batch: list[tuple[uuid.UUID, dict[str, list[str]]]], fresh: bool) -> None:
    if is_sqlite():
        said = [{"key": key.hex, **{k: " ".join(v) for k, v in words.items()}} for key, words in batch]
        db.session.execute(_SQLITE_IN, said)
        return
    weights = {"name": "A", "terms": "B", "rest": "C", "sound": "D"}
    vectors = [
        {"key": str(key), "words": vector((weights[k], v) for k, v in words.items())} for key, words in batch
    ]
    if not fresh:
        db.session.execute(_POSTGRESQL, vectors)
        return
    copy_in(_COPY, ((one["key"], one["words"]) for one in vectors))


def _columns(row: Any, lineage: Lineage) -> tuple[uuid.UUID, dict[str, list[str]]]:
    """What is written of one instrument: its name; how it is asked for; what else it is about; how it sounds."""
    name = [*_grams(row.name), *tails(row.name)]
    numbers = (row.model, row.code, row.asset_no, row.national_no, row.serial_no)
    terms = [token for one in numbers if one for token in (*_grams(one), *joined(one))]
    category, *wider = lineage(row.code_set, row.category)
    asked = (row.name_en, row.manufacturer, row.manufacturer_en, *_said(category))
    terms += [token for one in asked for token in _grams(one)]
    terms += [token for alias in category.aliases.split() for token in _joined(alias)]
    about = (
        row.institution,
        row.institution_en,
        row.institution_code,
        row.zone,
        row.zone_en,
        row.department,
        row.location,
        row.functions,
        row.service_content,
        row.technical,
        *(one for above in wider for one in _said(above)),
    )
    rest = [token for one in about for token in _grams(one)]
    spoken = dict.fromkeys((row.name, row.institution, category.name))
    sound = [token for one in spoken for token in pinyin(one)]
    return row.id, {"name": name, "terms": terms, "rest": rest, "sound": sound}


def _lineages() -> Lineage:
    """Gives a category and those above it, the nearest first; reads each code set once."""
    sets: dict[str, dict[str, CategoryRow]] = {}

    @cache
    def lineage(code_set: str, code: str) -> list[CategoryRow]:
        if code_set not in sets:
            sets[code_set] = {row.code: row for row in network.categories(code_set)}
        known = sets[code_set]
        out = [known[code]]
        while (parent := out[-1].parent_code) in known:
            out.append(known[parent])
        return out

    return lineage


@lru_cache(maxsize=CACHED)
def _grams(said: str) -> tuple[str, ...]:
    """Houses, makers, classes and uses repeat from row to row."""
    return tuple(grams(said))


def _said(category: CategoryRow) -> tuple[str, str, str]:
    return category.name, category.name_en, category.aliases


_joined = lru_cache(maxsize=CACHED)(joined)


@lru_cache(maxsize=CACHED)
def pinyin(said: str) -> tuple[str, ...]:
    """How a Chinese text sounds, Latin parts kept: its initials (smdzxwj) and its whole; nothing without Chinese."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 65 MB and 0.3 s, only where something is written

    words = runs(said)
    if not any(is_chinese(word) for word in words):
        return ()
    sounds = [lazy_pinyin(word) if is_chinese(word) else [word] for word in words]
    first = "".join(
        sound[:1] if is_chinese(word) else sound
        for word, one in zip(words, sounds, strict=True)
        for sound in one
    )
    whole = "".join(sound for one in sounds for sound in one)
    return tuple(token for token in ("".join(runs(first)), "".join(runs(whole))) if token and token.isascii())
