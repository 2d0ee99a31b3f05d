"""What feedparser keeps only the last of: skipped hours and days, and the marks of withdrawn entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from html import unescape
from zoneinfo import ZoneInfo

from feeds.model import Tombstone
from feeds.normalize.dates import parse
from feeds.normalize.text import excerpt
from feeds.normalize.urls import is_uri
from feeds.sources.parts import plain_text

MANY = 1000
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

HOURS = re.compile(r"<skipHours\s*>([^<]*+(?:<(?!/?skipHours)[^<]*+){0,200})</skipHours", re.IGNORECASE)
HOUR = re.compile(r"<hour\s*>\s*(\d{1,2})\s*<", re.IGNORECASE)
SKIPPED_DAYS = re.compile(r"<skipDays\s*>([^<]*+(?:<(?!/?skipDays)[^<]*+){0,50})</skipDays", re.IGNORECASE)
DAY = re.compile(r"<day\s*>\s*([A-Za-z]{3})[A-Za-z]*\s*<", re.IGNORECASE)
DELETED = re.compile(r"<(?:[\w.-]+:)?deleted-entry\b([^<>]*)>")
REASON = re.compile(
    r"\s*(?:<(?:[\w.-]+:)?by\b.{0,500}?</[\w.:-]*by>\s*)?<(?:[\w.-]+:)?comment\b[^<>]*>([^<]{1,1000})<",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"""\b(ref|when)\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def skip_hours(text: str) -> frozenset[int]:
    """Read the hours, in UTC, at which the feed asks not to be polled; RSS 0.91 counts to 24, which is 0."""
    found = {
        int(hour) % 24 for block in HOURS.findall(text) for hour in HOUR.findall(block) if int(hour) <= 24
    }
    return frozenset(found)


def skip_days(text: str) -> frozenset[int]:
    """Read the days at which the feed asks not to be polled; 0 is Monday."""
    names = {day.lower() for block in SKIPPED_DAYS.findall(text) for day in DAY.findall(block)}
    return frozenset(DAYS.index(name) for name in names if name in DAYS)


def tombstones(text: str, zone: ZoneInfo) -> tuple[Tombstone, ...]:
    """Read the marks of withdrawn entries (RFC 6721, 3) in their order, each id once, at most ``MANY``."""
    kept: dict[str, Tombstone] = {}
    for mark in _marks(text, zone):
        kept.setdefault(mark.id, mark)
        if len(kept) == MANY:
            break
    return tuple(kept.values())


def _marks(text: str, zone: ZoneInfo) -> Iterator[Tombstone]:
    for match in DELETED.finditer(text):
        told = {name: unescape(one or other).strip() for name, one, other in ATTRIBUTE.findall(match[1])}
        reference = told.get("ref", "")
        if not is_uri(reference):
            continue
        moment = parse(told.get("when", ""), zone)
        comment = None if match[1].endswith("/") else REASON.match(text, match.end())
        reason = plain_text(unescape(comment[1])) if comment else None
        yield Tombstone(
            id=reference,
            when=moment.instant.astimezone(UTC) if moment else None,
            reason=excerpt(reason.value, 300) if reason else None,
        )
