"""Find entries by what a person knows of them: the id, the address, words of the title."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, or_, select

from feeds.memory import Record
from feeds.store import codec
from feeds.store.merging import batches
from feeds.store.tables import ENTRIES, SOURCES

MOST = 1000
"""Titles with the words that are looked at; where there are more, it is not said which."""

WORDS = 6
"""Words of what was asked for by which near titles are found: the longest."""


def find(connection: Connection, what: str) -> tuple[Record, ...]:
    """Give all records with that id, ours or their source's own, or with that page; by source and id."""
    key = codec.key(what)
    rows = _rows(connection, ENTRIES.c.id == what) or _rows(connection, ENTRIES.c.native_id == key)
    if not rows and "://" in what:
        # The index is by source and page; of so many sources as there are, each is one look.
        rows = _rows(
            connection,
            (ENTRIES.c.page == codec.page(what)) & ENTRIES.c.source.in_(select(SOURCES.c.name)),
        )
    return tuple(sorted(rows, key=lambda record: (record.source, record.id)))


def titled(connection: Connection, words: str, most: int) -> tuple[Record, ...]:
    """Give the records whose title has these words, in this order; those met last come first."""
    asked = codec.folded(words)
    return _met_last(connection, ENTRIES.c.title.contains(asked, autoescape=True), most) if asked else ()


def near(connection: Connection, words: str, most: int) -> tuple[str, ...]:
    """Give titles that are like these words, the likest first: such as share one of the longest words."""
    asked = codec.folded(words)
    longest = sorted({word for word in asked.split() if len(word) > 2}, key=lambda word: (-len(word), word))
    if not longest:
        return ()
    column = ENTRIES.c.title
    shared = or_(*(column.contains(word, autoescape=True) for word in longest[:WORDS]))
    titles = connection.execute(select(column).where(shared).distinct().limit(MOST)).scalars()
    return tuple(difflib.get_close_matches(asked, list(titles), n=most, cutoff=0.3))


def _met_last(connection: Connection, where: ColumnElement[bool], most: int) -> tuple[Record, ...]:
    # Not ordered by the database: it would walk the wide rows to save a sort of a few numbers.
    numbers = sorted(connection.execute(select(ENTRIES.c.number).where(where).limit(MOST)).scalars())
    last = numbers[: -most - 1 : -1]
    return tuple(record for some in batches(last) for record in _rows(connection, ENTRIES.c.number.in_(some)))


def _rows(connection: Connection, where: ColumnElement[bool]) -> Sequence[Record]:
    statement = select(ENTRIES).where(where).order_by(ENTRIES.c.number.desc())
    return [codec.record(row) for row in connection.execute(statement).mappings()]
