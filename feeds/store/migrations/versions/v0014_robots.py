"""What sites ask of programs outlives a run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add a table; it fills with the next polls of pages."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "robots",
        sa.Column("origin", key, primary_key=True),
        sa.Column("rules", sa.Text),
        sa.Column("at", sa.BigInteger),
        sa.Column("tried", sa.BigInteger, nullable=False),
        sa.Column("failing", sa.BigInteger),
        sa.Column("problem", sa.Text),
    )
