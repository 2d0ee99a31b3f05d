"""What was a column for moves becomes one for all that a source's server has to say twice."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A move that was noted is seen again at the next poll, so nothing is carried over."""
    op.execute("ALTER TABLE sources RENAME COLUMN moved_to TO trust")
    op.execute("UPDATE sources SET trust = NULL")
