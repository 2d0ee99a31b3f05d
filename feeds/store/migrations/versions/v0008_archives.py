"""Archive pages (RFC 5005), and which entry is in which of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Begin with none."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "archives",
        sa.Column("output", key, primary_key=True),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("horizon", sa.BigInteger),
        sa.Column("late", sa.Text, nullable=False),
    )
    op.create_table(
        "pages",
        sa.Column("output", key, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("base", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
    )
    op.create_table(
        "archived",
        sa.Column("output", key, primary_key=True),
        sa.Column("id", key, primary_key=True),
        sa.Column("source", key, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
    )
    op.create_index("archived_page", "archived", ["output", "page"])
