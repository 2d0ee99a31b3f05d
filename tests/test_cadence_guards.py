"""What keeps ``auto`` within bounds, each sentence of docs/cadence.md; where it matters, with a real site."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers import Reply, Site

from feeds import __version__, cadence
from feeds.cadence import Rhythm
from feeds.cadence.expectation import expected
from feeds.config.load import load
from feeds.config.schema import Config, Source
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Poller, open_readers
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""
START = cadence.hours(NOW)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def source(**fields: object) -> Source:
    return Source.model_validate({"name": "radio", "url": "https://radio.example/feed.xml"} | fields)


def even(rate: float, window: int = 0) -> Rhythm:
    """A source that posts so many entries an hour, at no particular time."""
    return replace(cadence.first(START, [], window=window), entries=rate * 1000, span=1000.0)


def wait(known: Rhythm, cost: float, now: datetime = NOW, **fields: object) -> timedelta:
    return cadence.choose(source(**fields), now, rhythm=known, price=cost).due - now


# ------------------------------------------------------------------ arithmetic


def test_without_a_word_of_the_operator_it_is_five_minutes_to_a_day() -> None:
    assert wait(even(1000.0), 1e-6) == timedelta(minutes=5)
    assert 0.7 * DAY <= wait(even(0.0001), 1e4) <= DAY
    assert wait(even(1000.0), 1e-6, min_interval="20m") == timedelta(minutes=20)
    assert wait(even(0.0001), 1e4, max_interval="3h") <= 3 * HOUR


def test_half_a_window_is_the_longest_and_less_after_an_overflow_and_slowly_back() -> None:
    known = even(10.0, window=40)
    spilt = cadence.learn(known, START, [], lost=True)
    again = cadence.learn(spilt, START, [], lost=True)
    for rhythm, longest in ((known, 2 * HOUR), (spilt, HOUR), (again, HOUR / 2)):
        assert 0.75 * longest < wait(rhythm, 100.0) <= longest * 1.001
    calm = again
    for place in range(100):
        calm = cadence.learn(calm, START + 4 + place, [START + 3.5 + place] * 10)
        assert calm.haste <= again.haste * 1.0201 ** (place + 1)
    assert calm.haste == 1.0


def test_what_is_due_shortly_before_a_busy_time_ends_waits_it_out() -> None:
    """Weekdays and weekends alike, 9 to 17 with about an entry an hour, and nothing else, for a month."""
    dates = [
        START - 24 * day - 12 + hour + (day * 7 + hour * 13) % 60 / 60
        for day in range(1, 30)
        for hour in range(9, 17)
    ]
    known = cadence.learn(cadence.first(START, dates, window=300), START + 3.0, [START + 2.37])
    now = NOW + 3 * HOUR  # 15:00, and the square-root law says: at a quarter to five
    rate = expected(known, START + 3.0).week[15]
    cost = rate * 1.75**2 / 2
    due = now + wait(known, cost, now)
    assert due - NOW >= timedelta(hours=4.95)
    assert due - NOW <= timedelta(hours=6.5)


def test_a_dozen_entries_do_not_silence_the_other_hours() -> None:
    dozen = cadence.first(START, [START - 3 - 24 * day for day in range(12)], window=12)
    week = expected(dozen, START).week
    assert min(week) > 0.05 * dozen.rate
    one = cadence.first(START, [START - 3], window=1)
    flat = expected(one, START).week
    assert max(flat) < 2 * min(flat)


def test_undated_entries_are_spread_since_the_last_poll() -> None:
    known = cadence.learn(even(0.1), START + 6, [None] * 5)
    hours = [known.times[place] for place in range(12, 18)]
    assert hours == pytest.approx([1 / 6] * 6)
    assert sum(known.times) == pytest.approx(1.0)
    assert known.entries == pytest.approx(100 * 2 ** (-6 / 720) + 5)


def test_evidence_counts_half_after_thirty_days() -> None:
    later = cadence.learn(even(1.0), START + 720, [])
    assert later.entries == pytest.approx(500.0)


def test_pushes_leave_few_requests_in_the_budget() -> None:
    known = even(1.0)
    polled, pushed = cadence.plan(source(), known), cadence.plan(source(), known, missing=0.04)
    assert pushed.rate == pytest.approx(0.04 * polled.rate)


# ------------------------------------------------------------------ from the poll to the store


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def rss(said: str = "", every: float = 1.0) -> bytes:
    dates = [NOW - timedelta(hours=every * place) for place in range(1, 31)]
    items = "".join(
        f"<item><title>{date:%j %H}</title><pubDate>{date:%d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for date in dates
    )
    return f"<rss version='2.0'><channel><title>T</title>{said}{items}</channel></rss>".encode()


def configured(folder: Path, site: Site, more: str = "") -> Config:
    path = folder / "config.yaml"
    path.write_text(
        f"fetch: {{allow: [127.0.0.0/8], budget: 4}}\nsources: [{{name: a, url: '{site.url('/a')}'{more}}}]\n"
    )
    return load(path, {})


def polled(config: Config, store: Store, now: datetime, state: SourceState | None = None) -> SourceState:
    async def one() -> None:
        before = state or store.states(["a"]).get("a") or SourceState(name="a")
        async with open_client(config.fetch, __version__) as client:
            with open_readers(config.read) as readers:
                await Poller(config, store, client, readers).refresh(before, now)

    asyncio.run(one())
    return store.states(["a"])["a"]


def test_what_a_feed_asked_for_holds_after_not_modified_and_over_a_restart(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss("<ttl>300</ttl>")
    config = configured(tmp_path, site)
    first = polled(config, store, NOW)
    assert first.due is not None
    assert first.due >= NOW + 5 * HOUR
    again = open_store("sqlite:///feeds.db", tmp_path)
    second = polled(config, again, first.due)
    assert site.log[-1].headers["if-none-match"]
    assert second.due is not None
    assert second.due >= first.due + 5 * HOUR
    bounded = polled(configured(tmp_path, site, ", max_interval: 2h"), again, second.due)
    again.close()
    assert bounded.due == second.due + 2 * HOUR


def test_failures_grow_from_a_quarter_and_the_first_success_ends_that(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss(every=200.0)
    config = configured(tmp_path, site)
    good = polled(config, store, NOW)
    assert good.wait is not None
    site.routes["/a"] = Reply(status=500)
    waits, now = [], NOW + HOUR
    for _ in range(3):
        state = polled(config, store, now)
        assert state.due is not None
        waits.append((state.due - now).total_seconds())
        now = state.due
    assert waits[1:] == pytest.approx([2 * waits[0], 4 * waits[0]], rel=0.2)
    assert waits[0] < good.wait
    site.routes["/a"] = rss(every=200.0)
    state = polled(config, store, now)
    assert state.failures == 0
    assert state.wait is not None
    assert state.wait > good.wait / 3


@pytest.mark.parametrize(
    "state",
    [
        SourceState(name="a", polled=NOW - DAY, succeeded=NOW - 7 * DAY, failures=9),
        SourceState(name="a", polled=NOW - DAY, failures=20),
    ],
)
def test_who_was_silent_for_a_week_is_asked_once_a_week(
    state: SourceState, site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = Reply(status=500)
    config = configured(tmp_path, site)
    after = polled(config, store, NOW, state)
    assert after.due == NOW + 7 * DAY
    younger = replace(state, succeeded=NOW - 6 * DAY, failures=9)
    assert polled(config, store, NOW, younger).due == NOW + DAY


def test_what_is_remembered_of_a_rhythm_is_a_few_hundred_bytes(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss()
    state = polled(configured(tmp_path, site), store, NOW)
    assert state.rhythm is not None
    assert len(state.rhythm.encode()) == 186
