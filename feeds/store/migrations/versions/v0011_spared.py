"""Which entries of a document need not be read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add a table; it fills with the next documents."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "spared",
        sa.Column("source", key, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("context", sa.LargeBinary, nullable=False),
        sa.Column("packed", sa.LargeBinary, nullable=False),
    )
