"""What a poll leaves: the state of its source, and the entries that are new or changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Connection, Select, Table, and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.dialects import sqlite

from feeds.memory import Record, SourceState, Spare
from feeds.store import codec
from feeds.store.merging import batches
from feeds.store.tables import ENTRIES, SOURCES, SPARED


class Changes(Protocol):
    """What ``dedupe`` decided.

    Attributes:
        new: Records not yet stored.
        changed: Records stored under the same source and id, as they are now.
        renamed: Records of other sources that get another id: the stored id, and the record as it is now.
    """

    @property
    def new(self) -> tuple[Record, ...]: ...

    @property
    def changed(self) -> tuple[Record, ...]: ...

    @property
    def renamed(self) -> tuple[tuple[str, Record], ...]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Poll:
    """What one poll leaves to remember.

    Attributes:
        state: Of the source; its ``entries`` and ``revision`` are not read, the store counts itself.
        changes: To the entries of this source, and to the ids of others'.
    """

    state: SourceState
    changes: Changes


def upsert(connection: Connection, table: Table, keys: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; where one with these keys stands, set the columns that the rows have."""
    if not rows:
        return
    connection.execute(_upsert(connection.dialect.name, table, tuple(keys), tuple(rows[0])), rows)


@lru_cache(maxsize=32)
def _upsert(dialect: str, table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Any:
    """Make the statement once: making it takes longer than what it does to one row."""
    insert = _insert(dialect, table)
    columns = {name: insert.excluded[name] for name in names if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=columns)


def _insert(dialect: str, table: Table) -> Any:
    """Give an insert that can do something else on a conflict: each database has its own."""
    if dialect == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 only there: it costs 30 ms at each start

    return postgresql.insert(table)


def save(connection: Connection, poll: Poll) -> None:
    """Write one poll, in the transaction that the connection is in."""
    name = poll.state.name
    _put_state(connection, poll.state)
    put_records(connection, name, (*poll.changes.new, *poll.changes.changed))
    for old, record in poll.changes.renamed:
        gone = and_(ENTRIES.c.source == record.source, ENTRIES.c.id == old)
        had = _with_text(connection, record.source, {old})
        if old != record.id:
            connection.execute(delete(ENTRIES).where(gone))
            count(connection, record.source, -had)
        put_records(connection, record.source, (record,))


def _put_state(connection: Connection, state: SourceState) -> None:
    row = codec.state_row(state)
    # Nearly always it is there. A first poll inserts, with the columns that are the store's own.
    columns = {name: value for name, value in row.items() if name != "name"}
    if not connection.execute(update(SOURCES).where(SOURCES.c.name == state.name), columns).rowcount:
        connection.execute(SOURCES.insert(), {**row, "entries": 0, "revision": 0, "newest": None})


def save_asked(connection: Connection, states: Sequence[SourceState]) -> None:
    """Write states of which nothing was read; each source at most once."""
    if not states:
        return
    rows = [{"whose": state.name, **codec.asked_row(state)} for state in states]
    columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "whose"}
    statement = update(SOURCES).where(SOURCES.c.name == bindparam("whose")).values(columns)
    if connection.execute(statement, rows).rowcount == len(rows):
        return
    # One is there for the first time: it failed, or it was never read.
    there = {
        name
        for some in batches(sorted(state.name for state in states))
        for name in connection.scalars(select(SOURCES.c.name).where(SOURCES.c.name.in_(some)))
    }
    for state in states:
        if state.name not in there:
            _put_state(connection, state)


def put_spare(connection: Connection, source: str, spare: Spare | None) -> None:
    """Write what of a source need not be read again, as of its entries now; None: nothing."""
    if spare is None:
        connection.execute(delete(SPARED).where(SPARED.c.source == source))
        return
    revision = select(SOURCES.c.revision).where(SOURCES.c.name == source)
    row = {
        "source": source,
        "revision": connection.execute(revision).scalar_one(),
        "context": spare.context,
        "packed": spare.packed,
    }
    upsert(connection, SPARED, ("source",), [row])


def put_records(connection: Connection, source: str, records: Sequence[Record]) -> None:
    """Write records of a source, new or as they are now."""
    if not records:
        return
    before = _with_text(connection, source, {record.id for record in records})
    upsert(connection, ENTRIES, ("source", "id"), [codec.record_row(record) for record in records])
    live = {record.id: record.sort_key for record in records if record.entry is not None}
    newest = max(map(codec.micros, live.values()), default=None)
    first = codec.micros(min(record.first_seen for record in records))
    count(connection, source, len(live) - before, newest, first)


@lru_cache(maxsize=1)
def _with_texts() -> Select[Any]:
    """Make the question how many of some records have their text."""
    return select(func.count()).where(
        ENTRIES.c.source == bindparam("own"),
        ENTRIES.c.id.in_(bindparam("those", expanding=True)),
        ENTRIES.c.entry.is_not(None),
    )


def _with_text(connection: Connection, source: str, ids: Collection[str]) -> int:
    """Count how many of these are stored with their text."""
    found = 0
    for some in batches(sorted(ids)):
        found += connection.execute(_with_texts(), {"own": source, "those": some}).scalar_one()
    return found


def count(
    connection: Connection, source: str, difference: int, newest: int | None = None, first: int | None = None
) -> None:
    """Note that entries of a source changed.

    Args:
        connection: In the transaction in which they changed.
        source: Its name.
        difference: By how many entries with text it has more.
        newest: The greatest sort key among those written; None if none was.
        first: The earliest first sight among those written; None if none was.
    """
    values: dict[str, Any] = {"revision": SOURCES.c.revision + 1, "entries": SOURCES.c.entries + difference}
    if newest is not None:
        least = or_(SOURCES.c.newest.is_(None), SOURCES.c.newest < bindparam("greatest"))
        values["newest"] = case((least, bindparam("greatest")), else_=SOURCES.c.newest)
    if first is not None:
        values["begun"] = func.coalesce(SOURCES.c.begun, first)
    statement = update(SOURCES).where(SOURCES.c.name == source).values(values)
    connection.execute(statement, {} if newest is None else {"greatest": newest})
