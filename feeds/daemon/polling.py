"""The polls under way, and what waits for a place among them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from structlog.typing import FilteringBoundLogger

from feeds.config.schema import Config, Source
from feeds.daemon.clock import Clock
from feeds.daemon.rest import Rest
from feeds.errors import StoreError
from feeds.fetch import Client
from feeds.fetch.manners import service
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Outcome, Places, Poller, Readers
from feeds.store import Store

AHEAD = 8
"""Sources read from the store in one look, for each place to poll at once."""
MOST_QUEUED = 64
"""Sources that may wait for a free place or host, for each place."""
SHARE = 0.75
"""Of the places, for sources that failed last time."""
IDLE = 4
"""After a look that found little, so many times its duration passes without one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Force:
    """What one version of config.yaml made; in force until the next one is.

    Attributes:
        client, readers: Taken over by the next version if it fetches and reads in the same way, else closed
            by ``closing``.
        hosts: Of each source that is not paused, the host that is asked.
    """

    config: Config
    client: Client
    readers: Readers
    closing: AsyncExitStack
    poller: Poller
    emitter: Emitter
    hosts: Mapping[str, str]

    @property
    def places(self) -> int:
        """How many sources are polled at once."""
        return self.config.fetch.concurrency


def host(source: Source) -> str:
    """Say whom a poll asks; a folder is asked for itself alone (no host's name has a slash)."""
    return service(urlsplit(source.url).hostname or "") if source.url else f"/{source.name}"


class Polls:
    """Sources on their way from due to polled: each is here once, and each host is asked for one at a time.

    Args:
        store: Knows what is due.
        log: Where failures of the store, and surprises, go.
        clock: As far as it can be believed; while it has jumped, nothing is begun.
        heard: Takes what each poll began with and brought.
        ended: Called when a poll has left its place, or needs it no more.
    """

    def __init__(
        self,
        store: Store,
        *,
        log: FilteringBoundLogger,
        clock: Clock,
        heard: Callable[[SourceState, Outcome], None],
        ended: Callable[[], None],
    ) -> None:
        self.store, self.log, self.clock, self._heard = store, log, clock, heard
        self._places = Places(ended)
        self._doubtful: set[str] = set()
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._asked: set[str] = set()
        self._queue: deque[SourceState] = deque()
        self._rest = Rest()
        self._lost: dict[str, Rest] = {}  # Of sources of which not even a failure could be noted.
        self._next_look = 0.0

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and nothing waits."""
        return not self.tasks and not self._queue

    def look_again(self) -> None:
        """Look at the next occasion, because the configuration, or the time, is another one."""
        self._next_look = 0.0

    async def empty(self) -> None:
        """Let the polls under way end; what waits is found again by the next look."""
        self._queue.clear()
        if self.tasks:
            await asyncio.wait(tuple(self.tasks.values()))

    def wants_more(self, force: Force, now: float) -> bool:
        """Say whether there is room, and whether it is time, to look for what is due."""
        room = self._places.free(force.places) > 0 and len(self._queue) < MOST_QUEUED * force.places
        return room and now >= self._next_look and self._rest.over(now)

    async def look(self, force: Force) -> None:
        """Read from the store what is due, the longest due first.

        Raises:
            StoreError: It cannot be read; it is then left alone for a while.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        queue = self._queue
        # Else those that are lost were the longest due, for ever, and the others would wait behind them.
        self._lost = {name: rest for name, rest in self._lost.items() if name in force.hosts}
        resting = {name for name, rest in self._lost.items() if not rest.over(begun)}
        wanted = force.hosts.keys() - self.tasks.keys() - {state.name for state in queue} - resting
        most = AHEAD * force.places
        now = self.clock()
        if self.clock.jump:
            return
        try:
            due = await asyncio.to_thread(self.store.due, wanted, now, most)
        except StoreError:
            self._rest.failed(loop.time())
            raise
        done = loop.time()
        self._next_look = done if len(due) == most else done + IDLE * (done - begun)
        self._queue.extend(due)

    def fill(self, force: Force, now: float) -> None:
        """Begin polls of what waits, as long as there are free places.

        After a failure of the store there is one place, to see whether it works again: what could not be
        remembered should not be asked for.
        """
        later: list[SourceState] = []
        while not self.clock.jump and self._rest.over(now) and self._queue and self._room(force):
            state = self._queue.popleft()
            asked = force.hosts.get(state.name)
            if asked is None or state.name in self.tasks:
                continue  # It left the configuration while it waited.
            if asked in self._asked or self._crowded(state, force):
                later.append(state)
                continue
            self._asked.add(asked)
            self._places.take(state.name)
            if state.failures:
                self._doubtful.add(state.name)
            self.tasks[state.name] = asyncio.create_task(self._poll(force.poller, state, asked))
        self._queue.extendleft(reversed(later))

    def _room(self, force: Force) -> bool:
        return not self.tasks if self._rest.failures else self._places.free(force.places) > 0

    def _crowded(self, state: SourceState, force: Force) -> bool:
        """Say whether those that failed last time have their share: more of them would hold up the others."""
        return bool(state.failures) and len(self._doubtful) >= max(1, int(SHARE * force.places))

    async def cut(self, patience: float) -> int:
        """Let the polls under way finish for so many seconds, then end them; say how many had to be."""
        if self.tasks:
            await asyncio.wait(tuple(self.tasks.values()), timeout=patience)
        cut = tuple(self.tasks.values())
        for task in cut:
            task.cancel()
        await asyncio.gather(*cut, return_exceptions=True)
        return len(cut)

    async def _poll(self, poller: Poller, state: SourceState, asked: str) -> None:
        try:
            now = self.clock()
            if self.clock.jump:
                return  # It jumped just now; when that is set right, the next look finds what is due.
            self._heard(state, await self._refresh(poller, state, now))
            self._rest.worked()
            self._lost.pop(state.name, None)
        except StoreError as error:
            if self._failed(state.name):
                self.log.error("not_saved", source=state.name, error=str(error))  # noqa: TRY400 it says all
        except Exception:
            # Not even the failure could be noted. Asking at once again would hammer the source.
            self._failed(state.name)
            self.log.exception("poll_lost", source=state.name)
        finally:
            del self.tasks[state.name]
            self._asked.discard(asked)
            self._doubtful.discard(state.name)
            self._places.leave(state.name)

    def _failed(self, name: str) -> bool:
        """Let the store rest, and the source, which may be the cause; False if the store rests already."""
        now = asyncio.get_running_loop().time()
        self._lost.setdefault(name, Rest()).failed(now)
        return self._rest.failed(now)

    async def _refresh(self, poller: Poller, state: SourceState, now: datetime) -> Outcome:
        try:
            return await poller.refresh(state, now)
        except StoreError:
            raise
        except Exception as error:
            # One source's surprise must not end the polls of the others.
            self.log.exception("poll_broke", source=state.name)
            return await poller.give_up(state, error, now)
