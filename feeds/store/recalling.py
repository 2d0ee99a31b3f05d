"""What is remembered that an entry just read could be: of its own source, and of others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, bindparam, func, or_, select

from feeds.memory import Record
from feeds.model import Entry
from feeds.normalize.text import fingerprint
from feeds.store import codec
from feeds.store.merging import batches
from feeds.store.tables import ENTRIES, SOURCES, SPARED

AROUND = timedelta(hours=36)
"""A sort key this far from an entry's date may be of the same day: a whole day of any zone, and its noon."""

MANY = 1000
"""Records that are looked at although they may be others, the newest of them; a flood is not compared."""


def recall(
    connection: Connection,
    source: str,
    entries: Sequence[Entry],
    spared: Callable[[str], bool] = lambda _: False,
    also: Iterable[str] = (),
) -> tuple[Record, ...]:
    """Give all records of a source that could be one of these entries, by number.

    By id, native id and page; for those that have a new id, by their words too, and where nothing of all this
    is found, what lies around their date. At most ``MANY`` records more than entries by each of these: a
    source whose entries all have one page, or one text, does not have all it ever listed read.

    Args:
        connection: In a transaction.
        source: Its name.
        entries: Of one document.
        spared: Whether the entry with an id is in the document too, and is that record: then it is none of
            these, and is not wanted for lying around their dates alone.
        also: Ids of further records that are wanted.
    """
    if not entries or connection.execute(_any(), {"own": source}).first() is None:
        return ()
    natives = {codec.key(entry.native_id) for entry in entries if entry.native_id is not None}
    pages = {entry.id: codec.page(entry.url) for entry in entries if entry.url is not None}
    rows: dict[int, RowMapping] = {}

    def look(name: str, values: Collection[str]) -> None:
        for some in batches(sorted(values)):
            asked = {"own": source, "those": some, "most": len(some) + MANY}
            rows.update((row["number"], row) for row in connection.execute(_of(name), asked).mappings())

    look("id", {*(entry.id for entry in entries), *also})
    look("native_id", natives)
    called: set[str | None] = {row[name] for row in rows.values() for name in ("id", "native_id")}
    look("page", set(pages.values()))
    renamed = [entry for entry in entries if called.isdisjoint({entry.id, codec.key(entry.native_id or "")})]
    words = {entry.id: fingerprint(entry) for entry in renamed}
    look("fingerprint", set(words.values()))
    at = Counter(row["page"] for row in rows.values())
    told = {row["fingerprint"] for row in rows.values()}
    unknown = (entry for entry in renamed if at[pages.get(entry.id, "")] != 1 and words[entry.id] not in told)
    for start, end in _stretches(unknown):
        asked = {"own": source, "start": start, "end": end, "most": MANY}
        near = connection.execute(_near(), asked).mappings()
        rows.update((row["number"], row) for row in near if not spared(row["id"]))
    return tuple(codec.record(rows[number]) for number in sorted(rows))


def holders(connection: Connection, ids: Collection[str], source: str) -> tuple[Record, ...]:
    """Give the records of other sources that have one of these ids, or were given it by their source."""
    rows: dict[int, RowMapping] = {}
    for some in batches(sorted(set(ids))):
        asked = {"ids": some, "keys": list(map(codec.key, some)), "own": source}
        rows.update((row["number"], row) for row in connection.execute(_held(), asked).mappings())
    return tuple(
        sorted((codec.record(row) for row in rows.values()), key=lambda record: (record.id, record.source))
    )


def shared(connection: Connection, ids: Collection[str]) -> frozenset[str]:
    """Give those of these ids that several records have; read from the index alone."""
    found: set[str] = set()
    for some in batches(sorted(set(ids))):
        grouped = select(ENTRIES.c.id).where(ENTRIES.c.id.in_(some)).group_by(ENTRIES.c.id)
        found.update(connection.execute(grouped.having(func.count() > 1)).scalars())
    return frozenset(found)


# Each poll that brings something asks all of these; making one takes as long as asking it.


@lru_cache(maxsize=1)
def _any() -> Select[Any]:
    return select(ENTRIES.c.number).where(ENTRIES.c.source == bindparam("own")).limit(1)


@lru_cache(maxsize=1)
def _own() -> Select[Any]:
    of = select(ENTRIES).where(ENTRIES.c.source == bindparam("own"))
    return of.order_by(ENTRIES.c.sort_key.desc(), ENTRIES.c.id).limit(bindparam("most"))


@lru_cache(maxsize=4)
def _of(name: str) -> Select[Any]:
    return _own().where(ENTRIES.c[name].in_(bindparam("those", expanding=True)))


@lru_cache(maxsize=1)
def _near() -> Select[Any]:
    around = ENTRIES.c.sort_key.between(bindparam("start"), bindparam("end"))
    return _own().where(ENTRIES.c.entry.is_not(None), around)


@lru_cache(maxsize=1)
def _held() -> Select[Any]:
    ids = ENTRIES.c.id.in_(bindparam("ids", expanding=True))
    native = ENTRIES.c.native_id.in_(bindparam("keys", expanding=True))
    return select(ENTRIES).where(or_(ids, native), ENTRIES.c.source != bindparam("own"))


@lru_cache(maxsize=1)
def known_by() -> Select[Any]:
    """Give the question for what of a source need not be read again, if its entries are as they were."""
    same = (SOURCES.c.name == SPARED.c.source) & (SOURCES.c.revision == SPARED.c.revision)
    return (
        select(SPARED.c.context, SPARED.c.packed)
        .join(SOURCES, same)
        .where(SPARED.c.source == bindparam("own"))
    )


def _stretches(entries: Iterable[Entry]) -> Iterator[tuple[int, int]]:
    """Give the times around these entries' dates, from and to, none overlapping another."""
    around = codec.micros(codec.EPOCH + AROUND)
    dates = sorted(codec.micros(entry.published.instant) for entry in entries if entry.published is not None)
    start = end = None
    for date in dates:
        if start is None or end is None:
            start = date - around
        elif date - around > end:
            yield start, end
            start = date - around
        end = date + around
    if start is not None and end is not None:
        yield start, end
