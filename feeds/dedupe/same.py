"""The same entry: which record an entry is, although its id may be another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from feeds.config.schema import Source
from feeds.model import Entry, Record, TitleOrigin
from feeds.normalize.text import same_text, shown
from feeds.normalize.urls import canonical

COMPARED = 1000
"""Pairs of texts compared in one poll; a flood beyond it is told apart by its ids alone."""


def match(entries: Sequence[Entry], known: Sequence[Record], source: Source) -> dict[int, tuple[Record, str]]:
    """Find for each entry, by its place, the record that it is, and say by what."""
    found: dict[int, tuple[Record, str]] = {}
    taken: set[str] = set()

    def pair(place: int, record: Record, why: str) -> None:
        if place not in found and record.id not in taken:
            found[place] = record, why
            taken.add(record.id)

    by_id = {record.id: record for record in known}
    for place, entry in enumerate(entries):
        if entry.id in by_id:
            pair(place, by_id[entry.id], "id")
    for place, record in _alone(entries, known, lambda one: one.native_id):
        pair(place, record, "native id")
    homes = {canonical(url) for url in (source.url, *_homes(entries)) if url}
    for place, record in _alone(entries, known, lambda one: _page(one, homes)):
        if place not in found and not _all_else_differs(entries[place], record, source.timezone):
            pair(place, record, "page")
    left = [place for place in range(len(entries)) if place not in found]
    free = [record for record in known if record.id not in taken]
    for place, record in _alike(entries, left, free, source.timezone):
        pair(place, record, "day and text")
    return found


def _alone(
    entries: Sequence[Entry], known: Sequence[Record], key: Callable[[Entry | Record], str | None]
) -> Iterator[tuple[int, Record]]:
    """Give pairs with a key that exactly one entry and one record have."""
    places: defaultdict[str | None, list[int]] = defaultdict(list)
    records: defaultdict[str | None, list[Record]] = defaultdict(list)
    for place, entry in enumerate(entries):
        places[key(entry)].append(place)
    for record in known:
        records[key(record)].append(record)
    for value, at in places.items():
        if value is not None and len(at) == len(records.get(value, ())) == 1:
            yield at[0], records[value][0]


def _homes(entries: Sequence[Entry]) -> Iterator[str | None]:
    for origin in {entry.origin for entry in entries if entry.origin}:
        yield from (origin.site_url, origin.self_url)


def _page(one: Entry | Record, homes: Collection[str]) -> str | None:
    """Give the page as it is compared; None for a site's home, where any entry may be."""
    page = None if one.url is None else canonical(one.url)
    return None if page in homes else page


def _all_else_differs(entry: Entry, record: Record, zone: ZoneInfo) -> bool:
    """Say whether only the page is the same: another day, another title, another text."""
    old = record.entry
    if old is None:
        return False
    day = _day(entry, zone)
    same_day = day is not None and day == _day(old, zone)
    return not same_day and _title(entry) != _title(old) and not same_text(entry, old)


def _alike(
    entries: Sequence[Entry], places: Sequence[int], records: Sequence[Record], zone: ZoneInfo
) -> Iterator[tuple[int, Record]]:
    """Give pairs of one day, one title and nearly one text."""
    days: defaultdict[date, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.id):
        if record.entry is not None and (day := _day(record.entry, zone)) is not None:
            days[day].append(record)
    compared = 0
    # Not in the document's order: the answer must not depend on it.
    for place in sorted(places, key=lambda place: entries[place].id) if days else ():
        day = _day(entries[place], zone)
        candidates = days.get(day, []) if day else []
        for record in tuple(candidates):
            if record.entry is None or not _same_title(entries[place], record.entry):
                continue
            compared += 1
            if compared > COMPARED:
                return
            if same_text(entries[place], record.entry):
                candidates.remove(record)
                yield place, record
                break


def _same_title(one: Entry, other: Entry) -> bool:
    """Say whether the titles are the same. Texts of one form (an agenda, the weather) differ in little else.

    A derived title says nothing that the text does not say.
    """
    return TitleOrigin.DERIVED in {one.title_origin, other.title_origin} or _title(one) == _title(other)


def _day(entry: Entry, zone: ZoneInfo) -> date | None:
    return None if entry.published is None else entry.published.instant.astimezone(zone).date()


def _title(entry: Entry) -> str:
    return " ".join(shown(entry.title).split()).casefold()
