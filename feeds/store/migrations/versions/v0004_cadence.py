"""What is learned of the rhythm of sources, and the price of a request."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Add a column and a table; what they hold stands in ``store.tables``."""
    op.add_column("sources", sa.Column("rhythm", sa.Text))
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "pace",
        sa.Column("name", key, primary_key=True),
        sa.Column("price", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("budget", sa.Float, nullable=False),
        sa.Column("owed", sa.Float, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.Column("hosts", sa.Text, nullable=False),
    )
