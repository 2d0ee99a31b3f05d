"""Polls at fixed times: what a cron expression names in a source's zone. Only here is cronsim known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

NEVER = timedelta(days=365)
"""The wait for fixed times that do not come within 50 years."""


def tick(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """Give the first moment later than ``after`` that a cron expression names in the source's zone.

    Across daylight-saving changes as Debian's cron does it: an expression with a fixed minute and hour
    fires once in spring, just after the gap if its time falls there, and once in autumn, at the first of
    the two; one with ``*`` for minute or hour follows the clock on the wall, through no gap and both folds.
    """
    ticks = CronSim(cron, after.astimezone(zone))
    # A fixed time between the two passes of an autumn night is counted from the first pass, and so can
    # come out earlier than the moment asked about.
    later = (tick for moment in ticks if (tick := moment.astimezone(UTC)) > after)
    return next(later, after + NEVER)
