"""What happened, in order, so that it can be replayed; and when a page of an archive was closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Begin with nothing; of the pages that are there, it is not known when they were closed."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "journal",
        sa.Column("number", number, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("source", key),
        sa.Column("told", sa.Text, nullable=False),
        sa.Column("readable", sa.Integer),
        sa.Column("segment", sa.Text),
        sa.Column("place", sa.BigInteger),
        sa.Column("size", sa.BigInteger),
        sa.Column("hash", sa.Text),
    )
    op.create_index("journal_at", "journal", ["at"])
    op.create_index("journal_source", "journal", ["source", "readable", "number"])
    op.create_index("journal_segment", "journal", ["segment", "hash"])
    op.add_column("pages", sa.Column("closed", sa.BigInteger))
    op.add_column("pages", sa.Column("after", sa.BigInteger))
