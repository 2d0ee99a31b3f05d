"""Worker processes that read: what takes too much ends there, and nothing else with it."""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reading import AUTHORITY, SOURCE
from servers import Site

from feeds import __version__
from feeds.config.load import load
from feeds.config.schema import Read
from feeds.errors import ReadError, TooCostly
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.model import Document, Feed
from feeds.pipeline import Outcome, Poller, Readers, Result, open_readers
from feeds.pipeline import readers as room
from feeds.store import open_store

MIB = 1024 * 1024
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PADDING = " " * room.SMALL
pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc")


def rss(items: str) -> Document:
    """A feed that is too large to be read in this process."""
    text = f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>{PADDING}"
    return Document(url="https://hill.example/feed", body=text.encode())


GOOD = rss("<item><guid>1</guid><title>One</title><description>Text.</description></item>")
LONG = rss("<item><title>A</title><description>&lt;b>1&lt;/b> (dpa)\n</description></item>" * 4000)
"""Takes seconds to read."""
HUGE = rss(f"<item><title>A</title><description>{'words ' * 5_000_000}</description></item>")


def children() -> set[int]:
    """Give the processes that this one has started and not yet waited for."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


async def one_read(readers: Readers, document: Document) -> Feed:
    return (await readers.read(document, SOURCE, AUTHORITY))[1]


async def started(readers: Readers) -> int:
    """Let a first document be read, and give the worker that did it: it takes the next one, too."""
    before = children()
    await one_read(readers, GOOD)
    (pid,) = children() - before
    return pid


def test_a_document_is_read_in_a_process_of_its_own_as_it_is_in_this_one() -> None:
    async def run() -> tuple[Feed, int]:
        before = children()
        with open_readers(Read(workers=1)) as readers:
            feed = await one_read(readers, GOOD)
            assert await one_read(readers, GOOD) == feed
            return feed, len(children() - before)

    feed, workers = asyncio.run(run())
    assert [entry.title.value for entry in feed.entries if entry.title] == ["One"]
    assert workers == 1


def test_no_feed_is_the_same_error_as_in_this_process() -> None:
    async def run() -> None:
        with open_readers(Read(workers=1)) as readers:
            await one_read(readers, Document(url="https://hill.example/", body=b"<html>" + PADDING.encode()))

    with pytest.raises(ReadError, match="this is an HTML page, not a feed") as caught:
        asyncio.run(run())
    assert type(caught.value) is ReadError


def test_without_anything_large_to_read_no_process_is_started() -> None:
    small = Document(url="https://hill.example/feed", body=GOOD.body.strip())

    async def run() -> int:
        before = children()
        with open_readers(Read()) as readers:
            await one_read(readers, small)
            return len(children() - before)

    assert asyncio.run(run()) == 0


def test_of_many_small_ones_only_the_first_few_are_read_here() -> None:
    small = Document(url="https://hill.example/feed", body=GOOD.body.strip() + b" " * (room.SMALL // 2))

    async def run() -> list[int]:
        before = children()
        counts = []
        with open_readers(Read(workers=1)) as readers:
            for _ in range(2 * room.FEW // room.SMALL + 1):
                await one_read(readers, small)
                counts.append(len(children() - before))
        return counts

    counts = asyncio.run(run())
    assert counts[0] == 0
    assert counts[-1] == 1


@pytest.mark.parametrize(
    ("document", "settings", "cause"),
    [
        (LONG, Read(workers=1, cpu=timedelta(seconds=0.3)), "more than 0.3 seconds of processor time"),
        (HUGE, Read(workers=1, memory=64 * MIB), "more than 64 MB of memory"),
    ],
    ids=["too slow", "too large"],
)
def test_what_takes_too_much_ends_with_a_sentence_and_the_next_is_read(
    document: Document, settings: Read, cause: str
) -> None:
    async def run() -> Feed:
        with open_readers(settings) as readers:
            with pytest.raises(TooCostly, match=cause):
                await one_read(readers, document)
            return await one_read(readers, GOOD)

    assert len(asyncio.run(run()).entries) == 1


def test_what_never_ends_without_using_the_processor_ends_by_the_clock() -> None:
    """A worker that is stopped stands for one that hangs."""

    async def run() -> None:
        with open_readers(Read(workers=1)) as readers:
            os.kill(await started(readers), signal.SIGSTOP)
            readers.deadline = 0.5
            asking = asyncio.create_task(one_read(readers, LONG))
            with pytest.raises(TooCostly, match=r"did not end within 0\.5 seconds"):
                await asking

    asyncio.run(run())


def test_a_worker_that_dies_is_one_failure_and_the_others_go_on() -> None:
    async def run() -> list[Feed | BaseException]:
        with open_readers(Read(workers=2)) as readers:
            pid = await started(readers)
            victim = asyncio.create_task(one_read(readers, LONG))
            await asyncio.sleep(0)
            others = [asyncio.create_task(one_read(readers, GOOD)) for _ in range(5)]
            await others[0]
            os.kill(pid, signal.SIGSEGV)
            return await asyncio.gather(victim, *others, return_exceptions=True)

    first, *rest = asyncio.run(run())
    assert isinstance(first, TooCostly)
    assert "the process that read it died (SIGSEGV)" in str(first)
    assert all(isinstance(feed, Feed) and len(feed.entries) == 1 for feed in rest)


def test_a_worker_killed_while_it_rests_is_replaced_without_a_failure() -> None:
    async def run() -> Feed:
        with open_readers(Read(workers=1)) as readers:
            pid = await started(readers)
            watch = os.pidfd_open(pid)
            os.kill(pid, signal.SIGKILL)
            select.select([watch], [], [])
            os.close(watch)
            return await one_read(readers, GOOD)

    assert len(asyncio.run(run()).entries) == 1


def test_signals_meant_for_the_program_do_not_end_its_workers() -> None:
    async def run() -> None:
        before = children()
        with open_readers(Read(workers=1)) as readers:
            pid = await started(readers)
            assert os.getsid(pid) == pid != os.getsid(0)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(pid, number)
            await one_read(readers, GOOD)
            assert children() - before == {pid}

    asyncio.run(run())


def test_all_workers_end_with_the_readers_also_one_at_work() -> None:
    async def run() -> set[int]:
        before = children()
        with open_readers(Read(workers=2)) as readers:
            await one_read(readers, GOOD)
            asking = asyncio.create_task(one_read(readers, LONG))
            await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        return children() - before

    assert asyncio.run(run()) == set()


def test_an_idle_worker_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "IDLE", 0.05)

    async def run() -> None:
        before = children()
        with open_readers(Read(workers=1)) as readers:
            await one_read(readers, GOOD)
            while children() - before:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 20))


def test_the_event_loop_goes_on_while_documents_are_read() -> None:
    async def run() -> float:
        loop = asyncio.get_running_loop()
        worst = 0.0
        with open_readers(Read(workers=1)) as readers:
            asking = asyncio.create_task(one_read(readers, LONG))
            while not asking.done():
                before = loop.time()
                await asyncio.sleep(0.005)
                worst = max(worst, loop.time() - before)
        return worst

    assert asyncio.run(run()) < 1.0


def test_a_small_document_does_not_wait_behind_large_ones() -> None:
    """Told by who ends first, as time itself depends on what else the machine does."""

    async def run() -> list[str]:
        ended: list[str] = []

        async def read(name: str, document: Document) -> None:
            await one_read(readers, document)
            ended.append(name)

        with open_readers(Read(workers=1)) as readers:
            async with asyncio.TaskGroup() as tasks:
                for name in ("large", "large"):
                    tasks.create_task(read(name, LONG))
                await asyncio.sleep(0)
                for name in ("small", "small", "small"):
                    tasks.create_task(read(name, GOOD))
        return ended

    assert asyncio.run(run()) == ["small"] * 3 + ["large"] * 2


PARENT = """
import asyncio, sys
from pathlib import Path
from feeds.config.schema import Read
from feeds.pipeline import open_readers
from feeds.store import open_store
sys.path[:0] = sys.argv[2:]
from test_readers import LONG, one_read, started

async def main():
    store = open_store("sqlite:///feeds.db", Path(sys.argv[1]))
    with store.claim(), open_readers(Read(workers=1)) as readers:
        pid = await started(readers)
        asking = asyncio.create_task(one_read(readers, LONG))
        await asyncio.sleep(0)
        print(pid, flush=True)
        await asking

asyncio.run(main())
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-c", PARENT, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_a_worker_holds_nothing_of_its_parent_and_ends_when_that_is_killed(
    parent: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    watch = os.pidfd_open(pid)
    held = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
    assert [one for one in held if "feeds.db" in one] == []
    assert len([one for one in held if one.startswith("socket:")]) <= 1
    parent.kill()
    parent.wait()
    with closing(open_store("sqlite:///feeds.db", tmp_path)) as store, store.claim():
        pass  # Its worker, which may still be there, does not hold the lock.
    assert select.select([watch], [], [], 30)[0], "the worker outlives its parent"
    os.close(watch)


def test_a_source_that_kills_its_worker_waits_longer_and_longer(tmp_path: Path) -> None:
    with Site({"/bad": LONG.body, "/good": GOOD.body}) as site:
        (tmp_path / "config.yaml").write_text(
            "fetch: {allow: [127.0.0.0/8]}\nread: {cpu: 0.3s, workers: 1}\nsources:\n"
            f"  - {{name: bad, url: '{site.url('/bad')}', interval: 1h}}\n"
            f"  - {{name: good, url: '{site.url('/good')}'}}\n"
        )
        config = load(tmp_path / "config.yaml", {})

        async def polled(states: list[SourceState]) -> tuple[Outcome, ...]:
            async with open_client(config.fetch, __version__) as client:
                with open_readers(config.read) as readers:
                    return await Poller(config, store, client, readers).refresh_all(states, NOW)

        with closing(open_store("sqlite:///feeds.db", tmp_path)) as store:
            bad, good = asyncio.run(polled([SourceState(name="bad"), SourceState(name="good")]))
            assert (bad.result, good.result) == (Result.FAILED, Result.NEW)
            first = store.states(["bad"])["bad"]
            assert first.error_class == "TooCostly"
            assert "processor time" in (first.error or "")
            asyncio.run(polled([first]))
            second = store.states(["bad"])["bad"]
            assert second.failures == 2
            assert (second.wait or 0) > (first.wait or 0)


def test_an_answer_is_made_of_values_and_of_nothing_that_could_act() -> None:
    evil = pickle.dumps(os.getcwd)
    with pytest.raises(pickle.UnpicklingError, match="getcwd"):
        room._Answers(io.BytesIO(evil)).load()
