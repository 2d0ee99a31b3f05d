"""A whole store into another one, of whichever database: resumable, and compared row by row.

The tables are copied in an order in which nothing refers to what is not there yet, each by its primary key
and in pieces, one transaction a piece: so what is there tells where to go on. Until all is there and was
found equal, the target's version says that it is half a store, and nothing else opens it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, text, tuple_, update

from feeds.errors import StoreError
from feeds.store.database import HALF, VERSION
from feeds.store.segments import Segments
from feeds.store.shelf import Opening
from feeds.store.tables import HEAD, METADATA

BATCH = 500
"""Rows that are copied, or compared, together."""

NUMBERED = ("entries", "journal")
"""Tables whose ``number`` the database counts up."""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class End:
    """One of the two stores: how its transactions are opened, and where its documents are."""

    reading: Opening
    writing: Opening
    segments: Segments


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What was moved.

    Attributes:
        rows: Of each table, how many.
        hash: SHA-256 (hex) of all rows, the same in both stores.
        documents: Files of raw documents.
    """

    rows: dict[str, int]
    hash: str
    documents: int


def steps(source: End) -> int:
    """Say how often ``move`` will say that something is done."""
    with source.reading() as connection:
        counts = [connection.scalar(select(func.count()).select_from(table)) or 0 for table in _tables()]
    return 2 * sum(-(-number // BATCH) for number in counts) + len(source.segments.names())


def move(source: End, target: End, done: Callable[[str], None]) -> Moved:
    """Copy all of a store that nobody writes to meanwhile.

    Args:
        source: It stays as it is.
        target: Empty, or half a store that an earlier call left.
        done: Called with a word after each piece.

    Raises:
        StoreError: The target holds something else; or the two are not equal in the end.
    """
    begun = _begin(target)
    for name in source.segments.names():
        target.segments.take(source.segments, name)
        done("documents")
    try:
        hashes = _through(source, target, done)
    except _DifferentError as error:
        if not begun:
            raise StoreError(f"the copy is not equal: {error}; check the disks of both") from error
        # The source was written to since an earlier call, or that call was about another one: all anew.
        with target.writing() as connection:
            for table in reversed(_tables()):
                connection.execute(delete(table))
        return move(source, target, done)
    with target.writing() as connection:
        for name in NUMBERED:
            _count_on(connection, METADATA.tables[name])
        connection.execute(update(VERSION).values(version_num=HEAD))
    whole = hashlib.sha256("".join(value for value, _ in hashes.values()).encode()).hexdigest()
    return Moved(
        rows={name: number for name, (_, number) in hashes.items()},
        hash=whole,
        documents=len(source.segments.names()),
    )


class _DifferentError(Exception):
    """Rows are not equal."""


def _tables() -> Sequence[Table]:
    return METADATA.sorted_tables


def _through(source: End, target: End, done: Callable[[str], None]) -> dict[str, tuple[str, int]]:
    """Copy what is missing, and give the hash and the number of rows of each table."""
    for table in _tables():
        _copy(source, target, table, done)
    return {table.name: _compare(source, target, table, done) for table in _tables()}


def _begin(target: End) -> bool:
    """Let the target be half a store from now on; say whether an earlier call left something there."""
    with target.writing() as connection:
        half = connection.scalar(select(VERSION.c.version_num)) == HALF
        taken = any(
            connection.execute(select(*table.primary_key).limit(1)).first() is not None for table in _tables()
        )
        if taken and not half:
            raise StoreError("the store to move to holds something already; name one that is new, or empty")
        connection.execute(update(VERSION).values(version_num=HALF))
    return taken


def _copy(source: End, target: End, table: Table, done: Callable[[str], None]) -> None:
    with target.reading() as connection:
        key = _last(connection, table)
    for rows in _pieces(source, table, key):
        with target.writing() as connection:
            connection.execute(insert(table), [dict(row._mapping) for row in rows])
        done(table.name)


def _compare(source: End, target: End, table: Table, done: Callable[[str], None]) -> tuple[str, int]:
    """Compare all rows, and give their hash and number."""
    digest, number = hashlib.sha256(), 0
    theirs = _pieces(target, table, None)
    for rows in _pieces(source, table, None):
        found = next(theirs, [])
        for row, other in zip(rows, found, strict=False):
            if tuple(row) != tuple(other):
                raise _DifferentError(f"a row of {table.name} differs")
        if len(rows) != len(found):
            raise _DifferentError(f"rows of {table.name} are missing")
        digest.update(repr([tuple(row) for row in found]).encode("utf-8", "surrogatepass"))
        number += len(found)
        done(table.name)
    if next(theirs, None):
        raise _DifferentError(f"{table.name} has rows too many")
    return digest.hexdigest(), number


def _pieces(end: End, table: Table, key: Key | None) -> Iterator[Sequence[Row[Any]]]:
    """Give the rows behind a key, by their key."""
    keys = tuple(table.primary_key)
    statement = select(table).order_by(*keys).limit(BATCH)
    places = [table.c[column.name] for column in keys]
    while True:
        asked = statement if key is None else statement.where(tuple_(*places) > tuple_(*key))
        with end.reading() as connection:
            rows = connection.execute(asked).all()
        if not rows:
            return
        yield rows
        key = tuple(rows[-1]._mapping[column] for column in keys)


def _last(connection: Connection, table: Table) -> Key | None:
    keys = tuple(table.primary_key)
    row = connection.execute(select(*keys).order_by(*(key.desc() for key in keys)).limit(1)).first()
    return None if row is None else tuple(row)


def _count_on(connection: Connection, table: Table) -> None:
    """Let the next number be greater than all that were copied; SQLite looks by itself."""
    if connection.dialect.name == "postgresql":
        sequence = text(f"pg_get_serial_sequence('{table.name}', 'number')")
        greatest = select(func.coalesce(func.max(table.c.number), 0) + 1).scalar_subquery()
        connection.execute(select(func.setval(sequence, greatest, text("false"))))
