"""Times that are remembered, moved because the clock was set."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from feeds.memory import Record
from feeds.model import DateOrigin, Moment
from feeds.store import codec, saving
from feeds.store.merging import batches
from feeds.store.tables import ENTRIES, HOSTS, SOURCES


def shift(connection: Connection, by: int, after: int | None) -> None:
    """Move polls and due times by so many microseconds; only those polled later than a moment, if given."""
    moved = {name: SOURCES.c[name] + by for name in ("polled", "succeeded", "changed", "due")}
    statement = update(SOURCES).values(moved)
    connection.execute(statement if after is None else statement.where(SOURCES.c.polled > after))
    connection.execute(update(HOSTS).values(until=HOSTS.c.until + by))


def bring_back(connection: Connection, now: datetime) -> None:
    """Let no entry have been met, or changed by our own notice, later than now."""
    present = codec.micros(now)
    # Met or changed in the future, an entry is of a source that changed in the future.
    names = connection.scalars(select(SOURCES.c.name).where(SOURCES.c.changed > present)).all()
    for name in names:
        rows = connection.execute(select(ENTRIES).where(ENTRIES.c.source == name)).mappings()
        records = [codec.record(row) for row in rows]
        moved = [after for record in records if (after := _moved(record, now)) != record]
        for some in batches(moved):
            saving.put_records(connection, name, some)
        newest = select(func.max(ENTRIES.c.sort_key)).where(
            ENTRIES.c.source == name, ENTRIES.c.entry.is_not(None)
        )
        connection.execute(
            update(SOURCES).where(SOURCES.c.name == name).values(newest=newest.scalar_subquery())
        )


def _moved(record: Record, now: datetime) -> Record:
    first_seen, sort_key = min(record.first_seen, now), min(record.sort_key, now)
    entry = record.entry
    if entry is not None:
        entry = replace(entry, published=_noticed(entry.published, now), updated=_noticed(entry.updated, now))
    return replace(record, first_seen=first_seen, sort_key=sort_key, entry=entry)


def _noticed(moment: Moment | None, now: datetime) -> Moment | None:
    """Give a moment that our own clock told, not later than now."""
    if moment is None or moment.origin is not DateOrigin.FIRST_SEEN or moment.instant <= now:
        return moment
    return replace(moment, instant=now)
