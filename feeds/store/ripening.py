"""What is due by now: found by seeks in indexes, however many sources there are."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence, Set
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from feeds.store import codec
from feeds.store.merging import batches
from feeds.store.tables import SOURCES

STRIDE = 512
"""Rows read at once from an index."""

Wait = tuple[int, str]


class Ripening:
    """Finds what is due. Its memory only spares work: the tables decide."""

    def __init__(self) -> None:
        self._known: set[str] | None = None
        self._away: set[str] = set()

    def forget(self) -> None:
        """Read anew, at the next occasion, which sources there are."""
        self._known = None

    def enlist(self, connection: Connection, names: Collection[str]) -> None:
        """Mark sources that are not among these, so that they stand in nobody's way; unmark the others."""
        wanted = set(names)
        known = self._sources(connection)
        for away, changed in ((1, known - wanted - self._away), (None, wanted & self._away)):
            for some in batches(sorted(changed)):
                connection.execute(update(SOURCES).where(SOURCES.c.name.in_(some)).values(away=away))
        self.forget()

    def ripe(self, connection: Connection, names: Collection[str], present: int, limit: int) -> list[str]:
        """Give the names that are due, the longest due first; those with no due time of use before them.

        Args:
            connection: In a transaction.
            names: Of sources that may be among them.
            present: Now, in microseconds.
            limit: How many at most.
        """
        wanted: Set[str] = names if isinstance(names, Set) else frozenset(names)
        columns = SOURCES.c
        first = codec.micros(codec.EARLIEST)  # Of those whose due time is not known, or of no use.
        known = self._sources(connection)
        unknown = self._unknown(connection, wanted - known, limit)
        unset = _first(connection, columns.due.is_(None), (columns.name,), wanted, limit)
        # Sorted by name, SQLite would read all there are. That many are ahead only after a clock went back.
        ahead = _first(connection, columns.polled > present, (columns.polled,), wanted, len(known))
        late = _first(connection, columns.due <= present, (columns.due, columns.name), wanted, limit)
        found = {name: due for due, name in late}
        found.update(dict.fromkeys((*unknown, *(name for _, name in (*unset, *ahead))), first))
        found.update((name, due) for due, name in self._returned(connection, wanted, present))
        return [name for _, name in heapq.nsmallest(limit, ((due, name) for name, due in found.items()))]

    def _sources(self, connection: Connection) -> set[str]:
        if self._known is None:
            rows = connection.execute(select(SOURCES.c.name, SOURCES.c.away)).all()
            self._known = {name for name, _ in rows}
            self._away = {name for name, away in rows if away}
        return self._known

    def _unknown(self, connection: Connection, names: Collection[str], limit: int) -> list[str]:
        """Give the first of these that have no row; what was polled since is known from here on."""
        assert self._known is not None
        unknown: list[str] = []
        left = set(names)
        while left and len(unknown) < limit:
            some = heapq.nsmallest(max(limit, STRIDE), left)
            left.difference_update(some)
            for few in batches(some):
                met = set(connection.scalars(select(SOURCES.c.name).where(SOURCES.c.name.in_(few))))
                self._known |= met
                unknown.extend(name for name in few if name not in met)
        return unknown[:limit]

    def _returned(self, connection: Connection, wanted: Set[str], present: int) -> Iterator[Wait]:
        """Give what is due of those that are asked for although they are marked as away."""
        columns = (SOURCES.c.name, SOURCES.c.due, SOURCES.c.polled)
        first = codec.micros(codec.EARLIEST)
        for some in batches(sorted(self._away & wanted)):
            for name, due, polled in connection.execute(select(*columns).where(SOURCES.c.name.in_(some))):
                wait = first if due is None or (polled or 0) > present else due
                if wait <= present:
                    yield wait, name


def _first(
    connection: Connection,
    where: ColumnElement[bool],
    order: Sequence[ColumnElement[Any]],
    wanted: Set[str],
    limit: int,
) -> list[Wait]:
    """Give the first of the listed sources of a condition that are wanted; read no further."""
    columns = SOURCES.c
    found = connection.execute(select(columns.due, columns.name).where(where).order_by(*order))
    first: list[Wait] = []
    while len(first) < limit and (rows := found.fetchmany(STRIDE)):
        first.extend((due, name) for due, name in rows if name in wanted)
    found.close()
    return first[:limit]
