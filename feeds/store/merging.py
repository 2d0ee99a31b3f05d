"""Entries of many sources as one list, newest first, without reading more than is asked for.

A merge: each source's entries lie in order in the index ``entries_newest``, and a heap holds the next of
each. What a source has next is read only when it is that source's turn: until then its place in the heap is
``sources.newest``, which is never too small. So the first 60 entries of 500 sources cost one look at 500
short rows, some 60 small reads of the index, and 60 entries.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, Select, bindparam, or_, select

from feeds.memory import Record
from feeds.store import codec
from feeds.store.tables import ENTRIES, SOURCES

BATCH = 500
"""Names, ids or numbers in one statement; what databases take is in the ten thousands."""

FIRST_ENTRIES, MOST_ENTRIES = 64, 512
"""Entries read at once: at first, and later on."""

FIRST_PLACES, MOST_PLACES = 4, 256
"""Places of one source read at once: at first, and later on."""

Item = TypeVar("Item")
Reading = Callable[[], AbstractContextManager[Connection]]


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut a sequence into pieces that fit into one statement."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


def first_places() -> Select[int, str, int]:
    """Give the statement for a source's newest places: sort key, id, number."""
    columns = ENTRIES.c
    return (
        select(columns.sort_key, columns.id, columns.number)
        .where(
            columns.source == bindparam("source"),
            columns.entry.is_not(None),
            columns.held.is_distinct_from(1),
        )
        .order_by(columns.sort_key.desc(), columns.id)
        .limit(bindparam("limit"))
    )


def next_places() -> Select[int, str, int]:
    """Give the statement for the places of a source behind one of them."""
    key = ENTRIES.c.sort_key
    # Written so that the first condition is one that the index can seek.
    return first_places().where(
        key <= bindparam("key"), or_(key < bindparam("key"), ENTRIES.c.id > bindparam("id"))
    )


@dataclass(slots=True)
class _Queue:
    """Places of one source that are read and not yet taken."""

    limit: int = FIRST_PLACES
    places: deque[tuple[int, str, int]] = field(default_factory=deque)
    last: tuple[int, str] | None = None
    """The last place read; None before the first, if that is to be the newest."""


class _Merge:
    """The next place of every source, on a heap."""

    def __init__(self, heads: Iterable[tuple[str, int]], before: int | None = None) -> None:
        # A source not asked yet stands before all ids of its sort key, as no id is empty.
        self.heap = [(-key if before is None else -min(key, before), "", name, 0) for name, key in heads]
        heapq.heapify(self.heap)
        self._begin = None if before is None else (before, "")
        self._queues: dict[str, _Queue] = {}
        # Made once: a statement remembers how it is compiled.
        self._first = first_places()
        self._next = next_places()

    def take(self, connection: Connection, size: int, done: Callable[[str], bool]) -> list[int]:
        """Give the row numbers of the next entries, at most ``size``."""
        numbers: list[int] = []
        while self.heap and len(numbers) < size:
            _, identifier, source, number = self.heap[0]
            if done(source):
                heapq.heappop(self.heap)
                self._queues.pop(source, None)
                continue
            if identifier:
                numbers.append(number)
            queue = self._queues.setdefault(source, _Queue(last=self._begin))
            if not queue.places:
                self._read(connection, source, queue)
            if queue.places:
                key, following, row = queue.places.popleft()
                heapq.heapreplace(self.heap, (-key, following, source, row))
            else:
                heapq.heappop(self.heap)
                del self._queues[source]
        return numbers

    def _read(self, connection: Connection, source: str, queue: _Queue) -> None:
        statement = self._first
        values: dict[str, object] = {"source": source, "limit": queue.limit}
        if queue.last is not None:
            statement = self._next
            values["key"], values["id"] = queue.last
        queue.places.extend((row[0], row[1], row[2]) for row in connection.execute(statement, values))
        if queue.places:
            queue.last = queue.places[-1][:2]
        queue.limit = min(4 * queue.limit, MOST_PLACES)


def never(_source: str) -> bool:
    """Say that no source is done."""
    return False


def newest(
    reading: Reading,
    sources: Sequence[str],
    done: Callable[[str], bool] = never,
    before: int | None = None,
) -> Iterator[Record]:
    """Give the entries of these sources by sort key (greatest first), id, source; without what is held back.

    Args:
        reading: Opens a short transaction; none is open while the caller has an entry in hand.
        sources: Names; one without entries gives none.
        done: Says of which source nothing more is wanted. What was read before it said so may still come; the
            rest of that source is not read.
        before: Greatest sort key, in microseconds; None: all.
    """
    merge = _Merge(_heads(reading, sources), before)
    size = FIRST_ENTRIES
    while merge.heap:
        with reading() as connection:
            records = _records(connection, merge.take(connection, size, done))
        yield from records
        size = min(2 * size, MOST_ENTRIES)


def _heads(reading: Reading, sources: Sequence[str]) -> Iterator[tuple[str, int]]:
    statement = select(SOURCES.c.name, SOURCES.c.newest).where(SOURCES.c.newest.is_not(None))
    for names in batches(sorted(set(sources))):
        with reading() as connection:
            found = connection.execute(statement.where(SOURCES.c.name.in_(names))).all()
        yield from ((name, key) for name, key in found)


def _records(connection: Connection, numbers: Sequence[int]) -> list[Record]:
    """Read whole rows, in the order of the numbers; rows that expired since are left out."""
    rows = {}
    for some in batches(numbers):
        for row in connection.execute(select(ENTRIES).where(ENTRIES.c.number.in_(some))).mappings():
            rows[row["number"]] = row
    return [
        codec.record(rows[number])
        for number in numbers
        if number in rows and rows[number]["entry"] is not None
    ]
