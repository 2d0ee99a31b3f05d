"""Entries know their rank in the first document of their source, and whether they are held back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add two columns; what stands in the order of outputs tells what is held back, too."""
    op.add_column("entries", sa.Column("backlog", sa.Integer))
    op.add_column("entries", sa.Column("held", sa.Integer))
    op.drop_index("entries_newest", "entries")
    op.create_index(
        "entries_newest",
        "entries",
        ["source", sa.text("sort_key DESC"), "id", "held"],
        sqlite_where=sa.text("entry IS NOT NULL"),
        postgresql_where=sa.text("entry IS NOT NULL"),
    )
    op.create_index(
        "entries_held",
        "entries",
        ["held", "source"],
        sqlite_where=sa.text("held IS NOT NULL"),
        postgresql_where=sa.text("held IS NOT NULL"),
    )
