"""Bounds on what one element may hold before feedparser sees it, which is quadratic in some of it."""

from __future__ import annotations

import re
from collections import Counter

ATTRIBUTES = 300
REPEATED = 100
"""How many categories, links, persons or files of one entry are kept: as many as the model takes."""
SUSPICIOUS = 1000
"""A document with fewer of them in all costs nothing worth a pass over it."""

LONG_TAG = re.compile(r"<[A-Za-z][^<>]{3000,}+>")
ATTRIBUTE = re.compile(r"[^\s=<>]+\s*=\s*(?:\"[^\"]*+\"|'[^']*+')")

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
COUNTED = re.compile(rf"<(?:[\w.-]+:)?(?:{'|'.join(NAMES)})[\s/>]", re.IGNORECASE)
PERSON = r"\s*+(?:<[\w.:-]+(?:/>|>[^<]*+</[\w.:-]+\s*+>)\s*+){0,8}"
REPEATING = re.compile(
    r"<!\[CDATA\[(?:(?!\]\]>).)*+(?:\]\]>)?"
    r"|<(?:[\w.-]+:)?(?P<border>item|entry)(?=[\s/>])"
    rf"|<(?P<name>(?:[\w.-]+:)?(?:{'|'.join(NAMES)}))(?=[\s/>])[^<>]*?(?:/>|>(?:[^<]*+|{PERSON})</(?P=name)\s*>)",
    re.IGNORECASE | re.DOTALL,
)
SRS = re.compile(
    r"\s+srsName\s*=\s*(?:\"(?![^\"]*EPSG:\d{1,6}\")[^\"]*\"|'(?![^']*EPSG:\d{1,6}')[^']*')", re.IGNORECASE
)


def bounded(body: str) -> str:
    """Leave out what goes beyond the limits of one element, and coordinate systems that are no number.

    A name of a coordinate system that feedparser cannot read makes it give up the whole feed.
    """
    body = LONG_TAG.sub(_fewer_attributes, body)
    if "srsname" in body.lower():
        body = SRS.sub("", body)
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
