"""Bounds on what a document may hold before feedparser sees it, which is quadratic in some of it.

``docs/bounds.md`` lists them all, with what each is for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

MAX_ENTRIES = 5000
TAGS = 300_000
"""Tags of all entries that are read, escaped ones and those in CDATA sections among them."""
REFERENCES, ASSIGNMENTS = 4, 2
"""So many references to characters or entities, or so many attributes, count as one tag."""
MARKUP = 120_000
"""Tags, as XML sees them, of all entries that are read: each costs thirty times what one in a text does."""
ELEMENTS = 20_000
"""Tags, as XML sees them, of one entry, or of all that is outside of entries."""
DEPTH = 300
TOO_HEAVY = f"it holds more than {TAGS} tags, attributes and references"
FEW = 1000
"""An entry with fewer tags is neither deep nor large."""

ATTRIBUTES = 300
REPEATED = 100
"""How many categories, links, persons or files of one entry are kept: as many as the model takes."""
MOST_REPEATED = 3 * REPEATED
"""Written so that they cannot be left out one by one, so many in one entry make it too large."""
SUSPICIOUS = 1000
"""A document with fewer of them in all costs nothing worth a pass over it."""

LONG_TAG = re.compile(r"<[A-Za-z][^<>]{3000,}+>")
ATTRIBUTE = re.compile(r"(?<=[\s\"'])[^\s=<>\"']++\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+')")
KEYWORDS = re.compile(
    r"(<(?:[\w.-]+:)?keywords(?:\s[^<>]*+)?>(?:<!\[CDATA\[)?[^<\]]{1,2000}+)[^<\]]*+", re.IGNORECASE
)

NAMES = (
    "category",
    "link",
    "author",
    "contributor",
    "enclosure",
    "content",
    "thumbnail",
    "subject",
    "creator",
)
SECTION = r"<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+(?:\]\]>)?"
COMMENT = r"<!--(?:[^-]++|-(?!->))*+(?:-->)?"
TAG = re.compile(
    rf"{SECTION}|{COMMENT}|<(?P<end>/?)(?P<name>[A-Za-z_][^\s<>/]*+)(?P<rest>(?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)"
)
COUNTED = re.compile(rf"<(?:[\w.-]+:)?(?:{'|'.join(NAMES)})[\s/>]", re.IGNORECASE)
PERSON = r"\s*+(?:<[\w.:-]+(?:/>|>[^<]*+</[\w.:-]+\s*+>)\s*+){0,8}"
REPEATING = re.compile(
    rf"{SECTION}"
    r"|<(?:[\w.-]+:)?(?P<border>item|entry)(?=[\s/>])"
    rf"|<(?P<name>(?:[\w.-]+:)?(?:{'|'.join(NAMES)}))(?=[\s/>])[^<>]*?"
    rf"(?:/>|>(?:(?:[^<]++|{SECTION}|{COMMENT})*+|{PERSON})</(?P=name)\s*>)",
    re.IGNORECASE,
)


def bounded(body: str) -> str:
    """Leave out what goes beyond the limits of one element."""
    body = LONG_TAG.sub(_fewer_attributes, body)
    if "keywords" in body.lower():
        # feedparser makes a category of each of them, and looks for each among those before it.
        body = KEYWORDS.sub(r"\1", body)
    if sum(1 for _ in COUNTED.finditer(body)) <= SUSPICIOUS:
        return body
    seen = Counter[str]()

    def repeated(match: re.Match[str]) -> str:
        if match["border"]:
            seen.clear()
        if not match["name"]:
            return match[0]
        seen[match["name"]] += 1
        return match[0] if seen[match["name"]] <= REPEATED else ""

    return REPEATING.sub(repeated, body)


def _fewer_attributes(tag: re.Match[str]) -> str:
    places = [match.end() for match in ATTRIBUTE.finditer(tag[0])]
    if len(places) <= ATTRIBUTES:
        return tag[0]
    return tag[0][: places[ATTRIBUTES - 1]] + ("/>" if tag[0].endswith("/>") else ">")


def bearable(body: str, spans: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], list[str]]:
    """Choose the entries that are read.

    Args:
        body: The document.
        spans: Where each entry begins and ends, the newest first.

    Returns:
        Those that are read, in the same order: the first ones, up to ``MAX_ENTRIES`` with ``TAGS`` and
        ``MARKUP`` in all. And of each that is too large by itself, why.
    """
    kept: list[tuple[int, int]] = []
    refused: list[str] = []
    room, elements = TAGS, MARKUP
    crowded = sum(body.count("<", start, end) for start, end in spans) > MARKUP
    for start, end in spans:
        if len(kept) == MAX_ENTRIES:
            break
        written = body.count("<", start, end)
        why = too_much(body[start:end]) if written > FEW else None
        weight = weight_of(body, start, end)
        if why is None and weight > TAGS:
            why = TOO_HEAVY
        if why is not None:
            refused.append(why)
            continue
        room -= weight
        elements -= _elements(body, start, end) if crowded else 0
        if room < 0 or elements < 0:
            break
        kept.append((start, end))
    return kept, refused


def _elements(body: str, start: int, end: int) -> int:
    return sum(match["name"] is not None for match in TAG.finditer(body, start, end))


def weight_of(body: str, start: int = 0, end: int | None = None) -> int:
    """Say how much there is to do for a part of a document, as a number of tags; words weigh nothing."""
    stop = len(body) if end is None else end
    tags = body.count("<", start, stop) + body.count("&lt;", start, stop)
    return tags + body.count("&", start, stop) // REFERENCES + body.count("=", start, stop) // ASSIGNMENTS


def too_much_around(text: str) -> str | None:
    """Say what there is too much of around the entries; None if it is within the bounds."""
    return TOO_HEAVY if weight_of(text) > TAGS else too_much(text)


def too_much(text: str) -> str | None:
    """Say what a part of a document has too much of; None if it is within the bounds."""
    if text.count("<") <= FEW:
        return None
    stack: list[str] = []
    tags = 0
    seen = Counter[str]()
    for match in TAG.finditer(text):
        name = match["name"]
        if name is None:
            continue
        tags += 1
        if tags > ELEMENTS:
            return f"it holds more than {ELEMENTS} tags of XML"
        if match["end"]:
            if name in stack:
                while stack.pop() != name:
                    pass
            continue
        seen[name.rpartition(":")[2].lower()] += 1
        if not match["rest"].endswith("/"):
            stack.append(name)
            if len(stack) > DEPTH:
                return f"its elements are nested more than {DEPTH} deep"
    most = max((seen[name] for name in NAMES), default=0)
    return f"it repeats an element {most} times" if most > MOST_REPEATED else None


def without(body: str, spans: Iterable[tuple[int, int]]) -> str:
    """Take parts out of a document; ``spans`` in its order."""
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces.append(body[at:start])
        at = end
    return "".join((*pieces, body[at:]))
