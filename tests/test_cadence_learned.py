"""What ``auto`` learns: rhythms, what is expected of them, planning ahead, the price of a request."""

from __future__ import annotations

import asyncio
import doctest
import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Reply, Site

from feeds import __version__, cadence
from feeds.cadence import Plan, Reason, Rhythm, expectation, planning, price, rhythm
from feeds.config.load import load
from feeds.config.schema import Budget, Config, Source
from feeds.errors import ConfigError
from feeds.fetch import open_client
from feeds.memory import SourceState, Spacing
from feeds.model import Feed
from feeds.pipeline import Poller, open_readers
from feeds.pipeline.pacing import host_of
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""A Monday."""
START = cadence.hours(NOW)
HOUR, DAY = 1.0, 24.0
PRICE = 0.05
Later = list[tuple[float, list[float | None], int, bool]]

dates = st.none() | st.floats(START - 10**5, START + 10**4) | st.floats(allow_nan=False, allow_infinity=False)
polls = st.lists(
    st.tuples(st.floats(-5.0, 10**4), st.lists(dates, max_size=8), st.integers(0, 70000), st.booleans()),
    max_size=6,
)


def source(**fields: object) -> Source:
    return Source.model_validate({"name": "radio", "url": "https://radio.example/feed.xml"} | fields)


def after(
    history: Sequence[float | None], later: Sequence[tuple[float, list[float | None], int, bool]]
) -> Rhythm:
    known = cadence.first(START, history, window=len(history))
    for wait, new, window, lost in later:
        known = cadence.learn(known, known.at + wait, new, window=window, lost=lost)
    return known


def regular(every: float, count: int = 40, phase: float = 0.0) -> Rhythm:
    """A source whose last entry came just now, and the others evenly before."""
    return cadence.first(START, [START - phase - every * place for place in range(count)], window=count)


def wait(
    known: Rhythm, at: float = START, *, cost: float = PRICE, least: float = 1 / 12, most: float = DAY
) -> float:
    foreseen = expectation.expected(known, at)
    return planning.ahead(foreseen, at, cost, least=1 / 12, most=DAY)[0]


# ------------------------------------------------------------------ learning


def test_the_dates_of_a_first_document_are_history() -> None:
    assert regular(2.0).rate == pytest.approx(0.5, rel=0.1)
    assert regular(48.0, count=10).rate == pytest.approx(1 / 48, rel=0.15)


def test_nothing_known_is_half_an_entry_a_day() -> None:
    assert cadence.first(START, []).rate * DAY == pytest.approx(0.5)


def test_silence_lowers_the_rate_and_months_ago_counts_little() -> None:
    known = regular(2.0)
    month = cadence.learn(known, START + 30 * DAY, [])
    assert month.rate < known.rate / 3
    again = cadence.learn(month, START + 31 * DAY, [START + 30 * DAY + place for place in range(24)])
    assert again.rate > month.rate * 1.3


def test_a_burst_is_one_piece_of_evidence_for_the_hour() -> None:
    burst = [START - DAY * day - 3 for day in range(1, 15)] + [
        START - 9 - place / 3600 for place in range(200)
    ]
    at_the_hour = expectation.expected(cadence.first(START, burst, window=100), START).week
    assert at_the_hour[int((START - 3) % 168)] > at_the_hour[int((START - 9) % 168)]


def test_a_date_that_cannot_be_is_taken_for_none() -> None:
    """What was not there at the last poll, and says it is older, or still to come, came in between."""
    known = cadence.learn(regular(5.0), START + 3, [])
    plain = cadence.learn(known, START + 4, [None, None])
    assert cadence.learn(known, START + 4, [START + 2, START + 5]) == plain


def test_fixed_times_are_found_and_polled_just_after() -> None:
    """Daily at 07:00:30 UTC; noon on Monday is 19 hours before the next."""
    known = regular(DAY, count=20, phase=5.0 - 0.5 / 60)
    due = wait(known, cost=0.5)
    assert 19.0 < due < 19.3


def test_nobody_is_woken_at_night() -> None:
    working = [START - day * DAY + hour - 12 for day in range(1, 15) for hour in range(9, 18)]
    known = cadence.first(START, working, window=50)
    by_day = wait(cadence.learn(known, START, []), START, cost=0.2)
    by_night = wait(cadence.learn(known, START + 7, []), START + 7, cost=0.2)
    assert by_night > 3 * by_day


def test_right_after_a_burst_began_the_next_poll_comes_sooner() -> None:
    sessions = [
        START - 50.37 * session - minute / 60 for session in range(1, 10) for minute in (0, 12, 25, 40)
    ]
    known = cadence.first(START, sessions, window=50)
    quiet = wait(cadence.learn(known, START + 24, []), START + 24)
    begun = wait(cadence.learn(known, START + 24, [START + 23.95]), START + 24)
    assert begun < quiet / 2


def test_an_overflow_shortens_the_share_of_the_window_and_time_gives_it_back() -> None:
    known = cadence.learn(regular(1.0), START + 1, [START + 0.5], lost=True)
    assert known.haste == 0.5
    for place in range(60):
        known = cadence.learn(known, START + 2 + place, [])
    assert known.haste == 1.0


@settings(max_examples=150, deadline=None)
@given(history=st.lists(dates, max_size=60), later=polls)
def test_any_history_gives_a_rhythm_that_comes_back_from_its_text(
    history: list[float | None], later: Later
) -> None:
    known = after(history, later)
    text = cadence.encode(known)
    assert len(text) < 400
    back = cadence.decode(text)
    assert back is not None
    assert cadence.encode(back) == text
    assert back.rate == pytest.approx(known.rate, rel=1e-3)
    assert (back.at, back.newest) == (known.at, known.newest)
    foreseen = expectation.expected(back, back.at)
    assert sum(foreseen.week) == pytest.approx(168 * back.rate, rel=1e-6)


@pytest.mark.parametrize("text", [None, "", "0." + "A" * 184, "1.", "1.!", "1.AAAA", "2.x", "1." + "/" * 184])
def test_a_text_by_other_rules_is_nothing_learned(text: str | None) -> None:
    assert cadence.decode(text) is None


# ------------------------------------------------------------------ planning


def test_a_constant_rate_gives_the_square_root_law() -> None:
    known = replace(cadence.first(START, []), entries=400.0, span=1000.0)
    assert wait(known, cost=0.1) == pytest.approx(math.sqrt(2 * 0.1 / known.rate), rel=0.08)


@settings(max_examples=150, deadline=None)
@given(
    history=st.lists(st.floats(START - 2000, START), max_size=40),
    costs=st.tuples(st.floats(1e-6, 1e3), st.floats(1.0, 100.0)),
    asked=st.floats(0, 48.0),
    bounds=st.tuples(st.floats(0.01, 30.0), st.floats(0.01, 200.0)).map(sorted),
)
def test_never_earlier_than_asked_never_out_of_bounds_always_the_same(
    history: list[float], costs: tuple[float, float], asked: float, bounds: list[float]
) -> None:
    known = cadence.first(START, history, window=len(history))
    subject = source(
        min_interval=timedelta(hours=bounds[0]), max_interval=timedelta(hours=bounds[1]), interval="auto"
    )
    said = {"cache-control": f"max-age={int(asked * 3600)}"}
    choices = [
        cadence.choose(subject, NOW, headers=said, rhythm=known, price=cost) for cost in (costs[0], costs[0])
    ]
    assert choices[0] == choices[1]
    span = choices[0].due - NOW
    assert subject.min_interval <= span <= max(subject.max_interval, subject.min_interval)
    assert span >= min(timedelta(seconds=int(asked * 3600)), subject.max_interval)


@settings(max_examples=100, deadline=None)
@given(every=st.floats(0.05, 200.0), cost=st.floats(1e-4, 10.0), dearer=st.floats(2.0, 50.0))
def test_who_pays_more_waits_longer(every: float, cost: float, dearer: float) -> None:
    known = replace(cadence.first(START, []), entries=1000 / every, span=1000.0)
    assert wait(known, cost=cost * dearer) >= wait(known, cost=cost) - 1e-9


def test_a_window_is_asked_for_before_it_has_filled() -> None:
    known = replace(cadence.first(START, [], window=20), entries=1000.0, span=100.0)
    choice = cadence.choose(source(), NOW, rhythm=known, price=1000.0)
    assert choice.reason is Reason.WINDOW
    assert 0.7 < (choice.due - NOW) / timedelta(hours=1) <= 1.0


@pytest.mark.parametrize(
    ("said", "headers", "reason", "least"),
    [
        ({"ttl": 300}, {}, Reason.TTL, 5.0),
        ({"update_period": 3600 * 4}, {}, Reason.UPDATE_PERIOD, 4.0),
        ({}, {"cache-control": "max-age=10800"}, Reason.FRESH, 3.0),
        ({}, {"retry-after": "7200"}, Reason.RETRY_AFTER, 2.0),
        ({"skip_hours": frozenset({12, 13})}, {}, Reason.SKIP, 2.0),
        ({}, {}, Reason.MIN_INTERVAL, 1 / 12),
    ],
)
def test_what_the_source_asks_for_comes_first(
    said: dict[str, int], headers: dict[str, str], reason: Reason, least: float
) -> None:
    feed = Feed(id="tag:radio.example,2026:feed", **said)  # type: ignore[arg-type]
    choice = cadence.choose(source(), NOW, feed=feed, headers=headers, rhythm=regular(0.02), price=1e-6)
    assert (choice.reason, choice.due - NOW) == (reason, timedelta(hours=least))


def test_pushes_leave_to_polls_what_they_miss() -> None:
    known = replace(cadence.first(START, []), entries=100.0, span=100.0)
    polled = cadence.choose(source(), NOW, rhythm=known, price=PRICE).due
    pushed = cadence.choose(source(), NOW, rhythm=known, price=PRICE, missing=0.04).due
    assert pushed - NOW > 3 * (polled - NOW)


def test_after_errors_a_quarter_of_the_interval_doubling_and_a_week_after_a_week() -> None:
    known = replace(cadence.first(START, []), entries=100.0, span=1000.0)
    usual = planning.usual(known.rate, 1.0)
    waits = [
        (cadence.after_failure(source(), NOW, failures, rhythm=known, price=1.0) - NOW) / timedelta(hours=1)
        for failures in (1, 2, 3, 20)
    ]
    assert waits[0] == pytest.approx(usual / 4, rel=cadence.SPREAD)
    assert waits[1:3] == pytest.approx([2 * waits[0], 4 * waits[0]])
    assert waits[3] == DAY
    silent = cadence.after_failure(source(), NOW, 20, rhythm=known, price=1.0, silent=timedelta(days=8))
    assert silent - NOW == timedelta(days=7)


# ------------------------------------------------------------------ price


plans = st.lists(
    st.builds(
        lambda rate, least, more: Plan(rate=rate, least=least, most=least + more),
        st.floats(0, 20.0),
        st.floats(0.01, 30.0),
        st.floats(0, 200.0),
    ),
    max_size=30,
)


@given(many=plans, wanted=st.floats(0.01, 1000.0))
def test_the_price_meets_the_budget_where_that_is_possible(many: list[Plan], wanted: float) -> None:
    found = price.clearing(many, wanted, 0.1)
    if all(one.least == one.most for one in many):
        assert found == 0.1
    elif price.CHEAPEST * 1.01 < found < price.DEAREST * 0.99:
        assert price.planned(many, found) == pytest.approx(wanted, rel=0.01)


def test_what_was_spent_too_much_is_saved_slowly() -> None:
    many = [Plan(rate=0.1, least=1 / 12, most=DAY)] * 10
    before = cadence.step(None, many, 10.0, START)
    assert price.planned(many, before.price) == pytest.approx(10.0, rel=0.01)
    spent = cadence.step(replace(before, requests=34), many, 10.0, START + 1)
    assert spent.owed == pytest.approx(24.0)
    assert price.planned(many, spent.price) == pytest.approx(9.5, rel=0.01)
    night = cadence.step(before, many, 10.0, START + 10**4)
    assert night.owed == 0.0


def test_a_host_that_throttles_is_dearer_and_forgiven_in_time() -> None:
    pace = cadence.step(None, [], 10.0, START, {"a.example"})
    pace = cadence.step(pace, [], 10.0, START + 1, {"a.example"})
    assert pace.at_host("a.example") == 4 * pace.at_host("b.example")
    for hour in range(60):
        pace = cadence.step(pace, [], 10.0, START + 2 + hour)
    assert pace.hosts == {}


def test_a_host_that_wants_requests_far_apart_has_its_own_price() -> None:
    """Twelve requests an hour, of which nine are planned; what it does not take is spent on the others."""
    slow = [Plan(rate=0.5, least=1 / 12, most=DAY, host="slow.example")] * 60
    others = [Plan(rate=0.5, least=1 / 12, most=DAY, host="fast.example")] * 40
    usual = cadence.step(None, [*slow, *others], 50.0, START)
    assert price.planned(slow, usual.price) == pytest.approx(30.0, rel=0.01)
    room = {"slow.example": 12.0, "fast.example": 10_000.0, "elsewhere.example": 0.1}
    pace = cadence.step(usual, [*slow, *others], 50.0, START, room=room)
    assert price.planned(slow, pace.at_host("slow.example")) == pytest.approx(9.0, rel=0.01)
    assert price.planned(others, pace.at_host("fast.example")) == pytest.approx(41.0, rel=0.02)
    assert list(pace.hosts) == ["slow.example"]
    for hour in range(150):
        pace = cadence.step(pace, [*slow, *others], 50.0, START + 1 + hour)
    assert pace.hosts == {}


def test_a_budget_is_of_each_a_day_or_of_all_an_hour() -> None:
    assert Budget(requests=24).an_hour(100) == 100
    assert Budget(requests=5000, total=True).an_hour(100) == 5000


# ------------------------------------------------------------------ from the poll to the store


def rss(*hours: int) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{hour}</guid><title>{hour}</title>"
        f"<pubDate>{NOW + timedelta(hours=hour):%d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for hour in hours
    )
    return f"<rss version='2.0'><channel><title>T</title>{items}</channel></rss>".encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def configured(folder: Path, site: Site, budget: str = "24") -> Config:
    path = folder / "config.yaml"
    path.write_text(
        f"fetch: {{allow: [127.0.0.0/8], budget: {budget}}}\n"
        f"sources: [{{name: a, url: '{site.url('/a')}'}}]\n"
    )
    return load(path, {})


def polled(config: Config, store: Store, now: datetime) -> SourceState:
    async def one() -> None:
        state = store.states(["a"]).get("a") or SourceState(name="a")
        async with open_client(config.fetch, __version__) as client:
            with open_readers(config.read) as readers:
                await Poller(config, store, client, readers).refresh(state, now)

    asyncio.run(one())
    return store.states(["a"])["a"]


def test_polls_teach_and_a_restart_forgets_nothing(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(body=rss(*range(-60, 0, 3)))
    config = configured(tmp_path, site)
    store = open_store(config.store, tmp_path)
    polled(config, store, NOW)
    site.routes["/a"] = Reply(body=rss(*range(-57, 3, 3)))
    state = polled(config, store, NOW + timedelta(hours=2))
    known, pace = cadence.decode(state.rhythm), store.pace()
    store.close()
    assert known is not None
    assert known.rate == pytest.approx(1 / 3, rel=0.2)
    assert known.window == 20
    assert pace is not None
    assert pace.budget == 1.0
    assert pace.requests == 1
    with open_store(config.store, tmp_path).claim():
        pass
    again = open_store(config.store, tmp_path)
    assert again.states(["a"])["a"] == state
    assert again.pace() == pace
    again.close()


def test_another_budget_sets_another_price_at_once(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(body=rss(*range(-60, 0, 3)))
    store = open_store("sqlite:///feeds.db", tmp_path)
    polled(configured(tmp_path, site), store, NOW)
    polled(configured(tmp_path, site, "0.5/h"), store, NOW + timedelta(minutes=15))
    first = store.pace()
    polled(configured(tmp_path, site, "2/h"), store, NOW + timedelta(minutes=30))
    second = store.pace()
    store.close()
    assert first is not None
    assert second is not None
    assert (first.budget, second.budget) == (0.5, 2.0)
    assert second.price < first.price


def test_a_host_that_throttles_is_dearer_from_the_next_hour_on(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(status=429, headers=(("Retry-After", "60"),))
    config = configured(tmp_path, site)
    store = open_store(config.store, tmp_path)
    polled(config, store, NOW)
    polled(config, store, NOW + timedelta(hours=1))
    pace = store.pace()
    store.close()
    assert pace is not None
    assert pace.hosts == {"127.0.0.1": price.THROTTLED}


def test_the_price_of_a_host_follows_the_spacing_it_taught(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(body=rss(*range(-60, 0, 3)))
    config = configured(tmp_path, site, "10/h")
    store = open_store(config.store, tmp_path)
    polled(config, store, NOW)
    polled(config, store, NOW + timedelta(hours=1))
    before = store.pace()
    store.save_spacings({"127.0.0.1": Spacing(host="127.0.0.1", gap=timedelta(minutes=15))})
    polled(config, store, NOW + timedelta(hours=2))
    pace = store.pace()
    assert before is not None
    assert before.hosts == {}
    assert pace is not None
    known = cadence.plan(source(), cadence.decode(polled(config, store, NOW + timedelta(hours=3)).rhythm))
    store.close()
    assert price.planned([known], pace.price) > 4.0
    assert price.planned([known], pace.at_host("127.0.0.1")) == pytest.approx(3.0, rel=0.1)


def test_a_service_under_many_names_has_one_price() -> None:
    names = ("https://old.reddit.com/r/a.rss", "https://www.reddit.com/r/b.rss")
    assert {host_of(source(url=url)) for url in names} == {"reddit.com"}


@pytest.mark.parametrize("wrong", ["soon", "0", "-1", "true", "5000/d", "[24]"])
def test_a_budget_that_is_none_is_refused_with_what_was_expected(
    wrong: str, site: Site, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"config.yaml:1:\d+: fetch.budget: expected requests of a source"):
        configured(tmp_path, site, wrong)


def test_a_store_from_before_learns_from_the_entries_it_has(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.routes["/a"] = Reply(body=rss(*range(-60, 0, 3)))
    config = configured(tmp_path, site)
    store = open_store("sqlite:///today.db", tmp_path)
    polled(config, store, NOW)
    store.close()
    with monkeypatch.context() as before:
        before.setattr("feeds.store.migrate.HEAD", "0003")
        before.setattr("feeds.store.creating.HEAD", "0003")
        open_store(config.store, tmp_path).close()
    connection = sqlite3.connect(tmp_path / "feeds.db")
    connection.execute("ATTACH ? AS today", (str(tmp_path / "today.db"),))
    for table in ("sources", "entries"):
        columns = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
        assert "rhythm" not in columns
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}")
    connection.commit()
    connection.close()
    store = open_store(config.store, tmp_path)
    assert store.states(["a"])["a"].rhythm is None
    assert store.pace() is None
    known = cadence.decode(polled(config, store, NOW + timedelta(hours=2)).rhythm)
    store.close()
    assert known is not None
    assert known.rate == pytest.approx(1 / 3, rel=0.2)


def test_a_clock_set_back_learns_anew(site: Site, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(body=rss(*range(-60, 0, 3)))
    config = configured(tmp_path, site)
    store = open_store(config.store, tmp_path)
    polled(config, store, NOW + timedelta(days=400))
    state = polled(config, store, NOW)
    store.close()
    known = cadence.decode(state.rhythm)
    assert known is not None
    assert known.at == START
    assert state.due is not None
    assert NOW < state.due <= NOW + timedelta(days=1)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(rhythm) == doctest.TestResults(failed=0, attempted=1)
