"""Full texts of entries, as they came from their pages, and which are still to be had. SQL only."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from feeds.memory import FullText
from feeds.model import Text
from feeds.store import codec, saving
from feeds.store.merging import batches
from feeds.store.tables import TEXTS

KEY = ("source", "id")


def texts(connection: Connection, source: str, ids: Sequence[str]) -> dict[str, FullText]:
    """Give what is known of the full texts of these entries of a source, by their ids."""
    statement = select(TEXTS).where(TEXTS.c.source == source)
    return {
        row["id"]: _text(row)
        for some in batches(sorted(set(ids)))
        for row in connection.execute(statement.where(TEXTS.c.id.in_(some))).mappings()
    }


def due(connection: Connection, source: str, now: datetime, most: int) -> tuple[FullText, ...]:
    """Give those of a source that are to be tried again now, the longest due first."""
    ripe = (TEXTS.c.source == source) & (TEXTS.c.due <= codec.micros(now))
    statement = select(TEXTS).where(ripe).order_by(TEXTS.c.due, TEXTS.c.id).limit(most)
    return tuple(_text(row) for row in connection.execute(statement).mappings())


def save(connection: Connection, source: str, found: Iterable[FullText]) -> None:
    """Remember full texts."""
    rows = [
        {
            "source": source,
            "id": one.id,
            "said": one.said,
            "packed": None if one.text is None else zlib.compress(codec.encode_text(one.text).encode()),
            "tries": one.tries,
            "due": None if one.due is None else codec.micros(one.due),
            "problem": one.problem,
        }
        for one in found
    ]
    saving.upsert(connection, TEXTS, KEY, rows)


def _text(row: RowMapping) -> FullText:
    packed: bytes | None = row["packed"]
    text: Text | None = None if packed is None else codec.decode_text(zlib.decompress(packed).decode())
    due_ = None if row["due"] is None else codec.instant(row["due"])
    words = {name: row[name] for name in ("id", "said", "tries", "problem")}
    return FullText(**words, text=text, due=due_)
