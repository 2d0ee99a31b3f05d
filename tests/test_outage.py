"""A dead network is not a dead source."""

from __future__ import annotations

import errno
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from commands import feeds
from servers import Reply, Site
from test_pipeline import NOW, configure, emit, item, poll, rss, titles

from feeds.config.schema import Config
from feeds.errors import FetchError, Unreachable
from feeds.fetch import failures
from feeds.pipeline import Result, outage
from feeds.store import Store, open_store

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PORTAL = Reply(headers=(("Content-Type", "text/html"),), body=b"<html><body>Accept our terms</body></html>")
MANY, STEP = 12, timedelta(minutes=4)
"""Sources that are due at once when their trouble begins, as after a start; how often we look what is due."""


class Resolver:
    """Answers names under .test with this machine, unless they, or all, are ``down``."""

    def __init__(self) -> None:
        self.down: set[str] | None = set()

    def __call__(self, host: str, port: int, *_: object, **__: object) -> list[Any]:
        if self.down is None or host in self.down:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    made = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    return made


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({f"/{name}": rss(item(name)) for name in "abc"}) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def planet(site: Site, folder: Path) -> Config:
    lines = "".join(f"  - {{name: {n}, url: 'http://{n}.test:{site.port}/{n}'}}\n" for n in "abc")
    return configure(folder, f"sources:\n{lines}")


def test_while_nothing_answers_anybody_no_source_is_blamed(
    site: Site, store: Store, tmp_path: Path, resolver: Resolver
) -> None:
    config = planet(site, tmp_path)
    poll(config, store)
    resolver.down = None
    for hour in range(1, 6):
        now = NOW + hour * HOUR
        outcomes = poll(config, store, now=now)
        waits = {name: outcome.due - now for name, outcome in outcomes.items() if outcome.due}
        assert len(set(waits.values())) == 3
        assert all(5 * MINUTE <= wait <= 15 * MINUTE for wait in waits.values())
        for state in store.states().values():
            assert (state.failures, state.error_class, state.entries) == (0, "Offline", 1)
            assert "offline" in (state.error or "")
    emit(config, store)
    assert len(titles(tmp_path)) == 3
    said = [row.split("\t")[1] for row in feeds(tmp_path, "status", "--failing").stdout.splitlines()]
    assert said == ["failing"] * 3
    resolver.down = set()
    back = poll(config, store, now=NOW + 6 * HOUR)
    assert {outcome.result for outcome in back.values()} == {Result.NOT_MODIFIED}
    assert {state.error for state in store.states().values()} == {None}


def test_a_name_that_is_not_found_while_others_are_is_its_own_fault(
    site: Site, store: Store, tmp_path: Path, resolver: Resolver
) -> None:
    config = planet(site, tmp_path)
    resolver.down = {"a.test"}
    told = []
    for hour in range(4):
        outcome = poll(config, store, now=NOW + hour * HOUR)["a"]
        state = store.states(["a"])["a"]
        told.append((outcome.result, state.failures, state.error_class))
    failed = Result.FAILED
    assert told[0] == (failed, 0, "Offline")
    assert told[1:] == [(failed, number, "Unreachable") for number in (1, 2, 3)]


def test_failures_before_an_outage_stay_as_many(
    site: Site, store: Store, tmp_path: Path, resolver: Resolver
) -> None:
    config = planet(site, tmp_path)
    site.routes["/a"] = Reply(status=500)
    poll(config, store)
    poll(config, store, now=NOW + HOUR)
    resolver.down = None
    for hour in (2, 3):
        poll(config, store, now=NOW + hour * HOUR)
    assert {name: state.failures for name, state in store.states().items()} == {"a": 2, "b": 0, "c": 0}


def test_a_portal_that_answers_everything_takes_no_entry(
    site: Site, store: Store, tmp_path: Path, resolver: Resolver
) -> None:
    config = planet(site, tmp_path)
    poll(config, store)
    for name in "abc":
        site.routes[f"/{name}"] = PORTAL
    first = poll(config, store, now=NOW + HOUR)["a"]
    assert first.due is not None
    # A quarter of the interval, so that an hour in a hotel costs little.
    assert first.due - (NOW + HOUR) < HOUR
    emit(config, store)
    assert (len(titles(tmp_path)), first.result) == (3, Result.FAILED)


@pytest.mark.parametrize("trouble", ["no names", "a portal"])
def test_after_an_hour_of_trouble_each_source_is_asked_as_usual(
    site: Site, store: Store, tmp_path: Path, resolver: Resolver, trouble: str
) -> None:
    names = [f"s{number}" for number in range(MANY)]
    site.routes = {f"/{name}": rss(item(name)) for name in names}
    lines = "".join(f"  - {{name: {n}, url: 'http://{n}.test:{site.port}/{n}'}}\n" for n in names)
    config = configure(tmp_path, f"sources:\n{lines}")
    poll(config, store)
    routes, begin = dict(site.routes), NOW + 12 * HOUR
    asked: Counter[str] = Counter()
    now = begin
    while now < begin + 3 * HOUR:
        down = now < begin + HOUR
        resolver.down = None if down and trouble == "no names" else set()
        site.routes = dict.fromkeys(routes, PORTAL) if down else routes
        due = [state.name for state in store.due(names, now, MANY)]
        if due:
            poll(config, store, due, now)
            asked.update(() if down else due)
        now += STEP
    states = store.states(names).values()
    assert {(state.failures, state.error, state.entries) for state in states} == {(0, None, 1)}
    # In two hours: at once, and what the budget of one request an hour gives.
    assert asked.keys() == set(names)
    assert max(asked.values()) <= 4


def test_those_that_wait_for_the_network_come_apart_when_it_is_back() -> None:
    waits = [outage.wait(f"source {number}") for number in range(1000)]
    for minutes in (30, 60, 600):
        back = minutes * MINUTE
        # The first time after it is back, of each that tried again and again since all began to fail at once.
        firsts = [-(-back // wait) * wait - back for wait in waits]
        counts = Counter(first // MINUTE for first in firsts)
        assert max(firsts) < 15 * MINUTE
        assert max(counts.values()) < 2 * 1000 / 10


@pytest.mark.parametrize(
    ("cause", "ours"),
    [
        (OSError(errno.ENETUNREACH, "x"), True),
        (OSError(errno.EHOSTUNREACH, "x"), True),
        (OSError(errno.ENETDOWN, "x"), True),
        (socket.gaierror(socket.EAI_AGAIN, "x"), True),
        (socket.gaierror(socket.EAI_NONAME, "x"), False),
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), False),
    ],
)
def test_what_may_be_our_network_is_told_apart(cause: OSError, ours: bool) -> None:
    error = httpx.ConnectError("x")
    error.__cause__ = cause
    url = httpx.URL("https://a.example/feed")
    made = failures.explain(error, url, "https://a.example/feed", private=False)
    assert (type(made) is Unreachable, isinstance(made, FetchError)) == (ours, True)
