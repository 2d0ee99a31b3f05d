"""Who may withdraw what (RFC 6721). Pure.

A source may withdraw what it brought itself; and, if the id names its site, the copies of it that sources
bring which are not of that site. So a planet's tombstone takes nothing from anybody else, and the word of a
blog holds for every planet that copied it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from feeds.dedupe.shared import Owns
from feeds.memory import Record
from feeds.model import Feed, Withdrawal


def withdrawn(
    feed: Feed, records: Iterable[Record], source: str, owns: Owns, now: datetime
) -> tuple[tuple[Withdrawal, Record], ...]:
    """Decide which records the tombstones of a document withdraw.

    A mark does not count for an entry that the same document lists as updated later than the mark (RFC 6721,
    section 3: then it was put back).

    Args:
        feed: As it was read.
        records: Of all sources, those with the id or native id of a tombstone.
        source: Whose document it is.
        owns: Whether an id names the site of a source.
        now: The moment of the poll; takes the place of a date that is missing or in the future.

    Returns:
        What is to be noted, with the record it is about.
    """
    listed = {entry.native_id or entry.id: entry for entry in feed.entries}
    listed |= {entry.id: entry for entry in feed.entries}
    named: dict[str, list[Record]] = {}
    for record in records:
        for name in {record.id, record.native_id} - {None}:
            named.setdefault(str(name), []).append(record)
    gone: dict[tuple[str, str], tuple[Withdrawal, Record]] = {}
    for mark in feed.withdrawn:
        entry = listed.get(mark.id)
        if entry and entry.updated and mark.when and entry.updated.instant > mark.when:
            continue
        when = mark.when if mark.when is not None and mark.when <= now else now
        for record in named.get(mark.id, ()):
            note = Withdrawal(id=record.id, source=source, when=when, reason=mark.reason)
            if applies(note, record.source, owns):
                gone.setdefault((record.source, record.id), (note, record))
    return tuple(gone.values())


def applies(note: Withdrawal, source: str, owns: Owns) -> bool:
    """Say whether a withdrawal is about the copy that a source has."""
    if note.source in {"", source}:
        return True
    return owns(note.source, note.id) and not owns(source, note.id)


def unwelcome(
    new: Sequence[Record], notes: Sequence[Withdrawal], owns: Owns
) -> tuple[tuple[Withdrawal, Record], ...]:
    """Give those of new records that were withdrawn before they came, each with what withdrew it."""
    found: dict[str, list[Withdrawal]] = {}
    for note in notes:
        found.setdefault(note.id, []).append(note)
    pairs: list[tuple[Withdrawal, Record]] = []
    for record in new:
        known = [note for name in (record.id, record.native_id or record.id) for note in found.get(name, ())]
        pairs.extend((note, record) for note in known if applies(note, record.source, owns))
    return tuple(pairs)
