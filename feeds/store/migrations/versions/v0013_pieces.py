"""It is known which bytes of a published file are which entry; sources are found by their newest entry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add two columns and an index."""
    op.add_column("outputs", sa.Column("seen", sa.Text))
    op.add_column("outputs", sa.Column("pieces", sa.Text))
    op.create_index("sources_latest", "sources", [sa.text("newest DESC"), "name"])
