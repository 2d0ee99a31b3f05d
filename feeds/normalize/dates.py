"""Dates: what sources write -> a Moment, the place of an entry in time, and text again.

Read are RFC 822 and 2822 with their dialects, RFC 3339, W3CDTF, ISO 8601 (calendar, week and ordinal dates,
with or without separators), asctime, dates in numbers, and dates in the words of ``date_words``. Rules where
a source leaves room:

- No zone: the source's. A named one that nobody knows: the source's too. ``-0000`` and the military letters,
  which RFC 2822 (4.3) says mean nothing: UTC, with no offset of its own.
- ``3/4/2025``: day first; month first if a half of the day (AM, PM) is written, or the source's zone is
  American. ``3/13/2025`` can only be one. With dots always day first. With hyphens and two digits of year it
  is refused, because three orders are in use.
- Two digits of year: 00 to 49 are 2000 to 2049, 50 to 99 are 1950 to 1999; three: plus 1900 (RFC 2822, 4.3).
- An hour that summer time skips is read with the offset before the gap, so it lies after it; an hour that
  comes twice is the first one.
- 24:00 is the next day's midnight; a second 60 is the next minute's first.
- 10 digits are seconds since 1970, 13 are milliseconds, unless 10 can be a day with its hour (2025122710);
  any other bare number than a year or a day is refused.
"""

from __future__ import annotations

import re
from calendar import isleap
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from feeds.model import DateOrigin, Moment, Precision
from feeds.normalize.date_spelling import spell
from feeds.normalize.date_words import MONTH_FIRST, MONTHS, ZONES

LONG = 150
LITTLE = timedelta(minutes=10)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OLD = datetime(1970, 1, 2, tzinfo=UTC)
"""Dates before it are what empty fields and broken clocks give: year 0001, 1900, 1970-01-01 in any zone."""
NOWHERE = "-"
"""In the place of a zone: UTC is meant, and nothing is said of the place."""

# [0-9], not \d: the latter takes the digits of all alphabets.
OFFSET = r"[+-][0-9]{1,2}(?::?[0-9]{2})?(?![0-9:])"
ISO = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})"
    r"(?:[Tt\s_]\s*([0-9]{2})(?::?([0-9]{2})(?::?([0-9]{2})(?:[.,:]([0-9]+))?)?)?"
    r"\s*(Z|z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?)?\Z"
)
MAIL = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?([0-9]{1,2})[\s-]+([A-Za-z]{3,9})[\s-]+([0-9]{2,4})\s+"
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?\s*([+-][0-9]{4}|(?![AaPp][Mm]\Z)[A-Za-z]{1,5})?\Z"
)
WEEK = re.compile(r"([0-9]{4})-?[Ww]([0-9]{2})(?:-?([1-7])(?![0-9]))?(.*)\Z", re.DOTALL)
DIGITS = re.compile(r"([0-9]{10})(?:[0-9]{3}|\.[0-9]+)?\Z|[0-9]{12}\Z|[0-9]{14}\Z")

WEEKDAY_MARCH = re.compile(r"~03~[.,\s]*(?=[0-9]{1,2}[^0-9]+~)")

TIME = re.compile(
    r"(?:(?P<early>am|pm)\s*)?(?<![0-9:+-])(?P<h>[0-9]{1,2})\s?:\s?(?P<mi>[0-9]{2}|[0-9](?=:[0-9]))"
    r"(?::(?P<s>[0-9]{1,2})(?:[.,:](?P<f>[0-9]+))?)?\s*(?P<late>am|pm)?\s*"
    rf"(?P<zone>\{{[^}}]*\}})?\s*(?P<offset>{OFFSET})?(?:(?<=[0-9])\s*\{{[^}}]*\}})?"
)
HOUR = re.compile(
    rf"\b(?P<h>[0-9]{{1,2}})\s*(?P<late>am|pm)\s*(?P<zone>\{{[^}}]*\}})?\s*(?P<offset>{OFFSET})?"
)
END_TIME = re.compile(r"(?<=[0-9]{4})[\s,]+(?P<h>[0-9]{1,2})\.(?P<mi>[0-9]{2})\Z")
END_ZONE = re.compile(r"\s*(?P<zone>\{[^}]*\})?\s*(?P<offset>[+-][0-9]{2}:[0-9]{2})?\Z")

GAP = r"[-/.,\s]{1,3}"
LOOSE = r"[-/.,'\s]*"
MONTH = r"~(?P<word>[0-9]{2})~"
RULES = tuple(
    re.compile(rule + r"\Z")
    for rule in (
        rf"(?P<y>[0-9]{{4}}){GAP}(?P<m>[0-9]{{1,2}})(?:{GAP}(?P<d>[0-9]{{1,2}}))?",
        r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
        r"(?P<d>[0-9]{1,2})\.\s?(?P<m>[0-9]{1,2})\.\s?(?P<y>[0-9]{4}|[0-9]{2})",
        r"(?P<a>[0-9]{1,2})/\s?(?P<b>[0-9]{1,2})/\s?(?P<y>[0-9]{4}|[0-9]{2})",
        r"(?P<a>[0-9]{1,2})-(?P<b>[0-9]{1,2})-(?P<y>[0-9]{4})",
        rf"(?P<d>[0-9]{{1,2}}){LOOSE}{MONTH}{LOOSE}(?P<y>[0-9]{{2,4}})",
        rf"{MONTH}{LOOSE}(?P<d>[0-9]{{1,2}})[-.,'\s]+(?P<y>[0-9]{{4}}|[0-9]{{2}})",
        rf"(?P<y>[0-9]{{4}}){LOOSE}{MONTH}(?:{LOOSE}(?P<d>[0-9]{{1,2}}))?",
        rf"{MONTH}{LOOSE}(?P<y>[0-9]{{4}})",
        r"(?P<m>[0-9]{1,2})[/.](?P<y>[0-9]{4})",
        r"(?P<y>[0-9]{4})-?(?P<n>[0-9]{3})",
        r"(?P<y>[0-9]{4})",
    )
)

Where = int | str | None
"""Minutes east of UTC; the name of an IANA zone, or NOWHERE; None is the source's zone."""


def parse(raw: str, zone: ZoneInfo) -> Moment | None:
    """Read a date as a source wrote it.

    Args:
        raw: Any text.
        zone: Of the source, for dates that name none.

    Returns:
        The moment, ``raw`` kept as written; None if this is no date, or none that exists, or its instant is
        outside the years 1 to 9999. A bare day, month or year is its midnight in its zone, with that zone's
        offset then.

    >>> parse("Sa, 27 Dez 2025 10:00 MEZ", ZoneInfo("UTC")).instant.isoformat()
    '2025-12-27T09:00:00+00:00'
    """
    return _parsed(raw, zone) if len(raw) <= 2 * LONG else _read(raw, zone)


@lru_cache(maxsize=64)
def _parsed(raw: str, zone: ZoneInfo) -> Moment | None:
    """Read a date, and remember that for the next time: one entry's is asked for by several names."""
    return _read(raw, zone)


def _read(raw: str, zone: ZoneInfo) -> Moment | None:
    text = raw.strip()
    if not text or len(text) > LONG:
        return None
    try:
        if match := WEEK.match(text):
            if match[4].strip() and not match[3]:
                return None
            text = _of_week(int(match[1]), int(match[2]), match[3]) + match[4]
        if match := ISO.match(text):
            return _iso(raw, match, zone)
        if (match := MAIL.match(text)) and (month := MONTHS.get(match[2].lower())):
            return _mail(raw, match, month, zone)
        return _digits(raw, text, zone) if DIGITS.match(text) else _words(raw, text, zone)
    except (ValueError, OverflowError):  # A day, hour or year that does not exist.
        return None


def _of_week(year: int, week: int, weekday: str | None) -> str:
    """Spell a day of an ISO week as a calendar date; a bare week as the month that most of it is in."""
    day = date.fromisocalendar(year, week, int(weekday or 4)).isoformat()
    return day if weekday else day[:7]


def _iso(raw: str, match: re.Match[str], zone: ZoneInfo) -> Moment:
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    where = None if offset is None else _where(offset)
    if hour is None:
        return _coarse(raw, (int(year), int(month), int(day)), where, zone)
    clock = (int(hour), int(minute or 0), int(second) if second else None, _micros(fraction))
    return _exact(raw, (int(year), int(month), int(day)), clock, where, zone)


def _mail(raw: str, match: re.Match[str], month: int, zone: ZoneInfo) -> Moment:
    day, _, year, hour, minute, second, offset = match.groups()
    where = None if offset is None else _where(offset)
    clock = (int(hour), int(minute), int(second) if second else None, 0)
    return _exact(raw, (_year(year), month, int(day)), clock, where, zone)


def _micros(fraction: str | None) -> int:
    return int(fraction[:6].ljust(6, "0")) if fraction else 0


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _where(zone: str) -> Where:
    """Read an offset or a named zone; None if it means nothing to us."""
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        digits = digits if len(digits) > 2 else digits + "00"
        hours, minutes = int(digits[:-2]), int(digits[-2:])
        if hours > 23 or minutes > 59:
            return None
        if zone[0] == "-" and not hours and not minutes:
            return NOWHERE
        return (hours * 60 + minutes) * (1 if zone[0] == "+" else -1)
    name = zone.lower()
    known = ZONES.get(name)
    return known if known is not None or len(name) > 1 else NOWHERE


@lru_cache(maxsize=16)
def _named(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _place(local: datetime, where: Where, zone: ZoneInfo) -> tuple[datetime, int | None]:
    """Give the instant of a local time without zone, and its minutes east of UTC."""
    if isinstance(where, int):
        return (local - timedelta(minutes=where)).replace(tzinfo=UTC), where
    if where == NOWHERE:
        return local.replace(tzinfo=UTC), None
    here: tzinfo = zone if where is None else _named(where)
    instant = local.replace(tzinfo=here).astimezone(UTC)
    offset = instant.astimezone(here).utcoffset()
    return instant, None if offset is None else round(offset.total_seconds() / 60)


def _exact(
    raw: str,
    day: tuple[int, int, int],
    clock: tuple[int, int, int | None, int],
    where: Where,
    zone: ZoneInfo,
) -> Moment:
    hour, minute, second, micros = clock
    late = timedelta()
    if hour == 24 and not minute and not second and not micros:
        hour, late = 0, timedelta(days=1)
    if second == 60:
        second, micros, late = 59, 0, late + timedelta(seconds=1)
    local = datetime(*day, hour, minute, second or 0, micros)  # noqa: DTZ001 - _place() gives it its zone
    instant, offset = _place(local + late if late else local, where, zone)
    precision = Precision.MINUTE if second is None else Precision.SECOND
    return Moment(instant=instant, offset=offset, precision=precision, raw=raw)


def _coarse(raw: str, parts: tuple[int, int | None, int | None], where: Where, zone: ZoneInfo) -> Moment:
    year, month, day = parts
    # Not "month or 1": month 0, which empty fields hold, is no January.
    first = (1 if month is None else month, 1 if day is None else day)
    local = datetime(year, *first)  # noqa: DTZ001 - _place() gives it its zone
    instant, offset = _place(local, where, zone)
    precision = Precision.YEAR if month is None else Precision.MONTH if day is None else Precision.DAY
    return Moment(instant=instant, offset=offset, precision=precision, raw=raw)


def _digits(raw: str, text: str, zone: ZoneInfo) -> Moment | None:
    """Read ``YYYYMMDDhh``, ``...mm``, ``...ss``, or a count of seconds or milliseconds since 1970."""
    whole = text.partition(".")[0]
    day = (int(whole[:4]), int(whole[4:6]), int(whole[6:8]))
    if len(whole) in {10, 12, 14} and 1900 <= day[0] < 2100 and _exists(*day) and int(whole[8:10]) < 24:
        clock = (int(whole[8:10]), int(whole[10:12] or 0), int(whole[12:]) if whole[12:] else None, 0)
        return _exact(raw, day, clock, None, zone)
    if len(whole) not in {10, 13}:
        return None
    since = timedelta(seconds=int(whole[:10]), milliseconds=int(whole[10:] or 0))
    return Moment(instant=datetime(1970, 1, 1, tzinfo=UTC) + since, raw=raw)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _words(raw: str, text: str, zone: ZoneInfo) -> Moment | None:
    """Read what the two fast ways cannot: words of other languages, other orders, comments."""
    spelled = spell(text)
    found = TIME.search(spelled) or HOUR.search(spelled)
    rest = f"{spelled[: found.start()]} {spelled[found.end() :]}" if found else spelled
    if found is None and (found := END_TIME.search(rest)):
        rest = rest[: found.start()]
    rest = _trimmed(WEEKDAY_MARCH.sub("", rest, count=1))
    told = found.groupdict() if found else {}
    if not found and (end := END_ZONE.search(rest)):
        told, rest = end.groupdict(), _trimmed(rest[: end.start()])
    half = told.get("early") or told.get("late")
    day = _day(rest, month_first=half is not None or zone.key in MONTH_FIRST)
    if day is None:
        return None
    where = _told_where(told.get("zone"), told.get("offset"))
    if not found:
        return _coarse(raw, day, where, zone)
    year, month, number = day
    if month is None or number is None:
        return None
    second = told.get("s")
    hour = _hour(int(told["h"] or 0), half)
    clock = (hour, int(told.get("mi") or 0), int(second) if second else None, _micros(told.get("f")))
    return _exact(raw, (year, month, number), clock, where, zone)


def _trimmed(text: str) -> str:
    return " ".join(text.split()).strip(" ,;:./|-")


def _hour(hour: int, half: str | None) -> int:
    if half == "pm" and hour < 12:
        return hour + 12
    return 0 if half == "am" and hour == 12 else hour


def _told_where(zone: str | None, offset: str | None) -> Where:
    # "EST -0400", "GMT+2": the number is what was computed, the name is what was typed.
    if offset:
        return _where(offset)
    return _where(zone[1:-1]) if zone else None


def _day(text: str, *, month_first: bool) -> tuple[int, int | None, int | None] | None:
    """Read the part of a date without its time: year, month, day; None if it is none."""
    match = next((found for rule in RULES if (found := rule.match(text))), None)
    if match is None:
        return None
    told = match.groupdict()
    year = _year(told["y"])
    if told.get("n"):
        number = int(told["n"])
        if not 1 <= number <= 365 + isleap(year):
            return None
        day = date(year, 1, 1) + timedelta(days=number - 1)
        return day.year, day.month, day.day
    if told.get("a"):
        first, second = int(told["a"]), int(told["b"])
        american = first <= 12 and (month_first or second > 12)
        return (year, first, second) if american else (year, second, first)
    month, number_of_day = told.get("word") or told.get("m"), told.get("d")
    return year, int(month) if month else None, int(number_of_day) if number_of_day else None


def believed(published: Moment | None, updated: Moment | None, first_seen: datetime) -> Moment | None:
    """Choose the date that decides an entry's place: the first of the two that can be true.

    Returns:
        None if neither is declared, or each is more than ten minutes in the future or before 1970-01-02.
    """
    latest = first_seen + LITTLE
    return next((one for one in (published, updated) if one and OLD <= one.instant <= latest), None)


def doubt(moment: Moment, first_seen: datetime) -> str | None:
    """Say in a sentence why a date cannot be true; None if it can."""
    words = f"the declared date {w3cdtf(moment)}"
    if moment.instant < OLD:
        return f"{words} lies before 1970-01-02, where empty fields and broken clocks put it"
    return f"{words} lies in the future" if moment.instant > first_seen + LITTLE else None


def sort_key(moment: Moment, first_seen: datetime, zone: ZoneInfo) -> datetime:
    """Give the place in time, aware and UTC, of an entry with a date that can be true.

    Args:
        moment: From ``believed``.
        first_seen: When we met the entry; aware.
        zone: Of the source: its days are meant.

    Returns:
        The declared instant if it is at least minute-precise. A bare day, month or year is first seen if that
        falls within, else its middle: noon of the day, the 15th, the first of July.
    """
    if moment.precision in {Precision.MINUTE, Precision.SECOND}:
        return moment.instant
    told, seen = _local(moment).date(), first_seen.astimezone(zone).date()
    within, middle = {
        Precision.DAY: (told == seen, told),
        Precision.MONTH: ((told.year, told.month) == (seen.year, seen.month), told.replace(day=15)),
        Precision.YEAR: (told.year == seen.year, told.replace(month=7)),
    }[moment.precision]
    if within:
        return first_seen
    noon = datetime(middle.year, middle.month, middle.day, 12, tzinfo=zone).astimezone(UTC)
    return min(noon, first_seen)


def _local(moment: Moment) -> datetime:
    try:
        return moment.instant.astimezone(timezone(timedelta(minutes=moment.offset or 0)))
    except OverflowError:  # The first hours of year 1, the last of 9999.
        return moment.instant


def rfc3339(moment: Moment | datetime) -> str:
    """Write an instant as RFC 3339, with the offset the source gave, ``Z`` without one.

    >>> rfc3339(datetime(2025, 12, 27, 9, 0, tzinfo=UTC))
    '2025-12-27T09:00:00Z'
    """
    local = _local(moment) if isinstance(moment, Moment) else moment
    text = local.isoformat()
    head, dot, fraction = text[:19], text[19:20] == ".", text[20:26]
    zone = text[26:] if dot else text[19:]
    return head + (f".{fraction.rstrip('0')}" if dot else "") + ("Z" if zone == "+00:00" else zone)


def w3cdtf(moment: Moment) -> str:
    """Write a moment as precisely as it was told (W3CDTF, for ``dcterms:issued``), and not more.

    >>> w3cdtf(parse("Dezember 2025", ZoneInfo("UTC")))
    '2025-12'
    """
    ends = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}
    text = rfc3339(moment)
    return text[: ends[moment.precision]] if moment.precision in ends else text


def inferred(moment: Moment | None) -> Moment | None:
    """Mark a moment as read from something else than a date of the source: a file's name."""
    if moment is None:
        return None
    return Moment(
        instant=moment.instant,
        offset=moment.offset,
        precision=moment.precision,
        origin=DateOrigin.INFERRED,
        raw=moment.raw,
    )
