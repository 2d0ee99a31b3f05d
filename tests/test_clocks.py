"""Clocks that are set: in a real daemon under faketime, and in the parts that set things right."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import RSS, command, environment, until
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Site
from store_values import poll, record

from feeds.config.load import load
from feeds.daemon.clock import FAR, PATIENCE, Clock
from feeds.memory import SourceState
from feeds.model import DateOrigin, Moment
from feeds.pipeline.clocks import follow, go_back
from feeds.store import Store, open_store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
FAKETIME = next(
    (path for folder in LIBRARIES if (path := Path(folder, "faketime/libfaketimeMT.so.1")).exists()), None
)
INTERVAL = 2.0
JUMPS = ("-3600", "@1970-01-02 00:00:00", "+86400", "@2039-01-01 00:00:00", "+0")


class Set:
    """A wall clock and the time since a start, in the test's hand."""

    def __init__(self, start: datetime = NOW) -> None:
        self.wall, self.passed = start, 0.0

    def go(self, span: timedelta) -> None:
        self.wall += span
        self.passed += span.total_seconds()

    def clock(self, known: datetime | None = None) -> Clock:
        return Clock(lambda: self.wall, lambda: self.passed, known)


@given(st.lists(st.tuples(st.integers(0, 7200), st.integers(-86400 * 29, 86400 * 29))))
@settings(max_examples=50)
def test_jumps_are_told_exactly_and_time_that_passes_is_none(steps: list[tuple[int, int]]) -> None:
    hands = Set()
    clock = hands.clock()
    passed = timedelta()
    for seconds, jump in steps:
        hands.go(timedelta(seconds=seconds))
        passed += timedelta(seconds=seconds)
        hands.wall += timedelta(seconds=jump)
        assert clock() == hands.wall
    told = sum((timedelta(seconds=jump) for _, jump in steps if abs(jump) > 5), timedelta())
    assert clock.jump == told


@pytest.mark.parametrize("year", [1970, 1980, 2010, 2200, 9999])
def test_a_clock_that_cannot_be_is_never_believed(year: int) -> None:
    hands = Set()
    clock = hands.clock()
    hands.wall = datetime(year, 1, 1, tzinfo=UTC)
    hands.passed += 30 * 86400
    assert clock() == NOW + 30 * DAY
    hands.wall = NOW + 30 * DAY
    assert clock() == NOW + 30 * DAY
    assert not clock.jump


def test_a_start_without_a_clock_goes_on_from_what_is_known() -> None:
    hands = Set(datetime(1970, 1, 1, tzinfo=UTC))
    clock = hands.clock(known=NOW)
    assert clock() == NOW
    hands.go(HOUR)
    hands.wall = NOW + DAY
    assert clock() == NOW + DAY, "a clock that can be is followed at once"
    assert clock.jump == DAY - HOUR


def test_a_jump_over_years_is_believed_after_an_hour() -> None:
    hands = Set()
    clock = hands.clock()
    hands.wall = datetime(2039, 1, 1, tzinfo=UTC)
    assert clock() == NOW
    hands.go(timedelta(seconds=PATIENCE - 1))
    assert clock() == NOW + timedelta(seconds=PATIENCE - 1)
    hands.go(timedelta(seconds=1))
    assert clock() == hands.wall
    assert clock.jump > FAR


# What is remembered ------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store("sqlite:///feeds.db", tmp_path)) as opened:
        yield opened


def polled(name: str, ago: timedelta, wait: timedelta, now: datetime = NOW) -> SourceState:
    return SourceState(name=name, polled=now - ago, succeeded=now - ago, due=now - ago + wait)


@pytest.mark.parametrize("jump", [-12 * 365 * DAY, -DAY, -HOUR, HOUR, DAY, 12 * 365 * DAY])
def test_what_is_due_moves_along_and_back(store: Store, tmp_path: Path, jump: timedelta) -> None:
    (tmp_path / "config.yaml").write_text("sources: [{name: a, url: 'https://a.example/'}]")
    config = load(tmp_path / "config.yaml", {})
    state = polled("a", HOUR / 2, HOUR)
    store.save([poll(state=state)])
    follow(config, store, jump, NOW + jump)
    assert store.due(["a"], NOW + jump + HOUR / 2 - DAY / 86400, 1) == ()
    assert len(store.due(["a"], NOW + jump + HOUR / 2, 1)) == 1
    follow(config, store, -jump, NOW)
    assert store.states()["a"] == state


def test_fixed_times_stay_on_the_wall(store: Store, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "sources: [{name: a, url: 'https://a.example/', timezone: UTC, interval: {cron: '0 7 * * *'}}]"
    )
    config = load(tmp_path / "config.yaml", {})
    store.save([poll(state=polled("a", 5 * HOUR, DAY))])  # at 7, and tomorrow at 7
    follow(config, store, DAY, NOW + DAY)
    assert len(store.due(["a"], NOW + DAY, 1)) == 1, "it was jumped over, so it comes at once"
    follow(config, store, -DAY, NOW)
    store.save([poll(state=polled("a", 5 * HOUR, DAY))])
    follow(config, store, -3 * DAY, NOW - 3 * DAY)
    due = store.states()["a"].due
    assert due == (NOW - 2 * DAY).replace(hour=7), "the next seven o'clock, as the clock shows it"


def test_after_a_start_in_the_past_nothing_is_polled_at_once_nor_never(store: Store, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: ['https://a.example/']")
    config = load(tmp_path / "config.yaml", {})
    names = [f"s{number}" for number in range(60)]
    ages = [timedelta(minutes=number) for number in range(60)]
    store.save([poll(state=polled(name, age, HOUR)) for name, age in zip(names, ages, strict=True)])
    back = NOW - 365 * DAY
    go_back(config, store, back)
    assert store.due(names, back, 99) == ()
    counts = [len(store.due(names, back + timedelta(minutes=minute), 99)) for minute in (15, 30, 45, 60)]
    assert counts == [15, 30, 45, 60]
    go_back(config, store, back)
    assert len(store.due(names, back + timedelta(minutes=30), 99)) == 30, "twice is as once"


def test_entries_met_in_the_future_are_put_to_now(store: Store, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: ['https://a.example/']")
    config = load(tmp_path / "config.yaml", {})
    future = datetime(2038, 5, 1, tzinfo=UTC)
    good, bad = record(number=1, hours=5), record(number=2, hours=5)
    assert bad.entry is not None
    noticed = Moment(instant=future, origin=DateOrigin.FIRST_SEEN)
    bad = replace(bad, first_seen=future, sort_key=future, entry=replace(bad.entry, updated=noticed))
    good = replace(good, first_seen=min(good.first_seen, NOW), sort_key=min(good.sort_key, NOW))
    state = replace(polled("a", timedelta(), HOUR, now=future), changed=future)
    store.save([poll(good, bad, state=state)])
    go_back(config, store, NOW)
    after = {one.id: one for one in store.newest(["a"])}
    assert after[good.id] == good
    moved = after[bad.id]
    assert (moved.first_seen, moved.sort_key) == (NOW, NOW)
    assert moved.entry is not None
    assert moved.entry.updated is not None
    assert moved.entry.updated.instant == NOW


# A process under faketime ------------------------------------------------------------------------------


@contextmanager
def daemon(folder: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command("run", "--log-json", "-v"), cwd=folder, env=environment(**more), stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(FAKETIME is None, reason="faketime is not installed")
def test_a_running_daemon_goes_on_as_before_whatever_is_done_to_its_clock(tmp_path: Path) -> None:
    stamp = tmp_path / "now"

    def set_clock(text: str) -> None:
        half = tmp_path / "now.half"
        half.write_text(text + "\n")
        half.replace(stamp)

    names = [f"s{number}" for number in range(3)]
    with Site({f"/{name}": RSS for name in names}) as site:
        lines = [f"  - {{name: {name}, url: '{site.url('/' + name)}'}}" for name in names]
        (tmp_path / "config.yaml").write_text(
            "fetch: {allow: [127.0.0.0/8], spacing: 0s}\n"
            f"defaults: {{interval: {INTERVAL:.0f}s}}\nsources:\n" + "\n".join(lines) + "\n"
        )
        set_clock("+0")
        faked = {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(stamp),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        with daemon(tmp_path, **faked) as process:
            until(lambda: all(site.asked(f"/{name}") for name in names))
            begun = time.monotonic()
            before = len(site.log)
            for jump in JUMPS:
                # Two more polls of each: what was put off for years would never come.
                wanted = len(site.log) + 2 * len(names)
                set_clock(jump)
                until(lambda: len(site.log) >= wanted)  # noqa: B023 called at once
            took = time.monotonic() - begun
            polls = len(site.log) - before
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
    # None more often than its interval allows: a poll begun before a jump may count as one of another time.
    assert polls <= len(names) * (took / INTERVAL + 2)
    assert b"Traceback" not in (tmp_path / "log").read_bytes()
    with closing(open_store("sqlite:///feeds.db", tmp_path)) as store:
        seen_first = [one.first_seen for one in store.newest(names)]
    assert all(abs(first - datetime.now(UTC)) < 2 * DAY for first in seen_first)


def test_a_process_that_was_stopped_catches_up_once(tmp_path: Path) -> None:
    with Site({"/feed": RSS}) as site:
        (tmp_path / "config.yaml").write_text(
            "fetch: {allow: [127.0.0.0/8]}\n"
            f"sources: [{{name: a, interval: 1s, url: '{site.url('/feed')}'}}]"
        )
        with daemon(tmp_path) as process:
            until(lambda: len(site.log) >= 2)
            os.kill(process.pid, signal.SIGSTOP)
            before = len(site.log)
            stopped = time.monotonic()
            time.sleep(5)
            os.kill(process.pid, signal.SIGCONT)
            until(lambda: len(site.log) >= before + 3)
            took = time.monotonic() - stopped - 5
        assert took > 1.0, "three polls, one of them at once, are more than an interval apart"


def test_twenty_restarts_poll_nothing_twice(tmp_path: Path) -> None:
    with Site({"/feed": RSS}) as site:
        (tmp_path / "config.yaml").write_text(
            "fetch: {allow: [127.0.0.0/8]}\n"
            f"sources: [{{name: a, interval: 1h, url: '{site.url('/feed')}'}}]"
        )
        rounds = 20 if os.environ.get("FEEDS_CORPUS") == "all" else 4
        for number in range(rounds):
            (tmp_path / "log").write_bytes(b"")
            with daemon(tmp_path) as process:
                until(lambda: b"in_force" in (tmp_path / "log").read_bytes())
                until(lambda: len(site.log) == 1)
                end = signal.SIGTERM if number % 2 else signal.SIGKILL
                if not number:
                    until(lambda: b'"polled"' in (tmp_path / "log").read_bytes())
                process.send_signal(end)
                process.wait(20)
        assert len(site.log) == 1
