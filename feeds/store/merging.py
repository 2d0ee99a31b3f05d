"""Entries of many sources as one list, newest first, without reading more than is asked for.

A merge: each source's entries lie in order in the index ``entries_newest``, and a heap holds the next of
each. What a source has next is read only when it is that source's turn: until then its place in the heap is
``sources.newest``, which is never too small. Sources come onto the heap in the order of that, too. So the
first 60 entries of 500 sources out of 2,000 cost a look at 256 short rows of an index, one statement that
reads four places of each of some 60 sources, and 60 entries.
"""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, TextClause, and_, bindparam, or_, select, text

from feeds.memory import Known, Record
from feeds.store import codec
from feeds.store.tables import ENTRIES, SOURCES

BATCH = 500
"""Names, ids or numbers in one statement; what databases take is in the ten thousands."""

FIRST_ENTRIES, MOST_ENTRIES = 64, 512
"""Entries read at once: at first, and later on."""

FIRST_PLACES, MOST_PLACES = 4, 256
"""Places of one source read at once: at first, and later on."""

HEADS = 256
"""Sources read at once, in the order of their newest entries."""

FEW = 64
"""So few sources are looked up by name."""

SPARSE = 16
"""If fewer than one in so many sources is wanted, they are looked up by name, too."""

# The newest places of several sources, in no order. SQLite has no LATERAL: there, a subquery of each name.
SEVERAL: Mapping[str, str] = MappingProxyType(
    {
        "sqlite": """
            SELECT p.source, p.sort_key, p.id, p.number
            FROM json_each(:names) AS n CROSS JOIN entries AS p ON p.number IN (
                SELECT e.number FROM entries AS e
                WHERE e.source = n.value AND e.entry IS NOT NULL AND e.held IS NOT 1
                ORDER BY e.sort_key DESC, e.id LIMIT :limit
            )
        """,
        "postgresql": """
            SELECT p.source, p.sort_key, p.id, p.number
            FROM json_array_elements_text(CAST(:names AS json)) AS n(name) CROSS JOIN LATERAL (
                SELECT e.source, e.sort_key, e.id, e.number FROM entries AS e
                WHERE e.source = n.name AND e.entry IS NOT NULL AND e.held IS DISTINCT FROM 1
                ORDER BY e.sort_key DESC, e.id LIMIT :limit
            ) AS p
        """,
    }
)

Item = TypeVar("Item")
Place = tuple[str, str, int]
"""Source, id and row number of an entry."""
Reading = Callable[[], AbstractContextManager[Connection]]

# Statements are made once: that takes longer than to run them, and each remembers how it is compiled.


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Cut a sequence into pieces that fit into one statement."""
    return (items[start : start + BATCH] for start in range(0, len(items), BATCH))


@lru_cache(maxsize=1)
def first_heads() -> Select[str, int]:
    """Give the statement for the sources with the newest entries: name, newest."""
    columns = SOURCES.c
    return (
        select(columns.name, columns.newest)
        .where(columns.newest.is_not(None))
        .order_by(columns.newest.desc(), columns.name)
        .limit(HEADS)
    )


@lru_cache(maxsize=1)
def next_heads() -> Select[str, int]:
    """Give the statement for the sources behind one of them."""
    columns = SOURCES.c
    key = columns.newest
    behind = and_(key == bindparam("key"), columns.name > bindparam("name"))
    return first_heads().where(key <= bindparam("key"), or_(key < bindparam("key"), behind))


@lru_cache(maxsize=2)
def several_places(dialect: str) -> TextClause:
    """Give the statement for the newest places of several sources: source, sort key, id, number."""
    return text(SEVERAL[dialect])


@lru_cache(maxsize=1)
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


@lru_cache(maxsize=1)
def next_places() -> Select[int, str, int]:
    """Give the statement for the places of a source behind one of them."""
    key = ENTRIES.c.sort_key
    # Written so that the first condition is one that the index can seek.
    return first_places().where(
        key <= bindparam("key"), or_(key < bindparam("key"), ENTRIES.c.id > bindparam("id"))
    )


@lru_cache(maxsize=1)
def whole_rows() -> Select[Any]:
    """Give the statement for entries by their row numbers."""
    return select(ENTRIES).where(ENTRIES.c.number.in_(bindparam("numbers", expanding=True)))


@dataclass(slots=True)
class _Queue:
    """Places of one source that are read and not yet taken."""

    limit: int = FIRST_PLACES
    places: deque[tuple[int, str, int]] = field(default_factory=deque)
    last: tuple[int, str] | None = None
    """The last place read; None before the first, if that is to be the newest."""
    ended: bool = False
    """Whether there are no more than were read."""

    def take(self, places: Sequence[tuple[int, str, int]]) -> None:
        """Take the next places, in order, as many as were asked for or all that there are."""
        self.places.extend(places)
        if places:
            self.last = places[-1][:2]
        self.ended = len(places) < self.limit
        self.limit = min(4 * self.limit, MOST_PLACES)


class _Heads:
    """Sources with the sort key of their newest entry, the greatest first."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = set(names)
        self._found: deque[tuple[str, int]] = deque()
        self._last: tuple[str, int] | None = None
        self._looked = self._hit = 0
        self._ended = not names

    def first(self, connection: Connection) -> tuple[str, int] | None:
        """Give the next; None if there is none."""
        while not self._found and not self._ended:
            self._read(connection)
        return self._found[0] if self._found else None

    @property
    def ended(self) -> bool:
        """Whether there is none left."""
        return self._ended and not self._found

    def drop(self) -> None:
        """Go on to the one behind it."""
        self._found.popleft()

    def _read(self, connection: Connection) -> None:
        if len(self._names) <= FEW or SPARSE * self._hit < self._looked - HEADS:
            self._by_name(connection)
            return
        if self._last is None:
            rows = connection.execute(first_heads()).all()
        else:
            name, key = self._last
            rows = connection.execute(next_heads(), {"key": key, "name": name}).all()
        wanted = [(name, key) for name, key in rows if name in self._names]
        self._ended = len(rows) < HEADS
        self._last = (rows[-1][0], rows[-1][1]) if rows else None
        self._looked += len(rows)
        self._hit += len(wanted)
        self._found.extend(wanted)

    def _by_name(self, connection: Connection) -> None:
        statement = select(SOURCES.c.name, SOURCES.c.newest).where(SOURCES.c.newest.is_not(None))
        rows: list[tuple[str, int]] = []
        for some in batches(sorted(self._names)):
            found = connection.execute(statement.where(SOURCES.c.name.in_(some))).all()
            rows.extend((name, key) for name, key in found)
        last = self._last
        if last is not None:
            rows = [row for row in rows if (-row[1], row[0]) > (-last[1], last[0])]
        self._found.extend(sorted(rows, key=lambda row: (-row[1], row[0])))
        self._ended = True


class _Merge:
    """The next place of every source, on a heap."""

    def __init__(self, sources: Sequence[str], before: int | None = None) -> None:
        self._heap: list[tuple[int, str, str, int]] = []
        self._heads = _Heads(sources)
        self._before = before
        self._queues: dict[str, _Queue] = {}
        self.ended = False

    def take(self, connection: Connection, size: int, done: Callable[[str], bool]) -> list[Place]:
        """Give the next entries, at most ``size``."""
        taken: list[Place] = []
        self._look_ahead(connection, size, done)
        while len(taken) < size:
            if not self._heads.ended:
                self._rise(connection)
            if not self._heap:
                self.ended = True
                break
            _, identifier, source, number = self._heap[0]
            if done(source):
                heapq.heappop(self._heap)
                self._queues.pop(source, None)
                continue
            if identifier:
                taken.append((source, identifier, number))
            queue = self._queues.get(source)
            if queue is None:
                queue = self._queues[source] = self._queue()
            if not queue.places and not queue.ended:
                self._read(connection, source, queue)
            if queue.places:
                key, following, row = queue.places.popleft()
                heapq.heapreplace(self._heap, (-key, following, source, row))
            else:
                heapq.heappop(self._heap)
                del self._queues[source]
        return taken

    def _queue(self) -> _Queue:
        return _Queue(last=None if self._before is None else (self._before, ""))

    def _rise(self, connection: Connection, most: int = 0) -> None:
        """Bring onto the heap all sources that may come before what is there, and at least ``most``."""
        while (head := self._heads.first(connection)) is not None:
            name, newest = head
            # A source not asked yet stands before all ids of its sort key, as no id is empty.
            key = -newest if self._before is None else -min(newest, self._before)
            if self._heap and key > self._heap[0][0] and len(self._heap) >= most:
                return
            heapq.heappush(self._heap, (key, "", name, 0))
            self._heads.drop()

    def _look_ahead(self, connection: Connection, size: int, done: Callable[[str], bool]) -> None:
        """Read the first places of all sources whose turn may come, in one statement."""
        if self._before is not None:
            return
        self._rise(connection, size)
        near = heapq.nsmallest(size, self._heap)
        names = [name for _, identifier, name, _ in near if not identifier and not done(name)]
        found: dict[str, list[tuple[int, str, int]]] = {name: [] for name in names}
        if len(names) < 2:
            return
        # Twice what each would give if all gave the same.
        limit = min(max(FIRST_PLACES, 2 * size // len(names)), MOST_PLACES)
        values = {"names": json.dumps(names), "limit": limit}
        rows = connection.execute(several_places(connection.dialect.name), values).all()
        for source, key, identifier, number in rows:
            found[source].append((key, identifier, number))
        for name, places in found.items():
            queue = self._queues[name] = _Queue(limit=limit)
            queue.take(sorted(places, key=lambda place: (-place[0], place[1])))

    def _read(self, connection: Connection, source: str, queue: _Queue) -> None:
        statement = first_places()
        values: dict[str, object] = {"source": source, "limit": queue.limit}
        if queue.last is not None:
            statement = next_places()
            values["key"], values["id"] = queue.last
        queue.take([(row[0], row[1], row[2]) for row in connection.execute(statement, values)])


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
    for one in merged(reading, sources, done, lambda _source, _id: False, before):
        if isinstance(one, Record):
            yield one


def merged(
    reading: Reading,
    sources: Sequence[str],
    done: Callable[[str], bool],
    known: Callable[[str, str], bool],
    before: int | None = None,
    *,
    first: int = FIRST_ENTRIES,
) -> Iterator[Record | Known]:
    """Give them likewise; of those whose source and id are ``known`` only their places are read.

    ``first``: So many are read at once, to begin with.
    """
    merge = _Merge(sources, before)
    size, rounds = first, 0
    while not merge.ended:
        with reading() as connection:
            places = merge.take(connection, size, done)
            given = {number: Known(source, name) for source, name, number in places if known(source, name)}
            records = _records(connection, [place[2] for place in places if place[2] not in given])
        for _, _, number in places:
            one = given.get(number) or records.get(number)
            if one is not None:
                yield one
        rounds += 1
        size = min(FIRST_ENTRIES << rounds, MOST_ENTRIES)


def _records(connection: Connection, numbers: Sequence[int]) -> dict[int, Record]:
    """Read whole rows, by their numbers; rows that expired since are left out."""
    found: dict[int, Record] = {}
    for some in batches(numbers):
        for row in connection.execute(whole_rows(), {"numbers": some}).mappings().all():
            if row["entry"] is not None:
                found[row["number"]] = codec.record(row)
    return found
