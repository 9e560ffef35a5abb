"""network, notify: notices of institutions too, withdrawn and not deleted; an institution's own mail texts; leave for
a zone's administrator to register instruments in an institution's stead. Old notices are their node's, as they were.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("network_notice", sa.Column("institution_id", sa.Uuid(), nullable=True))
    op.add_column("network_notice", sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "network_mandate",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["network_institution.id"], name="fk_network_mandate_institution_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_network_mandate"),
    )
    op.create_index("ix_network_mandate_institution_id", "network_mandate", ["institution_id"])
    op.create_table(
        "notify_text",
        sa.Column("institution_id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("inherit", sa.Boolean(), nullable=False),
        *(
            sa.Column(f"{part}{language}", sa.String(length=1000), nullable=False)
            for language in ("", "_en")
            for part in ("title", "said", "then")
        ),
        sa.Column("source_document", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notify_text"),
        sa.UniqueConstraint(
            "institution_id", "topic", "valid_from", name="uq_notify_text_institution_id_topic_valid_from"
        ),
    )


def downgrade() -> None:
    op.drop_table("notify_text")
    op.drop_table("network_mandate")
    for name in ("withdrawn_at", "institution_id"):
        op.execute(f"ALTER TABLE network_notice DROP COLUMN {name}")
