"""Make text of sources harmless on a terminal and in a pipe. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

# C0 (with ESC), DEL, C1, line separators, what turns the writing direction, lone surrogates.
HOSTILE = "\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ud800-\udfff"
LINE_ENDS = re.compile(r"[\t\n\r\x0b\x0c\x85\u2028\u2029]+")
CONTROL = re.compile(f"[{HOSTILE}]")
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def visible(text: str) -> str:
    r"""Give a text as one line without anything that a terminal would obey.

    >>> visible("a\x1b[31mb\nc")
    'a[31mb c'
    """
    if text.isascii() and text.isprintable():  # As nearly all are.
        return text
    return CONTROL.sub("", LINE_ENDS.sub(" ", text))


def visible_lines(text: str) -> str:
    r"""Give a text of several lines, each made harmless as by ``visible``.

    >>> visible_lines("a\x1b\n\nb\r\n")
    'a\n\nb'
    """
    return "\n".join(visible(line).rstrip() for line in text.split("\n")).rstrip()


def escaped(text: str) -> str:
    r"""Give a text as one line in which control characters are written out, so that none is lost.

    >>> escaped("a\x1bb\nc")
    'a\\x1bb\\nc'
    """
    return CONTROL.sub(lambda match: ascii(match[0])[1:-1], text)


def json_text(value: object, hide: Callable[[str], str]) -> str:
    """Write a value as one JSON document, harmless on a terminal too.

    Args:
        value: Of mappings, sequences, strings, numbers, dates (written as RFC 3339), durations (as seconds).
        hide: Takes secrets out of a string.
    """
    text = json.dumps(simple(value, hide), ensure_ascii=False, indent=2)
    # json escapes C0 only; what else a terminal obeys is escaped here (no such character is JSON syntax).
    return CONTROL.sub(lambda match: match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}", text)


def simple(value: object, hide: Callable[[str], str]) -> object:
    """Turn a value into what JSON knows, without secrets."""
    if isinstance(value, dict):
        return {str(key): simple(item, hide) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return [simple(item, hide) for item in sorted(value)]
    if isinstance(value, tuple | list):
        return [simple(item, hide) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    return stamp(value) if isinstance(value, datetime) else hide(str(value))


def stamp(moment: datetime) -> str:
    """Write an aware moment as RFC 3339 with whole seconds; UTC as Z."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def span(wait: timedelta) -> str:
    """Say a duration roughly, in its largest unit.

    >>> span(timedelta(minutes=90))
    '1 h'
    """
    seconds = max(0, int(wait.total_seconds()))
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return f"{seconds // size} {unit}"


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago, or in how long, a moment is; never if there is none."""
    if moment is None:
        return "never"
    if moment > now:
        return f"in {span(moment - now)}"
    return f"{span(now - moment)} ago"


def count(number: int, noun: str) -> str:
    """Say a number with its noun.

    >>> count(1, "entry"), count(1200, "entry"), count(0, "source")
    ('1 entry', "1'200 entries", '0 sources')
    """
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}".replace(",", "'")
