"""The daemon: a real process with real signals, and its parts over a real store, server and files."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import postgres
import pytest
import structlog
from commands import DEADLINE, RSS, command, environment, feeds, until
from servers import STALL, Asked, Raw, Reply, Site

from feeds.config.load import load
from feeds.config.schema import Config
from feeds.config.watch import stamps
from feeds.daemon.rest import FIRST, LONGEST, Rest
from feeds.daemon.serving import Daemon
from feeds.daemon.ticker import ticker
from feeds.errors import StoreError
from feeds.store import Store, open_store

Event = Mapping[str, Any]


def configure(folder: Path, text: str, *, places: int = 32, fetch: str = "") -> Path:
    path = folder / "config.yaml"
    path.write_text(f"fetch: {{allow: [127.0.0.0/8], concurrency: {places}, {fetch}}}\n{text}", "utf-8")
    return path


def sources(**named: str) -> str:
    lines = [f"  - {{name: {name}, url: '{url}'}}\n" for name, url in named.items()]
    return "sources:\n" + "".join(lines)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/feed": RSS}) as running:
        yield running


# A process ---------------------------------------------------------------------------------------------


class Process:
    """``feeds run`` in a folder; its events are read as they come."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[str] = []
        self.events: list[Event] = []
        self._more = threading.Condition()
        self.process = subprocess.Popen(
            command("run", "--log-json", "-v"),
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._more:
                self.lines.append(line)
                with contextlib.suppress(ValueError):
                    self.events.append(json.loads(line))
                self._more.notify_all()
        # At its end, not before: who waits is told of nothing more after this.
        self.process.wait()
        with self._more:
            self._more.notify_all()

    def wait(self, event: str, *, after: int = 0, **values: object) -> Event:
        """Wait for the first such event behind the first ``after`` ones."""

        def found() -> Event | None:
            return next((one for one in self.events[after:] if matches(one, event, values)), None)

        with self._more:
            self._more.wait_for(lambda: found() or self.process.poll() is not None, DEADLINE)
            one = found()
        assert one is not None, f"no {event} {values} in:\n{''.join(self.lines)}"
        return one

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Wait for the end and give the exit status."""
        status = self.process.wait(DEADLINE)
        self._reader.join()
        return status


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Process]:
    process = Process(folder)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
        process.end()
        assert process.process.stderr is not None
        process.process.stderr.close()


def matches(event: Event, name: str, values: Mapping[str, object]) -> bool:
    return event.get("event") == name and all(event.get(key) == value for key, value in values.items())


def test_it_polls_publishes_and_ends_with_status_0(tmp_path: Path, site: Site) -> None:
    configure(tmp_path, sources(radio=site.url("/feed")))
    with running(tmp_path) as process:
        process.wait("written", path="all.atom", entries=2)
        begun = time.monotonic()
        process.send(signal.SIGTERM)
        assert process.end() == 0
        assert time.monotonic() - begun < 10
    assert process.events[-1]["event"] == "stopped"
    assert len(site.asked("/feed")) == 1
    assert "Snow in the valley" in (tmp_path / "output/all.atom").read_text("utf-8")
    assert len(process.events) == len(process.lines), "every line is one event"


def test_a_poll_under_way_is_finished_saved_and_published(tmp_path: Path, site: Site) -> None:
    release = threading.Event()

    def slow(asked: Asked) -> bytes:
        release.wait(DEADLINE)
        return RSS

    site.routes["/slow"] = slow
    configure(tmp_path, sources(slow=site.url("/slow")))
    with running(tmp_path) as process:
        until(lambda: site.asked("/slow"))
        process.send(signal.SIGINT)
        process.wait("stopping", polls=1)
        release.set()
        assert process.end() == 0
    assert "Snow in the valley" in (tmp_path / "output/all.atom").read_text("utf-8")


def test_a_poll_that_does_not_end_is_cut_and_leaves_nothing(tmp_path: Path, site: Site) -> None:
    site.routes["/never"] = Raw((b"HTTP/1.1 200 OK\r\n\r\n", RSS[:-20], STALL))
    configure(tmp_path, sources(never=site.url("/never")))
    with running(tmp_path) as process:
        until(lambda: site.asked("/never"))
        begun = time.monotonic()
        process.send(signal.SIGTERM)
        assert process.end() == 0
        assert time.monotonic() - begun < 10
    assert process.events[-1]["cut"] == 1
    store = open_store("sqlite:///feeds.db", tmp_path)
    assert store.states() == {}
    store.close()


def test_a_second_signal_ends_it_at_once(tmp_path: Path, site: Site) -> None:
    site.routes["/never"] = Raw((STALL,))
    configure(tmp_path, sources(never=site.url("/never")))
    with running(tmp_path) as process:
        until(lambda: site.asked("/never"))
        process.send(signal.SIGTERM)
        process.wait("stopping")
        begun = time.monotonic()
        process.send(signal.SIGTERM)
        assert process.end() == -signal.SIGTERM
        assert time.monotonic() - begun < 3


def test_another_run_on_its_store_says_so_and_does_nothing(tmp_path: Path, site: Site) -> None:
    configure(tmp_path, sources(radio=site.url("/feed")))
    with running(tmp_path) as process:
        process.wait("written", path="all.atom")
        for args in (("run",), ("once", "--all")):
            other = feeds(tmp_path, *args)
            assert other.returncode == 75
            assert str(process.process.pid) in other.stderr
            assert other.stderr.count("\n") == 1
        assert len(site.asked("/feed")) == 1
        process.process.kill()
        process.end()
    with running(tmp_path) as process:
        process.wait("in_force")
        process.send(signal.SIGTERM)
        assert process.end() == 0


def test_a_changed_configuration_is_taken_up_and_a_wrong_one_refused(tmp_path: Path, site: Site) -> None:
    site.routes["/second"] = RSS.replace(b"radio.example", b"second.example")
    configure(tmp_path, sources(radio=site.url("/feed")))
    with running(tmp_path) as process:
        process.wait("written", path="all.atom")
        configure(tmp_path, "sources:\n  - {name: radio, urll: x}\n")
        refused = process.wait("config_refused")
        assert "config.yaml:3:" in refused["problem"]
        assert "urll" in refused["problem"]
        seen = len(process.events)
        # The file is replaced by renaming, as editors do.
        new = configure(tmp_path / "..", sources(radio=site.url("/feed"), second=site.url("/second")))
        new.replace(tmp_path / "config.yaml")
        process.wait("in_force", after=seen, sources=2)
        process.wait("written", after=seen, path="all.atom", entries=4)
        process.send(signal.SIGTERM)
        assert process.end() == 0
    assert len(site.asked("/feed")) == 1


def test_sighup_reads_the_configuration_anew(tmp_path: Path, site: Site) -> None:
    configure(tmp_path, "store: sqlite:///feeds.db\n" + sources(radio=site.url("/feed")))
    with running(tmp_path) as process:
        process.wait("polled", source="radio")
        process.send(signal.SIGHUP)
        until(lambda: sum(event["event"] == "in_force" for event in process.events) == 2)
        configure(tmp_path, "store: sqlite:///other.db\n" + sources(radio=site.url("/feed")))
        process.send(signal.SIGHUP)
        process.wait("restart_needed", setting="store")
        process.send(signal.SIGTERM)
        assert process.end() == 0
    assert not (tmp_path / "other.db").exists()
    assert len(site.asked("/feed")) == 1


# In this process ---------------------------------------------------------------------------------------


class Running:
    """A daemon in this event loop, with the clock in the test's hand."""

    def __init__(self, config: Config, store: Store) -> None:
        self.config, self.store = config, store
        self.now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.events: list[Event] = []
        self.log = structlog.wrap_logger(
            None, processors=[self._hear], wrapper_class=structlog.make_filtering_bound_logger(0)
        )
        self.daemon: Daemon
        self.faults: list[Exception] = []

    def _hear(self, _: object, level: str, event: Any) -> Any:
        self.events.append({"level": level} | event)
        raise structlog.DropEvent

    def clock(self) -> datetime:
        if self.faults:
            raise self.faults.pop()
        return self.now

    def reload(self) -> Config:
        return load(self.config.path, {})

    def heard(self, event: str, **values: object) -> list[Event]:
        return [one for one in self.events if matches(one, event, values)]

    async def wait(self, event: str, *, times: int = 1, **values: object) -> Event:
        await self.until(lambda: len(self.heard(event, **values)) >= times)
        return self.heard(event, **values)[times - 1]

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def serving(folder: Path, text: str, *, places: int = 32, fetch: str = "") -> AsyncIterator[Running]:
    config = load(configure(folder, text, places=places, fetch=fetch), {})
    store = open_store(config.store, folder)
    run = Running(config, store)
    with contextlib.closing(store), store.claim():
        async with contextlib.AsyncExitStack() as clients:
            run.daemon = Daemon(store, reload=run.reload, log=run.log, clock=run.clock, clients=clients)
            serve = asyncio.create_task(run.daemon.serve(config))
            try:
                yield run
            finally:
                run.daemon.stop("test")
                await serve


def test_a_clock_set_back_or_forward_makes_one_poll_and_none_too_many(tmp_path: Path, site: Site) -> None:
    async def check() -> None:
        async with serving(tmp_path, sources(radio=site.url("/feed"))) as run:
            await run.wait("polled", source="radio")
            for times, jump in enumerate((-timedelta(days=1), timedelta(days=300)), start=2):
                run.now += jump
                await run.wait("polled", times=times, source="radio")
                state = run.store.states()["radio"]
                assert state.polled == run.now
                assert run.store.due(["radio"], run.now, 1) == ()
        assert len(site.asked("/feed")) == 3

    asyncio.run(check())


def test_a_surprise_in_one_poll_is_told_and_the_others_go_on(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.routes["/bad"] = RSS

    async def check() -> None:
        async with serving(tmp_path, sources(bad=site.url("/bad"), radio=site.url("/feed"))) as run:
            recall = run.store.recall

            def faulty(source: str, entries: Any, **rest: Any) -> Any:
                if source == "bad":
                    raise RuntimeError("a mistake of ours")
                return recall(source, entries, **rest)

            monkeypatch.setattr(run.store, "recall", faulty)
            broke = await run.wait("poll_broke", source="bad")
            assert broke["exc_info"]
            await run.wait("poll_failed", source="bad")
            await run.wait("polled", source="radio", new=2)
            state = run.store.states()["bad"]
            assert (state.failures, state.error_class) == (1, "RuntimeError")
            assert run.store.due(["bad"], run.now, 1) == ()
        assert len(site.asked("/bad")) == 1

    asyncio.run(check())


def test_surprises_anywhere_else_do_not_end_it_either(tmp_path: Path, site: Site) -> None:
    async def check() -> None:
        async with serving(tmp_path, sources(radio=site.url("/feed"))) as run:
            run.faults.append(RuntimeError("no clock"))
            await run.until(lambda: not run.faults)
            await run.wait("polled", source="radio")
            await run.wait("written", path="all.atom", entries=2)
            run.faults.append(RuntimeError("no clock"))
            run.now += timedelta(days=2)
            await run.until(lambda: not run.faults)
            await run.wait("polled", source="radio", times=2)
            assert [event for event in run.events if event["event"].endswith(("_broke", "_lost"))]

    asyncio.run(check())


def test_what_cannot_be_saved_is_not_asked_for_again_at_once(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check() -> None:
        async with serving(tmp_path, sources(radio=site.url("/feed"))) as run:
            save = run.store.save

            def full(polls: Any) -> None:
                raise StoreError("the disk is full")

            monkeypatch.setattr(run.store, "save", full)
            await run.wait("not_saved", source="radio")
            monkeypatch.setattr(run.store, "save", save)
            begun = time.monotonic()
            await run.wait("polled", source="radio")
            assert time.monotonic() - begun > FIRST / 2
        assert len(site.asked("/feed")) == 2

    asyncio.run(check())


def test_a_source_that_can_never_be_saved_is_asked_ever_more_rarely_and_holds_up_nobody(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def bad(_: Asked) -> bytes:
        asked.append(time.monotonic())
        return RSS

    async def check() -> None:
        site.routes["/bad"] = bad
        async with serving(tmp_path, sources(bad=site.url("/bad"), radio=site.url("/feed"))) as run:
            save = run.store.save

            def damaged(polls: Any) -> None:
                if any(one.state.name == "bad" for one in polls):
                    raise StoreError("its row is damaged")
                save(polls)

            monkeypatch.setattr(run.store, "save", damaged)
            times = 0
            while len(asked) < 3:
                times += 1
                await run.wait("polled", times=times, source="radio")
                run.now += timedelta(days=2)
            monkeypatch.setattr(run.store, "save", save)
            await run.wait("polled", source="bad")
        # As often as the others work, the store is tried anew; that source is not.
        gaps = [later - before for before, later in itertools.pairwise(asked[:3])]
        assert all(gap >= least for gap, least in zip(gaps, (FIRST, 2 * FIRST), strict=True)), gaps

    asyncio.run(check())


def test_an_output_folder_that_cannot_be_written_is_tried_again_until_it_can(
    tmp_path: Path, site: Site
) -> None:
    async def check() -> None:
        (tmp_path / "output").write_text("in the way")
        async with serving(tmp_path, sources(radio=site.url("/feed"))) as run:
            await run.wait("publish_failed")
            (tmp_path / "output").unlink()
            await run.wait("written", path="all.atom")

    asyncio.run(check())


def test_a_file_that_appears_where_a_pattern_waits_is_taken_up(tmp_path: Path, site: Site) -> None:
    async def check() -> None:
        text = "include: ['more/*.yaml']\n" + sources(radio=site.url("/feed"))
        async with serving(tmp_path, text) as run:
            await run.wait("in_force", sources=1)
            (tmp_path / "more").mkdir()
            more = tmp_path / "more/a.yaml"
            more.write_text("sources: [")
            refused = await run.wait("config_refused")
            assert "a.yaml:2:1: expected YAML" in refused["problem"]
            more.write_text(f"sources: [{site.url('/feed?2')}]")
            await run.wait("in_force", sources=2)

    asyncio.run(check())


def test_one_host_is_asked_for_one_thing_at_a_time_and_does_not_hold_up_others(tmp_path: Path) -> None:
    under_way, most, lock = 0, 0, threading.Lock()
    release = threading.Event()

    def counted(asked: Asked) -> bytes:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        release.wait(DEADLINE)
        with lock:
            under_way -= 1
        return RSS

    async def check() -> None:
        with (
            Site({f"/{number}": counted for number in range(5)}) as slow,
            Site({"/feed": RSS}, host="127.0.0.2") as quick,
        ):
            named = {f"a{number}": slow.url(f"/{number}") for number in range(5)}
            text = sources(**named, zebra=quick.url("/feed"))
            async with serving(tmp_path, text, places=2) as run:
                await run.wait("polled", source="zebra")
                await run.until(lambda: slow.log)
                assert len(slow.log) == 1
                release.set()
                for name in named:
                    await run.wait("polled", source=name)
        assert most == 1

    asyncio.run(check())


def test_never_more_polls_than_places_and_as_many_slow_ones(tmp_path: Path) -> None:
    release = threading.Event()
    waiting: list[str] = []

    def held(asked: Asked) -> Reply:
        waiting.append(asked.headers["host"])
        release.wait(DEADLINE)
        return Reply(body=RSS)

    async def check() -> None:
        with contextlib.ExitStack() as sites:
            hosts = [sites.enter_context(Site({"/": held}, host=f"127.0.0.{n}")) for n in range(1, 7)]
            text = sources(**{f"s{n}": host.url("/") for n, host in enumerate(hosts)})
            async with serving(tmp_path, text, places=2) as run:
                await run.until(lambda: len(waiting) == 4)
                await run.wait("written", path="all.atom")  # Time has passed, and rounds with it.
                assert len(waiting) == 4
                release.set()
                for number in range(6):
                    await run.wait("polled", source=f"s{number}")

    asyncio.run(check())


def test_those_that_hang_again_leave_places_to_others(tmp_path: Path, site: Site) -> None:
    """A dozen that failed before, and hang, are due for longer than one that is well, at four places."""
    release = threading.Event()
    waiting: list[str] = []

    def held(asked: Asked) -> Reply:
        waiting.append(asked.headers["host"])
        if len(waiting) > 12:
            release.wait(DEADLINE)
        return Reply(status=500)

    async def check() -> None:
        with contextlib.ExitStack() as sites:
            hosts = [sites.enter_context(Site({"/": held}, host=f"127.0.3.{n}")) for n in range(1, 13)]
            text = "defaults: {interval: 1h}\n" + sources(
                **{f"s{n}": host.url("/") for n, host in enumerate(hosts)}, well=site.url("/feed")
            )
            async with serving(tmp_path, text, places=4) as run:
                for number in range(12):
                    await run.wait("poll_failed", source=f"s{number}")
                await run.wait("polled", source="well")
                run.now += timedelta(hours=2)
                await run.wait("polled", source="well", times=2)
                assert len(waiting) <= 12 + 3
                release.set()

    asyncio.run(check())


def test_a_poll_that_takes_longer_than_its_interval_is_one_poll(tmp_path: Path) -> None:
    release = threading.Event()

    def held(_: Asked) -> Reply:
        release.wait(DEADLINE)
        return Reply(body=RSS)

    async def check() -> None:
        with Site({"/slow": held, "/feed": RSS}) as site, Site({"/feed": RSS}, host="127.0.0.2") as other:
            text = "defaults: {interval: 1m}\n" + sources(slow=site.url("/slow"), quick=other.url("/feed"))
            async with serving(tmp_path, text) as run:
                await run.until(lambda: site.log)
                for times in range(1, 6):
                    await run.wait("polled", source="quick", times=times)
                    run.now += timedelta(hours=1)
                assert len(site.log) == 1
                release.set()
                # It is due again at once, and has no more to catch up.
                await run.wait("polled", source="slow", times=2)
                run.now += timedelta(hours=1)
                await run.wait("polled", source="slow", times=3)
                assert len(site.log) == 3

    asyncio.run(check())


# Parts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jump", [timedelta(days=1), -timedelta(days=3650)])
def test_the_beat_goes_on_whatever_the_wall_clock_does(jump: timedelta) -> None:
    async def check() -> None:
        ticks: list[float] = []

        async def tick() -> None:
            ticks.append(time.monotonic())

        beat = ticker(tick)
        beat.start()
        (job,) = beat.get_jobs()
        # What a clock that jumps does to APScheduler: the next run is far away, or far in the past.
        job.modify(next_run_time=datetime.now(UTC) + jump)
        async with asyncio.timeout(DEADLINE):
            while len(ticks) < 2:
                await asyncio.sleep(0.01)
        beat.shutdown(wait=False)
        assert 0.5 < ticks[1] - ticks[0] < 3

    asyncio.run(check())


def test_a_rest_doubles_up_to_a_limit_and_ends_with_a_success() -> None:
    rest = Rest()
    waits = []
    now = 100.0
    for _ in range(10):
        assert rest.over(now)
        assert rest.failed(now)
        assert not rest.failed(now), "one of many at once counts once"
        waits.append(rest.until - now)
        now = rest.until
    assert waits[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert waits[-1] == LONGEST
    rest.worked()
    assert rest.over(0.0)
    assert rest.failed(0.0)
    assert rest.until == FIRST


def test_stamps_tell_a_change_a_new_and_a_lost_file(tmp_path: Path) -> None:
    path = configure(tmp_path, "include: ['*.more']\nsources: [https://a.example/]\n")
    config = load(path, {})
    before = stamps(config)
    assert stamps(config) == before
    more = tmp_path / "a.more"
    more.write_text("[]")
    assert stamps(config) != before
    more.unlink()
    assert stamps(config) == before
    os.utime(path, ns=(1, 1))
    changed = stamps(config)
    assert changed != before
    path.unlink()
    assert stamps(config) != changed


def test_of_many_sources_on_one_host_each_is_polled_once(tmp_path: Path) -> None:
    hold = threading.Event()

    def held(asked: Asked) -> bytes:
        hold.wait(DEADLINE)
        return RSS

    async def check() -> None:
        with Site({f"/{number}": held for number in range(30)}) as site:
            text = sources(**{f"s{number:02}": site.url(f"/{number}") for number in range(30)})
            async with serving(tmp_path, text, places=1) as run:
                await run.until(lambda: site.log)
                hold.set()
                for number in range(30):
                    await run.wait("polled", source=f"s{number:02}")
            assert len(site.log) == 30

    asyncio.run(check())


def test_a_database_that_is_started_anew_ends_nothing(tmp_path: Path, site: Site) -> None:
    with postgres.running() as server:

        def answer(asked: Asked) -> Reply:
            if len(site.asked("/feed")) == 1:
                server.kill()
            return Reply(body=RSS)

        async def check() -> None:
            text = f"store: '{server.address}'\n" + sources(radio=site.url("/feed"))
            async with serving(tmp_path, text) as run:
                told = await run.wait("not_saved", source="radio")
                assert "cannot be reached; see that the server runs" in told["error"]
                await asyncio.to_thread(server.start)
                await run.wait("polled", source="radio")
                await run.wait("written", path="all.atom")
                assert run.store.holder() == (True, os.getpid())

        site.routes["/feed"] = answer
        asyncio.run(check())
