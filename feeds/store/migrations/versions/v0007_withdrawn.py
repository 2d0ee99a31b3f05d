"""Entries that were withdrawn, by their source or by the operator."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Begin with none: what sources withdrew before was not noted; they say it again while it lasts."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("entries", sa.Column("withheld", sa.Text))
    op.create_index(
        "entries_withheld",
        "entries",
        ["id", "source"],
        sqlite_where=sa.text("withheld IS NOT NULL"),
        postgresql_where=sa.text("withheld IS NOT NULL"),
    )
    op.create_table(
        "withdrawn",
        sa.Column("id", key, primary_key=True),
        sa.Column("source", key, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("lifted", sa.BigInteger),
    )
    op.create_index("withdrawn_at", "withdrawn", ["at"])
