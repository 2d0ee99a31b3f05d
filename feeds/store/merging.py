"""Entries of many sources as one list, newest first, without reading more than is asked for.

A merge: each source's entries lie in order in the index ``entries_newest``, and a heap holds the next of
each. What a source has next is read only when it is that source's turn: until then its place in the heap is
``sources.newest``, which is never too small. So the first 60 entries of 500 sources cost one look at 500
short rows, some 60 small reads of the index, and 60 entries.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection, Select, bindparam, or_, select

from feeds.model import Record
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
        .where(columns.source == bindparam("source"), columns.entry.is_not(None))
        .order_by(columns.sort_key.desc(), columns.id)
        .limit(bindparam("limit"))
    )


def next_places() -> Select[int, str, int]:
    """Give the statement for the places of a source behind one of them."""
    key = ENTRIES.c.sort_key
    # The first condition is what the index can seek; it says nothing that the second does not.
    return first_places().where(
        key <= bindparam("key"), or_(key < bindparam("key"), ENTRIES.c.id > bindparam("id"))
    )


@dataclass(slots=True)
class _Queue:
    """Places of one source that are read and not yet taken."""

    limit: int = FIRST_PLACES
    places: deque[tuple[int, str, int]] = field(default_factory=deque)
    last: tuple[int, str] | None = None
    """The last place read; None before the first."""


def newest(reading: Reading, sources: Sequence[str]) -> Iterator[Record]:
    """Give the entries of these sources by sort key (greatest first), id, source.

    Args:
        reading: Opens a short transaction; none is open while the caller has an entry in hand.
        sources: Names; one without entries gives none.
    """
    # A source not asked yet stands before all ids of its sort key, as no id is empty.
    heap = [(-key, "", name, 0) for name, key in _heads(reading, sources)]
    heapq.heapify(heap)
    queues: dict[str, _Queue] = {}
    size = FIRST_ENTRIES
    while heap:
        with reading() as connection:
            numbers = list(_take(connection, heap, queues, size))
            records = _records(connection, numbers)
        yield from records
        size = min(2 * size, MOST_ENTRIES)


def _heads(reading: Reading, sources: Sequence[str]) -> Iterator[tuple[str, int]]:
    statement = select(SOURCES.c.name, SOURCES.c.newest).where(SOURCES.c.newest.is_not(None))
    for names in batches(sorted(set(sources))):
        with reading() as connection:
            found = connection.execute(statement.where(SOURCES.c.name.in_(names))).all()
        yield from ((name, key) for name, key in found)


def _take(
    connection: Connection, heap: list[tuple[int, str, str, int]], queues: dict[str, _Queue], size: int
) -> Iterator[int]:
    """Give the row numbers of the next entries, at most ``size``."""
    taken = 0
    while heap and taken < size:
        _, identifier, source, number = heap[0]
        if identifier:
            taken += 1
            yield number
        queue = queues.setdefault(source, _Queue())
        if not queue.places:
            _read(connection, source, queue)
        if queue.places:
            key, following, row = queue.places.popleft()
            heapq.heapreplace(heap, (-key, following, source, row))
        else:
            heapq.heappop(heap)
            del queues[source]


def _read(connection: Connection, source: str, queue: _Queue) -> None:
    values: dict[str, object] = {"source": source, "limit": queue.limit}
    if queue.last is None:
        statement = first_places()
    else:
        statement = next_places()
        values["key"], values["id"] = queue.last
    queue.places.extend((row[0], row[1], row[2]) for row in connection.execute(statement, values))
    if queue.places:
        queue.last = queue.places[-1][:2]
    queue.limit = min(4 * queue.limit, MOST_PLACES)


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
