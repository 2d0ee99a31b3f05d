"""What is due is found by a seek, and a run leaves notes of itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Put two partial indexes in the place of one that had every source read; add a column and a table."""
    op.add_column("sources", sa.Column("away", sa.Integer))
    op.drop_index("sources_due", "sources")
    for column in ("due", "polled"):
        listed = sa.text("away IS NULL")
        name = f"sources_{column}"
        op.create_index(name, "sources", [column, "name"], sqlite_where=listed, postgresql_where=listed)
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "notes",
        sa.Column("name", key, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
    )
