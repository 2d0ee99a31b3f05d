"""What is known of a source's rhythm, and how a poll adds to it. Pure arithmetic over frozen values.

Times in this room are floats: hours since Monday, 5 January 1970, 00:00 UTC, so that the hour of the week is
what is left over 168. ``hours`` and ``moment`` go from and to aware instants.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from feeds.cadence.reason import Reason

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)

HALF_LIFE = 30 * 24.0
"""Hours after which a piece of evidence counts half."""
PRIOR_ENTRIES, PRIOR_HOURS = 0.1, 4.8
"""What is believed of a source before anything is known: half an entry in a day, as firmly as if a fifth of a
day had been seen. (A busy source shows but a few hours in its first document.)"""
BURST = 0.25
"""A gap shorter than this share of the usual one belongs to a burst: its entries are less than one piece
of evidence each for when in the day the source posts."""
SHORT = 1.5
"""Hours within which an entry may be the sequel of the one before."""
BINS = 12
"""Parts of an hour that are told apart: five minutes each."""
LONGEST_HISTORY = 400 * 24.0
"""Hours of the past that the dates of a first document may speak for."""

VERSION = "1."
"""Stands before the text of a rhythm; raise it, and what was learned by other rules is void."""
_LAYOUT = struct.Struct("<2d8fHB43e")
_REASONS = (None, *Reason)
_LARGEST = 60000.0
"""What fits into the two bytes of a number of the layout's end (IEEE 754 binary16)."""


def hours(instant: datetime) -> float:
    """Give an aware instant in hours since that Monday.

    >>> hours(datetime(1970, 1, 5, 1, 30, tzinfo=UTC))
    1.5
    """
    return (instant - MONDAY) / HOUR


def moment(number: float) -> datetime:
    """Give the instant of that many hours, aware, in UTC."""
    return MONDAY + timedelta(hours=number)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """What is known of one source, all of it fading with ``HALF_LIFE``.

    Attributes:
        at: When it was asked last with success; the evidence is valued as of then.
        entries: Entries seen. span: hours in which they were.
        newest: When the newest entry came; ``at`` of the first poll if none is dated.
        asked: Hours that the source asked to be left alone after that; 0 if it did not.
        evenness: By how much less a square-root law asks that follows the hours, above 0 and up to 1.
        window: How many entries its document holds; 0 if that is unknown.
        reason: What decided when it is due next; None if that was not chosen yet.
        haste: From 1 down to 1/8: how much of the usual share of a window is waited for, after overflows.
        gaps, sequels, pause: Gaps between entries that were seen; those of them that are short; and the sum
            of the short ones in hours.
        days, times, parts: Pieces of evidence by day of the week (0 is Monday), hour of the day in UTC, and
            five minutes of the hour.
    """

    at: float
    entries: float = 0.0
    span: float = 0.0
    newest: float
    asked: float = 0.0
    evenness: float = 1.0
    window: int = 0
    reason: Reason | None = None
    haste: float = 1.0
    gaps: float = 0.0
    sequels: float = 0.0
    pause: float = 0.0
    days: tuple[float, ...] = (0.0,) * 7
    times: tuple[float, ...] = (0.0,) * 24
    parts: tuple[float, ...] = (0.0,) * BINS

    @property
    def rate(self) -> float:
        """Entries expected in an hour, at no particular time: the mean of the Gamma posterior."""
        return (PRIOR_ENTRIES + self.entries) / (PRIOR_HOURS + self.span)


def encode(rhythm: Rhythm) -> str:
    """Give a rhythm as a text of less than 300 characters; counts keep three digits."""
    head = (rhythm.at, rhythm.newest, rhythm.entries, rhythm.span, rhythm.asked, rhythm.evenness)
    why = 0 if rhythm.reason is None else _REASONS.index(rhythm.reason)
    tail = (rhythm.haste, rhythm.gaps, rhythm.sequels, rhythm.pause, min(rhythm.window, 65535), why)
    counts = [min(count, _LARGEST) for count in (*rhythm.days, *rhythm.times, *rhythm.parts)]
    return VERSION + base64.b64encode(_LAYOUT.pack(*head, *tail, *counts)).decode()


def decode(text: str | None) -> Rhythm | None:
    """Give back the rhythm; None if there is none, or none of these rules."""
    if text is None or not text.startswith(VERSION):
        return None
    try:
        numbers = _LAYOUT.unpack(base64.b64decode(text[len(VERSION) :], validate=True))
    except (binascii.Error, struct.error, ValueError):
        return None
    if not all(map(math.isfinite, numbers)):
        return None
    at, newest, entries, span, asked, evenness, haste, gaps, sequels, pause, window, why, *counts = numbers
    return Rhythm(
        at=at,
        newest=newest,
        entries=entries,
        span=span,
        asked=asked,
        evenness=evenness,
        haste=haste,
        gaps=gaps,
        sequels=sequels,
        pause=pause,
        window=window,
        reason=_REASONS[why] if why < len(_REASONS) else None,
        days=tuple(counts[:7]),
        times=tuple(counts[7:31]),
        parts=tuple(counts[31:]),
    )


def first(at: float, dates: Sequence[float | None], window: int = 0) -> Rhythm:
    """Learn from a first document: its dates are history.

    Args:
        at: When it was asked.
        dates: When its entries say they came, in any order; None or a moment to come says nothing.
        window: How many entries it holds; 0 if that says nothing.
    """
    known = sorted(date for date in dates if date is not None and at - LONGEST_HISTORY < date <= at)
    empty = Rhythm(at=at, newest=at, window=window)
    if not known:
        return empty
    # The oldest one begins the time that is looked back on, it is not seen in it.
    begun = replace(empty, at=known[0], newest=known[0])
    told = known[1:] if len(known) == len(dates) and len(known) > 1 else known
    return replace(_heard(begun, at, told), window=window)


def learn(
    rhythm: Rhythm, at: float, dates: Sequence[float | None], *, window: int = 0, lost: bool = False
) -> Rhythm:
    """Learn from a poll what came since the one before.

    Args:
        rhythm: What was known.
        at: When it was asked; not before ``rhythm.at``.
        dates: Of each new entry, when it says it came. One that cannot be, because it was not there at the
            last poll, or is still to come, counts as not said: those are spread since the last poll.
        window: As in ``first``; 0 leaves what is known.
        lost: Whether entries may have come and gone unseen.
    """
    at = max(at, rhythm.at)
    size = window or rhythm.window
    haste = max(rhythm.haste / 2, 0.125) if lost else min(1.0, rhythm.haste * 1.02)
    believed = sorted(date for date in dates if date is not None and rhythm.at < date <= at)
    free = len(dates) - len(believed)
    after = _heard(rhythm, at, believed)
    if free:
        after = _spread(after, rhythm.at, free)
    return replace(after, window=size, haste=haste)


def _faded(rhythm: Rhythm, at: float) -> Rhythm:
    """Let the evidence grow old, and add the time until ``at`` to it."""
    keep = 2.0 ** ((rhythm.at - at) / HALF_LIFE)
    return Rhythm(
        at=at,
        newest=rhythm.newest,
        asked=rhythm.asked,
        evenness=rhythm.evenness,
        window=rhythm.window,
        reason=rhythm.reason,
        haste=rhythm.haste,
        entries=rhythm.entries * keep,
        span=rhythm.span * keep + (1.0 - keep) * HALF_LIFE / math.log(2),
        gaps=rhythm.gaps * keep,
        sequels=rhythm.sequels * keep,
        pause=rhythm.pause * keep,
        days=tuple([count * keep for count in rhythm.days]),
        times=tuple([count * keep for count in rhythm.times]),
        parts=tuple([count * keep for count in rhythm.parts]),
    )


def _heard(rhythm: Rhythm, at: float, dates: Sequence[float]) -> Rhythm:
    """Add the time until ``at``, and the entries that came in it: their dates, in order."""
    faded = _faded(rhythm, at)
    if not dates:
        return faded
    entries, gaps, sequels, pause = faded.entries, faded.gaps, faded.sequels, faded.pause
    days, times, parts = list(faded.days), list(faded.times), list(faded.parts)
    rate = (PRIOR_ENTRIES + entries + len(dates)) / (PRIOR_HOURS + faded.span)
    newest = rhythm.newest
    for date in dates:
        weight = 2.0 ** ((date - at) / HALF_LIFE)
        gap = max(date - newest, 0.0)
        entries += weight
        gaps += weight
        if gap < SHORT:
            sequels += weight
            pause += weight * gap
        piece = weight * min(1.0, gap * rate / BURST)
        days[int(date % 168.0 / 24.0) % 7] += piece
        times[int(date % 24.0) % 24] += piece
        parts[int(date % 1.0 * BINS) % BINS] += piece
        newest = max(newest, date)
    return replace(
        faded,
        entries=entries,
        newest=newest,
        gaps=gaps,
        sequels=sequels,
        pause=pause,
        days=tuple(days),
        times=tuple(times),
        parts=tuple(parts),
    )


def _spread(rhythm: Rhythm, since: float, count: int) -> Rhythm:
    """Add entries of which only the poll is known that brought them: one piece of evidence for all."""
    length = rhythm.at - since
    times, days = list(rhythm.times), list(rhythm.days)
    pieces = max(1, math.ceil(length))
    if pieces <= 24:  # Longer than a day says nothing of when in a day.
        for place in range(pieces):
            date = since + length * (place + 0.5) / pieces
            times[int(date % 24.0) % 24] += 1.0 / pieces
            days[int(date % 168.0 / 24.0) % 7] += 1.0 / pieces
    return replace(
        rhythm,
        entries=rhythm.entries + count,
        gaps=rhythm.gaps + count,
        newest=max(rhythm.newest, since + length / 2),
        days=tuple(days),
        times=tuple(times),
    )
