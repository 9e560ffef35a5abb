"""orders: service orders with their quotes, contracts and files; what was agreed is never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
KEPT = ("orders_quote", "orders_file", "orders_contract")
INDEXES = {
    "customer": ["customer_id", "created_at"],
    "company": ["customer_institution_id", "created_at"],
    "group": ["group_id", "created_at"],
    "instrument": ["instrument_id", "status"],
    "institution": ["institution_id", "status"],
    "due": ["status", "due_at"],
}


def upgrade() -> None:
    op.create_table(
        "orders_order",
        sa.Column("number", sa.String(30), nullable=False),
        sa.Column("zone_code", sa.String(40), nullable=False),
        *_keys("orders_order", instrument_id="registry_instrument", institution_id="network_institution"),
        *_keys("orders_order", customer_id="people_user"),
        *_keys("orders_order", nullable=True, customer_institution_id="network_institution"),
        *_keys("orders_order", nullable=True, group_id="people_group", booking_id="booking_booking"),
        sa.Column("external", sa.Boolean(), nullable=False),
        sa.Column("what", sa.String(2000), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("nature", sa.String(1000), nullable=False),
        sa.Column("hazards", JSON, nullable=False),
        sa.Column("hazard_note", sa.String(500), nullable=False),
        sa.Column("wanted_on", sa.Date(), nullable=True),
        sa.Column("after", sa.String(10), nullable=False),
        sa.Column("return_to", sa.String(300), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("quote_version", sa.Integer(), nullable=False),
        sa.Column("accepted_version", sa.Integer(), nullable=True),
        *(sa.Column(name, INSTANT, nullable=True) for name in ("slot_starts_at", "slot_ends_at")),
        *(sa.Column(name, INSTANT, nullable=True) for name in ("due_at", "reminded_at")),
        *(sa.Column(name, INSTANT, nullable=False) for name in ("created_at", "changed_at")),
        *(sa.Column(name, INSTANT, nullable=True) for name in ("received_at", "delivered_at", "closed_at")),
        sa.Column("end_note", sa.String(1000), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "status IN ('asked','quoted','lapsed','accepted','scheduled','received','delivered','objected','done',"
            "'declined','refused','withdrawn','stopped')",
            name="ck_orders_order_status",
        ),
        sa.CheckConstraint("samples > 0", name="ck_orders_order_samples"),
        sa.CheckConstraint("after IN ('return','dispose')", name="ck_orders_order_after"),
        sa.CheckConstraint("(slot_starts_at IS NULL) = (slot_ends_at IS NULL)", name="ck_orders_order_slot"),
        sa.PrimaryKeyConstraint("id", name="pk_orders_order"),
        sa.UniqueConstraint("number", name="uq_orders_order_number"),
        sa.UniqueConstraint("booking_id", name="uq_orders_order_booking_id"),
    )
    for name, columns in INDEXES.items():
        op.create_index(f"ix_orders_order_{name}", "orders_order", columns)
    op.create_table(
        "orders_quote",
        *_of_order("orders_quote"),
        sa.Column("lines", JSON, nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("result_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(1000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("order_id", "version", name="uq_orders_quote_order_id_version"),
    )
    op.create_table(
        "orders_file",
        *_of_order("orders_file"),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("delivery", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('request','contract','result')", name="ck_orders_file_kind"),
    )
    op.create_index("ix_orders_file_order_id", "orders_file", ["order_id"])
    op.create_table(
        "orders_contract",
        *_of_order("orders_contract"),
        *_keys("orders_contract", file_id="orders_file"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("registration_no", sa.String(60), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('development','transfer','licence','consulting','service')",
            name="ck_orders_contract_kind",
        ),
        sa.CheckConstraint(
            "(registration_no = '') = (registered_on IS NULL)", name="ck_orders_contract_registration"
        ),
        sa.UniqueConstraint("order_id", "version", name="uq_orders_contract_order_id_version"),
    )
    for table in KEPT:
        append_only(table)


def downgrade() -> None:
    for table in ("orders_contract", "orders_file", "orders_quote", "orders_order"):
        op.drop_table(table)


def _keys(table: str, *, nullable: bool = False, **targets: str) -> list[sa.Column[object]]:
    return [
        sa.Column(
            name, sa.Uuid(), sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{name}"), nullable=nullable
        )
        for name, target in targets.items()
    ]


def _of_order(table: str) -> list[object]:
    """Whose row it is, who wrote it and when."""
    return [
        *_keys(table, order_id="orders_order", by_id="people_user"),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    ]


def append_only(table: str) -> None:
    """Refuse update and delete, whoever asks (DESIGN 2.3)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION kernel_append_only()"
        )
        return
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_append_only_{event.lower()} BEFORE {event} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
        )
