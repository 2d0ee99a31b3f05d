"""What is to be done by now: start it, watch over it, and end it in good order."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

from structlog.typing import FilteringBoundLogger

from feeds import __version__
from feeds.config.schema import Config
from feeds.config.watch import Stamp, stamps
from feeds.daemon.clock import Clock, steady
from feeds.daemon.polling import Force, Polls, host
from feeds.daemon.publishing import Publisher
from feeds.daemon.signals import listening
from feeds.daemon.ticker import ticker
from feeds.errors import ConfigError, Problem, PublishError, StoreError
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Outcome, Poller, Result, hasten, open_readers
from feeds.pipeline.clocks import follow, go_back
from feeds.store import Note, Store

FIRST_HOUSEKEEPING, HOUSEKEEPING = 600.0, 86400.0
"""Seconds from the start to the first, and from each to the next."""
WATCH = 0.9
"""Seconds between looks at config.yaml, so at every tick. A file just written waits for the next look."""
BEAT, AGAIN = 60.0, 5.0
"""Seconds between notes that it lives, and between tries to set right what a clock that was set put wrong."""
MOST_REFUSED = 20
"""Problems of a refused configuration that are noted."""
PATIENCE, LAST_CALL = 5.0, 7.0
"""Seconds after the signal to stop at which polls are cut, and after which no further file is published."""


def wall_clock() -> datetime:
    """Give the present moment, in UTC."""
    return datetime.now(UTC)


async def run(
    config: Config,
    store: Store,
    *,
    reload: Callable[[], Config],
    log: FilteringBoundLogger,
    clock: Callable[[], datetime] = wall_clock,
    since: Callable[[], float] | None = steady,
) -> None:
    """Poll and publish until SIGTERM or SIGINT; then finish what is under way, within ten seconds.

    SIGHUP, or a change of config.yaml or of a file it includes, takes the new configuration up. A second
    signal ends the process at once.

    Args:
        config: What is in force first.
        store: Open; it is claimed here, and held until the end.
        reload: Reads the configuration anew; called in another thread.
        log: Where events go.
        clock: The wall clock; aware.
        since: Seconds that no clock's setting moves; None: not known.

    Raises:
        StoreBusy: Another run holds the store.
    """
    with store.claim():
        async with AsyncExitStack() as clients:
            daemon = Daemon(store, reload=reload, log=log, clock=clock, since=since, clients=clients)
            with listening(stop=daemon.stop, reload=daemon.reload_now):
                await daemon.serve(config)


class Daemon:
    """One run by the clock. It lives in one event loop; what takes long is done in threads.

    Args:
        store: Claimed.
        reload: Reads the configuration anew.
        log: Where events go.
        clock: The wall clock.
        since: Seconds that no clock's setting moves; None: not known, then every jump is time that passed.
        clients: Closes, when this has ended, what is still open.
    """

    def __init__(
        self,
        store: Store,
        *,
        reload: Callable[[], Config],
        log: FilteringBoundLogger,
        clock: Callable[[], datetime],
        clients: AsyncExitStack,
        since: Callable[[], float] | None = None,
    ) -> None:
        self.store, self.log, self._reload, self._clients = store, log, reload, clients
        self.clock = Clock(clock, since, store.latest_poll() if since is not None else None)
        self._loop = asyncio.get_running_loop()
        self._wake = asyncio.Event()
        self._stopping = False
        self._publisher = Publisher(log)
        self._polls = Polls(store, log=log, clock=self.clock, heard=self._heard, ended=self._wake.set)
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._force: (
            Force  # From serve() on, as the next two: stamps of the files in force, and as last seen.
        )
        self._read: tuple[Stamp, ...]
        self._seen: tuple[Stamp, ...]
        self._reload_asked = False
        self._faulty: frozenset[str] = frozenset()  # Files in which a refused configuration had mistakes.
        self._refused: tuple[str, ...] = ()
        self._next_beat = self._next_right = 0.0
        self._next_house = self._loop.time() + FIRST_HOUSEKEEPING
        self._next_watch = self._loop.time() + WATCH

    def stop(self, reason: str) -> None:
        """Begin the end: no new polls."""
        self.log.info("stopping", reason=reason, polls=len(self._polls.tasks))
        self._stopping = True
        self._publisher.last_call = self._loop.time() + LAST_CALL
        self._wake.set()

    def reload_now(self) -> None:
        """Take the configuration up anew, whether its files changed or not."""
        self._reload_asked = True
        self._wake.set()

    async def serve(self, config: Config) -> None:
        """Do everything, until ``stop``."""
        self._read = self._seen = await asyncio.to_thread(stamps, config)
        self._start("clock", lambda: self._go_back(config))
        await self._jobs["clock"]
        self._force = await self._made(config)
        beat = ticker(self._tick)
        beat.start()
        try:
            while not self._stopping:
                self._wake.clear()
                self._round(self._loop.time())
                await self._wake.wait()
        finally:
            beat.shutdown(wait=False)
            await self._end()

    async def _tick(self) -> None:
        self._wake.set()

    def _round(self, now: float) -> None:
        """Start what is to be done by now. Nothing in here waits, so nothing can hold up the rest."""
        force = self._force
        self._polls.fill(force, now)
        if self.clock.jump and now >= self._next_right:
            self._start("clock", self._set_right)
        if now >= self._next_beat:
            self._start("beat", self._beat)
        if self._polls.wants_more(force, now):
            self._start("look", lambda: self._polls.look(force))
        if self._publisher.due(now, idle=self._polls.idle):
            self._start("publish", lambda: self._publisher.publish(force.emitter, self.clock()))
        if now >= self._next_house:
            self._start("housekeep", self._housekeep)
        if self._reload_asked or now >= self._next_watch:
            self._start("reload", self._watch)

    def _start(self, name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begin a piece of work beside the polls, unless it is under way already."""
        if name not in self._jobs:
            self._jobs[name] = asyncio.create_task(self._guarded(name, work()))

    async def _guarded(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (StoreError, PublishError) as error:
            self.log.error(f"{name}_failed", error=str(error))  # noqa: TRY400 the sentence is the whole story
        except Exception:
            # Whatever it is, the polls go on; the traceback tells what to mend.
            self.log.exception(f"{name}_broke")
        finally:
            del self._jobs[name]
            self._wake.set()

    def _heard(self, state: SourceState, outcome: Outcome) -> None:
        """Tell what a poll brought, and note whether there is something to publish."""
        due = outcome.due.isoformat(timespec="seconds") if outcome.due else None
        if outcome.result is Result.FAILED:
            self.log.warning("poll_failed", source=state.name, error=outcome.error, due=due)
            return
        new = outcome.result is Result.NEW
        # The page names every source, so the first success of one is news too.
        self._publisher.dirty |= new or state.succeeded is None
        tell = self.log.info if new else self.log.debug
        if outcome.held:
            self.log.warning("held_back", source=state.name, entries=outcome.held)
        result = outcome.result.value
        tell("polled", source=state.name, result=result, new=outcome.new, changed=outcome.changed, due=due)

    async def _go_back(self, config: Config) -> None:
        await asyncio.to_thread(go_back, config, self.store, self.clock())

    async def _set_right(self) -> None:
        """Move all due times along, because the clock was set."""
        self._next_right = self._loop.time() + AGAIN
        await self._polls.empty()
        now = self.clock()
        jump = self.clock.jump
        await asyncio.to_thread(follow, self._force.config, self.store, jump, now)
        self.clock.jump -= jump
        self._polls.look_again()
        self._publisher.dirty = True  # What was put back has another place.
        self.log.warning("clock_set", seconds=round(jump.total_seconds()), remedy="due times moved along")

    async def _beat(self) -> None:
        """Note that the daemon lives, and what it refused, for ``feeds status``."""
        self._next_beat = self._loop.time() + BEAT
        said = {"pid": os.getpid(), "refused": self._refused[:MOST_REFUSED]}
        await asyncio.to_thread(self.store.note, "daemon", Note(at=self.clock(), said=said))

    async def _housekeep(self) -> None:
        self._next_house = self._loop.time() + HOUSEKEEPING
        await asyncio.to_thread(self._force.emitter.housekeep, self.clock())
        self._publisher.dirty = True  # What has expired leaves the outputs.
        self.log.info("housekept")

    async def _watch(self) -> None:
        """Take the configuration up anew if that was asked for, or if its files changed and rest since."""
        asked, self._reload_asked = self._reload_asked, False
        self._next_watch = self._loop.time() + WATCH
        before, self._seen = self._seen, await asyncio.to_thread(stamps, self._force.config, self._faulty)
        if not asked and (self._seen == self._read or self._seen != before):
            return
        seen = self._seen
        problems: tuple[Problem, ...] = ()
        try:
            config = await asyncio.to_thread(self._reload)
        except ConfigError as error:
            problems = error.problems
        else:
            await self._take_up(config)
        for problem in problems:
            self.log.error("config_refused", problem=str(problem), remedy="the old one stays in force")
        self._faulty = frozenset(problem.file for problem in problems)
        self._refused, self._next_beat = tuple(map(str, problems)), 0.0
        # Other files may be looked at from here on; those of before were read as they were seen.
        now = await asyncio.to_thread(stamps, self._force.config, self._faulty)
        known = {stamp[0]: stamp for stamp in seen}
        self._read = self._seen = tuple(known.get(stamp[0], stamp) for stamp in now)

    async def _made(self, config: Config, old: Force | None = None) -> Force:
        """Make what a configuration needs, with the old client and readers if the new would be the same."""
        if old is not None and (config.fetch, config.read) == (old.config.fetch, old.config.read):
            client, readers, closing = old.client, old.readers, old.closing
        else:
            closing = await self._clients.enter_async_context(AsyncExitStack())
            client = await closing.enter_async_context(open_client(config.fetch, __version__))
            readers = closing.enter_context(open_readers(config.read))
        await asyncio.to_thread(self.store.enlist, [source.name for source in config.sources])
        await asyncio.to_thread(hasten, config, self.store)
        hosts = {source.name: host(source) for source in config.sources if not source.paused}
        self.log.info("in_force", sources=len(hosts), outputs=len(config.outputs))
        return Force(
            config=config,
            client=client,
            readers=readers,
            closing=closing,
            poller=Poller(config, self.store, client, readers),
            emitter=Emitter(config, self.store),
            hosts=hosts,
        )

    async def _take_up(self, config: Config) -> None:
        """Put a configuration in force; polls under way end by the old one."""
        old = self._force
        if config.store != old.config.store:
            self.log.warning("restart_needed", setting="store", remedy="until then the old store is used")
        self._force = new = await self._made(config, old)
        self._polls.look_again()
        self._publisher.dirty = True
        # Each of several has its own name: it ends when the last poll of its time has ended.
        self._start(
            f"retire_{id(old)}", lambda: self._retire(old, leaves_client=new.client is not old.client)
        )

    async def _retire(self, old: Force, *, leaves_client: bool) -> None:
        if self._polls.tasks:
            await asyncio.wait(tuple(self._polls.tasks.values()))
        await old.poller.settle()
        if leaves_client:
            await old.closing.aclose()

    async def _end(self) -> None:
        """Let polls under way finish for a while, then cut them; publish what they brought."""
        if self._publisher.last_call is None:
            self._publisher.last_call = self._loop.time() + LAST_CALL
        cut = await self._polls.cut(PATIENCE)
        # A poll that was cut may have had its answer already: then it is being saved.
        await self._force.poller.settle()
        for name, job in tuple(self._jobs.items()):
            if name in {"look", "reload", "housekeep", "clock", "beat"}:
                job.cancel()
        await asyncio.gather(*self._jobs.values(), return_exceptions=True)
        if self._publisher.dirty:
            self._start("publish", lambda: self._publisher.publish(self._force.emitter, self.clock()))
            await asyncio.gather(*self._jobs.values(), return_exceptions=True)
        try:
            await asyncio.to_thread(self.store.note, "daemon", None)
        except StoreError as error:
            self.log.error("beat_failed", error=str(error))  # noqa: TRY400 the sentence is the whole story
        self.log.info("stopped", cut=cut)
