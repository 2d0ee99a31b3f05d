"""New: what is fixed at first sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from feeds.model import DateOrigin, Decision, Entry, Moment, Precision, Record
from feeds.normalize.dates import OLD, sort_key
from feeds.normalize.text import fingerprint

FIRST_SIGHT = "first sight"
"""The topic of decisions made here."""

EXACT = frozenset({Precision.MINUTE, Precision.SECOND})


def admit(entry: Entry, place: int, now: datetime, zone: ZoneInfo) -> Record:
    """Fix what is fixed at first sight: the place in time, the date of publication, the first ``updated``."""
    key, held = sort_key(entry.published, entry.updated, now, zone)
    declared = entry.published or entry.updated
    reasons = []
    if held is not None:
        reasons.append(held)
    elif declared is None:
        reasons.append("the source gives no date, so the entry stands at first sight")
    if held is not None or declared is None or declared.precision not in EXACT:
        # The document's order is all that tells these apart.
        key -= timedelta(microseconds=place)
    published = entry.published if entry.published is None or held is None else _seen(now, entry.published)
    updated = published
    if entry.updated is not None and entry.updated.instant >= (published.instant if published else OLD):
        updated = entry.updated
    if updated is None:
        updated = _seen(now, entry.updated)
    elif updated.instant > now:
        updated = _seen(now, updated)
        if held is None:
            reasons.append("its date of change lies in the future, so it counts as changed at first sight")
    decisions = (*entry.decisions, *(Decision(topic=FIRST_SIGHT, reason=reason) for reason in reasons))
    return record(
        replace(entry, published=published, updated=updated, decisions=decisions),
        first_seen=now,
        sort_key=key,
    )


def _seen(now: datetime, declared: Moment | None) -> Moment:
    """Give the moment of first sight in the place of one that is missing or cannot be."""
    return Moment(instant=now, origin=DateOrigin.FIRST_SEEN, raw=None if declared is None else declared.raw)


def record(entry: Entry, *, first_seen: datetime, sort_key: datetime) -> Record:
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
