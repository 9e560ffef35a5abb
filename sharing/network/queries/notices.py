"""Notices, and the leave that institutions gave to act in their stead."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select

from sharing.kernel.db import db, table_of
from sharing.kernel.paging import PER_PAGE, Page
from sharing.network.models import Institution, Mandate, Notice, Zone


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """What a node, or a house of it, tells everybody; with the names of both."""

    id: uuid.UUID
    title: str
    title_en: str
    body: str
    body_en: str
    starts_on: date
    ends_on: date | None
    withdrawn_at: datetime | None
    zone_id: uuid.UUID
    zone_code: str
    zone_name: str
    zone_name_en: str
    is_province: bool
    institution_id: uuid.UUID | None
    house: str | None
    house_en: str | None

    def stands(self, on: date) -> bool:
        """It is shown on that day."""
        return (
            self.withdrawn_at is None and self.starts_on <= on and (self.ends_on is None or on < self.ends_on)
        )


def _notices() -> Select[Any]:
    table, node, home = table_of(Notice), table_of(Zone), table_of(Institution)
    c = table.c
    return (
        select(
            c.id, c.title, c.title_en, c.body, c.body_en, c.starts_on, c.ends_on, c.withdrawn_at, c.zone_id
        )
        .add_columns(node.c.code, node.c.name, node.c.name_en, node.c.is_province)
        .add_columns(c.institution_id, home.c.name, home.c.name_en)
        .join_from(table, node, node.c.id == c.zone_id)
        .outerjoin(home, home.c.id == c.institution_id)
    )


def notices(
    zone_id: uuid.UUID | None, on: date, *, reader: uuid.UUID | None = None, limit: int = 20
) -> list[NoticeRow]:
    """Notices that stand on a day, newest first: those of one node with its houses, or for None of every node, and of
    the reader's own house."""
    c = table_of(Notice).c
    stands = (c.withdrawn_at.is_(None), c.starts_on <= on, c.ends_on.is_(None) | (c.ends_on > on))
    ask = _notices().where(*stands).order_by(c.starts_on.desc(), c.id.desc()).limit(limit)
    if zone_id is not None:
        ask = ask.where(c.zone_id == zone_id)
    else:
        ask = ask.where(c.institution_id.is_(None) | (c.institution_id == reader))
    return [NoticeRow(*row) for row in db.session.execute(ask)]


def all_notices(
    zones: Collection[uuid.UUID] | None, institutions: Collection[uuid.UUID], *, page: int = 1
) -> Page[NoticeRow]:
    """Every notice, those over and withdrawn too, that somebody keeps: of her zones and houses; None means all."""
    c = table_of(Notice).c
    where = [] if zones is None else [c.zone_id.in_(zones) | c.institution_id.in_(institutions)]
    total = db.session.execute(select(func.count()).select_from(table_of(Notice)).where(*where)).scalar_one()
    ask = _notices().where(*where).order_by(c.starts_on.desc(), c.id.desc())
    rows = db.session.execute(ask.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    return Page([NoticeRow(*row) for row in rows], total, page)


def notice(notice_id: uuid.UUID) -> NoticeRow | None:
    row = db.session.execute(_notices().where(table_of(Notice).c.id == notice_id)).first()
    return NoticeRow(*row) if row else None


# --- leave to act in an institution's stead ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MandateRow:
    """An institution lets its zone's administrator register instruments in its stead, in `[starts_on, ends_on)`."""

    id: uuid.UUID
    institution_id: uuid.UUID
    starts_on: date
    ends_on: date | None
    source_document: str
    created_at: datetime

    def holds(self, on: date) -> bool:
        return self.starts_on <= on and (self.ends_on is None or on < self.ends_on)


def mandates(institution_id: uuid.UUID) -> list[MandateRow]:
    """Every leave that an institution gave, the newest first."""
    c = table_of(Mandate).c
    ask = select(*(c[name] for name in MandateRow.__dataclass_fields__)).where(
        c.institution_id == institution_id
    )
    return [MandateRow(*row) for row in db.session.execute(ask.order_by(c.starts_on.desc(), c.id.desc()))]


def mandated(on: date) -> frozenset[uuid.UUID]:
    """The institutions whose zone may register instruments in their stead on a day."""
    c = table_of(Mandate).c
    ask = select(c.institution_id).where(c.starts_on <= on, c.ends_on.is_(None) | (c.ends_on > on))
    return frozenset(db.session.scalars(ask))
