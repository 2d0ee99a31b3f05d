from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import DateOrigin, Moment, Precision
from feeds.normalize.dates import believed, doubt, inferred, parse, rfc3339, sort_key, w3cdtf

ZURICH = ZoneInfo("Europe/Zurich")
NEW_YORK = ZoneInfo("America/New_York")

# What a source in Zurich writes, and what is meant: as precise as told, with the offset that was told.
MEANT = (
    # RFC 822 and 2822, and what is made of them
    ("Sat, 27 Dec 2025 10:00:00 +0100", "2025-12-27T10:00:00+01:00"),
    ("Sat, 27 Dec 25 10:00 GMT", "2025-12-27T10:00:00Z"),
    ("Sat, 27 Dec 99 10:00:00 GMT", "1999-12-27T10:00:00Z"),
    ("Sat, 27 Dec 104 10:00:00 GMT", "2004-12-27T10:00:00Z"),
    ("Sat 27 Dec 2025 10:00:00 GMT", "2025-12-27T10:00:00Z"),
    ("Mon, 27 Dec 2025 10:00:00 GMT", "2025-12-27T10:00:00Z"),
    ("27 Dec 2025 10:00:00", "2025-12-27T10:00:00+01:00"),
    ("27-Dec-25 10:00:00", "2025-12-27T10:00:00+01:00"),
    ("  Sat,\t27  Dec\n2025 10:00:00   GMT ", "2025-12-27T10:00:00Z"),
    ("SAT, 27 DEC 2025 10:00:00 gmt", "2025-12-27T10:00:00Z"),
    ("Fri, 5 Sept 2025 7:5:00 GMT", "2025-09-05T07:05:00Z"),
    ("Tue, 2 June 2015 08:00:00 EDT", "2015-06-02T08:00:00-04:00"),
    ("Sat, 27 Dec 2025 10:00:00 +0100 (CET)", "2025-12-27T10:00:00+01:00"),
    ("Thu (how I hate thursdays), 26(th) Feb(ruary) 2004 09:08 +0000 (x)", "2004-02-26T09:08:00Z"),
    ("Thu, 01 Jan 2026 00:00:00 +0000", "2026-01-01T00:00:00Z"),
    # zones
    ("Sat, 27 Dec 2025 10:00:00 CET", "2025-12-27T10:00:00+01:00"),
    ("Fri, 27 Jun 2025 10:00:00 CEST", "2025-06-27T10:00:00+02:00"),
    ("Sa, 27 Dez 2025 10:00:00 MEZ", "2025-12-27T10:00:00+01:00"),
    ("Fr, 27 Juni 2025 10:00:00 MESZ", "2025-06-27T10:00:00+02:00"),
    ("Sat, 27 Dec 2025 10:00:00 EST", "2025-12-27T10:00:00-05:00"),
    ("Fri, 27 Jun 2025 10:00:00 PDT", "2025-06-27T10:00:00-07:00"),
    ("Fri, 27 Jun 2025 10:00:00 ET", "2025-06-27T10:00:00-04:00"),
    ("Sat, 27 Dec 2025 10:00:00 Z", "2025-12-27T10:00:00Z"),
    ("Sat, 27 Dec 2025 10:00:00 UT", "2025-12-27T10:00:00Z"),
    ("Sat, 27 Dec 2025 10:00:00 GMT+2", "2025-12-27T10:00:00+02:00"),
    ("Sat, 27 Dec 2025 10:00:00 UTC+02:00", "2025-12-27T10:00:00+02:00"),
    ("Sat, 27 Dec 2025 10:00:00 +01:00", "2025-12-27T10:00:00+01:00"),
    ("Sat, 27 Dec 2025 10:00:00 −0330", "2025-12-27T10:00:00-03:30"),
    ("Sat, 27 Dec 2025 10:00:00 (CET)", "2025-12-27T10:00:00+01:00"),
    ("Sat, 27 Dec 2025 10:00:00 XYZ", "2025-12-27T10:00:00+01:00"),
    ("Sat, 27 Dec 2025 10:00:00 +9900", "2025-12-27T10:00:00+01:00"),
    # RFC 3339, W3CDTF, ISO 8601
    ("2025-12-27T10:00:00Z", "2025-12-27T10:00:00Z"),
    ("2025-12-27t10:00:00.123456789-05:00", "2025-12-27T10:00:00.123456-05:00"),
    ("2025-12-27T10:00:00,5Z", "2025-12-27T10:00:00.5Z"),
    ("2025-12-27 10:00", "2025-12-27T10:00:00+01:00"),
    ("2025-12-27T10:00+0100", "2025-12-27T10:00:00+01:00"),
    ("20251227T100000Z", "2025-12-27T10:00:00Z"),
    ("20251227100000", "2025-12-27T10:00:00+01:00"),
    ("2025-12-27T10:00:00+01:00[Europe/Zurich]", "2025-12-27T10:00:00+01:00"),
    ("2025-12-27", "2025-12-27"),
    ("2025-12-27+01:00", "2025-12-27"),
    ("20251227", "2025-12-27"),
    ("2025-361", "2025-12-27"),
    ("2025-12", "2025-12"),
    ("2025", "2025"),
    # midnight and leap seconds
    ("2025-12-27T24:00:00Z", "2025-12-28T00:00:00Z"),
    ("Wed, 31 Dec 2025 23:59:60 GMT", "2026-01-01T00:00:00Z"),
    # asctime, Unix, dates in numbers
    ("Sat Dec 27 10:00:00 2025", "2025-12-27T10:00:00+01:00"),
    ("Sat Dec 27 10:00:00 CET 2025", "2025-12-27T10:00:00+01:00"),
    ("Sat Dec 27 10:00:00 +0000 2025", "2025-12-27T10:00:00Z"),
    ("1766826000", "2025-12-27T09:00:00Z"),
    ("1766826000123", "2025-12-27T09:00:00.123Z"),
    ("2025122710", "2025-12-27T10:00:00+01:00"),
    ("2025/12/27", "2025-12-27"),
    ("2025/12/27 10:00:00", "2025-12-27T10:00:00+01:00"),
    ("27.12.2025", "2025-12-27"),
    ("27.12.25 10:00", "2025-12-27T10:00:00+01:00"),
    ("3/4/2025", "2025-04-03"),
    ("4/13/2025", "2025-04-13"),
    ("13/4/2025", "2025-04-13"),
    ("3/4/2025 10:00:00 PM", "2025-03-04T22:00:00+01:00"),
    ("27-12-2025", "2025-12-27"),
    ("12/2025", "2025-12"),
    # words
    ("27. Dezember 2025", "2025-12-27"),
    ("Samstag, den 27. Dezember 2025, um 10.30 Uhr", "2025-12-27T10:30:00+01:00"),
    ("Bern, 3. Jänner 2025, 9 Uhr", "2025-01-03T09:00:00+01:00"),
    ("So 1.3.2026", "2026-03-01"),
    ("Dezember 2025", "2025-12"),
    ("samedi 27 décembre 2025 à 10h30", "2025-12-27T10:30:00+01:00"),
    ("mar. 23 déc. 2025", "2025-12-23"),
    ("le 1er août 2025", "2025-08-01"),
    ("sabato 27 dicembre 2025, ore 10.30", "2025-12-27T10:30:00+01:00"),
    ("mar 4 mar 2025", "2025-03-04"),
    ("1º gennaio 2025", "2025-01-01"),
    ("sábado, 27 de diciembre de 2025 10:00", "2025-12-27T10:00:00+01:00"),
    ("27 de dezembro de 2025 às 10h", "2025-12-27T10:00:00+01:00"),
    ("zaterdag 27 december 2025 10:00 uur", "2025-12-27T10:00:00+01:00"),
    ("sobota, 27 grudnia 2025 r.", "2025-12-27"),
    ("27 декабря 2025 г., 10:00", "2025-12-27T10:00:00+01:00"),
    ("December 27, 2025 10:00 AM EST", "2025-12-27T10:00:00-05:00"),
    ("Dec. 27, 2025 at 12 a.m. UTC", "2025-12-27T00:00:00Z"),
    ("Saturday, 27th of December, 2025", "2025-12-27"),
    ("10:00, 27 December 2025", "2025-12-27T10:00:00+01:00"),
    ("2004-július-13T9:15-05:00", "2004-07-13T09:15:00-05:00"),
    ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T12:00:00-05:00"),
    ("2004년 05월 28일 오후 11:23:39", "2004-05-28T23:23:39+02:00"),
    ("2025年12月27日10時30分", "2025-12-27T10:30:00+01:00"),
)

NO_DATE = (
    *(
        "",
        " ",
        "now",
        "morgen",
        "27 Dec",
        "12:30",
        "0",
        "1",
        "123456",
        "1.5",
        "-1",
        "99999999999",
        "25-12-27",
    ),
    *("00.00.00", "00.00.2025", "2025-00-00", "2025-00", "0.5.2025", "31. April 2025", "32 Jan 2025"),
    *("2025-02-30", "30 Feb 2025", "2025-13-01", "2025-12-27T25:00:00Z", "2025-12-27T10:61:00Z"),
    *("2025-12-27T24:00:01Z", "0000-01-01", "2025-366", "2025-000", "0001-01-01T00:00:00+01:00"),
    *("9999-12-31T23:59:59-01:00", "27 Foo 2025", "by Ada, 27 Dec 2025", "27.12.2025 und 28.12.2025"),
    *("Sat, 27 Dec 2025 10:00:00 GMT" + " " * 200 + "x", "١٢٣٤-١٢-١٢", "2025-12-27T10:00:61Z"),
)


@pytest.mark.parametrize(("raw", "meant"), MEANT)
def test_a_date_is_read_as_it_was_meant(raw: str, meant: str) -> None:
    moment = parse(raw, ZURICH)
    assert moment is not None
    assert w3cdtf(moment) == meant
    assert moment.raw == raw
    assert moment.origin is DateOrigin.DECLARED


@pytest.mark.parametrize("raw", NO_DATE)
def test_what_is_no_date_is_none(raw: str) -> None:
    assert parse(raw, ZURICH) is None


@pytest.mark.parametrize(
    ("raw", "precision"),
    [
        ("Sat, 27 Dec 2025 10:00 GMT", Precision.MINUTE),
        ("2025-12-27T10:00Z", Precision.MINUTE),
        ("27. Dezember 2025, 10 Uhr", Precision.MINUTE),
        ("2025-12-27T10:00:00Z", Precision.SECOND),
        ("27 Dec 2025", Precision.DAY),
        ("2025-12", Precision.MONTH),
        ("2025", Precision.YEAR),
    ],
)
def test_precision_is_what_was_told(raw: str, precision: Precision) -> None:
    moment = parse(raw, ZURICH)
    assert moment is not None
    assert moment.precision is precision


def test_a_bare_day_is_midnight_in_the_zone_of_the_source() -> None:
    assert parse("2025-12-27", ZURICH) == Moment(
        instant=datetime(2025, 12, 26, 23, tzinfo=UTC), offset=60, precision=Precision.DAY, raw="2025-12-27"
    )
    summer = parse("27.6.2025", ZURICH)
    assert summer is not None
    assert summer.offset == 120


@pytest.mark.parametrize(
    "raw", ["Sat, 27 Dec 2025 10:00:00 -0000", "Sat, 27 Dec 2025 10:00:00 A", "1766826000"]
)
def test_utc_without_a_place_has_no_offset(raw: str) -> None:
    moment = parse(raw, ZURICH)
    assert moment is not None
    assert moment.offset is None


def test_hours_that_summer_time_skips_or_repeats_are_defined() -> None:
    skipped, twice = parse("2025-03-30 02:30", ZURICH), parse("2025-10-26 02:30", ZURICH)
    assert skipped is not None
    assert twice is not None
    assert rfc3339(skipped) == "2025-03-30T03:30:00+02:00"
    assert rfc3339(twice) == "2025-10-26T02:30:00+02:00"


def test_an_american_source_writes_the_month_first() -> None:
    moment = parse("3/4/2025", NEW_YORK)
    assert moment is not None
    assert w3cdtf(moment) == "2025-03-04"


def test_the_ends_of_time() -> None:
    first, last = parse("0001-01-01T00:00:00Z", ZURICH), parse("9999-12-31T23:59:59Z", ZURICH)
    assert first is not None
    assert last is not None
    assert (rfc3339(first), rfc3339(last)) == ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z")


def test_an_inferred_date_says_so() -> None:
    moment = inferred(parse("2025-12-27", ZURICH))
    assert moment is not None
    assert moment.origin is DateOrigin.INFERRED
    assert inferred(None) is None


def test_rfc3339_of_a_datetime() -> None:
    assert rfc3339(datetime(2025, 1, 2, 3, 4, 5, 60_000, tzinfo=UTC)) == "2025-01-02T03:04:05.06Z"


ZONES = st.sampled_from(
    [ZURICH, NEW_YORK, ZoneInfo("UTC"), ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Asia/Kathmandu")]
)
DATELIKE = st.text("0123456789-/:.,+TZ GMTadeinor’&()~{}!年日²", max_size=40)
MUTATED = st.builds(
    lambda pair, at, mark: pair[0][:at] + mark + pair[0][at:],
    st.sampled_from(MEANT),
    st.integers(0, 40),
    st.text(max_size=3),
)


@settings(max_examples=400, deadline=None)
@given(st.text() | DATELIKE | MUTATED, ZONES)
def test_any_text_gives_a_valid_moment_or_none(raw: str, zone: ZoneInfo) -> None:
    moment = parse(raw, zone)
    if moment is not None:
        assert moment.instant.tzinfo is UTC
        assert datetime.fromisoformat(rfc3339(moment)) == moment.instant
        assert w3cdtf(moment)
        seen = datetime(2026, 1, 1, tzinfo=UTC)
        assert (believed(moment, None, seen) is None) is (doubt(moment, seen) is not None)
        if believed(moment, None, seen):
            assert sort_key(moment, seen, zone).utcoffset() == timedelta()


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(timezones=st.just(UTC), min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),
    st.integers(-14 * 60, 14 * 60),
    ZONES,
)
def test_what_is_written_reads_back(instant: datetime, offset: int, zone: ZoneInfo) -> None:
    moment = Moment(instant=instant, offset=offset)
    back = parse(rfc3339(moment), zone)
    assert back is not None
    assert (back.instant, back.offset) == (instant, offset)


SEEN = datetime(2025, 12, 27, 15, 30, tzinfo=UTC)


def placed(raw: str, seen: datetime = SEEN) -> datetime:
    moment = believed(parse(raw, ZURICH), None, seen)
    assert moment is not None
    return sort_key(moment, seen, ZURICH)


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("2025-12-27T10:00:00Z", datetime(2025, 12, 27, 10, tzinfo=UTC)),
        ("2025-12-27T15:35:00Z", datetime(2025, 12, 27, 15, 35, tzinfo=UTC)),
        ("2025-12-27", SEEN),
        ("2025-12-26", datetime(2025, 12, 26, 11, tzinfo=UTC)),
        ("2025-12", SEEN),
        ("2025-11", datetime(2025, 11, 15, 11, tzinfo=UTC)),
        ("2025", SEEN),
        ("2024", datetime(2024, 7, 1, 10, tzinfo=UTC)),
    ],
)
def test_the_sort_key_of_a_declared_date(raw: str, key: datetime) -> None:
    assert placed(raw) == key


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("2025-12-27T15:41:00Z", "future"),
        ("2026-02", "future"),
        ("2025-12-28", "future"),
        ("1970-01-01T00:00:00Z", "1970"),
        ("0001-01-01T00:00:00Z", "1970"),
    ],
)
def test_an_impossible_date_is_not_believed_and_the_reason_says_why(raw: str, why: str) -> None:
    moment = parse(raw, ZURICH)
    assert moment is not None
    assert believed(moment, None, SEEN) is None
    reason = doubt(moment, SEEN)
    assert reason is not None
    assert why in reason
    assert "15:30" not in reason


def test_the_day_is_the_one_in_the_zone_of_the_source() -> None:
    late = datetime(2025, 12, 26, 23, 30, tzinfo=UTC)  # The 27th has begun in Zurich.
    assert placed("2025-12-27", late) == late


@pytest.mark.parametrize("published", [None, "0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_updated_takes_the_place_of_a_missing_or_impossible_published(published: str | None) -> None:
    updated = parse("2025-12-20T10:00:00Z", ZURICH)
    broken = parse(published, ZURICH) if published else None
    assert believed(broken, updated, SEEN) is updated
    assert believed(broken, None, SEEN) is None
