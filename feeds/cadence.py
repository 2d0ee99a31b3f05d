"""When to poll a source next. Pure arithmetic: the clock is an argument, and there are no dice.

Where sources should not all come due together, the differing part is taken from a hash of their names, so
that the same question always has the same answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from feeds import caching
from feeds.config.schema import Cron, Source
from feeds.model import Feed

DAY = timedelta(days=1)
USUAL = timedelta(hours=1)
"""What ``auto`` waits where neither the feed nor the server says anything."""
LOCAL = timedelta(minutes=1)
"""What ``auto`` waits for a folder: reading it disturbs nobody."""
SPREAD = 0.1
"""``auto`` waits and waits after failures are up to this share longer, by the source's name."""
SHORTEST = timedelta(seconds=1)
CRON_PATIENCE = timedelta(hours=20)
"""The longest back-off of a source with fixed times: a daily one that failed is still asked each day."""
NEVER = timedelta(days=365)
"""The wait for fixed times that do not come within 50 years."""


def next_due(
    source: Source, now: datetime, *, feed: Feed | None = None, headers: Mapping[str, str] | None = None
) -> datetime:
    """Choose the next moment to poll after a poll that worked.

    A fixed interval and fixed times (cron) are the operator's word and taken literally. ``auto`` waits as
    long as the feed asks (the longer of RSS ``ttl`` and ``sy:updatePeriod``; ``USUAL`` if it does not say),
    or longer if the server promises that the document is fresh for longer; within ``min_interval`` and
    ``max_interval``. Then RSS ``skipHours`` and ``skipDays`` are kept, even past ``max_interval``: a request
    that a source asked us not to make is not made. Nothing is earlier than a Retry-After, of which at most
    a day counts.

    Args:
        source: Its interval, with the defaults filled in.
        now: The moment of the poll, aware.
        feed: What the source said of itself, now or at an earlier poll (a 304 says nothing); None if unknown.
        headers: Of the answer, lower-case names.

    Returns:
        A moment after ``now``, aware, UTC.

    Raises:
        CronSimError: If the source's cron expression is wrong, which config does not let pass.

    >>> next_due(Source(name="a", interval="30m"), datetime(2026, 1, 1, tzinfo=UTC))
    datetime.datetime(2026, 1, 1, 0, 30, tzinfo=datetime.timezone.utc)
    """
    now = now.astimezone(UTC)
    earliest = now + _asked(caching.retry_after(headers or {}, now))
    if isinstance(source.interval, Cron):
        return _tick(source, source.interval, earliest)
    if isinstance(source.interval, timedelta):
        return max(now + max(source.interval, SHORTEST), earliest)
    if source.path is not None:
        return max(now + LOCAL, earliest)
    wait = _learned(source, caching.fresh_for(headers or {}, now), feed)
    due = max(now + wait, earliest)
    return due if feed is None else _open(due, feed.skip_hours, feed.skip_days)


def after_failure(
    source: Source,
    now: datetime,
    failures: int,
    retry_after: timedelta | None = None,
    *,
    feed: Feed | None = None,
) -> datetime:
    """Choose the next moment to poll after a poll that failed.

    The wait doubles with each failure in a row: from the interval where that is fixed (``USUAL`` at most),
    from ``min_interval`` where it is ``auto``; up to a day, or to the interval if that is longer. A source
    with fixed times is asked at the first of them after the wait.

    Args:
        source: Its interval, with the defaults filled in.
        now: The moment of the poll, aware.
        failures: Failed polls in a row, this one included; 1 or more.
        retry_after: What the server asked for; at most a day of it counts.
        feed: What the source said of itself before it failed; ``auto`` keeps its skipHours and skipDays.

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
    # 2 ** 24 seconds are past the cap, unless base is; timedelta would overflow at some number of failures.
    grown = base * 2 ** min(max(failures, 1) - 1, 24) if base < cap else cap
    wait = max(min(min(grown, cap) * (1 + SPREAD * _share(source.name)), cap), floor)
    due = now + max(wait, _asked(retry_after))
    if isinstance(source.interval, Cron):
        return _tick(source, source.interval, due)
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


def _learned(source: Source, fresh: timedelta | None, feed: Feed | None) -> timedelta:
    """Choose the wait of ``auto`` from what feed and server say, within the operator's bounds."""
    asked = []
    if feed is not None and feed.ttl is not None and feed.ttl > 0:
        asked.append(_span(feed.ttl * 60))
    if feed is not None and feed.update_period is not None and feed.update_period > 0:
        asked.append(_span(feed.update_period))
    # Freshness only ever lengthens: a max-age of a minute is a cache's setting, not a wish for our visit.
    wait = max(max(asked, default=USUAL), fresh or timedelta())
    wait *= 1 + SPREAD * _share(source.name)
    return max(min(wait, source.max_interval), source.min_interval, SHORTEST)


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


def _tick(source: Source, interval: Cron, after: datetime) -> datetime:
    """Give the first moment later than ``after`` that a cron expression names in the source's zone.

    Across daylight-saving changes as Debian's cron does it: an expression with a fixed minute and hour
    fires once in spring, just after the gap if its time falls there, and once in autumn, at the first of
    the two; one with ``*`` for minute or hour follows the clock on the wall, through no gap and both folds.
    """
    ticks = CronSim(interval.cron, after.astimezone(source.timezone))
    # A fixed time between the two passes of an autumn night is counted from the first pass, and so can
    # come out earlier than the moment asked about.
    later = (tick for moment in ticks if (tick := moment.astimezone(UTC)) > after)
    return next(later, after + NEVER)
