"""Hosts that want to be asked less often."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Begin with none: a host that is asked too often says so again."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "hosts",
        sa.Column("host", key, primary_key=True),
        sa.Column("gap", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
    )
