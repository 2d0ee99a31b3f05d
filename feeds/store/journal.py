"""What happened, in order, for ``replay``: the documents that came, and what else changed the entries.

Rows are written in the transaction of what they tell, so their order is the order in which the store took it.
The bodies are in files beside the store (``segments``).
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from feeds.store import codec
from feeds.store.segments import Segments
from feeds.store.shelf import Opening
from feeds.store.tables import JOURNAL, SOURCES

AHEAD = timedelta(days=1)
"""What lies further in the future was noted by a clock that was wrong, and counts as old."""
BATCH = 500
"""Events that are looked at together."""
CARRIED = 8 * 1024 * 1024
"""Bytes that are carried to another file together."""


class What(StrEnum):
    """What an event is."""

    DOCUMENT = "document"
    EXPIRED = "expired"
    """``keep`` let go of entries that had become too old."""
    WITHDRAWN = "withdrawn"
    """The operator withdrew entries."""
    LIFTED = "lifted"
    """The operator put them back."""
    RELEASED = "released"
    """The operator let through what was held back as a flood."""
    BROUGHT_BACK = "brought_back"
    """The clock went back, and entries of the future with it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Raw:
    """A document as it is to be kept.

    Attributes:
        source: Its name.
        at: When it came.
        packed: Its bytes, without a content coding, compressed by ``pack``.
        hash: SHA-256 (hex) of the bytes themselves.
        told: What else is known of it; as JSON has it.
        read: Whether it could be read as a feed.
    """

    source: str
    at: datetime
    packed: bytes
    hash: str
    told: Mapping[str, Any]
    read: bool


def pack(body: bytes) -> bytes:
    """Compress a body as it is kept."""
    return zlib.compress(body)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One row.

    Attributes:
        number: Grows with each.
        at: When it happened.
        what: In a word.
        source: Whose document; None if it is none.
        told: What else is known.
        read: Whether the document could be read then.
        segment, place, size, hash: Where its body is, and the SHA-256 (hex) of that; empty if it has none.
    """

    number: int
    at: datetime
    what: What
    source: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    read: bool = False
    segment: str = ""
    place: int = 0
    size: int = 0
    hash: str = ""


class Journal:
    """The events. Made by the store; the first two arguments open one of its transactions."""

    def __init__(self, reading: Opening, writing: Opening, segments: Segments) -> None:
        self._reading = reading
        self._writing = writing
        self.segments = segments

    def keep(self, documents: Sequence[Raw]) -> None:
        """Keep documents, each of another poll, in this order; their bytes are on disk when this returns.

        The same bytes are written once a day.
        """
        if not documents:
            return
        name = _day(documents[-1].at)
        with self._writing() as connection:
            columns = (JOURNAL.c.hash, JOURNAL.c.place, JOURNAL.c.size)
            same = and_(JOURNAL.c.segment == name, JOURNAL.c.hash.in_({one.hash for one in documents}))
            found = connection.execute(select(*columns).where(same)).all()
            known = {digest: (place, size) for digest, place, size in found}
            new = {one.hash: one.packed for one in documents if one.hash not in known}
            if new:
                places = self.segments.append(name, tuple(new.values()))
                sizes = map(len, new.values())
                known |= dict(zip(new, zip(places, sizes, strict=True), strict=True))
            rows = [
                {
                    "at": codec.micros(one.at),
                    "what": What.DOCUMENT.value,
                    "source": one.source,
                    "told": _text(one.told),
                    "readable": int(one.read),
                    "segment": name,
                    "place": known[one.hash][0],
                    "size": known[one.hash][1],
                    "hash": one.hash,
                }
                for one in documents
            ]
            connection.execute(JOURNAL.insert(), rows)

    def note(self, what: What, now: datetime, told: Mapping[str, Any] | None = None) -> None:
        """Note what is no document."""
        row = {"at": codec.micros(now), "what": what.value, "told": _text(told or {})}
        with self._writing() as connection:
            connection.execute(JOURNAL.insert(), row)

    def newest(self) -> int:
        """Give the number of the last event; 0 if there is none."""
        with self._reading() as connection:
            return connection.scalar(select(func.max(JOURNAL.c.number))) or 0

    def holds(self) -> frozenset[str]:
        """Give the sources of which a document is kept that could be read."""
        with self._reading() as connection:
            read = JOURNAL.c.readable == 1
            return frozenset(connection.scalars(select(JOURNAL.c.source).where(read).distinct()))

    def count(self, since: datetime | None, until: datetime | None) -> int:
        """Count the documents that ``events`` gives."""
        with self._reading() as connection:
            chosen = and_(JOURNAL.c.what == What.DOCUMENT.value, _chosen(since, until))
            return connection.scalar(select(func.count()).where(chosen)) or 0

    def events(self, since: datetime | None, until: datetime | None) -> Iterator[Event]:
        """Give what happened in that time, in order; of each source also the last document before it.

        Read as far as it is asked for. None: from the first, to the last.
        """
        last = 0
        while True:
            with self._reading() as connection:
                wanted = and_(JOURNAL.c.number > last, _chosen(since, until))
                statement = select(JOURNAL).where(wanted).order_by(JOURNAL.c.number).limit(BATCH)
                rows = connection.execute(statement).all()
            if not rows:
                return
            last = rows[-1].number
            yield from map(_event, rows)

    def body(self, event: Event) -> bytes | None:
        """Give the bytes of a document; None if they are lost, or are not what came."""
        packed = self.segments.read(event.segment, event.place, event.size)
        try:
            body = None if packed is None else zlib.decompress(packed)
        except zlib.error:
            return None
        return body if body is not None and hashlib.sha256(body).hexdigest() == event.hash else None

    def forget(self, before: datetime, now: datetime) -> bool:
        """Let go of what happened before then, and say whether there was any.

        Of each listed source its last document that was read stays; it is moved to today's file, so that old
        files can go.
        """
        old = _old(before, now)
        with self._writing() as connection:
            listed = select(SOURCES.c.name).where(SOURCES.c.away.is_(None))
            last = (
                select(func.max(JOURNAL.c.number))
                .where(
                    JOURNAL.c.at < codec.micros(before),
                    JOURNAL.c.readable == 1,
                    JOURNAL.c.source.in_(listed),
                )
                .group_by(JOURNAL.c.source)
            )
            gone = connection.execute(delete(JOURNAL).where(old, JOURNAL.c.number.not_in(last))).rowcount
        first, today, beyond = _day(before), _day(now), _day(now + AHEAD)
        for name in self.segments.names():
            if name < first or name > beyond:
                while self._carry(name, today):
                    pass
                self.segments.remove(name)
        return gone > 0

    def forget_all(self) -> None:
        """Let go of everything."""
        with self._writing() as connection:
            connection.execute(delete(JOURNAL))
        for name in self.segments.names():
            self.segments.remove(name)

    def _carry(self, name: str, today: str) -> bool:
        """Move some of what is still wanted of a file to today's; say whether there may be more."""
        with self._writing() as connection:
            rows = self._some(connection, name)
            pieces = [self.segments.read(name, row.place, row.size) for row in rows]
            whole = [(row, piece) for row, piece in zip(rows, pieces, strict=True) if piece is not None]
            places = self.segments.append(today, [piece for _, piece in whole]) if whole else []
            for (row, _), place in zip(whole, places, strict=True):
                moved = update(JOURNAL).where(JOURNAL.c.number == row.number)
                connection.execute(moved.values(segment=today, place=place))
            lost = [row.number for row, piece in zip(rows, pieces, strict=True) if piece is None]
            connection.execute(delete(JOURNAL).where(JOURNAL.c.number.in_(lost)))
        return bool(rows)

    def _some(self, connection: Connection, name: str) -> list[Row[Any]]:
        statement = select(JOURNAL).where(JOURNAL.c.segment == name).order_by(JOURNAL.c.number).limit(BATCH)
        found: list[Row[Any]] = []
        size = 0
        for row in connection.execute(statement):
            size += row.size
            if found and size > CARRIED:
                break
            found.append(row)
        return found


def _day(moment: datetime) -> str:
    return moment.date().isoformat()


def _old(before: datetime, now: datetime) -> Any:
    return or_(JOURNAL.c.at < codec.micros(before), JOURNAL.c.at > codec.micros(now + AHEAD))


def _chosen(since: datetime | None, until: datetime | None) -> Any:
    """Choose the events of a span, and of each source the last document before it."""
    chosen = [JOURNAL.c.number > 0]
    if until is not None:
        chosen.append(JOURNAL.c.at <= codec.micros(until))
    if since is not None:
        begin = codec.micros(since)
        last = (
            select(func.max(JOURNAL.c.number))
            .where(JOURNAL.c.at < begin, JOURNAL.c.readable == 1)
            .group_by(JOURNAL.c.source)
        )
        chosen.append(or_(JOURNAL.c.at >= begin, JOURNAL.c.number.in_(last)))
    return and_(*chosen)


def _text(told: Mapping[str, Any]) -> str:
    return json.dumps(dict(told), ensure_ascii=False, sort_keys=True)


def _event(row: Row[Any]) -> Event:
    return Event(
        number=row.number,
        at=codec.instant(row.at),
        what=What(row.what),
        source=row.source,
        told=json.loads(row.told),
        read=bool(row.readable),
        segment=row.segment or "",
        place=row.place or 0,
        size=row.size or 0,
        hash=row.hash or "",
    )
