"""What headers say about waiting: numbers, dates, and the nonsense that servers write."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import caching

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ANY = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["max-age", "=", "9" * 30, ",", ";", '"', "\\", "no-cache", " ", "-1", "x"])
    ).map("".join),
)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    ("raw", "wait"),
    [
        ("120", seconds(120)),
        (" 120 ", seconds(120)),
        ("0", seconds(0)),
        ("-5", seconds(0)),
        ("1.5", seconds(1.5)),
        ("10, 20", seconds(20)),
        ("999999999999", caching.LONGEST),
        ("9" * 5000, caching.LONGEST),
        ("Sun, 01 Mar 2026 12:02:00 GMT", seconds(120)),
        ("Sunday, 01-Mar-26 12:02:00 GMT", seconds(120)),
        ("Sun Mar  1 12:02:00 2026", seconds(120)),
        ("Mon, 01 Jan 2001 00:00:00 GMT", seconds(0)),
        ("Fri, 01 Jan 9999 00:00:00 GMT", caching.LONGEST),
        ("tomorrow", None),
        ("", None),
        ("٣", None),
        ("120, soon", None),
        ("Sun, 31 Feb 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_every_form(raw: str, wait: timedelta | None) -> None:
    assert caching.retry_after({"retry-after": raw}, NOW) == wait


def test_no_header_asks_for_nothing() -> None:
    assert caching.retry_after({}, NOW) is None
    assert caching.fresh_for({}, NOW) is None


@pytest.mark.parametrize(
    ("headers", "fresh"),
    [
        ({"cache-control": "max-age=600"}, seconds(600)),
        ({"cache-control": "public, MAX-AGE = 600"}, seconds(600)),
        ({"cache-control": 'max-age="600"'}, seconds(600)),
        ({"cache-control": "private; max-age=600"}, seconds(600)),
        ({"cache-control": 'x="a, max-age=1", max-age=600'}, seconds(600)),
        ({"cache-control": "max-age=600", "age": "100"}, seconds(500)),
        ({"cache-control": "max-age=600", "age": "700"}, seconds(0)),
        ({"cache-control": "max-age=600", "age": "old"}, seconds(600)),
        ({"cache-control": "max-age=1, max-age=9999"}, seconds(1)),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "max-age=abc"}, None),
        ({"cache-control": "max-age"}, None),
        ({"cache-control": "max-age=-1"}, seconds(0)),
        ({"cache-control": "max-age=99999999999999999999"}, caching.LONGEST),
        ({"cache-control": "no-cache, max-age=600"}, seconds(0)),
        ({"cache-control": "no-store"}, seconds(0)),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, seconds(3600)),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "age": "60"}, seconds(3540)),
        (
            {"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "date": "Sun, 01 Mar 2026 12:59:00 GMT"},
            seconds(60),
        ),
        ({"expires": "0"}, seconds(0)),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "cache-control": "max-age=5"}, seconds(5)),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "cache-control": "max-age=x"}, seconds(3600)),
    ],
)
def test_freshness_is_what_a_private_cache_may_assume(
    headers: dict[str, str], fresh: timedelta | None
) -> None:
    assert caching.fresh_for(headers, NOW) == fresh


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "cache-control", "expires", "date", "age"]), ANY, min_size=1
    )
)
def test_no_header_breaks_it_and_no_wait_leaves_its_bounds(headers: dict[str, str]) -> None:
    for wait in (caching.retry_after(headers, NOW), caching.fresh_for(headers, NOW)):
        assert wait is None or timedelta() <= wait <= caching.LONGEST


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2068, 12, 31)).map(lambda when: when.replace(microsecond=0))
)
def test_the_three_forms_of_a_date_say_the_same(when: datetime) -> None:
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    day, month, time = days[when.weekday()], months[when.month - 1], f"{when:%H:%M:%S}"
    forms = (
        f"{day[:3]}, {when.day:02} {month} {when.year} {time} GMT",
        f"{day}, {when.day:02}-{month}-{when.year % 100:02} {time} GMT",
        f"{day[:3]} {month} {when.day:2} {time} {when.year}",
    )
    # Two digits of a year are read with the pivot of RFC 2822: below 69 they are this century's.
    expected = when.replace(tzinfo=UTC)
    assert [caching.http_date(form) for form in forms] == [expected] * 3


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(caching).attempted > 5
    assert doctest.testmod(caching).failed == 0
