"""Which entries of a source stay, which go, and which are held back from the outputs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select, update

from feeds.config.schema import Keep
from feeds.store import codec, saving
from feeds.store.tables import ENTRIES


def _live(source: str) -> ColumnElement[bool]:
    return (ENTRIES.c.source == source) & ENTRIES.c.entry.is_not(None)


def _flowing(source: str) -> ColumnElement[bool]:
    return _live(source) & ENTRIES.c.held.is_distinct_from(1)


def prune(connection: Connection, source: str, keep: Keep, now: datetime) -> int:
    """Let entries beyond ``keep`` expire, and say how many.

    Their text goes; that they were here stays, so that they do not come back as new. What is held back does
    not count, and makes no other go.
    """
    beyond = []
    if keep.age is not None:
        old = ENTRIES.c.sort_key < codec.micros(now - keep.age)
        beyond.append(select(ENTRIES.c.number).where(_live(source), old))
    if keep.entries is not None:
        order = (ENTRIES.c.sort_key.desc(), ENTRIES.c.id)
        counted = select(ENTRIES.c.number).where(_flowing(source)).order_by(*order)
        beyond.append(counted.offset(keep.entries))
    expired = sum(
        connection.execute(update(ENTRIES).where(ENTRIES.c.number.in_(numbers)).values(entry=None)).rowcount
        for numbers in beyond
    )
    if expired:
        saving.count(connection, source, -expired)
    return expired


def places(connection: Connection, source: str, most: int) -> tuple[datetime, ...]:
    """Give the sort keys of the newest entries of a source that are not held back, newest first."""
    statement = select(ENTRIES.c.sort_key).where(_flowing(source))
    rows = connection.execute(statement.order_by(ENTRIES.c.sort_key.desc()).limit(most)).scalars()
    return tuple(map(codec.instant, rows))


def held(connection: Connection) -> dict[str, int]:
    """Give how many entries of each source are held back; a source without any is not in it."""
    statement = select(ENTRIES.c.source, func.count()).where(ENTRIES.c.held == 1)
    rows = connection.execute(statement.group_by(ENTRIES.c.source)).all()
    return {name: number for name, number in rows}  # noqa: C416  mypy knows rows by their parts only


def release(connection: Connection, source: str) -> int:
    """Let through what is held back of a source, and say how many entries that is."""
    dammed = (ENTRIES.c.source == source) & (ENTRIES.c.held == 1)
    released = connection.execute(update(ENTRIES).where(dammed).values(held=0)).rowcount
    if released:
        saving.count(connection, source, 0)
    return released
