"""Tables of the network."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime


def one_a_day(table: str, *columns: str) -> Index:
    """One row a scope and day, those withdrawn aside."""
    stands = text("withdrawn_at IS NULL")
    name = f"uq_{table}_{'_'.join(columns)}"
    return Index(name, *columns, unique=True, sqlite_where=stands, postgresql_where=stands)


class Zone(Keyed, Model):
    """A node of the network: a subzone, or the province itself (`is_province`) for whatever lies outside them."""

    __tablename__ = "network_zone"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100))
    number_prefix: Mapped[str] = mapped_column(String(6), unique=True)
    is_province: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    places: Mapped[list[str]] = mapped_column(Json, default=list)  # GB/T 2260 prefecture codes
    source_document: Mapped[str] = mapped_column(String(300), default="", server_default="")


class Institution(Keyed, Model):
    """An owner of instruments or an outside enterprise; belongs to one node."""

    __tablename__ = "network_institution"
    __table_args__ = (
        CheckConstraint("kind IN ('university','institute','hospital','agency','enterprise')", name="kind"),
    )

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(150))
    name_en: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_zone.id"), index=True)
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)  # 统一社会信用代码
    address: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(30))
    is_sample: Mapped[bool] = mapped_column(default=False)
    joined_on: Mapped[date | None]
    source_document: Mapped[str] = mapped_column(String(300), default="", server_default="")
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    close_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")


class CodeSet(Model):
    """A version of a code table, such as the 15-class instrument categories. `begun`: its day has come."""

    __tablename__ = "network_code_set"

    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(150))
    source_document: Mapped[str] = mapped_column(String(300))
    valid_from: Mapped[date]
    begun: Mapped[bool] = mapped_column(default=True, server_default=true())


class Category(Keyed, Model):
    """One row of a code set: 6 digits, two a level; `010102` lies below `010100` below `010000`.

    Its words are those that hold today, kept from the dated changes. Never deleted: `gone` takes no new instruments.
    """

    __tablename__ = "network_category"
    __table_args__ = (UniqueConstraint("code_set", "code"),)

    code_set: Mapped[str] = mapped_column(ForeignKey("network_code_set.version"))
    code: Mapped[str] = mapped_column(String(6), index=True)
    level: Mapped[int]
    parent_code: Mapped[str | None] = mapped_column(String(6))
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(150))
    aliases: Mapped[str] = mapped_column(String(300), default="")
    begun: Mapped[bool] = mapped_column(default=True, server_default=true())
    gone: Mapped[bool] = mapped_column(default=False, server_default=false())


class CategoryChange(Keyed, Model):
    """What a category is called from a day on, or that it is gone, and the document that says so.

    Rows are added, never changed or deleted; one that has not begun may be withdrawn.
    """

    __tablename__ = "network_category_change"
    __table_args__ = (one_a_day("network_category_change", "category_id", "valid_from"),)

    category_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_category.id"))
    valid_from: Mapped[date]
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(150))
    aliases: Mapped[str] = mapped_column(String(300), default="")
    gone: Mapped[bool] = mapped_column(default=False)
    source_document: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when its day had come
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # before it began; it never held


class CalendarDay(Model):
    """A day the State Council's list names: holiday or shifted workday. Editable; unknown years have no rows."""

    __tablename__ = "network_calendar_day"
    __table_args__ = (CheckConstraint("kind IN ('holiday','workday')", name="kind"),)

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    source_document: Mapped[str] = mapped_column(String(300))


class Notice(Keyed, Model):
    """Something that a node tells everybody, or a house of it its own people, between two days."""

    __tablename__ = "network_notice"

    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_zone.id"), index=True)
    title: Mapped[str] = mapped_column(String(150))
    title_en: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text)
    body_en: Mapped[str] = mapped_column(Text, default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    institution_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Mandate(Keyed, Model):
    """An institution lets its zone's administrator register instruments in its stead, within `[starts_on, ends_on)`."""

    __tablename__ = "network_mandate"

    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    source_document: Mapped[str] = mapped_column(String(300))
    given_by: Mapped[uuid.UUID | None] = mapped_column(Key)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Setting(Model):
    """A dated value of the network itself, such as the approval office hours. Unique per key and day."""

    __tablename__ = "network_setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    source_document: Mapped[str] = mapped_column(String(300))


class RuleEpoch(Model):
    """One row: a number drawn anew whenever any dated rule changes, so that a cache of rules knows when it is old."""

    __tablename__ = "network_rule_epoch"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    epoch: Mapped[int] = mapped_column(default=1)


class Dated:
    """What every dated rule row has: its scope, the day it begins, and the document that says so.

    Rows are added, never changed or deleted; one that has not begun may be withdrawn.
    """

    scope_kind: Mapped[str] = mapped_column(
        String(20)
    )  # network | zone | institution | category | instrument
    scope_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    scope_key: Mapped[str] = mapped_column(
        String(60)
    )  # "network", or kind:id; makes uniqueness real with a null id
    valid_from: Mapped[date]
    inherit: Mapped[bool] = mapped_column(default=False)
    source_document: Mapped[str] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # before it began; it never held
