"""The indexes over a part of a table, and one with an order; ``METADATA`` from here knows all of them.

Apart from the tables, because no query names them, and SQLAlchemy loads all of its PostgreSQL at the sight of
a word of it, which a start pays for.
"""

from __future__ import annotations

from sqlalchemy import Index

from feeds.store.tables import ENTRIES, METADATA, SOURCES

__all__ = ("METADATA",)

Index(
    "sources_due",
    SOURCES.c.due,
    SOURCES.c.name,
    sqlite_where=SOURCES.c.away.is_(None),
    postgresql_where=SOURCES.c.away.is_(None),
)

Index(
    "sources_polled",
    SOURCES.c.polled,
    SOURCES.c.name,
    sqlite_where=SOURCES.c.away.is_(None),
    postgresql_where=SOURCES.c.away.is_(None),
)

# So that the first entries of many sources are found without looking at all of these.
Index("sources_latest", SOURCES.c.newest.desc(), SOURCES.c.name)

Index(
    "entries_newest",
    ENTRIES.c.source,
    ENTRIES.c.sort_key.desc(),
    ENTRIES.c.id,
    ENTRIES.c.held,
    sqlite_where=ENTRIES.c.entry.is_not(None),
    postgresql_where=ENTRIES.c.entry.is_not(None),
)

Index(
    "entries_withheld",
    ENTRIES.c.id,
    ENTRIES.c.source,
    sqlite_where=ENTRIES.c.withheld.is_not(None),
    postgresql_where=ENTRIES.c.withheld.is_not(None),
)

Index(
    "entries_held",
    ENTRIES.c.held,
    ENTRIES.c.source,
    sqlite_where=ENTRIES.c.held.is_not(None),
    postgresql_where=ENTRIES.c.held.is_not(None),
)
