"""What lets an entry be found by its title, and a plan say what publishing would change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SQLITE = """UPDATE entries SET title = lower(substr(json_extract(entry, '$.title.value'), 1, 200))
    WHERE entry IS NOT NULL"""
POSTGRESQL = """UPDATE entries SET title = lower(substr(CAST(entry AS json) #>> '{title,value}', 1, 200))
    WHERE entry IS NOT NULL"""
BEGUN = "UPDATE sources SET begun = (SELECT min(first_seen) FROM entries WHERE entries.source = sources.name)"


def upgrade() -> None:
    """Add the columns; titles are as written until their entry changes, which is enough to find it."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("entries", sa.Column("title", key))
    op.add_column("sources", sa.Column("begun", sa.BigInteger))
    op.add_column("outputs", sa.Column("entries", sa.Text))
    op.add_column("outputs", sa.Column("settings", sa.Text))
    op.execute(POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE)
    op.execute(BEGUN)
    op.create_index("entries_title", "entries", ["title"])
