"""Single values of config.yaml: from the text that stands there to what it means, or what was expected.

Each function is a pydantic validator. It raises ``wrong(...)``, whose words hold no value: the value may be a
secret, so only ``problems``, which knows whether it is, shows what was found.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic_core import PydanticCustomError

from feeds.config import names

PAUSE = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s)\Z")
DURATION = re.compile(
    r"(\d{1,12}(?:\.\d{1,6})?)\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?|w|weeks?)\Z", re.IGNORECASE
)
SECONDS = MappingProxyType({"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800})
ZONES = ("<time zones>",)
LONGEST = timedelta(days=36_525)
ENTRIES = re.compile(r"(\d{1,12})\s*(?:entry|entries)\Z", re.IGNORECASE)
HOURLY = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*/\s*h\Z", re.IGNORECASE)
SIZE = re.compile(r"(\d{1,9})\s*(k|m|g)i?b\Z", re.IGNORECASE)
LANGUAGE = re.compile(r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z0-9]{1,8})*\Z", re.IGNORECASE)
PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?:/[!#-;=?-\[\]_a-z~]*)?\Z")
HOST = re.compile(
    r"[^\s\x00-\x20\x7f<>\"\\^`{|}/?#@\[\]:%.]+(?:\.[^\s\x00-\x20\x7f<>\"\\^`{|}/?#@\[\]:%.]+)*\.?\Z"
)
MAIL = re.compile(r"[!#-'*+./0-9=?A-Z^_a-z{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\Z")
DNS = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
AUTHORITY = re.compile(rf"(?:[A-Za-z0-9._-]+@)?{DNS},(\d{{4}})(?:-(\d\d)(?:-(\d\d))?)?\Z")
# A group that holds nothing but one repeated item, itself repeated: (a+)+ takes exponential time to fail.
RUNAWAY = re.compile(r"\((?:\?:)?(?:\\.|\[\^?\]?[^\]]*\]|[^()\\\[\]])[+*]\)(?:[+*]|\{\d*,)")
STORES = ("sqlite:///", "postgresql://", "postgresql+psycopg://")
FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def wrong(
    expected: str, *, detail: str = "", options: Iterable[str] = (), word: str | None = None
) -> PydanticCustomError:
    """Make the error of a value.

    Args:
        expected: What should stand there, as the object of "expected".
        detail: What is wrong with what stands there; left out if the value is secret.
        options: The words that may have been meant; ``ZONES`` stands for all time zones.
        word: What was found, if it is not the whole value; never a secret.
    """
    context = {"expected": expected, "detail": detail, "options": tuple(options), "word": word}
    return PydanticCustomError("wrong", "expected {expected}", context)


def text_of(value: object, expected: str) -> str:
    if not isinstance(value, str):
        raise wrong(expected)
    return value.strip()


def line(value: object) -> str:
    """Read one line of text that may be published: not empty, nothing in it that XML forbids."""
    text = text_of(value, "text")
    if not text:
        raise wrong("text that is not empty")
    if (match := FORBIDDEN.search(text)) is not None:
        raise wrong("one line of text", detail=f"it holds the character U+{ord(match[0]):04X}")
    return text


def listed(value: object) -> object:
    """Take a single value for a list of one."""
    return value if isinstance(value, list | tuple) else (value,)


def pause(value: object) -> object:
    """Read ``500ms``, ``1s``, ``0s``, a short time that may be none; a timedelta or None passes through."""
    if value is None or isinstance(value, timedelta):
        return value
    match = PAUSE.match(value.strip()) if isinstance(value, str) else None
    if match is None or (seconds := float(match[1]) / (1000 if match[2] == "ms" else 1)) > 3600:
        raise wrong("a time like 500ms or 2s, at most 3600s")
    return timedelta(seconds=seconds)


def duration(value: object) -> object:
    """Read ``30m``, ``2h``, ``90 days``, ``1w``; a timedelta passes through."""
    if isinstance(value, timedelta):
        return value
    match = DURATION.match(value.strip()) if isinstance(value, str) else None
    if match is None or float(match[1]) <= 0:
        raise wrong("a time like 30m, 2h or 90 days")
    seconds = float(match[1]) * SECONDS[match[2][0].lower()]
    if seconds > LONGEST.total_seconds():
        raise wrong("a time of at most 100 years")
    return timedelta(seconds=seconds)


def zone(value: object) -> object:
    """Read the name of a time zone of the IANA database."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(text_of(value, "a time zone like Europe/Zurich"))
    except (OSError, ValueError, KeyError) as error:
        raise wrong("a time zone like Europe/Zurich", options=ZONES) from error


def cron(value: object) -> str:
    """Check a cron expression of five fields."""
    expected = "a cron expression like '0 7 * * mon-fri' (minute, hour, day, month, weekday)"
    text = text_of(value, expected)
    if len(text.split()) != 5:
        raise wrong(expected, detail=f"it has {len(text.split())} fields, not 5")
    try:
        next(CronSim(text, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        raise wrong(expected, detail=str(error).lower()) from error
    except StopIteration:
        raise wrong(expected, detail="no day matches it") from None
    return text


def size(value: object) -> object:
    """Read ``20 MB`` as bytes; a number passes through."""
    match = SIZE.match(value.strip()) if isinstance(value, str) else None
    return int(match[1]) * 1024 ** ("kmg".index(match[2].lower()) + 1) if match else value


def language(value: object) -> str | None:
    """Read a language tag or ``auto``, which is None: as the entry says, or detected."""
    return None if value is None or value == "auto" else language_tag(value)


def language_tag(value: object) -> str:
    """Read a language tag (BCP 47) and give it its usual case.

    >>> language_tag("DE-ch")
    'de-CH'
    """
    expected = "a language tag like de or de-CH"
    text = text_of(value, expected)
    if not LANGUAGE.match(text):
        hint = "it uses _ instead of -" if LANGUAGE.match(text.replace("_", "-")) else ""
        raise wrong(expected, detail=hint)
    first, *rest = text.split("-")
    cases = {2: str.upper, 4: str.title}
    return "-".join((first.lower(), *(cases.get(len(part), str.lower)(part) for part in rest)))


def pattern(value: object) -> object:
    """Compile a regular expression, so that a bad one is met now and not in the middle of a run."""
    if isinstance(value, re.Pattern):
        return value
    if not isinstance(value, str) or not value:
        raise wrong("a regular expression")
    if RUNAWAY.search(value):
        raise wrong(
            "a regular expression that ends in sensible time",
            detail="a repeated item alone in a repeated group, like (a+)+, can take for ever",
        )
    try:
        return re.compile(value)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1}"
        raise wrong("a regular expression", detail=f"{error.msg}{where}") from error
    except (OverflowError, RecursionError) as error:
        raise wrong("a regular expression", detail="too large") from error


def host_of(text: str) -> tuple[str, str]:
    """Give scheme and host of an address.

    Raises:
        PydanticCustomError: It is no address that can be polled; the detail says how to write it.
    """
    expected = "an http(s) address"
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        raise wrong(expected, detail="its host or port is malformed") from None
    scheme, host = parts.scheme.lower(), parts.hostname
    if re.search(r"[\s\x00-\x20\x7f]", text):
        raise wrong(expected, detail="it holds a space or control character (%20 stands for a space)")
    if scheme in {"feed", "rss", "itpc", "podcast"}:
        raise wrong(expected, detail="write https: instead of the scheme")
    if scheme == "file" or text.startswith(("/", "./", "../", "~")):
        raise wrong(
            expected, detail="a folder of texts is written as `path: articles/` with `kind: articles`"
        )
    if scheme not in {"http", "https"}:
        bare = re.match(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|\?|\Z)", text)
        raise wrong(expected, detail="put https:// before it" if bare else "")
    if not host or not port_is_fine:
        raise wrong(expected, detail="it names no host" if not host else "its port is 0")
    if not (HOST.match(host) or is_ip(host)):
        raise wrong(expected, detail="its host is malformed")
    return scheme, host


def is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def address(value: object) -> str | None:
    """Read the address of a source: absolute http(s) with a host. It is not changed."""
    if value is None:
        return None
    if isinstance(value, str) and PLAIN_ADDRESS.match(value):
        return str(value)
    text = text_of(value, "an http(s) address")
    host_of(text)
    return text


def base_url(value: object) -> str | None:
    """Read where output/ is served from; gives it with / at the end and the host in its ASCII form."""
    if value is None:
        return None
    expected = "an absolute http(s) address like https://planet.example.org/"
    text = text_of(value, expected)
    scheme, host = host_of(text)
    parts = urlsplit(text)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise wrong(expected, detail="a query, a fragment or a login cannot stand here")
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise wrong(expected, detail="its host is malformed") from error
    place = (f"[{host}]" if ":" in host else host) + (f":{parts.port}" if parts.port else "")
    return urlunsplit((scheme, place, quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~") + "/", "", ""))


def authority(value: object) -> str | None:
    """Check a tagging entity (RFC 4151, 2.1): a host or mail address, and a date on which it was yours."""
    if value is None:
        return None
    expected = "a host or mail address, a comma and a date, like planet.example.org,2026"
    text = text_of(value, expected)
    match = AUTHORITY.match(text)
    if match is None:
        raise wrong(expected)
    try:
        date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError as error:
        raise wrong(expected, detail="there is no such date") from error
    return text


def contact(value: object) -> str | None:
    """Check what a server's operator may write to: it goes into the User-Agent, so ASCII only."""
    if value is None:
        return None
    expected = "a mail address or a web page, like ada@example.org"
    text = text_of(value, expected)
    if not MAIL.match(text.removeprefix("mailto:")) and not (PLAIN_ADDRESS.match(text)):
        raise wrong(expected)
    return text


WIDEST: Mapping[int, int] = MappingProxyType({4: 8, 6: 7})
"""Shortest prefixes of what may be opened as one: 10.0.0.0/8 and fc00::/7 are the largest private ones."""
TO_OPEN_ALL = "that is everything; one network after the other, or reach_everything_even_this_machine: true"


def network(value: object) -> str:
    """Check an address range that may be reached although it is private."""
    expected = "a network like 192.168.1.0/24 or an address like 192.168.1.7"
    text = text_of(value, expected)
    if text == "*":
        raise wrong(expected, detail=TO_OPEN_ALL)
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        try:
            meant = str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise wrong(expected) from error
        raise wrong(expected, detail=f"the network of that address is {meant}") from error
    if found.prefixlen < WIDEST[found.version]:
        raise wrong(expected, detail=TO_OPEN_ALL)
    return str(found)


def store(value: object) -> str:
    """Check the address of the store; what stands behind its scheme is the store's to judge."""
    expected = "sqlite:///FILE or postgresql://USER@HOST/NAME"
    text = text_of(value, expected)
    if not text.startswith(STORES) or text in STORES:
        bare = re.match(r"[\w./-]+\Z", text) and "://" not in text
        raise wrong(
            expected, detail="put sqlite:/// before a file's name" if bare else "", options=STORES[:2]
        )
    return text


def name(value: object) -> str:
    """Check a name of a source or an output: it becomes a file's name."""
    text = text_of(value, "text")
    problem = names.bad_name(text)
    if problem is not None:
        raise wrong(problem)
    return text


def output_name(value: object) -> str:
    """Check a name of an output: beside ``name``, folders, and places for what ``each`` goes through."""
    text = text_of(value, "text")
    parts = names.bare(text).split("/")
    problem = next(filter(None, map(names.bad_name, parts)), None)
    if problem is not None or len(text) > names.LONGEST_PATH:
        raise wrong(problem or f"at most {names.LONGEST_PATH} characters")
    if names.is_ours(parts[0]):
        raise wrong(f"another name than {', '.join(sorted(names.OURS))}, which files of the site have")
    return text


def archive(value: object) -> object:
    """Read how an archive is cut into pages: ``none``, ``month``, or a number of entries."""
    if value is None or value == "none":
        return None
    if value == "month" or (isinstance(value, int) and not isinstance(value, bool) and value > 0):
        return value
    raise wrong("none, month, or a number of entries like 100", options=("none", "month"))
