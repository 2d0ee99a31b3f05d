"""How we behave towards servers over days, restarts and bad answers: what ``docs/manners.md`` says, holds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from commands import DEADLINE, RSS, command, environment, feeds, until
from papers import make, secure
from servers import STALL, Asked, Raw, Reply, Site
from test_pipeline import NOW, configure, emit, files, item, poll, rss, sources, titles

from feeds import __version__
from feeds.config.schema import Config
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Outcome, Poller, Result, open_readers
from feeds.store import Store, open_store

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


# ------------------------------------------------------------------ thirty days


class Month:
    """A server of two feeds over thirty days: one that never changes, one with a new entry each day.

    Attributes:
        now: What our clock says; ``passed``: how long it really was.
        asked: For each feed when it was asked, by both clocks, and with what conditions.
    """

    def __init__(self) -> None:
        self.now = NOW
        self.passed = timedelta()
        self.asked: dict[str, list[tuple[datetime, timedelta, str | None, str | None]]] = {"a": [], "b": []}

    def route(self, name: str) -> Callable[[Asked], Reply]:
        def answer(asked: Asked) -> Reply:
            conditions = asked.headers.get("if-none-match"), asked.headers.get("if-modified-since")
            self.asked[name].append((self.now, self.passed, *conditions))
            day = self.passed.days if name == "b" else 0
            headers = (*self.validators(name), ("Cache-Control", "max-age=21600"))
            return Reply(headers=headers, body=rss(*(item(f"{name}{number}") for number in range(day + 1))))

        return answer

    def validators(self, name: str) -> tuple[tuple[str, str], ...]:
        day = self.passed.days if name == "b" else 0
        return ("ETag", f'W/"{name} {day}, \xe9"'), ("Last-Modified", f"day {day}, or so")


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def test_thirty_days_with_restarts_and_jumps_of_the_clock(site: Site, store: Store, tmp_path: Path) -> None:
    """Fifty restarts; the clock goes wrong by hours, forward and back, and comes right again."""
    month = Month()
    site.routes.update({f"/{name}": month.route(name) for name in "ab"})
    config = configure(tmp_path, sources(site, "ab").replace("'}", "', interval: 6h}"), "spacing: 0s")
    jumps = {66: 5 * HOUR, 100: -5 * HOUR, 300: -3 * HOUR, 333: 3 * HOUR, 500: 11 * HOUR, 566: -11 * HOUR}
    dues: list[tuple[datetime, SourceState]] = []

    async def life(steps: range) -> None:
        async with open_client(config.fetch, __version__) as client:
            with open_readers(config.read) as readers:
                poller = Poller(config, store, client, readers)
                for step in steps:
                    month.passed = step * HOUR
                    month.now += HOUR + jumps.get(step, timedelta())
                    due = store.due(["a", "b"], month.now, 9)
                    dues.extend((month.now, state) for state in due)
                    for outcome in await poller.refresh_all(due, month.now):
                        assert outcome.result is not Result.FAILED, outcome

    steps = 30 * 24
    for start in range(0, steps, steps // 50):
        asyncio.run(life(range(start, min(start + steps // 50, steps))))
    # A poll that lies in the future tells that the clock was set back: then nothing is known of due times.
    early = [one for now, one in dues if one.due and one.due > now and not (one.polled and one.polled > now)]
    assert early == []
    for name, asked in month.asked.items():
        assert 80 < len(asked) < 30 * 4 + 10
        # Six hours apart, as the server wished, but once for each time our clock was put.
        hurried = [gap for (_, one, *_), (_, two, *_) in pairwise(asked) if (gap := two - one) < 6 * HOUR]
        assert len(hurried) <= len(jumps)
        whole = [passed.days for _, passed, tag, since in asked if tag is None and since is None]
        # What never changes is asked for whole after a week, then after two by our clock (docs/manners.md).
        assert whole in ([[0, 7, 20], [0, 7, 21]] if name == "a" else [[0]])
        sent = {f'W/"{name} {day}, \xe9"': f"day {day}, or so" for day in range(30)}
        assert all(sent[tag] == since for _, _, tag, since in asked if tag is not None)
    assert store.states()["b"].entries == 30


# ------------------------------------------------------------------ waits


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    "raw",
    ["", "soon", "-5", "1.5", "0", "9" * 40, "Wed, 01 Jan 2020 00:00:00 GMT", "Sun, 06-Nov-94 08:49:37 GMT"],
)
def test_nonsense_in_retry_after_makes_a_wait_of_our_own(
    site: Site, store: Store, tmp_path: Path, status: int, raw: str
) -> None:
    site.routes["/a"] = Reply(status=status, headers=(("Retry-After", raw),))
    due = poll(configure(tmp_path, sources(site, "a")), store)["a"].due
    assert due is not None
    assert 5 * MINUTE <= due - NOW <= 25 * HOUR


@pytest.mark.parametrize(
    ("raw", "least", "most"),
    [
        ("max-age=86400", DAY, 26 * HOUR),
        ("max-age=" + "9" * 20, 20 * HOUR, 26 * HOUR),
        ("max-age=abc", 5 * MINUTE, 26 * HOUR),
        ("max-age=1, max-age=9999", 5 * MINUTE, 26 * HOUR),
        ("private, max-age=0", 5 * MINUTE, 26 * HOUR),
        ("no-store", 5 * MINUTE, 26 * HOUR),
    ],
)
def test_freshness_is_a_wait_inside_the_bounds(
    site: Site, store: Store, tmp_path: Path, raw: str, least: timedelta, most: timedelta
) -> None:
    site.routes["/a"] = Reply(headers=(("Cache-Control", raw),), body=rss(item("a1")))
    due = poll(configure(tmp_path, sources(site, "a")), store)["a"].due
    assert due is not None
    assert least <= due - NOW <= most


def test_a_wait_survives_being_killed(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(status=429, headers=(("Retry-After", "7200"),))
    site.routes["/b"] = rss(item("b1"))
    configure(tmp_path, sources(site, "a"))
    with subprocess.Popen(
        command("run"), cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL
    ) as daemon:
        try:
            until(lambda: '"error_class": "BadStatus"' in feeds(tmp_path, "status", "--json").stdout)
        finally:
            os.kill(daemon.pid, signal.SIGKILL)
    assert [asked.path for asked in site.log] == ["/a"]
    configure(tmp_path, sources(site, "ab"))
    assert feeds(tmp_path, "once", "--all").returncode == 0
    assert [asked.path for asked in site.log] == ["/a"]


def test_twenty_restarts_poll_nothing_twice(site: Site, tmp_path: Path) -> None:
    site.routes.update({"/a": RSS, "/b": Reply(status=500)})
    configure(tmp_path, sources(site, "ab"))
    for _ in range(20):
        assert feeds(tmp_path, "once").returncode == 0
    assert sorted(asked.path for asked in site.log) == ["/a", "/b"]


def test_a_server_that_often_fails_loses_and_doubles_nothing(
    site: Site, store: Store, tmp_path: Path
) -> None:
    turn = iter(range(1000))

    def flaky(_: Asked) -> Reply:
        number = next(turn)
        if number % 3 != 2:
            return Reply(status=502)
        return Reply(body=rss(*(item(f"a{one}") for one in range(number // 3 + 1))))

    site.routes["/a"] = flaky
    config = configure(tmp_path, sources(site, "a"))
    now, waits = NOW, []
    for _ in range(30):
        outcome = poll(config, store, now=now)["a"]
        assert outcome.due is not None
        waits.append(outcome.due - now)
        assert store.states(["a"])["a"].failures == (len(waits) % 3)
        now = outcome.due
    failed = [pair for place, pair in enumerate(pairwise(waits)) if place % 3 == 0]
    assert all(first < second for first, second in failed)
    emit(config, store)
    assert sorted(titles(tmp_path)) == sorted(f"a{one}" for one in range(10))


# ------------------------------------------------------------------ one at a time


def test_many_sources_of_one_host_come_one_by_one(site: Site, store: Store, tmp_path: Path) -> None:
    names = [f"s{number}" for number in range(1000 if os.environ.get("FEEDS_TRAPS") == "all" else 150)]
    lock, inside, most = threading.Lock(), 0, 0

    def answer(asked: Asked) -> bytes:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        body = rss(item(asked.path[1:]))
        threading.Event().wait(0.003)  # so long that a second request would be seen
        with lock:
            inside -= 1
        return body

    site.routes.update({f"/{name}": answer for name in names})
    outcomes = poll(configure(tmp_path, sources(site, names), "spacing: 0s"), store)
    assert {outcome.result for outcome in outcomes.values()} == {Result.NEW}
    assert (len(site.log), most) == (len(names), 1)


# ------------------------------------------------------------------ half answers, moves


CUT = rss(*(item(f"new{number}") for number in range(9)))


@pytest.mark.parametrize(
    "answer",
    [
        Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + CUT[:900],)),
        Raw((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n384\r\n" + CUT[:900] + b"\r\n",)),
        Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + CUT[:900],), reset=True),
        Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + CUT[:900], STALL)),
        Reply(headers=(("Content-Encoding", "gzip"),), body=b"\x1f\x8b\x08\0\0\0\0\0\0\x03cut"),
    ],
)
def test_of_half_an_answer_nothing_is_stored_and_no_file_changes(
    site: Site, store: Store, tmp_path: Path, answer: Raw | Reply
) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"), "read_timeout: 1s")
    poll(config, store)
    emit(config, store)
    before, revision = files(tmp_path), store.states()["a"].revision
    site.routes["/a"] = answer
    assert poll(config, store, now=NOW + HOUR)["a"].result is Result.FAILED
    emit(config, store, now=NOW + HOUR)
    assert (files(tmp_path), store.states()["a"].revision, store.states()["a"].entries) == (
        before,
        revision,
        1,
    )


def test_a_detour_to_a_move_is_none(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(status=302, headers=(("Location", "/b"),))
    site.routes["/b"] = Reply(status=301, headers=(("Location", "/c"),))
    site.routes["/c"] = rss(item("c1"))
    config = configure(tmp_path, sources(site, "a"))
    for day in range(6):
        poll(config, store, now=NOW + day * DAY)
    trust = store.states()["a"].trust
    assert (trust.address, trust.moving_to) == (None, None)


def uri(key: str) -> str:
    return item(key).replace(f"'false'>{key}", f"'true'>https://blog.example/{key}")


def test_a_source_that_moved_to_another_is_told_as_that_one(site: Site, tmp_path: Path) -> None:
    site.routes["/old"] = Reply(status=301, headers=(("Location", "/new"),))
    site.routes["/new"] = rss(uri("n1"), uri("n2"))
    config = configure(tmp_path, sources(site, ("old", "new", "other")))
    site.routes["/other"] = rss(item("o1"))
    store = open_store("sqlite:///feeds.db", tmp_path)
    poll(config, store)
    assert "asked at the same address as new" in feeds(tmp_path, "status", "old").stdout
    for day in range(1, 5):
        poll(config, store, now=NOW + day * DAY)
    emit(config, store)
    store.close()
    assert sorted(titles(tmp_path)) == ["n1", "n2", "o1"]
    told = {row.split("\t")[0]: row for row in feeds(tmp_path, "status").stdout.splitlines()}
    assert "asked at the same address as new" in told["old"]
    assert "asked at the same address as old" in told["new"]
    assert "same address" not in told["other"]
    assert "new and old are asked at the same address" in feeds(tmp_path, "check").stdout


def test_who_leads_us_from_https_to_http_is_marked(tmp_path: Path) -> None:
    papers = make(tmp_path)
    with Site({"/feed": rss(item("a1"))}) as plain, Site(tls=secure(papers, "good")) as secured:
        secured.routes["/a"] = Reply(status=302, headers=(("Location", plain.url("/feed")),))
        config = configure(
            tmp_path,
            f"sources:\n  - {{name: a, url: '{secured.url('/a')}', fetch: {{verify: '{papers}/ca.pem'}}}}\n",
        )
        store = open_store("sqlite:///feeds.db", tmp_path)
        assert poll(config, store)["a"].new == 1
        poll(config, store, now=NOW + HOUR)
        assert "from https to http" in feeds(tmp_path, "status").stdout
        secured.routes["/a"] = rss(item("a1"), item("a2"))
        poll(config, store, now=NOW + 2 * HOUR)
        assert "from https to http" not in feeds(tmp_path, "status").stdout
        store.close()


@pytest.mark.parametrize(
    ("many", "failures"),
    [
        pytest.param(7, 0, id="fewer-than-places"),
        pytest.param(12, 0, id="more-than-places"),
        pytest.param(25, 1, id="many-that-failed-before"),
    ],
)
def test_who_is_slow_holds_up_nobody_else(store: Store, tmp_path: Path, many: int, failures: int) -> None:
    """Told by the order in which they end, as time itself depends on what else the machine does."""
    over = threading.Event()

    def silent(_: Asked) -> Reply:
        over.wait(DEADLINE)
        return Reply(status=500)

    def heard(ended: list[Outcome]) -> None:
        if sum(one.result is Result.NEW for one in ended) == 30:
            over.set()

    with contextlib.ExitStack() as stack:
        good = [
            stack.enter_context(Site({"/g": rss(item(f"g{n}"))}, host=f"127.0.2.{n + 1}")) for n in range(30)
        ]
        hosts = [stack.enter_context(Site({"/s": silent}, host=f"127.0.3.{n + 1}")) for n in range(many)]
        urls = [*(site.url("/s") for site in hosts), *(site.url("/g") for site in good)]
        lines = "".join(f"  - {{name: n{place}, url: '{url}'}}\n" for place, url in enumerate(urls))
        config = configure(tmp_path, f"sources:\n{lines}", "concurrency: 8, deadline: 60s, read_timeout: 60s")
        states = [
            SourceState(name=source.name, failures=failures if place < many else 0)
            for place, source in enumerate(config.sources)
        ]
        ended = poll_in_order(config, store, states, heard)
    assert [outcome.result for outcome in ended] == [Result.NEW] * 30 + [Result.FAILED] * many


def poll_in_order(
    config: Config, store: Store, states: Sequence[SourceState], heard: Callable[[list[Outcome]], None]
) -> list[Outcome]:
    """Poll all sources, and give the outcomes as they came; ``heard`` is shown them after each."""
    ended: list[Outcome] = []

    def done(outcome: Outcome) -> None:
        ended.append(outcome)
        heard(ended)

    async def run() -> None:
        async with open_client(config.fetch, __version__) as client:
            with open_readers(config.read) as readers:
                await Poller(config, store, client, readers).refresh_all(states, NOW, done)

    asyncio.run(run())
    return ended
