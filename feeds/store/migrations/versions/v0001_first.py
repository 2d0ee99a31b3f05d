"""The first tables: sources, entries, outputs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Create the tables; what each column holds stands in ``store.tables``."""
    key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "sources",
        sa.Column("name", key, primary_key=True),
        *(
            sa.Column(name, sa.Text)
            for name in ("kind", "etag", "last_modified", "body_hash", "reading", "feed")
        ),
        *(sa.Column(name, sa.BigInteger) for name in ("polled", "succeeded", "changed", "due")),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("error_class", sa.Text),
        sa.Column("status", sa.Integer),
        sa.Column("moved_to", sa.Text),
        sa.Column("wait", sa.Float),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("newest", sa.BigInteger),
    )
    op.create_index("sources_due", "sources", ["name", "due", "polled"])
    op.create_index("sources_newest", "sources", ["name", "newest"])
    op.create_table(
        "entries",
        sa.Column("number", number, primary_key=True),
        sa.Column("source", key, sa.ForeignKey("sources.name"), nullable=False),
        sa.Column("id", key, nullable=False),
        sa.Column("native_id", key),
        sa.Column("url", sa.Text),
        sa.Column("page", key),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("sort_key", sa.BigInteger, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("entry", sa.Text),
    )
    op.create_index("entries_id", "entries", ["id", "source"], unique=True)
    op.create_index("entries_native_id", "entries", ["native_id", "source"])
    op.create_index("entries_page", "entries", ["source", "page"])
    op.create_index(
        "entries_newest",
        "entries",
        ["source", sa.text("sort_key DESC"), "id"],
        sqlite_where=sa.text("entry IS NOT NULL"),
        postgresql_where=sa.text("entry IS NOT NULL"),
    )
    op.create_table(
        "outputs",
        sa.Column("name", key, primary_key=True),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("files", sa.Text, nullable=False),
    )
