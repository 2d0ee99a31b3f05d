"""What HTTP says about caching and waiting, as functions over headers. Pure: no I/O, no clock.

Headers are as in ``model.Document``: lower-case names, values of a repeated header joined with a comma.
What cannot be read counts as not said: a server that does not know how to ask must not stop us for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=365)
"""No wait that is read from a header is longer; RFC 9111, 1.2.2 lets a cache hold large numbers so."""

_SECONDS = re.compile(r"[+-]?\d+(\.\d*)?", re.ASCII)
_DIRECTIVE = re.compile(r"""\s*([^\s=,;"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^,;]*))?\s*(?:[,;]|$)""")
_ZERO = timedelta()


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Say how long the server asks us to stay away (RFC 9110, 10.2.3).

    Args:
        headers: Response headers with lower-case names.
        now: The moment the answer came, aware.

    Returns:
        A wait between zero and ``LONGEST``, from either form of the header (seconds or a date); zero for
        what lies behind us. Of several numbers the largest. None if it is missing or unreadable.

    >>> retry_after({"retry-after": "120"}, datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=120)
    >>> retry_after({"retry-after": "Thu, 01 Jan 2026 00:10:00 GMT"}, datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=600)
    >>> retry_after({"retry-after": "tomorrow"}, datetime(2026, 1, 1, tzinfo=UTC)) is None
    True
    """
    raw = headers.get("retry-after", "").strip()
    numbers = [_seconds(part) for part in raw.split(",")]
    known = [number for number in numbers if number is not None]
    if known and len(known) == len(numbers):
        return max(known)
    moment = http_date(raw)
    return None if moment is None else _bounded(moment - now)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Say how long the server promises that asking again brings nothing new (RFC 9111, 4.2).

    We are a private cache: ``max-age`` counts and ``s-maxage`` does not (RFC 9111, 5.2.2.10). Of a
    directive given twice the first counts (4.2.1).

    Args:
        headers: Response headers with lower-case names.
        now: The moment the answer came, aware; stands in for a missing Date.

    Returns:
        A time between zero and ``LONGEST``, less the Age it already has; zero if the server wants to be
        asked each time, or what it promised is over. None if it does not say.

    >>> fresh_for({"cache-control": "public, max-age=600", "age": "60"}, datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(seconds=540)
    >>> fresh_for({"cache-control": "no-store"}, datetime(2026, 1, 1, tzinfo=UTC))
    datetime.timedelta(0)
    """
    said = directives(headers.get("cache-control", ""))
    if "no-store" in said or "no-cache" in said:
        return _ZERO
    age = _seconds(headers.get("age", "")) or _ZERO
    lifetime = _seconds(said.get("max-age") or "")
    if lifetime is None and "expires" in headers:
        # An unreadable Expires, "0" above all, is a moment in the past (RFC 9111, 5.3).
        expires = http_date(headers["expires"])
        made = http_date(headers.get("date", "")) or now
        lifetime = _ZERO if expires is None else _bounded(expires - made)
    return None if lifetime is None else _bounded(lifetime - age)


def directives(value: str) -> dict[str, str | None]:
    r"""Read a Cache-Control value (RFC 9111, 5.2): lower-case names to arguments without quotes.

    Of a name given twice the first stays; None stands for "no argument". A semicolon, often written for a
    comma, is read as one.

    >>> directives('Max-Age="60", private, max-age=5')
    {'max-age': '60', 'private': None}
    """
    said: dict[str, str | None] = {}
    for name, argument in _DIRECTIVE.findall(value):
        said.setdefault(name.lower(), argument.strip().strip('"') or None)
    return said


def http_date(raw: str) -> datetime | None:
    """Read a date in one of the three forms of RFC 9110, 5.6.7; a date without a zone is UTC.

    Returns:
        The instant, aware, UTC; None if it is unreadable or no date.

    >>> http_date("Sunday, 06-Nov-94 08:49:37 GMT")
    datetime.datetime(1994, 11, 6, 8, 49, 37, tzinfo=datetime.timezone.utc)
    >>> http_date("Sun Nov  6 08:49:37 1994") == http_date("Sun, 06 Nov 1994 08:49:37 GMT")
    True
    """
    try:
        # Not strptime: it reads month names in the language of the process.
        moment = parsedate_to_datetime(raw)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None


def _seconds(raw: str) -> timedelta | None:
    """Read a number of seconds; a negative one is zero, a fraction is kept."""
    raw = raw.strip()
    if not _SECONDS.fullmatch(raw):
        return None
    # A float holds any number of digits without an overflow; int() refuses more than 4300 of them.
    return timedelta(seconds=min(max(float(raw), 0.0), LONGEST.total_seconds()))


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, _ZERO), LONGEST)
