"""Whatever fails in our own code, wherever it does: one source fails, the others are done, nothing is lost.

Each place of the pipeline that a poll passes (a call, a line, an await that goes on) is made to fail, in a
running daemon; each place of a publication and of a group's saving as well. A sample of them by default, all
of them with ``FEEDS_FAULTS=all``.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from commands import DEADLINE
from injector import Fault, Injector, Point
from servers import Asked, Reply, Route, Site
from test_daemon import Running, serving
from test_pipeline import NOW, configure, emit, item, poll, rss

from feeds.config.schema import Config
from feeds.errors import StoreError
from feeds.fetch import open_client
from feeds.pipeline import Outcome, Poller, open_readers
from feeds.store import Store, open_store

# What fails between a connection and its owner leaves it to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
EVERYTHING = os.environ.get("FEEDS_FAULTS") == "all"
AT_ONCE = 15
"""Sources that fail beside each other, each at a place of its own."""
FEW = 4
"""Places in the sample of what is done for all sources together."""
ROOMS = (
    *("pipeline/", "fetch/", "sources/", "normalize/", "dedupe/", "store/", "filters/", "formats/"),
    *("validity/", "cadence/", "publish.py", "caching.py", "trust.py"),
)
BY_LINE = ("pipeline/", "fetch/", "store/")
KINDS = ("plain", "gzip", "json", "moved", "gone")
GOOD, HOSTS = 5, 7
LATER = timedelta(days=2)


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """Let the garbage collector find here what was left to it, and not in another test."""
    yield
    gc.collect()


class World:
    """Sources of every kind on one site; ``age`` is how many entries each has."""

    def __init__(self, number: int) -> None:
        self.age = 1
        self.names = [f"{KINDS[place % len(KINDS)]}-{place}" for place in range(number)]

    def keys(self, name: str) -> list[str]:
        return [f"{name}-{number}" for number in range(self.age)]

    @contextmanager
    def config(self) -> Iterator[str]:
        """Serve them, on several hosts, so that they are polled beside each other; give who asks for them."""
        routes: dict[str, Route] = {f"/{name}": self._answer for name in self.names}
        routes |= {f"/there/{name}": self._answer for name in self.names}
        with ExitStack() as stack:
            hosts = [stack.enter_context(Site(routes, host=f"127.0.0.{n}")) for n in range(1, HOSTS + 1)]
            urls = [hosts[place % HOSTS].url(f"/{name}") for place, name in enumerate(self.names)]
            lines = [f"  - {{name: {n}, url: '{url}'}}\n" for n, url in zip(self.names, urls, strict=True)]
            outputs = "outputs: [{name: all, limit: 2000, formats: [atom, json_feed]}]\n"
            yield outputs + "sources:\n" + "".join(lines)

    def _answer(self, asked: Asked) -> Any:
        name = asked.path.rpartition("/")[2]
        kind = name.partition("-")[0]
        document = rss(*(item(key) for key in self.keys(name)))
        if kind == "moved" and not asked.path.startswith("/there/"):
            return Reply(status=302, headers=(("Location", f"/there/{name}"),))
        if kind == "gone":
            return Reply(status=500)
        if kind == "gzip":
            return Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(document, mtime=0))
        if kind == "json":
            items = [{"id": f"https://blog.example/{key}", "content_text": key} for key in self.keys(name)]
            feed = {"version": "https://jsonfeed.org/version/1.1", "title": "A blog", "items": items}
            return json.dumps(feed).encode()
        return document


def shuffled(points: Iterable[Point]) -> list[Point]:
    """Put places in an order that stays the same, in which those of each room come by turns."""
    turns: Counter[str] = Counter()
    ordered: list[tuple[int, str, Point]] = []
    for point in sorted(points, key=lambda point: hashlib.sha256(str(point).encode()).digest()):
        room = point.room.partition("/")[0]
        turns[room] += 1
        ordered.append((turns[room], room, point))
    return [point for _, _, point in sorted(ordered)]


def dealt(
    points: Sequence[Point], seen: dict[Point, set[str | None]], names: Sequence[str]
) -> dict[str | None, Point]:
    """Give each source a place that it passes, as far as there are places."""
    free = list(names)
    given: dict[str | None, Point] = {}
    for point in points:
        taker = next((name for name in free if name in seen[point]), None)
        if taker is not None:
            free.remove(taker)
            given[taker] = point
    return given


async def polled(run: Running, world: World, since: int) -> None:
    """Wait until each source was polled, with whatever end, behind the first so many events."""

    def missing() -> set[str]:
        ends = {"polled", "poll_failed", "poll_lost", "not_saved"}
        return set(world.names) - {one.get("source") for one in run.events[since:] if one["event"] in ends}

    await run.until(lambda: not missing())


async def one_batch(
    folder: Path, injector: Injector, choose: Callable[[], Sequence[Point]]
) -> dict[Point, str]:
    """Let sources fail, each at a place of its own, and heal; give what became of each place.

    Args:
        folder: Where all of it stands.
        injector: Learns all places that are passed.
        choose: Gives the places, once those that a first poll passes are known.
    """
    folder.mkdir()
    world = World(AT_ONCE + GOOD)
    unheard: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(str(context)))
    with world.config() as text, injector.at_work():
        async with serving(folder, text, fetch="spacing: 0s") as run:
            await polled(run, world, 0)
            world.age += 1
            since = len(run.events)
            injector.armed = dealt(choose(), injector.seen, world.names[:AT_ONCE])
            run.now += LATER
            await polled(run, world, since)
            armed, injector.armed = injector.armed, {}
            failing = {name: point for name, point in armed.items() if injector.hit.pop(name, 0)}
            ends = {point: ended(run, name, since) for name, point in failing.items()}
            for name in set(world.names) - set(failing):
                told = [one for one in run.events[since:] if one.get("source") == name]
                assert name.startswith("gone") or [one for one in told if one.get("new")], (name, told)
            await healed(run, world, folder)
    assert unheard == []
    return ends


def ended(run: Running, name: str | None, since: int) -> str:
    """Say what became of a poll that failed at a place of ours."""
    told = {one["event"] for one in run.events[since:] if one.get("source") == name}
    state = run.store.states()[name or ""]
    if state.polled == run.now and state.failures:
        # ``Fault``, unless it is a failure to reach or read that the pipeline knows how to tell.
        assert (state.error, state.error_class) > ("", ""), name
        return "failed"
    if told & {"poll_lost", "not_saved"}:
        return "lost"
    assert "polled" in told, told
    return "done"


async def healed(run: Running, world: World, folder: Path) -> None:
    """Wait until everything that there is, is published, each entry once."""
    run.now += LATER

    def well() -> bool:
        states = run.store.states().values()
        return all(one.succeeded == run.now for one in states if not one.name.startswith("gone"))

    await run.until(well)
    await run.until(lambda: set(published(folder)) >= set(wanted(world)))
    assert published(folder) == wanted(world)


def wanted(world: World) -> list[str]:
    """Give a name of each entry that there is."""
    return sorted(key for name in world.names if not name.startswith("gone") for key in world.keys(name))


def published(folder: Path) -> list[str]:
    """Give the names of the entries that stand in the output."""
    items = json.loads((folder / "output/all.json").read_bytes())["items"]
    return sorted(one["id"].replace(":", "/").rpartition("/")[2] for one in items)


def bodies(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "output").iterdir()}


def test_a_fault_anywhere_in_a_poll_fails_that_source_alone_and_heals(tmp_path: Path) -> None:
    injector = Injector(ROOMS, BY_LINE)

    def places() -> list[Point]:
        return shuffled(point for point, seen in injector.seen.items() if seen - {None})

    ends = asyncio.run(one_batch(tmp_path / "first", injector, places))
    known = places()
    assert len(known) > 500
    if EVERYTHING:
        for start in range(0, len(known), AT_ONCE):
            some = known[start : start + AT_ONCE]
            ends |= asyncio.run(one_batch(tmp_path / str(start), injector, lambda: some))  # noqa: B023 called at once
    assert len(ends) > AT_ONCE / 2
    # Only where a failure is being noted can it not be noted.
    asking = ("fetch/", "sources/", "normalize/", "pipeline/look.py", "pipeline/readers.py")
    lost = [point for point, end in ends.items() if end == "lost"]
    assert [str(point) for point in lost if point.room.startswith(asking)] == []


# What is done for all -------------------------------------------------------------------------------------


@contextmanager
def planet(folder: Path) -> Iterator[tuple[World, Config, Store]]:
    """Give sources that were polled once, and published, and have news since."""
    folder.mkdir()
    world = World(len(KINDS))
    with world.config() as text:
        config = configure(folder, text, "spacing: 0s")
        with closing(open_store(config.store, folder)) as store:
            poll(config, store)
            emit(config, store)
            world.age += 1
            yield world, config, store


async def polled_with(injector: Injector, config: Config, store: Store, now: datetime) -> None:
    names = [source.name for source in config.sources]
    with injector.at_work():
        async with open_client(config.fetch, "1") as client:
            with open_readers(config.read) as readers:
                states = store.states(names)
                async with asyncio.timeout(DEADLINE):
                    await Poller(config, store, client, readers).refresh_all(states.values(), now)


def test_of_those_that_are_saved_together_one_fails_and_the_others_do_not(tmp_path: Path) -> None:
    released = threading.Event()

    def fault() -> Fault | None:
        """Let the writer wait for the others at first, and then one of them fail."""
        if released.is_set():
            return Fault()
        released.wait(DEADLINE)
        return None

    injector = Injector(ROOMS, fault=fault)

    async def answered(names: set[str]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not any(
                seen == names for point, seen in injector.seen.items() if point.function == "Poller._saved"
            ):
                await asyncio.sleep(0.01)

    async def together(config: Config, store: Store, first: str, names: set[str]) -> tuple[Outcome, ...]:
        states, now = store.states(names), NOW + 2 * LATER
        with injector.at_work():
            async with open_client(config.fetch, "1") as client:
                with open_readers(config.read) as readers:
                    poller = Poller(config, store, client, readers)
                    one = asyncio.create_task(poller.refresh(states[first], now))
                    await answered({first})
                    rest = [states[name] for name in sorted(names - {first})]
                    others = asyncio.create_task(poller.refresh_all(rest, now))
                    await answered(names)
                    del injector.armed[None]
                    released.set()
                    return (await one, *await others)

    with planet(tmp_path / "planet") as (world, config, store):
        asyncio.run(polled_with(injector, config, store, NOW + LATER))
        decide = next(one for one in injector.seen if one.function == "decide")
        keep = next(one for one in injector.seen if one.function == "Poller._keep")
        injector.seen.clear()
        injector.armed = {None: keep, "plain-0": decide}
        world.age += 1
        told = asyncio.run(together(config, store, world.names[-1], set(world.names)))
    outcomes = {one.source: one for one in told}
    assert isinstance(outcomes["plain-0"].surprise, Fault)
    assert {name: one.new for name, one in outcomes.items() if one.surprise is None} == {
        name: 0 if name.startswith("gone") else 1 for name in world.names[1:]
    }


async def published_with(injector: Injector, config: Config, store: Store) -> None:
    with injector.at_work():
        await asyncio.to_thread(emit, config, store)


def sample(injector: Injector, fault: type[Exception]) -> list[Point]:
    """Choose places that are passed on behalf of all; for each fault others."""
    points = shuffled(point for point, seen in injector.seen.items() if None in seen)
    assert len(points) > 100
    return points if EVERYTHING else points[int(fault is Fault) :: 2][:FEW]


@pytest.mark.parametrize("fault", [Fault, StoreError])
def test_a_fault_anywhere_in_saving_loses_nothing(tmp_path: Path, fault: type[Exception]) -> None:
    injector = Injector(ROOMS, BY_LINE, lambda: fault("as was asked for"))
    with planet(tmp_path / "look") as (_, config, store):
        asyncio.run(polled_with(injector, config, store, NOW + LATER))
    hits = 0
    with planet(tmp_path / "fail") as (world, config, store):
        # Where all is saved, and those who wait have to be told.
        last = max(one for one in injector.seen if one.function == "Poller._write_group")
        for number, point in enumerate([last, *sample(injector, fault)], start=1):
            injector.armed, now = {None: point}, NOW + number * 2 * LATER
            # However it ends. The next time, it is done.
            with suppress(ExceptionGroup, fault):
                asyncio.run(polled_with(injector, config, store, now))
            hits += bool(injector.hit.pop(None, 0))
            poll(config, store, now=now + LATER)
            for source in config.sources:
                had = {record.native_id or "" for record in store.newest((source.name,))}
                wanted = set() if source.name.startswith("gone") else set(world.keys(source.name))
                assert {one.rpartition("/")[2] for one in had} == wanted, str(point)
            world.age += 1
    assert hits > FEW / 2


@pytest.mark.parametrize("fault", [Fault, StoreError])
def test_a_fault_anywhere_in_publishing_leaves_whole_files_and_heals(
    tmp_path: Path, fault: type[Exception]
) -> None:
    injector = Injector(ROOMS, BY_LINE, lambda: fault("as was asked for"))
    with planet(tmp_path / "planet") as (world, config, store):
        poll(config, store, now=NOW + LATER)
        asyncio.run(published_with(injector, config, store))
        hits = 0
        for number, point in enumerate(sample(injector, fault), start=1):
            world.age += 1
            poll(config, store, now=NOW + number * 2 * LATER)
            before = bodies(config.folder)
            injector.armed = {None: point}
            with suppress(fault):
                asyncio.run(published_with(injector, config, store))
            hits += bool(injector.hit.pop(None, 0))
            between = bodies(config.folder)
            emit(config, store)
            after = bodies(config.folder)
            assert published(config.folder) == wanted(world), str(point)
            # Each file is the old or the new one, and nothing else lies about.
            assert before.keys() == after.keys()
            for name, body in between.items():
                assert name.endswith(".tmp") or body in {before[name], after[name]}, str(point)
    assert hits > FEW / 2
