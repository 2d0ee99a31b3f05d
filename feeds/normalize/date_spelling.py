"""Dates in words -> the same dates in signs that few patterns can read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feeds.normalize.date_words import (
    FILLERS,
    HALVES,
    HOURS,
    MONTHS,
    ROMAN,
    SIGNS,
    WEEKDAYS,
    ZONE_PHRASES,
    ZONES,
    fold,
)

DASHES = str.maketrans("‐‑‒–—−。’‘`", "------.'''")
COMMENT = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
ZONE_COMMENT = re.compile(r"(.*:[0-9]{2}(?:[.,][0-9]+)?)\s*\(([A-Za-z]{2,5})\)\Z")
DOTTED = re.compile(r"\b([0-9]{1,2})\.([0-9]{2})(?=\s*(?:uhr|h|uur)\b)")
MINUTES = re.compile(r"\b([0-9]{1,2})\s*h\s*([0-9]{2})\s*min\b\.?(?:\s*([0-9]{2})\s*s\b)?")
"""10 h 30 min 05 s, as French and Portuguese write it."""
PHRASE = re.compile(rf"\b(?:{'|'.join(ZONE_PHRASES)})\b")
NUMERAL = re.compile(rf"(?<=[0-9])([\s.]+)({'|'.join(ROMAN)})(?=[\s.]+[0-9]{{4}}\b)")
"""27 XII 2025."""
HALF = re.compile(r"\b([ap])\.\s?m\b\.?")
WORD = re.compile(r"[^\W\d_]+")
AFTER_TIME = re.compile(r"[0-9]:[0-9]{2}(?:[:.,][0-9]+)*\s*(?:uhr|h|hrs|am|pm)?\s*\Z")
AFTER_HOUR = re.compile(r"(?<![0-9:.])[0-9]{1,2}\s*\Z")


def spell(text: str) -> str:
    """Put every word of a date in signs: months ``~05~``, zones ``{cet}``; others vanish or become ``!``."""
    folded = fold(" ".join(text.translate(DASHES).split()))
    if match := ZONE_COMMENT.match(folded):
        folded = f"{match[1]} {match[2]}"
    folded = HALF.sub(r"\1m ", DOTTED.sub(r"\1:\2", COMMENT.sub("", folded)))
    folded = MINUTES.sub(lambda told: ":".join(part for part in told.groups() if part), folded)
    folded = PHRASE.sub(lambda phrase: ZONE_PHRASES[phrase[0]], folded)
    folded = NUMERAL.sub(lambda numeral: numeral[1] + ROMAN[numeral[2]], folded)
    spelled = "".join(_signs(folded))
    return re.sub(r"\A!\s*,", "", spelled)


def _signs(text: str) -> Iterator[str]:
    start = 0
    for match in WORD.finditer(text):
        yield text[start : match.start()]
        start = match.end()
        yield _sign(match[0], text[: match.start()], text[match.end() :])
    yield text[start:]


def _sign(word: str, before: str, behind: str) -> str:
    if number := MONTHS.get(word):
        return f"~{number:02}~"
    if word in HOURS and AFTER_HOUR.search(before):
        return ":" if behind.lstrip()[:2].isdigit() else ":00"
    if word in SIGNS or word in HALVES:
        return SIGNS.get(word) or HALVES[word]
    after_time = AFTER_TIME.search(before) is not None
    if after_time and word not in HOURS and (word in ZONES or len(word) == 1):
        return f"{{{word}}}"
    if word in WEEKDAYS or word in FILLERS or word in HOURS:
        return " "
    return f"{{{word}}}" if word in ZONES or (after_time and len(word) <= 5) else "!"
