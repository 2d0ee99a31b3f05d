"""When to poll a source next. Pure arithmetic: the clock is an argument, and there are no dice.

``next_due`` and ``after_failure`` answer for every kind of interval. What ``auto`` learns is in ``rhythm``,
what it expects of that in ``expectation``, how it weighs waiting against requests in ``planning``, and what a
request has to be worth in ``price``; ``docs/cadence.md`` explains the whole.

Where sources should not all come due together, the differing part is taken from a hash of their names, so
that the same question always has the same answer.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from feeds import caching
from feeds.cadence import planning
from feeds.cadence.expectation import Expected, expected
from feeds.cadence.fixed import NEVER, tick
from feeds.cadence.price import Pace, Plan, step, step_due
from feeds.cadence.reason import Reason
from feeds.cadence.rhythm import (
    HOUR,
    PRIOR_ENTRIES,
    PRIOR_HOURS,
    Rhythm,
    decode,
    encode,
    first,
    hours,
    learn,
    moment,
)
from feeds.config.schema import Cron, Source
from feeds.model import Feed

__all__ = (
    "HOUR",
    "NEVER",
    "Choice",
    "Pace",
    "Plan",
    "Reason",
    "Rhythm",
    "after_failure",
    "choose",
    "decode",
    "encode",
    "filled",
    "first",
    "hours",
    "latest",
    "learn",
    "moment",
    "next_due",
    "plan",
    "step",
    "step_due",
)

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
USUAL = timedelta(hours=1)
"""What ``auto`` waits where nothing is learned, and neither the feed nor the server says anything."""
LOCAL = timedelta(minutes=1)
"""What ``auto`` waits for a folder: reading it disturbs nobody."""
SPREAD = 0.1
"""``auto`` waits and waits after failures are up to this share longer, by the source's name."""
SHORTEST = timedelta(seconds=1)
CRON_PATIENCE = timedelta(hours=20)
"""The longest back-off of a source with fixed times: a daily one that failed is still asked each day."""
WINDOW = 0.5
"""Share of a document's entries that may be new at a poll, as expected: beyond it some come and go unseen."""
SMALLEST_WINDOW = 10
"""A document with fewer entries has not yet filled, as far as we know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A moment to poll, and why then.

    Attributes:
        due: Aware, UTC.
        reason: The rule that decided.
        asked: How long the source asked to be left alone, within the operator's bounds; zero if it did not.
        evenness: As in ``Rhythm``, of what was planned with.
    """

    due: datetime
    reason: Reason
    asked: timedelta = timedelta()
    evenness: float = 1.0


def next_due(
    source: Source,
    now: datetime,
    *,
    feed: Feed | None = None,
    headers: Mapping[str, str] | None = None,
    rhythm: Rhythm | None = None,
    price: float | None = None,
) -> datetime:
    """Choose the next moment to poll after a poll that worked: ``choose`` without the reason.

    >>> next_due(Source(name="a", interval="30m"), datetime(2026, 1, 1, tzinfo=UTC))
    datetime.datetime(2026, 1, 1, 0, 30, tzinfo=datetime.timezone.utc)
    """
    return choose(source, now, feed=feed, headers=headers, rhythm=rhythm, price=price).due


def choose(
    source: Source,
    now: datetime,
    *,
    feed: Feed | None = None,
    headers: Mapping[str, str] | None = None,
    rhythm: Rhythm | None = None,
    price: float | None = None,
    missing: float = 1.0,
) -> Choice:
    """Choose the next moment to poll after a poll that worked.

    A fixed interval and fixed times (cron) are the operator's word and taken literally. ``auto`` plans ahead
    with what it learned, never sooner than the source asks (the longest of RSS ``ttl``, ``sy:updatePeriod``
    and what Cache-Control or Expires promise), within ``min_interval`` and ``max_interval``; as long as
    nothing is learned it waits as long as the source asks, or ``USUAL``. Then RSS ``skipHours`` and
    ``skipDays`` are kept, even past ``max_interval``: a request that a source asked us not to make is not
    made. Nothing is earlier than a Retry-After, of which at most a day counts.

    Args:
        source: Its interval, with the defaults filled in.
        now: The moment of the poll, aware.
        feed: What the source said of itself, now or at an earlier poll (a 304 says nothing); None if unknown.
        headers: Of the answer, lower-case names.
        rhythm: What is learned of it, this poll included; None if nothing is.
        price: Entry-hours of waiting that one request is worth, above 0; None as long as none is set.
        missing: Share of its entries that no push brings; what pushes bring needs no poll.

    Returns:
        A moment after ``now``.

    Raises:
        CronSimError: If the source's cron expression is wrong, which config does not let pass.
    """
    now = now.astimezone(UTC)
    earliest = now + _asked(caching.retry_after(headers or {}, now))
    if isinstance(source.interval, Cron):
        return Choice(due=tick(source.interval.cron, source.timezone, earliest), reason=Reason.CRON)
    if isinstance(source.interval, timedelta):
        due, reason = now + max(source.interval, SHORTEST), Reason.INTERVAL
        return Choice(due=max(due, earliest), reason=reason if due >= earliest else Reason.RETRY_AFTER)
    if source.path is not None:
        return Choice(due=max(now + LOCAL, earliest), reason=Reason.FOLDER)
    asked, why = _wish(feed, caching.fresh_for(headers or {}, now))
    asked = min(asked, max(source.max_interval, source.min_interval))
    evenness = 1.0
    if rhythm is None or price is None:
        wait, reason = _unlearned(source, (asked, why))
    else:
        foreseen = expected(rhythm, hours(now), missing=missing)
        evenness = foreseen.evenness
        room = _room(rhythm) if missing == 1.0 else math.inf
        wait, reason = _learned(source, (asked, why), foreseen, hours(now), price=price, room=room)
    due = now + wait
    if due < earliest:
        due, reason = earliest, Reason.RETRY_AFTER
    if feed is not None and (later := _open(due, feed.skip_hours, feed.skip_days)) > due:
        due, reason = later, Reason.SKIP
    return Choice(due=due, reason=reason, asked=asked, evenness=evenness)


def plan(source: Source, rhythm: Rhythm | None, host: str = "", *, missing: float = 1.0) -> Plan:
    """Say what a source with ``auto`` is going to be asked, for the price.

    Args:
        source: Its bounds.
        rhythm: What is learned of it; None if nothing is.
        host: Whom it is asked of, if that host may have a price of its own.
        missing: As in ``choose``.
    """
    least = max(source.min_interval, SHORTEST) / HOUR
    most = max(source.max_interval / HOUR, least)
    if rhythm is None:
        return Plan(rate=PRIOR_ENTRIES / PRIOR_HOURS * missing, least=least, most=most, host=host)
    least = min(max(least, rhythm.asked), most)
    if missing == 1.0:
        most = min(max(filled(rhythm), least), most)
    return Plan(rate=rhythm.rate * rhythm.evenness * missing, least=least, most=most, host=host)


def filled(rhythm: Rhythm) -> float:
    """Say after how many hours as much of a document is new, as expected, as may be; infinite if unknown."""
    return _room(rhythm) / rhythm.rate


def latest(source: Source, polled: datetime, feed: Feed | None) -> datetime:
    """Give the latest moment at which ``auto`` is due after a poll that worked, whatever was learned.

    Args:
        source: Its bounds.
        polled: The moment of that poll.
        feed: What the source said of itself.
    """
    due = polled.astimezone(UTC) + max(source.max_interval, source.min_interval, SHORTEST)
    return due if feed is None else _open(due, feed.skip_hours, feed.skip_days)


def after_failure(
    source: Source,
    now: datetime,
    failures: int,
    retry_after: timedelta | None = None,
    *,
    feed: Feed | None = None,
    rhythm: Rhythm | None = None,
    price: float | None = None,
    silent: timedelta | None = None,
) -> datetime:
    """Choose the next moment to poll after a poll that failed.

    The wait doubles with each failure in a row: from the interval where that is fixed (``USUAL`` at most);
    where it is ``auto``, from a quarter of what is right for the rate learned, or from ``min_interval``; up
    to a day, or to the interval if that is longer. With ``auto``, a week without success makes it a week. A
    source with fixed times is asked at the first of them after the wait.

    Args:
        source: Its interval, with the defaults filled in.
        now: The moment of the poll, aware.
        failures: Failed polls in a row, this one included; 1 or more.
        retry_after: What the server asked for; at most a day of it counts.
        feed: What the source said of itself before it failed; ``auto`` keeps its skipHours and skipDays.
        rhythm: What was learned before it failed; None if nothing is.
        price: As in ``choose``.
        silent: How long no poll worked; None if that is unknown.

    Returns:
        A moment after ``now``, aware, UTC; never earlier for more failures.

    Raises:
        CronSimError: As ``next_due``.

    >>> source = Source(name="a", interval="30m")
    >>> waits = [after_failure(source, datetime(2026, 1, 1, tzinfo=UTC), count) for count in (1, 2, 3, 99)]
    >>> [wait.strftime("%d %H:%M") for wait in waits]
    ['01 00:32', '01 01:04', '01 02:09', '02 00:00']
    """
    now = now.astimezone(UTC)
    base, cap, floor = _pace(source)
    if source.interval == "auto" and source.path is None:
        if rhythm is not None and price is not None:
            right = planning.usual(rhythm.rate, price) / 4.0
            base = min(max(timedelta(hours=min(right, 24.0)), base), max(source.max_interval, base))
        if silent is not None and silent >= WEEK:
            base = cap = max(WEEK, cap)
    # 2 ** 24 seconds are past the cap, unless base is; timedelta would overflow at some number of failures.
    grown = base * 2 ** min(max(failures, 1) - 1, 24) if base < cap else cap
    wait = max(min(min(grown, cap) * (1 + SPREAD * _share(source.name)), cap), floor)
    due = now + max(wait, _asked(retry_after))
    if isinstance(source.interval, Cron):
        return tick(source.interval.cron, source.timezone, due)
    return _open(due, feed.skip_hours, feed.skip_days) if feed and source.interval == "auto" else due


def _pace(source: Source) -> tuple[timedelta, timedelta, timedelta]:
    """Give the first wait after a failure, the longest, and the shortest that the operator allows."""
    if isinstance(source.interval, Cron):
        return min(max(source.min_interval, SHORTEST), CRON_PATIENCE), CRON_PATIENCE, timedelta()
    if isinstance(source.interval, timedelta):
        interval = max(source.interval, SHORTEST)
        return min(interval, USUAL), max(DAY, interval), timedelta()
    if source.path is not None:
        return LOCAL, DAY, timedelta()
    least = max(source.min_interval, SHORTEST)
    return least, max(DAY, least), least


def _wish(feed: Feed | None, fresh: timedelta | None) -> tuple[timedelta, Reason]:
    """Give how long a source asks to be left alone after a poll, and where it says so; zero if nowhere."""
    wishes = [(fresh or timedelta(), Reason.FRESH)]
    if feed is not None and feed.ttl is not None and feed.ttl > 0:
        wishes.append((_span(feed.ttl * 60), Reason.TTL))
    if feed is not None and feed.update_period is not None and feed.update_period > 0:
        wishes.append((_span(feed.update_period), Reason.UPDATE_PERIOD))
    return max(wishes, key=lambda wish: wish[0])


def _unlearned(source: Source, wish: tuple[timedelta, Reason]) -> tuple[timedelta, Reason]:
    """Wait as long as the source asks, or as is usual, within the operator's bounds."""
    asked, why = wish
    # Freshness only ever lengthens: a max-age of a minute is a cache's setting, not a wish for our visit.
    said = asked if asked and why is not Reason.FRESH else max(asked, USUAL)
    wait = said * (1 + SPREAD * _share(source.name))
    least = max(source.min_interval, SHORTEST)
    if wait < least:
        return least, Reason.MIN_INTERVAL
    if wait > max(source.max_interval, least):
        return max(source.max_interval, least), Reason.MAX_INTERVAL
    return wait, why if asked and said == asked else Reason.UNKNOWN


def _learned(
    source: Source,
    wish: tuple[timedelta, Reason],
    foreseen: Expected,
    begin: float,
    *,
    price: float,
    room: float,
) -> tuple[timedelta, Reason]:
    """Plan ahead, within the operator's bounds and not sooner than the source asks."""
    asked, why = wish
    share = _share(source.name)
    floor = max(source.min_interval, SHORTEST)
    least = max(floor, asked)
    # Those at the upper bound come due apart by a shorter one, the others by another price.
    most = max(source.max_interval * (1 - SPREAD * share), least)
    own = price * (1 + SPREAD * (2 * share - 1))
    wait, full = planning.ahead(foreseen, begin, own, least=least / HOUR, most=most / HOUR, room=room)
    # Rounding to microseconds must not make it sooner than asked.
    span = min(max(timedelta(hours=wait), least), most)
    if span <= least:
        return span, why if asked >= floor else Reason.MIN_INTERVAL
    if full:
        return span, Reason.WINDOW
    return span, Reason.MAX_INTERVAL if span >= most else Reason.PLANNED


def _room(rhythm: Rhythm) -> float:
    """Say how many entries may be new at a poll."""
    return WINDOW * rhythm.haste * max(rhythm.window, SMALLEST_WINDOW) if rhythm.window else math.inf


def _span(seconds: int) -> timedelta:
    """Make a timedelta of a number that a stranger wrote."""
    return timedelta(seconds=min(seconds, int(caching.LONGEST.total_seconds())))


def _asked(retry_after: timedelta | None) -> timedelta:
    return min(max(retry_after or timedelta(), timedelta()), DAY)


def _share(name: str) -> float:
    """Give a number from 0 to less than 1 that is always the same for a name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32


def _open(due: datetime, skip_hours: frozenset[int], skip_days: frozenset[int]) -> datetime:
    """Move a moment forward to the next hour in which the source lets itself be asked (RSS 2.0).

    Who closes every hour, or every day, means nothing by it.
    """
    hours, days = skip_hours & set(range(24)), skip_days & set(range(7))
    if len(hours) == 24 or len(days) == 7:
        return due
    while due.hour in hours or due.weekday() in days:
        due = due.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return due
