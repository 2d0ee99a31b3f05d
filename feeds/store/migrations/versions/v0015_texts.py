"""Full texts that were taken from the pages of entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add a table; it fills with the next entries of sources that want their full texts."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "texts",
        sa.Column("source", key, primary_key=True),
        sa.Column("id", key, primary_key=True),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("packed", sa.LargeBinary),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", sa.BigInteger),
        sa.Column("problem", sa.Text),
    )
    op.create_index("texts_due", "texts", ["source", "due"])
