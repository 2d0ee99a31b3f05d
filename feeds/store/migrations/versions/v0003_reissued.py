"""What tells a source whose ids are not stable, and the index by which its entries are known again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Add two columns and an index; what they hold stands in ``store.tables``."""
    op.add_column("sources", sa.Column("reissues", sa.Integer))
    op.add_column("sources", sa.Column("said", sa.Text))
    op.create_index("entries_fingerprint", "entries", ["source", "fingerprint"])
