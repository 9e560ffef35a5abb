"""registry: the words that instruments are found by; empty until `registry.service.reindex` fills it from the rows."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

SQLITE = """
CREATE VIRTUAL TABLE registry_fts USING fts5(instrument_id, name, terms, rest, sound, tokenize = 'ascii')
"""
POSTGRESQL = """
CREATE TABLE registry_fts (
    instrument_id uuid NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT pk_registry_fts PRIMARY KEY (instrument_id),
    CONSTRAINT fk_registry_fts_instrument_id FOREIGN KEY (instrument_id) REFERENCES registry_instrument (id)
)
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(SQLITE)
        return
    op.execute(POSTGRESQL)
    op.execute("CREATE INDEX ix_registry_fts_words ON registry_fts USING gin (words)")


def downgrade() -> None:
    op.execute("DROP TABLE registry_fts")
