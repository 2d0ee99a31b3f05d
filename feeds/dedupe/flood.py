"""Flood: what comes at once that cannot be new. Pure.

Two kinds, each of many entries in one document. **Old**: most of a document is unknown although it is dated
before what the source has shown already: ids and texts were made anew, or old entries came into the feed.
**At once**: entries of one moment, many more than the source ever had in a day: an import that gave all of
them its own date.

No flood is what a source brings at first (that is its backlog), what is dated since, however much it is, and
what is usual for this source: a list with some hundred entries each midnight had them on other days, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from feeds.memory import Record
from feeds.model import DateOrigin, Decision, Moment, Precision

FLOOD = "flood"
"""The topic of decisions made here."""

MANY = 50
"""Fewer entries are no flood, unless they are nearly all of a document."""
FEW = 8
"""Fewer entries never are one."""
EXACT = frozenset({Precision.MINUTE, Precision.SECOND})
SHUFFLED, SHUFFLED_DAYS = timedelta(hours=2), timedelta(hours=36)
"""So much earlier than a known entry may a new one be dated: by the minute, or by the day in any zone."""
MOMENT = timedelta(minutes=10)
"""An import takes its time."""
DAY = timedelta(days=1)


def ranked(new: Sequence[Record]) -> tuple[Record, ...]:
    """Number the records of a source's first document by their place in outputs, the newest first."""
    by_id = sorted(new, key=lambda record: record.id)
    order = {
        record.id: rank
        for rank, record in enumerate(sorted(by_id, key=lambda record: record.sort_key, reverse=True))
    }
    return tuple(replace(record, backlog=order[record.id]) for record in new)


def dammed(
    new: Sequence[Record], known: int, places: Sequence[datetime], away: timedelta, *, unstable: bool
) -> tuple[Record, ...]:
    """Give new records with those of a flood held back, each with the reason.

    Args:
        new: What a document brings that was never met; the source is not new itself.
        known: How many entries of the document are known.
        places: Sort keys of what the source had before, newest first; as many as there are, or the newest.
        away: How long its document had not been read.
        unstable: Whether the source is known for ids that change at every poll.
    """
    if len(new) < FEW or not places:
        return tuple(new)
    nearly_all = 4 * len(new) >= 3 * (len(new) + known)
    old = sum(_before(record, places[0]) for record in new)
    if old >= MANY or (old >= FEW and 4 * old >= 3 * (len(new) + known)):
        # In a storm of other ids the last of the old entries comes back as well.
        dated = {record.id for record in new if record.sort_key <= places[0] and _declared(record)}
        reason = (
            f"{len(dated)} entries came at once that are not dated after {places[0]:%Y-%m-%d %H:%M},"
            " from when its source had shown newer ones; so they are held back"
        )
        return _held(new, dated, reason)
    usual = _busiest_day(places)
    at_once = _at_once(new)
    first = min((record.sort_key for record in new if record.id in at_once), default=places[0])
    allowed = usual * max(2.0, 1 + away / DAY)
    if len(at_once) > allowed and len(at_once) >= (FEW if unstable and nearly_all else MANY):
        reason = (
            f"{len(at_once)} entries came at once, all of {first:%Y-%m-%d %H:%M}, and its source never had"
            f" more than {usual} in a day; so they are held back"
        )
        return _held(new, at_once, reason)
    return tuple(new)


def _before(record: Record, newest: datetime) -> bool:
    """Say whether an entry is dated clearly before one that the source had shown."""
    moment = _declared(record)
    if moment is None:
        return False
    return record.sort_key < newest - (SHUFFLED if moment.precision in EXACT else SHUFFLED_DAYS)


def _declared(record: Record) -> Moment | None:
    """Give the date that the source gives an entry; None if it gives none that counts."""
    moment = record.entry and (record.entry.published or record.entry.updated)
    return moment if moment is not None and moment.origin is DateOrigin.DECLARED else None


def _at_once(new: Sequence[Record]) -> Collection[str]:
    """Give the ids of the largest number of records that are of one moment."""
    records = sorted(new, key=lambda record: record.sort_key)
    first, best = 0, (0, 0)
    for last, record in enumerate(records):
        while record.sort_key - records[first].sort_key > MOMENT:
            first += 1
        best = max(best, (last + 1 - first, -first))
    return {record.id for record in records[-best[1] : -best[1] + best[0]]}


def _busiest_day(places: Sequence[datetime]) -> int:
    first, most = 0, 0
    for last, place in enumerate(places):
        while places[first] - place > DAY:
            first += 1
        most = max(most, last + 1 - first)
    return most


def _held(new: Sequence[Record], ids: Collection[str], reason: str) -> tuple[Record, ...]:
    decision = Decision(topic=FLOOD, reason=reason)
    return tuple(
        replace(
            record,
            held=True,
            entry=record.entry and replace(record.entry, decisions=(*record.entry.decisions, decision)),
        )
        if record.id in ids
        else record
        for record in new
    )
