"""New: what is fixed at first sight.

An entry's place in time is its declared date, if that can be true. What is left, by what the source says:

- a date before 1970-01-02 (year 0001, the first second of Unix) says that it is not known: the entry is the
  oldest there is, at 1970-01-01, at this poll and at every other;
- no date, none that can be read, or one in the future: first sight. But at the first poll of a source all
  that it lists is a backlog, and nothing tells that any of it is of now: there such an entry stands beside
  the dated one before it in the document, else behind it; only where none is dated, at first sight.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from feeds.memory import Record
from feeds.model import DateOrigin, Decision, Entry, Moment, Precision
from feeds.normalize.dates import EPOCH, OLD, believed, doubt, sort_key
from feeds.normalize.text import fingerprint

FIRST_SIGHT = "first sight"
"""The topic of decisions made here."""

EXACT = frozenset({Precision.MINUTE, Precision.SECOND})
STEP = timedelta(microseconds=1)
"""Between entries that only the document's order tells apart."""


def admit(
    entries: Sequence[Entry],
    new: Collection[int],
    now: datetime,
    zone: ZoneInfo,
    *,
    backlog: bool,
    places: Sequence[int] | None = None,
) -> dict[int, Record]:
    """Fix what is fixed at first sight: the place in time, the date of publication, the first ``updated``.

    Args:
        entries: Of one document, in its order.
        new: Places in it of those never met.
        now: Becomes ``first_seen``.
        zone: Of the source.
        backlog: Whether nothing of this source was ever met before.
        places: Where each entry stands in the document; None: as here. Of a backlog, all are here.
    """
    at = range(len(entries)) if places is None else places
    looked = range(len(entries)) if backlog else new
    dated = {place: _dated(entries[place], at[place], now, zone) for place in looked}
    beside: Sequence[datetime | None] = [None] * len(entries)
    if backlog:
        beside = _beside([None if record is None else record.sort_key for record in dated.values()], now)
    return {place: dated[place] or _undated(entries[place], at[place], now, beside[place]) for place in new}


def _beside(keys: Sequence[datetime | None], now: datetime) -> list[datetime | None]:
    """Find for each place without a key one beside its neighbour's; None where no place has one."""
    first = next((place for place, key in enumerate(keys) if key is not None), None)
    if first is None:
        return list(keys)
    last = min((keys[first] or now) + first * STEP, now) + STEP
    found: list[datetime | None] = []
    for key in keys:
        last = last - STEP if key is None else key
        found.append(last)
    return found


def _dated(entry: Entry, place: int, now: datetime, zone: ZoneInfo) -> Record | None:
    """Admit an entry with a date that can be true; None if it has none."""
    moment = believed(entry.published, entry.updated, now)
    if moment is None:
        return None
    key = sort_key(moment, now, zone)
    if moment.precision not in EXACT:
        key -= place * STEP
    published = entry.published if entry.published is moment else None
    reasons = (
        []
        if published or not entry.published
        else [_doubted(entry.published, now, "its date of change counts")]
    )
    updated = moment
    if entry.updated is not None and entry.updated.instant > moment.instant:
        updated = entry.updated
    if updated.instant > now:
        updated = _seen(now, updated)
        reasons.append("its date of change lies in the future, so it counts as changed at first sight")
    return _record(entry, (published, updated), reasons, key, now)


def _undated(entry: Entry, place: int, now: datetime, beside: datetime | None) -> Record:
    """Admit an entry without a date that can be true; ``beside`` is its place if it is of a backlog."""
    declared = entry.published or entry.updated
    raw = None if declared is None else declared.raw
    if declared is not None and declared.instant < OLD:
        reason = _doubted(declared, now, "the entry counts as the oldest")
        updated = Moment(instant=EPOCH, origin=DateOrigin.INFERRED, raw=raw)
        return _record(entry, (None, updated), [reason], EPOCH - place * STEP, now)
    if beside is not None:
        end = "the entry takes the place of its neighbour in the document"
        updated = Moment(instant=beside.replace(microsecond=0), origin=DateOrigin.INFERRED, raw=raw)
        return _record(entry, (None, updated), [_doubted(declared, now, end)], beside, now)
    reason = _doubted(declared, now, "the entry stands at first sight")
    seen = _seen(now, declared)
    published = entry.published and _seen(now, entry.published)
    return _record(entry, (published, seen), [reason], now - place * STEP, now)


def _doubted(declared: Moment | None, now: datetime, end: str) -> str:
    why = "the source gives no date" if declared is None else doubt(declared, now)
    return f"{why}, so {end}"


def _seen(now: datetime, declared: Moment | None) -> Moment:
    """Give the moment of first sight in the place of one that is missing or cannot be."""
    return Moment(instant=now, origin=DateOrigin.FIRST_SEEN, raw=None if declared is None else declared.raw)


def _record(
    entry: Entry, dates: tuple[Moment | None, Moment], reasons: Sequence[str], key: datetime, now: datetime
) -> Record:
    decisions = (*entry.decisions, *(Decision(topic=FIRST_SIGHT, reason=reason) for reason in reasons))
    entry = replace(entry, published=dates[0], updated=dates[1], decisions=decisions)
    return record(entry, first_seen=now, sort_key=key)


def record(entry: Entry, *, first_seen: datetime, sort_key: datetime) -> Record:
    """Make the record of an entry as it is remembered."""
    return Record(
        source=entry.source,
        id=entry.id,
        native_id=entry.native_id,
        url=entry.url,
        entry=entry,
        first_seen=first_seen,
        sort_key=sort_key,
        fingerprint=fingerprint(entry),
    )
