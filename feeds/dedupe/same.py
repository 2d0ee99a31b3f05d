"""The same entry: which record an entry is, although its id may be another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from feeds.config.schema import Source
from feeds.memory import Record
from feeds.model import Entry, TitleOrigin
from feeds.normalize.text import fingerprint, same_text, shown
from feeds.normalize.urls import same_page

COMPARED = 1000
"""Pairs of texts compared word by word in one poll; beyond it, ids, pages and equal texts alone count."""


@dataclass(slots=True)
class Matches:
    """What the entries of a document are.

    Attributes:
        found: The record of an entry, by its place in the document, and by what it is known.
        reused: Places of entries whose id is that of another entry.
    """

    found: dict[int, tuple[Record, str]] = field(default_factory=dict)
    reused: set[int] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    """Ids of the records found."""

    def pair(self, place: int, record: Record, why: str) -> None:
        """Note that an entry is a record, unless one of the two is found already."""
        if place not in self.found and record.id not in self.taken:
            self.found[place] = record, why
            self.taken.add(record.id)


def match(
    entries: Sequence[Entry],
    known: Sequence[Record],
    source: Source,
    *,
    unstable: bool = False,
    said: Mapping[str, str] = MappingProxyType({}),
    spared: int = 0,
) -> Matches:
    """Find for each entry, by its place, the record that it is, and say by what.

    Args:
        entries: Of one document.
        known: Records of the source.
        source: For its zone and its own address.
        unstable: Whether the source is known for ids that change at every poll.
        said: Ids under which entries came last, to those of their records, where they are others.
        spared: How many further entries the document has, each of which is known by its id.
    """
    zone = source.timezone
    matches = Matches()
    homes = {same_page(url) for url in (source.url, *_homes(entries)) if url}
    _by_id(matches, entries, known, homes, zone)
    for place, record in _alone(entries, known, lambda one: one.native_id):
        if place not in matches.reused:
            matches.pair(place, record, "native id")
    for place, record in _alone(entries, known, lambda one: _page(one, homes)):
        if place not in matches.found and not _all_else_differs(entries[place], record, zone):
            matches.pair(place, record, "page")
    left = [place for place in range(len(entries)) if place not in matches.found]
    free = [record for record in known if record.id not in matches.taken]
    storm = len(left) > len(matches.found) + spared
    for place, record in _same_words(entries, left, free, _Trust(zone, storm=storm, unstable=unstable)):
        matches.pair(place, record, "text")
    for place, record in _as_last(entries, free, {} if unstable else said):
        matches.pair(place, record, "its id of late")
    left = [place for place in left if place not in matches.found]
    free = [record for record in free if record.id not in matches.taken]
    for place, record in _alike(entries, left, free, zone):
        matches.pair(place, record, "day and text")
    return matches


def _by_id(
    matches: Matches,
    entries: Sequence[Entry],
    known: Sequence[Record],
    homes: Collection[str],
    zone: ZoneInfo,
) -> None:
    """Pair what has the same id, but for sources that use one id for different entries.

    Such an entry has another page, title, text and day than its namesake; or it is, by page and title, a
    record with another id.
    """
    by_id = {record.id: record for record in known}
    suspects: list[int] = []
    for place, entry in enumerate(entries):
        record = by_id.get(entry.id)
        if record is None:
            continue
        page, other = _page(entry, homes), _page(record, homes)
        if page and other and page != other and record.entry and _title(entry) != _title(record.entry):
            suspects.append(place)
        else:
            matches.pair(place, record, "id")
    if not suspects:
        return
    by_page = {(_page(one, homes), _title(one.entry)): one for one in known if one.entry is not None}
    for place in suspects:
        entry, record = entries[place], by_id[entries[place].id]
        namesake = by_page.get((_page(entry, homes), _title(entry)))
        if namesake is not None:
            matches.pair(place, namesake, "page and title")
        elif _another_day(entry, record, zone) and _all_else_differs(entry, record, zone):
            matches.reused.add(place)
        else:
            matches.pair(place, record, "id")


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
    page = None if one.url is None else same_page(one.url)
    return None if page in homes else page


def _another_day(entry: Entry, record: Record, zone: ZoneInfo) -> bool:
    """Say whether both declare a day, and not the same."""
    days = _day(entry, zone), None if record.entry is None else _day(record.entry, zone)
    return None not in days and days[0] != days[1]


def _all_else_differs(entry: Entry, record: Record, zone: ZoneInfo) -> bool:
    """Say whether only the page, or the id, is the same: another day, another title, another text."""
    old = record.entry
    if old is None:
        return False
    day = _day(entry, zone)
    same_day = day is not None and day == _day(old, zone)
    return not same_day and _title(entry) != _title(old) and not same_text(entry, old)


@dataclass(frozen=True, slots=True)
class _Trust:
    """How far equal words are trusted where no date confirms them.

    Attributes:
        storm: Whether most of the document is unknown by id and page: it is then the ids that are new.
        unstable: Whether this is so at every poll: then dates made anew do not speak against it either.
    """

    zone: ZoneInfo
    storm: bool = field(kw_only=True)
    unstable: bool = field(kw_only=True)

    def same(self, entry: Entry, record: Record) -> bool:
        """Say whether an entry with the words of a record is that record."""
        if self.unstable:
            return True
        if record.entry is None:  # Expired: of its date only the place is known.
            day = _day(entry, self.zone)
            return (day is None and self.storm) or day == _local(record.sort_key, self.zone)
        days = _day(entry, self.zone), _day(record.entry, self.zone)
        if days == (None, None):
            return self.storm or (entry.url is None and record.url is None)
        return days[0] == days[1]


def _same_words(
    entries: Sequence[Entry], places: Sequence[int], records: Sequence[Record], trust: _Trust
) -> Iterator[tuple[int, Record]]:
    """Give pairs of equal texts; of several with one text, the first with the first."""
    by_words: defaultdict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda record: record.id):
        by_words[record.fingerprint].append(record)
    # Not in the document's order: the answer must not depend on it.
    for place in sorted(places, key=lambda place: entries[place].id) if by_words else ():
        entry = entries[place]
        if not (entry.title or entry.summary or entry.content):
            continue
        candidates = by_words.get(fingerprint(entry), [])
        found = next((number for number, one in enumerate(candidates) if trust.same(entry, one)), None)
        if found is not None:
            yield place, candidates.pop(found)


def _as_last(
    entries: Sequence[Entry], records: Sequence[Record], said: Mapping[str, str]
) -> Iterator[tuple[int, Record]]:
    """Give pairs that were pairs at the last poll, by the id that the source gives the record since then.

    Asked after the words: where ids move on from entry to entry, the words tell which is which.
    """
    by_id = {record.id: record for record in records}
    for place, entry in enumerate(entries):
        record = by_id.get(said.get(entry.id, ""))
        if record is not None:
            yield place, record


def _alike(
    entries: Sequence[Entry], places: Sequence[int], records: Sequence[Record], zone: ZoneInfo
) -> Iterator[tuple[int, Record]]:
    """Give pairs of one day, one title and nearly one text.

    Texts of one form (an agenda, the weather) differ in little but their title; a derived title says nothing
    that the text does not say.
    """
    days: defaultdict[date, dict[str, tuple[Record, Entry, str | None]]] = defaultdict(dict)
    titled: defaultdict[tuple[date, str | None], dict[str, None]] = defaultdict(dict)
    for record in sorted(records, key=lambda record: record.id):
        if record.entry is not None and (day := _day(record.entry, zone)) is not None:
            title = _told_title(record.entry)
            days[day][record.id] = record, record.entry, title
            titled[day, title][record.id] = None
    compared = 0
    for place in sorted(places, key=lambda place: entries[place].id) if days else ():
        entry = entries[place]
        day = _day(entry, zone)
        if day is None or day not in days:
            continue
        title = _told_title(entry)
        keys = days[day] if title is None else {**titled[day, title], **titled[day, None]}
        for key in tuple(keys):
            record, old, their_title = days[day][key]
            compared += 1
            if compared > COMPARED:
                return
            if same_text(entry, old):
                del days[day][key], titled[day, their_title][key]
                yield place, record
                break


def _told_title(entry: Entry) -> str | None:
    return None if entry.title_origin is TitleOrigin.DERIVED else _title(entry)


def _day(entry: Entry, zone: ZoneInfo) -> date | None:
    return None if entry.published is None else _local(entry.published.instant, zone)


def _local(instant: datetime, zone: ZoneInfo) -> date | None:
    try:
        return instant.astimezone(zone).date()
    except OverflowError:  # The first hours of year 1, the last of 9999.
        return None


def _title(entry: Entry) -> str:
    return " ".join(shown(entry.title).split()).casefold()
