"""When to publish, and what to say about it."""

from __future__ import annotations

import asyncio
from datetime import datetime

from structlog.typing import FilteringBoundLogger

from feeds.daemon.rest import Rest
from feeds.pipeline import Emission, Emitter, Verdict

PAUSE, PAUSE_IDLE = 5.0, 0.9
"""Seconds between publications while polls are under way, and else: one takes what all of them brought."""
SHARE = 4
"""And at least so many times what the last one took: with 100,000 sources it takes seconds."""
AGING = 3600.0
"""Seconds after which outputs are looked at although nothing came: a filter by age moves by itself."""
MOST_PROBLEMS = 5
"""Problems of one file that are told; the first few tell what is wrong."""


class CutShortError(Exception):
    """There is no time left to publish more."""


class Publisher:
    """Keeps the published files up to date with the store, at most every few seconds.

    Attributes:
        dirty: Whether something came since the last publication. True at first, because the last run may
            have ended between saving and publishing.
        last_call: Loop time after which no further file is published; None as long as no end is in sight.
    """

    def __init__(self, log: FilteringBoundLogger) -> None:
        self.log = log
        self.dirty = True
        self.last_call: float | None = None
        self._loop = asyncio.get_running_loop()
        self._last, self._took = self._loop.time(), 0.0
        self._rest = Rest()
        self._told: dict[str, tuple[str, ...]] = {}  # Problems of each file; to tell them once.

    def due(self, now: float, *, idle: bool) -> bool:
        """Say whether it is time. ``idle``: no poll is under way that may bring more at once."""
        pause = max(PAUSE_IDLE if idle else PAUSE, SHARE * self._took)
        return now - self._last >= (pause if self.dirty else AGING) and self._rest.over(now)

    async def publish(self, emitter: Emitter, now: datetime) -> None:
        """Bring the published files up to date; what could not be done is tried again after a rest.

        Raises:
            PublishError: A file could not be put in place.
            StoreError: The store could not be read.
        """
        self.dirty = False
        begun = self._loop.time()
        try:
            await asyncio.to_thread(emitter.emit_all, now, done=self._heard)
        except CutShortError:
            self.log.warning("publish_cut_short", remedy="the next run publishes the rest")
        except BaseException:
            self.dirty = True
            self._rest.failed(self._loop.time())
            raise
        else:
            self._rest.worked()
        finally:
            self._last = self._loop.time()
            self._took = self._last - begun

    def _heard(self, emission: Emission) -> None:
        """Hear of one file, in the thread that publishes."""
        path = emission.path
        # A file that is as it was is not looked at again: what was told of it still holds.
        if emission.verdict is not Verdict.SKIPPED and emission.problems != self._told.get(path, ()):
            self._told[path] = emission.problems
            for problem in emission.problems[:MOST_PROBLEMS]:
                self.log.error("not_valid", path=path, verdict=emission.verdict.value, problem=problem)
        if emission.verdict in {Verdict.WRITTEN, Verdict.REMOVED}:
            self.log.info(emission.verdict.value, path=path, entries=emission.entries)
        if self.last_call is not None and self._loop.time() > self.last_call:
            raise CutShortError
