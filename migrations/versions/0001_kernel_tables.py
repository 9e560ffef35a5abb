"""kernel: its tables.

On PostgreSQL also what later migrations call: the extension for the overlap rule and the function that refuses to
touch history.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = """
CREATE FUNCTION kernel_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only' USING ERRCODE = 'restrict_violation', TABLE = TG_TABLE_NAME;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
        op.execute(APPEND_ONLY)
    op.create_table(
        "kernel_idempotency_key",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("location", sa.String(length=300), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kernel_idempotency_key"),
        sa.UniqueConstraint("user_id", "key", name="uq_kernel_idempotency_key_user_id_key"),
    )
    op.create_index(
        "ix_kernel_idempotency_key_created_at", "kernel_idempotency_key", ["created_at"], unique=False
    )
    op.create_table(
        "kernel_job_run",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("found", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('running', 'done', 'failed')", name=op.f("ck_kernel_job_run_outcome")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_kernel_job_run"),
        sa.UniqueConstraint("job", "due_at", name="uq_kernel_job_run_job_due_at"),
    )
    op.create_index("ix_kernel_job_run_due_at", "kernel_job_run", ["due_at"], unique=False)
    op.create_table(
        "kernel_lease",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_kernel_lease"),
    )
    op.create_table(
        "kernel_series",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_kernel_series"),
    )


def downgrade() -> None:
    op.drop_table("kernel_series")
    op.drop_table("kernel_lease")
    op.drop_table("kernel_job_run")
    op.drop_table("kernel_idempotency_key")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION kernel_append_only()")
