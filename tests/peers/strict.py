"""The expectations as ``../shared/tools/expect_check.py`` reads them, without a word of excuse.

Of feedparser's expressions each has to hold, whole: in our model, or in what feedparser reads from the text
that our reading hands it (where it does by itself what comes later with us: cleaning, resolving, places,
chapters). Of a result in JSON the number of entries, their titles and their links have to be the same.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import feedparser

from feeds.errors import ReadError
from feeds.model import Entry
from feeds.normalize.html import plain
from feeds.normalize.urls import web_url
from feeds.sources.charset import decode
from feeds.sources.repair import repair, root_of

from . import ours
from .corpus import PLACE, Case, cases, reading
from .feedparser_expr import Statement, expected, statements
from .holding import ABSENT, ANY
from .verdicts import Verdict

MENDED = frozenset({"bozo", "bozo_exception", "encoding"})
"""What feedparser says of a document as it came; the one that it is handed is well-formed, and UTF-8."""


def held(kind: str) -> Iterator[tuple[Case, bool]]:
    """Give each expectation of a kind, and whether it holds.

    What depends on the headers of an answer or on a library is left out, as it is there.
    """
    for case in cases():
        if case.kind == kind and not case.told.get("http_headers") and not case.told.get("skip_unless"):
            yield case, _expression(case) if kind == "feedparser-expr" else _result(case)


def _expression(case: Case) -> bool:
    read, expression = reading(case), case.told["expr"]
    if not isinstance(read, ReadError):
        told = [one for one in statements(expression) if not (one.path and one.path[0] in MENDED)]
        if expected(expression, read).verdict is Verdict.MET:
            return True
        result = _handed(case)
        return all(_holds(result, one) for one in told)
    # A document that we refuse is one that feedparser finds fault with.
    return all(one.path in ((), ("bozo",)) and one.wanted is ANY for one in statements(expression))


def _handed(case: Case) -> Any:
    """Let feedparser read what our reading hands it."""
    text = decode(case.body(), {})
    root = root_of(text)
    fit = text if root is None else repair(text, *root).text
    url = PLACE + case.path.partition("/tests/")[2]
    headers = {"content-location": url, "content-type": "application/xml; charset=utf-8"}
    return feedparser.parse(io.BytesIO(fit.encode()), response_headers=headers)


def _holds(result: Any, statement: Statement) -> bool:
    value = result
    try:
        for step in statement.path:
            value = len(value) if step == "len" else value[step]
    except (LookupError, TypeError):
        return statement.wanted is ABSENT
    if statement.wanted is ANY or statement.wanted is ABSENT:
        return bool(value) is (statement.wanted is ANY)
    return bool(value == statement.wanted)


def _result(case: Case) -> bool:
    wanted, read = case.wanted(), reading(case)
    told = wanted["feed"] if isinstance(wanted.get("feed"), dict) and "entries" in wanted["feed"] else wanted
    items = told.get("items") or told.get("entries") or []
    if isinstance(read, ReadError):
        return False
    entries = read.feed.entries
    if len(items) != len(entries):
        return False
    if case.kind == "feed-rs-serde-json":
        return True
    pairs = zip(items, entries, strict=True)
    return all(_same_title(item, entry) and _same_link(item, entry, read.url) for item, entry in pairs)


def _same_title(item: dict[str, Any], entry: Entry) -> bool:
    told = item.get("title")
    if not isinstance(told, str) or not told:
        return True
    title = ours.title(entry)
    return title is not None and _words(told) in {_words(title.value), _words(plain(title.value))}


def _same_link(item: dict[str, Any], entry: Entry, base: str) -> bool:
    told = item.get("link")
    return not isinstance(told, str) or not told or web_url(told, base) == entry.url


def _words(text: str) -> str:
    return " ".join(plain(text).split())
