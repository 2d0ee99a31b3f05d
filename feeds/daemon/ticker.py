"""The beat: the only file that knows APScheduler.

One job for all sources: a job for each would take seconds to set up at 100,000 sources, at each start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

TICK = timedelta(seconds=1)


class Ticker(AsyncIOScheduler):  # type: ignore[misc]  # APScheduler 3 brings no types
    """A scheduler whose ticks go on whatever the wall clock does.

    APScheduler reckons by the wall clock. Set back by a day, it would wait a day; set forward, or after a
    long sleep, it would count every tick that was missed. Its timer is the event loop's, though, and never
    longer than a tick: so at each round, a job that is not where it should be is put to now.
    """

    def _process_jobs(self) -> Any:
        now = datetime.now(UTC)
        for job in self.get_jobs():
            if job.next_run_time is not None and abs(job.next_run_time - now) > TICK:
                job.modify(next_run_time=now)
        return super()._process_jobs()


def ticker(tick: Callable[[], Coroutine[Any, Any, None]]) -> Ticker:
    """Make a scheduler that calls ``tick`` once a second from ``start`` on, and once for all it missed."""
    # A late tick is no news to an operator: what is wrong behind it is said where it is noticed.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = Ticker(timezone=UTC)
    seconds = TICK.total_seconds()
    scheduler.add_job(
        tick, "interval", seconds=seconds, misfire_grace_time=None, coalesce=True, max_instances=1
    )
    return scheduler
