"""Tables of the registry."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sharing.kernel.db import Json, Key, Keyed, Model, UtcDateTime
from sharing.network.models import Dated, one_a_day


class Instrument(Keyed, Model):
    """One bookable instrument. Enumerated national fields keep the words of DOMAIN 2.A1, value in fen."""

    __tablename__ = "registry_instrument"
    __table_args__ = (
        UniqueConstraint("institution_id", "asset_no"),
        CheckConstraint("status IN ('in_service','maintenance','suspended','retired')", name="status"),
        CheckConstraint(
            "booking_mode IN ('self_service','approval','service_only','closed')", name="booking_mode"
        ),
        CheckConstraint("capacity BETWEEN 1 AND 99", name="capacity"),
        Index("ix_registry_instrument_zone", "zone_id", "status"),
        Index("ix_registry_instrument_category", "category_code", "status"),
    )

    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    institution_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_institution.id"), index=True)
    zone_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_zone.id"))  # where it stands
    group_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("people_group.id")
    )  # the group that owns it
    category_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("network_category.id"))
    category_code: Mapped[str] = mapped_column(String(6))
    status: Mapped[str] = mapped_column(String(12), default="in_service")
    status_reason: Mapped[str] = mapped_column(String(300), default="")
    booking_mode: Mapped[str] = mapped_column(String(12), default="approval")
    offers_service: Mapped[bool] = mapped_column(default=False)  # takes service orders beside bookings
    capacity: Mapped[int] = mapped_column(default=1)
    asset_no: Mapped[str | None] = mapped_column(String(60))  # innerId of the national record
    national_no: Mapped[str | None] = mapped_column(String(60))
    serial_no: Mapped[str | None] = mapped_column(String(80))
    original_value_fen: Mapped[int | None] = mapped_column(BigInteger)
    manufacturer: Mapped[str] = mapped_column(String(100), default="")
    manufacturer_en: Mapped[str] = mapped_column(String(100), default="")
    model: Mapped[str] = mapped_column(String(100), default="")
    country: Mapped[str] = mapped_column(String(40), default="")  # name per GB/T 2659
    commissioned_on: Mapped[date | None]  # 启用日期
    source: Mapped[str] = mapped_column(String(10), default="购置")  # 购置 | 研制 | 赠送 | 其他
    kind: Mapped[str] = mapped_column(String(10), default="通用")  # 专用 | 通用
    customs_supervised: Mapped[bool] = mapped_column(default=False)
    customs_until: Mapped[date | None]
    carrier_kind: Mapped[str] = mapped_column(String(20), default="无")  # 所属资源载体
    carrier_name: Mapped[str] = mapped_column(String(100), default="无")
    department: Mapped[str] = mapped_column(String(100), default="")
    technical: Mapped[str] = mapped_column(String(500), default="")
    functions: Mapped[str] = mapped_column(String(300), default="")
    subjects: Mapped[list[str]] = mapped_column(Json, default=list)  # GB/T 13745 first level, 1 to 4
    funds: Mapped[list[str]] = mapped_column(Json, default=list)  # 中央财政资金 …
    service_content: Mapped[str] = mapped_column(String(200), default="")
    achievements: Mapped[str] = mapped_column(String(500), default="")
    open_rules: Mapped[str] = mapped_column(String(500), default="")
    fee_summary: Mapped[str] = mapped_column(String(500), default="")
    share_mode: Mapped[str] = mapped_column(String(10), default="外部共享")  # 内部共享 | 外部共享 | 不共享
    usual_state: Mapped[str] = mapped_column(String(10), default="正常")
    city: Mapped[str] = mapped_column(String(40), default="")
    county: Mapped[str] = mapped_column(String(40), default="")
    street: Mapped[str] = mapped_column(String(100), default="")
    postal_code: Mapped[str] = mapped_column(String(6), default="")
    location: Mapped[str] = mapped_column(String(150), default="")  # building and room
    contact: Mapped[str] = mapped_column(String(20), default="")
    contact_phone: Mapped[str] = mapped_column(String(20), default="")
    contact_email: Mapped[str] = mapped_column(String(50), default="")
    is_sample: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Version(Model):
    """One row: a number that triggers draw anew at each change of an instrument: a cache knows when it is old."""

    __tablename__ = "registry_version"

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    version: Mapped[int] = mapped_column(BigInteger)


class Picture(Keyed, Model):
    """A picture of an instrument; the file lies in the storage folder under its hash."""

    __tablename__ = "registry_picture"

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int]
    height: Mapped[int]
    caption: Mapped[str] = mapped_column(String(150), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Policy(Keyed, Dated, Model):
    """What a booking must keep to. Null means without limit; times in whole minutes, of the booked span."""

    __tablename__ = "registry_policy"
    __table_args__ = (
        one_a_day("registry_policy", "scope_key", "valid_from"),
        CheckConstraint("audience IN ('group','institution','network','everyone')", name="audience"),
    )

    granularity_minutes: Mapped[int] = mapped_column(default=30)
    shortest_minutes: Mapped[int] = mapped_column(default=30)
    longest_minutes: Mapped[int | None]
    lead_minutes: Mapped[int] = mapped_column(default=0)
    horizon_days: Mapped[int | None]
    person_day_minutes: Mapped[int | None]
    person_week_minutes: Mapped[int | None]
    group_day_minutes: Mapped[int | None]
    group_week_minutes: Mapped[int | None]
    most_open_bookings: Mapped[int | None]
    setup_minutes: Mapped[int] = mapped_column(default=0)  # buffer before, shown and not charged
    cleanup_minutes: Mapped[int] = mapped_column(default=0)  # buffer after
    cancel_notice_minutes: Mapped[int] = mapped_column(default=0)
    audience: Mapped[str] = mapped_column(String(12), default="everyone")
    licence_level: Mapped[str | None] = mapped_column(String(20))  # a training licence of at least this level
    licence_idle_days: Mapped[int | None]  # which lapses after so many days without use; null is never
    runs_through_closed: Mapped[bool] = mapped_column(default=False)  # may run on over closed time in between
    check_in_required: Mapped[bool] = mapped_column(default=False)
    check_in_early_minutes: Mapped[int] = mapped_column(default=15)
    no_show_minutes: Mapped[int | None]  # release after this; null is off, the default


class Timetable(Keyed, Dated, Model):
    """Opening hours: for each kind of day the spans in minutes after midnight, `{"workday": [[510,720],[840,1050]]}`.

    Kinds: `workday`, `weekend`, `holiday`; `mon` … `sun` where given stand above `workday` or `weekend`. A kind left
    out is closed. 0 to 1440 every day is round the clock.
    """

    __tablename__ = "registry_timetable"
    __table_args__ = (one_a_day("registry_timetable", "scope_key", "valid_from"),)

    name: Mapped[str] = mapped_column(String(60), default="")
    name_en: Mapped[str] = mapped_column(String(60), default="")
    days: Mapped[dict[str, list[list[int]]]] = mapped_column(Json)


class Question(Keyed, Model):
    """One booking question of an instrument, or of every instrument in a wider scope. Retired, never changed."""

    __tablename__ = "registry_question"
    __table_args__ = (
        CheckConstraint("kind IN ('text','choice','number','file','yes_no')", name="kind"),
        Index("ix_registry_question_scope", "scope_key", "position"),
    )

    scope_kind: Mapped[str] = mapped_column(String(20))
    scope_id: Mapped[uuid.UUID | None] = mapped_column(Key)
    scope_key: Mapped[str] = mapped_column(String(60))
    key: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(200))
    label_en: Mapped[str] = mapped_column(String(200), default="")
    hint: Mapped[str] = mapped_column(String(300), default="")
    hint_en: Mapped[str] = mapped_column(String(300), default="")
    choices: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)  # [{"value","label","label_en"}]
    required: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Licence(Keyed, Model):
    """Leave for a person to use an instrument alone, at a level, within days `[starts_on, ends_on)`."""

    __tablename__ = "registry_licence"
    __table_args__ = (
        CheckConstraint("level IN ('supervised','independent','advanced')", name="level"),
        Index("ix_registry_licence_person", "instrument_id", "user_id"),
    )

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), index=True)
    level: Mapped[str] = mapped_column(String(20))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str] = mapped_column(String(300), default="")


class Favourite(Model):
    """An instrument that a person starred."""

    __tablename__ = "registry_favourite"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("people_user.id"), primary_key=True)
    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportRun(Keyed, Model):
    """One file brought to the register and what became of it; written with the rows, so that it never says too much."""

    __tablename__ = "registry_import"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting','looking','looked','asked','applying','done','refused')", name="state"
        ),
        CheckConstraint("mode IN ('all','good')", name="mode"),
        Index("ix_registry_import_state", "state"),
    )

    institution_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("network_institution.id"), index=True
    )  # null: as each row says
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"), index=True)
    by_name: Mapped[str] = mapped_column(String(100), default="")
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    layout: Mapped[str] = mapped_column(String(20))
    targets: Mapped[dict[str, str] | None] = mapped_column(Json)  # heading -> field, of a mapping
    mode: Mapped[str] = mapped_column(String(4), default="all")
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    rows: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    written: Mapped[int] = mapped_column(default=0)
    line: Mapped[int] = mapped_column(default=0)  # the last that was reached
    problem: Mapped[dict[str, str] | None] = mapped_column(Json)  # {"kind", "message"} of what refused it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportMapping(Keyed, Model):
    """Which heading of somebody's own table fills which field. Never changed: the newest of a name holds."""

    __tablename__ = "registry_import_mapping"
    __table_args__ = (Index("ix_registry_import_mapping_house", "institution_id", "name"),)

    institution_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("network_institution.id"))
    name: Mapped[str] = mapped_column(String(60))
    targets: Mapped[dict[str, str]] = mapped_column(Json)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("people_user.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Document(Keyed, Model):
    """A PDF about an instrument: a manual, rules; the file lies in the storage folder under its hash."""

    __tablename__ = "registry_document"

    instrument_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("registry_instrument.id"), index=True)
    title: Mapped[str] = mapped_column(String(150))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
