"""The wall clock, held against one that never jumps.

A clock is set: by NTP after a start without a battery (from 1970), by mistake (to 2038), by an hour. The
system's time since its start (``CLOCK_BOOTTIME``, which goes on while a machine sleeps) tells that from time
that passed. What is due then moves along, so that a jump makes no poll, and prevents none.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

FLOOR, CEILING = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""A wall clock that is not between these is wrong, and not believed however long it stays so."""
STEP = timedelta(seconds=5)
"""A difference up to this is a clock that is kept right, or a busy machine; it is followed."""
FAR, PATIENCE = timedelta(days=30), 3600.0
"""A jump of more than that is believed when the clock stayed there for so many seconds."""


def steady() -> float:
    """Give seconds since the machine's start, its sleep included; where that is not known, without it."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class Clock:
    """Gives the present moment as far as it can be believed. For one thread.

    Args:
        wall: Reads the wall clock; aware, UTC.
        since: Reads seconds that never jump; None: not known, then the wall clock is believed in everything.
        known: A moment that has passed for certain, in case the wall clock is of no use; None if none is.

    Attributes:
        jump: By how much the moments given have jumped; whoever sets things right by it sets it to zero.
    """

    def __init__(
        self, wall: Callable[[], datetime], since: Callable[[], float] | None, known: datetime | None = None
    ) -> None:
        self.jump = timedelta()
        self._wall, self._since = wall, since
        self._strange: float | None = None  # From when it shows a time far off.
        if since is not None:
            now = wall()
            start = now if _possible(now) else max(known or FLOOR, FLOOR)
            self._origin = start - timedelta(seconds=since())

    def __call__(self) -> datetime:
        """Give the present moment."""
        if self._since is None:
            return self._wall()
        now, passed = self._read(self._since)
        steady_now = self._origin + timedelta(seconds=passed)
        step = now - steady_now
        if not _possible(now) or (abs(step) > FAR and not self._patient(passed)):
            return steady_now
        self._strange = None
        self._origin += step
        if abs(step) > STEP:
            self.jump += step
        return now

    def _read(self, since: Callable[[], float]) -> tuple[datetime, float]:
        """Read both clocks at one moment: a process that is stopped in between must not see a jump."""
        for _ in range(10):
            before, now, after = since(), self._wall(), since()
            if after - before < 1.0:
                break
        return now, after

    def _patient(self, passed: float) -> bool:
        if self._strange is None:
            self._strange = passed
        return passed - self._strange >= PATIENCE


def _possible(moment: datetime) -> bool:
    return FLOOR <= moment < CEILING
