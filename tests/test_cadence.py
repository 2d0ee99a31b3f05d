"""The next poll: hints, bounds, back-off, fixed times across daylight-saving changes."""

from __future__ import annotations

import doctest
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from feeds import cadence
from feeds.config.schema import Cron, Source
from feeds.model import Feed

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = ["UTC", "Europe/Berlin", "US/Pacific", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu"]

moments = st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
spans = st.integers(1, 60 * 24 * 14).map(lambda minutes: timedelta(minutes=minutes))
hints = st.none() | st.integers(-5, 10**12)


def source(**fields: Any) -> Source:
    return Source(**{"name": "radio", "url": "https://radio.example/feed.xml"} | fields)


def feed(**fields: Any) -> Feed:
    return Feed(id="tag:radio.example,2026:feed", **fields)


def wait(subject: Source, said: Feed | None = None, **headers: str) -> timedelta:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return cadence.next_due(subject, NOW, feed=said, headers=named) - NOW


def spread(span: timedelta) -> tuple[timedelta, timedelta]:
    return span, span * (1 + cadence.SPREAD)


def between(span: timedelta, bounds: tuple[timedelta, timedelta]) -> bool:
    return bounds[0] <= span <= bounds[1]


# ------------------------------------------------------------------ auto


def test_without_hints_auto_waits_an_hour() -> None:
    assert between(wait(source()), spread(HOUR))


def test_auto_waits_as_long_as_the_feed_asks() -> None:
    assert between(wait(source(), feed(ttl=180)), spread(3 * HOUR))
    assert between(wait(source(), feed(update_period=7200)), spread(2 * HOUR))
    assert between(wait(source(), feed(ttl=20)), spread(20 * MINUTE))
    assert between(wait(source(), feed(ttl=20, update_period=7200)), spread(2 * HOUR))


def test_a_hint_that_is_no_time_is_none() -> None:
    assert wait(source(), feed(ttl=0, update_period=-3)) == wait(source())


def test_freshness_lengthens_and_never_shortens_auto() -> None:
    assert between(wait(source(), cache_control="max-age=18000"), spread(5 * HOUR))
    assert wait(source(), cache_control="max-age=60") == wait(source())
    assert wait(source(), cache_control="no-store") == wait(source())


def test_hints_stay_within_the_bounds_of_the_operator() -> None:
    bounded = source(min_interval=30 * MINUTE, max_interval=2 * HOUR)
    assert wait(bounded, feed(ttl=1)) == 30 * MINUTE
    assert wait(bounded, feed(ttl=10**9)) == 2 * HOUR
    assert wait(bounded, cache_control="max-age=99999999999999999999") == 2 * HOUR


@given(
    name=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    now=moments,
    bounds=st.tuples(spans, spans).map(sorted),
    ttl=hints,
    period=hints,
    age=hints,
)
def test_auto_is_later_than_now_and_within_the_bounds(
    name: str, now: datetime, bounds: list[timedelta], ttl: int | None, period: int | None, age: int | None
) -> None:
    subject = source(name=name, min_interval=bounds[0], max_interval=bounds[1])
    headers = {} if age is None else {"cache-control": f"max-age={age}"}
    due = cadence.next_due(subject, now, feed=feed(ttl=ttl, update_period=period), headers=headers)
    assert due.utcoffset() == timedelta()
    assert now < due
    assert bounds[0] <= due - now <= bounds[1]


@given(now=moments, hours=st.frozensets(st.integers(0, 23)), days=st.frozensets(st.integers(0, 6)))
def test_no_poll_falls_into_skipped_hours_or_days(
    now: datetime, hours: frozenset[int], days: frozenset[int]
) -> None:
    closed = feed(skip_hours=hours, skip_days=days)
    dues = (
        cadence.next_due(source(), now, feed=closed, headers={}),
        cadence.after_failure(source(), now, 3, feed=closed),
    )
    for due in dues:
        assert now < due <= now + 8 * DAY
        if len(hours) < 24 and len(days) < 7:
            assert due.hour not in hours
            assert due.weekday() not in days


def test_who_closes_always_is_asked_as_usual() -> None:
    assert wait(source(), feed(skip_days=frozenset(range(7)))) == wait(source())
    assert wait(source(), feed(skip_hours=frozenset(range(24)))) == wait(source())


def test_sources_come_due_apart_and_each_the_same_every_time() -> None:
    waits = [wait(source(name=f"s{number}")) for number in range(50)]
    assert len(set(waits)) == 50
    assert waits == [wait(source(name=f"s{number}")) for number in range(50)]


def test_a_folder_is_read_again_soon() -> None:
    assert wait(Source(name="texts", kind="articles", path="texts/")) == cadence.LOCAL


# ------------------------------------------------------------------ fixed


def test_a_fixed_interval_is_taken_literally() -> None:
    assert wait(source(interval="5m"), feed(ttl=600, skip_hours=frozenset({12}))) == 5 * MINUTE
    assert wait(source(interval="30d")) == 30 * DAY


def test_an_interval_of_nothing_is_a_second() -> None:
    assert wait(source(interval=timedelta(microseconds=1))) == timedelta(seconds=1)


@pytest.mark.parametrize("interval", ["auto", "5m", Cron(cron="*/5 * * * *")])
def test_nothing_is_earlier_than_the_server_asked_even_after_a_success(interval: object) -> None:
    subject = source(interval=interval)
    assert 3 * HOUR <= wait(subject, retry_after="10800") < 3 * HOUR + 6 * MINUTE
    assert DAY <= wait(subject, retry_after="99999999") < DAY + 6 * MINUTE
    assert wait(subject, retry_after="-1") == wait(subject)


# ------------------------------------------------------------------ failures


def test_waits_double_up_to_a_day() -> None:
    subject = source(interval="30m")
    waits = [cadence.after_failure(subject, NOW, count) - NOW for count in range(1, 9)]
    grown = [30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]
    assert [between(one, spread(span)) for one, span in zip(waits, grown, strict=False)] == [True] * 6
    assert waits[6:] == [DAY, DAY]


def test_a_long_interval_is_tried_sooner_and_ends_at_itself() -> None:
    subject = source(interval="1w")
    assert between(cadence.after_failure(subject, NOW, 1) - NOW, spread(HOUR))
    assert cadence.after_failure(subject, NOW, 50) - NOW == 7 * DAY


@given(
    name=st.from_regex(r"[a-z]{1,8}", fullmatch=True),
    now=moments,
    interval=st.just("auto") | spans | st.sampled_from([Cron(cron="0 7 * * *"), Cron(cron="*/10 * * * *")]),
    least=spans,
    failures=st.integers(1, 200),
    asked=st.none() | st.integers(-10, 10**7).map(lambda number: timedelta(seconds=number)),
)
def test_waits_after_failures_only_grow_and_have_an_end(
    name: str, now: datetime, interval: Any, least: timedelta, failures: int, asked: timedelta | None
) -> None:
    subject = source(name=name, interval=interval, min_interval=least, max_interval=30 * DAY)
    due = cadence.after_failure(subject, now, failures, asked)
    assert now < due <= cadence.after_failure(subject, now, failures + 1, asked)
    assert due - now >= min(asked or timedelta(), DAY)
    if isinstance(interval, Cron):
        assert due - now <= 2 * DAY
    else:
        assert due - now <= max(DAY, least if interval == "auto" else interval)
        assert interval != "auto" or due - now >= least


def test_a_daily_source_that_fails_is_still_asked_each_day() -> None:
    subject = source(interval=Cron(cron="0 7 * * *"), timezone="Europe/Berlin")
    due = datetime(2026, 3, 27, 6, 0, tzinfo=UTC)
    for failures in range(1, 12):  # over the night when clocks go forward
        due = cadence.after_failure(subject, due + timedelta(seconds=9), failures)
    assert due.astimezone(ZoneInfo("Europe/Berlin")) == datetime(
        2026, 4, 7, 7, 0, tzinfo=ZoneInfo("Europe/Berlin")
    )


# ------------------------------------------------------------------ fixed times


def ticks(cron: str, zone: str, start: str, stop: str) -> list[str]:
    """Give every tick between two times of the zone, as ``day hour:minute offset``."""
    subject = source(interval=Cron(cron=cron), timezone=zone)
    local = ZoneInfo(zone)
    now = datetime.fromisoformat(start).replace(tzinfo=local).astimezone(UTC)
    end = datetime.fromisoformat(stop).replace(tzinfo=local).astimezone(UTC)
    seen = []
    while (now := cadence.next_due(subject, now, feed=None, headers={})) < end:
        seen.append(now.astimezone(local).strftime("%d %H:%M %z"))
    return seen


def test_working_days_are_counted_from_monday() -> None:
    seen = ticks("0 7 * * mon-fri", "Europe/Berlin", "2026-03-02", "2026-03-10")
    assert [tick[:8] for tick in seen] == [f"{day:02} 07:00" for day in (2, 3, 4, 5, 6, 9)]


@pytest.mark.parametrize(
    ("cron", "zone", "day", "expected"),
    [
        ("30 2 * * *", "Europe/Berlin", "2026-03-29", ["29 03:00 +0200"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25", ["25 02:30 +0200"]),
        ("15,45 2 * * *", "Europe/Berlin", "2026-03-29", ["29 03:00 +0200"]),
        ("15,45 2 * * *", "Europe/Berlin", "2026-10-25", ["25 02:15 +0200", "25 02:45 +0200"]),
        ("30 1 * * *", "US/Pacific", "2026-11-01", ["01 01:30 -0700"]),
        ("30 2 * * *", "US/Pacific", "2026-03-08", ["08 03:00 -0700"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["04 02:30 +1100"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", ["05 01:45 +1100"]),
        ("0 0 * * *", "America/Sao_Paulo", "2018-11-04", ["04 01:00 -0200"]),
    ],
)
def test_a_fixed_time_comes_once_on_the_days_the_clocks_change(
    cron: str, zone: str, day: str, expected: list[str]
) -> None:
    after = (datetime.fromisoformat(day) + DAY).isoformat()
    before = (datetime.fromisoformat(day) - timedelta(seconds=1)).isoformat()
    assert ticks(cron, zone, before, after) == expected


def test_every_hour_means_every_real_hour() -> None:
    assert len(ticks("0 * * * *", "Europe/Berlin", "2026-10-24T23:59", "2026-10-26")) == 25
    assert len(ticks("0 * * * *", "Europe/Berlin", "2026-03-28T23:59", "2026-03-30")) == 23


CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("US/Pacific", "2026-03-08"),
    ("US/Pacific", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-10-04"),  # half an hour forward, at 2
    ("Australia/Lord_Howe", "2026-04-05"),  # half an hour back, at 2
]


def polls(cron: str, zone: str, day: str, late: Sequence[int]) -> dict[str, list[datetime]]:
    """Give the due times from three days before a day to three after it, by their date on the wall.

    Each poll begins by so many seconds later than it is due, and the next is chosen from there on.
    """
    subject, local = source(interval=Cron(cron=cron), timezone=zone), ZoneInfo(zone)
    middle = datetime.fromisoformat(day).replace(tzinfo=local)
    days = [(middle + number * DAY).strftime("%m-%d") for number in range(-3, 4)]
    seen: dict[str, list[datetime]] = {one: [] for one in days}
    lateness = itertools.cycle(late)
    now = ((middle - 3 * DAY).astimezone(UTC)) - timedelta(seconds=1)
    end = (middle + 4 * DAY).astimezone(UTC)
    while (due := cadence.next_due(subject, now)) < end:
        seen[due.astimezone(local).strftime("%m-%d")].append(due)
        now = due + timedelta(seconds=next(lateness))
    return seen


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@given(
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    late=st.lists(st.integers(0, 59 * 60), min_size=1, max_size=9),
)
@settings(max_examples=20, deadline=None)
def test_once_a_day_is_once_on_every_day_however_late_the_polls_are(
    zone: str, day: str, minute: int, hour: int, late: list[int]
) -> None:
    # Late by less than an hour; still on the same day, or the count would be of something else.
    assume(hour < 23)
    seen = polls(f"{minute} {hour} * * *", zone, day, late)
    assert {date: len(ticks) for date, ticks in seen.items()} == dict.fromkeys(seen, 1)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize(("cron", "minutes"), [("*/15 * * * *", 15), ("0 * * * *", 60), ("30 */2 * * *", 0)])
def test_every_so_often_is_each_time_the_clock_on_the_wall_shows_it(
    zone: str, day: str, cron: str, minutes: int
) -> None:
    local = ZoneInfo(zone)
    begin = datetime.fromisoformat(day).replace(tzinfo=local).astimezone(UTC)
    end = (datetime.fromisoformat(day).replace(tzinfo=local) + DAY).astimezone(UTC)
    walls = [
        (moment, moment.astimezone(local))
        for moment in (begin + number * MINUTE for number in range((end - begin) // MINUTE))
    ]
    wanted = [
        moment
        for moment, wall in walls
        if (wall.minute % minutes == 0 if minutes else wall.minute == 30 and wall.hour % 2 == 0)
    ]
    assert polls(cron, zone, day, [0, 40, 7])[day[5:]] == wanted


@given(
    now=moments,
    minute=st.integers(0, 59),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
)
@settings(max_examples=60)
def test_a_daily_time_comes_after_now_and_within_a_day_and_its_change(
    now: datetime, minute: int, hour: int, zone: str
) -> None:
    subject = source(interval=Cron(cron=f"{minute} {hour} * * *"), timezone=zone)
    due = cadence.next_due(subject, now, feed=None, headers={})
    assert now < due <= now + 26 * HOUR
    local = due.astimezone(ZoneInfo(zone))
    assume(local.utcoffset() == (due - 2 * HOUR).astimezone(ZoneInfo(zone)).utcoffset())
    assert (local.hour, local.minute) == (hour, minute)


def test_between_two_passes_of_an_autumn_night_the_next_is_tomorrow() -> None:
    subject = source(interval=Cron(cron="30 2 * * *"), timezone="Europe/Berlin")
    second_pass = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time
    due = cadence.next_due(subject, second_pass, feed=None, headers={})
    assert due == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_day_that_never_comes_is_asked_about_again_in_a_year() -> None:
    assert wait(source(interval=Cron.model_construct(cron="0 0 */31 * mon#2"))) == cadence.NEVER


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(cadence).attempted > 2
    assert doctest.testmod(cadence).failed == 0
