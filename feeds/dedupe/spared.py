"""Entries that need not be read again while their text stays the same, and when leaving them out is harmless.

``decide`` looks at all entries of a document together: what two of them share is nobody's. So an entry is
spared only if it shares nothing, and those that are read are decided on without it only if they share nothing
with it either. Then every pair that ``same`` finds is the one that it would find among all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from feeds.dedupe.changed import compare
from feeds.memory import Record
from feeds.model import Entry
from feeds.normalize.text import shown
from feeds.normalize.urls import same_page

LONG = 500
"""Characters of an id or address up to which a record has it as it is, even without its text."""


def settled(
    entries: Sequence[Entry], finals: Mapping[int, Record], known: Sequence[Record], now: datetime
) -> frozenset[int]:
    """Say which entries bring nothing at any later poll, as long as they and their records stay as they are.

    Args:
        entries: Of one document.
        finals: What each is remembered as after this poll, by its place.
        known: All records of the source that one of them could be.
        now: The moment of the poll. A date that is still to come may be taken up later.
    """
    owners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    records = {record.id: record for record in known} | {record.id: record for record in finals.values()}
    for record in records.values():
        for mark in _marks(record):
            owners[mark].add(record.id)
    for place, entry in enumerate(entries):
        for mark in _marks(entry):
            owners[mark].add(finals[place].id)
    return frozenset(
        place
        for place, entry in enumerate(entries)
        if _as_remembered(entry, finals[place])
        and (entry.published is None or entry.published.instant <= now)
        and all(len(owners[mark]) == 1 for mark in _marks(entry))
        and compare(entry, finals[place], "id", now) is None
    )


def harmless(entries: Sequence[Entry], known: Sequence[Record], spared: Callable[[str], bool]) -> bool:
    """Say whether entries are decided on as they would be beside those that were spared.

    Args:
        entries: Those that were read.
        known: All records of the source that one of them could be.
        spared: Whether the entry with that id was spared.
    """
    by_id = {record.id: record for record in known}
    for entry in entries:
        own = by_id.get(entry.id)
        if spared(entry.id) or len(entry.native_id or "") > LONG or len(entry.url or "") > LONG:
            return False
        marks = frozenset(_marks(entry))
        if any(record is not own and not marks.isdisjoint(_marks(record)) for record in known):
            return False
        if own is not None and own.entry is not None and _page(entry) != _page(own):
            # What has the same id and another page may be another entry, if its title is another one too.
            titles = {" ".join(shown(one.title).split()).casefold() for one in (entry, own.entry)}
            if len(titles) > 1:
                return False
    return True


def _as_remembered(entry: Entry, record: Record) -> bool:
    """Say whether an entry would be found by its id, and its record by all that is looked for."""
    same = (entry.id, entry.native_id, _page(entry)) == (record.id, record.native_id, _page(record))
    return same and len(entry.native_id or "") <= LONG and len(entry.url or "") <= LONG


def _page(one: Entry | Record) -> str | None:
    return None if one.url is None else same_page(one.url)


def _marks(one: Entry | Record) -> list[tuple[str, str]]:
    """Give what it is known by beside its id."""
    marks = [("native id", one.native_id), ("page", _page(one))]
    return [(kind, mark) for kind, mark in marks if mark is not None]
