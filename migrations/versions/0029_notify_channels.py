"""notify: robots of WeCom and DingTalk; old messages name no institution, and everything that waits is mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "notify_channel",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("institution_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_address", sa.String(length=2000), nullable=False),
        sa.Column("sealed_secret", sa.String(length=1000), nullable=False),
        sa.Column("hint", sa.String(length=20), nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("passed_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('wecom', 'dingtalk')", name=op.f("ck_notify_channel_kind")),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (institution_id IS NULL)", name=op.f("ck_notify_channel_owner")
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notify_channel"),
        sa.UniqueConstraint("user_id", "kind", name="uq_notify_channel_user_id_kind"),
        sa.UniqueConstraint("institution_id", "kind", name="uq_notify_channel_institution_id_kind"),
    )
    op.add_column("notify_message", sa.Column("institution_id", sa.Uuid(), nullable=True))
    op.create_index("ix_notify_message_created", "notify_message", ["created_at"], unique=False)
    op.add_column("notify_outgoing", sa.Column("channel_id", sa.Uuid(), nullable=True))
    op.create_index("ix_notify_outgoing_channel", "notify_outgoing", ["channel_id", "sent_at"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM notify_outgoing WHERE channel_id IS NOT NULL")
    op.drop_index("ix_notify_outgoing_channel", table_name="notify_outgoing")
    op.execute("ALTER TABLE notify_outgoing DROP COLUMN channel_id")
    op.drop_index("ix_notify_message_created", table_name="notify_message")
    op.execute("ALTER TABLE notify_message DROP COLUMN institution_id")
    op.drop_table("notify_channel")
