"""Datelines: ``PARIS, 3 mars 2026 (AFP) - The text``: where, when and by which agency a text begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from feeds.model import Moment, Precision
from feeds.normalize.agencies import agencies
from feeds.normalize.dates import parse

LONG = 120
"""Characters in which a dateline has to end."""

WORD = r"[^\W\d_][^\W\d_.'’-]*(?:[.'’-][^\W\d_]*)*"
PLACE = rf"(?P<place>{WORD}(?:[ /]{WORD}){{0,4}}(?:,[ ]?[^\W\d_][^\W\d_]{{0,12}}\.?(?=[ ]?\())?)"
DAY = r"(?:(?:[^\W\d_]{2,12}\.?,?|den|le|el|il)[ ]){0,2}?(?=[^()\n]{0,14}\d)[^()\n–—]{4,34}?"
GROUP = r"\((?P<{}>[^()\n]{{2,40}})\)"
DASH = r"(?:[.:]?[ ]?[-–—]{1,2}|:)"
FORMS = tuple(
    re.compile(form)
    for form in (
        # PARIS, 3 mars 2026 (AFP) - | Teruel, 9 abr 2026 (EFE).- | Linz (APA) – 1. Jänner 2026 – | Bern (sda)
        (
            rf"{PLACE}(?:,?[ ](?P<day>{DAY}))?[ ]?{GROUP.format('agency')}[ ]?{DASH}"
            rf"(?:[ ](?P<later>{DAY})(?:[ ]{DASH}|\.(?=[ ][^\W\d_])))?[ ]"
        ),
        # (ANSA) - ROMA, 3 MAR 2026 -
        rf"{GROUP.format('agency')}[ ]?{DASH}?[ ]{PLACE}(?:,?[ ](?P<day>{DAY}))?[ ]{DASH}[ ]",
        # Hamburg, 11.03.2026 - | Berlin, 3. März 2026:
        rf"{PLACE},[ ](?P<day>{DAY})(?:[ ]{DASH}|:)[ ]",
        # DAYTON SPRINGS — | LONDON -
        (
            r"(?P<loud>[^\W\d_a-z][^\W\d_a-zß-ÿ]+(?:[ .'’-]+[^\W\d_a-zß-ÿ]+){0,3}(?:,[ ][A-Z][a-z]{1,5}\.)?)"
            r"[ ][–—][ ](?=[«„“”\"']?[^\W\d_a-zß-ÿ])"
        ),
    )
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dateline:
    """What stands before a text, which begins at ``end``; ``published`` is None if no year is told."""

    published: Moment | None
    end: int


def dateline(text: str, zone: ZoneInfo) -> Dateline | None:
    """Read the dateline at the beginning of a paragraph; None if it begins otherwise.

    A place alone counts only in capitals and before a long dash, a day only with a place. A day without its
    year ("Feb 11") says nothing that could be relied on, and is no date.

    Args:
        text: A paragraph, plain.
        zone: For the date.

    >>> found = dateline("Zürich, 27. Dezember 2025 (dpa) – Es schneit.", ZoneInfo("Europe/Zurich"))
    >>> found.published.raw, found.end
    ('27. Dezember 2025', 36)
    """
    head = text[:LONG]
    for form in FORMS:
        match = form.match(head)
        if match is None or len(text) == match.end():
            continue
        told = match.groupdict()
        if told.get("agency") is not None and not agencies(told["agency"]):
            continue
        days = [day for day in (told.get("day"), told.get("later")) if day]
        moments = [_day(day, zone) for day in days]
        if not all(known for known, _ in moments):
            continue
        if told.get("agency") is None and days and moments[0][1] is None:
            continue
        return Dateline(published=next((moment for _, moment in moments if moment), None), end=match.end())
    return None


def begun(lede: str | None, zone: ZoneInfo) -> tuple[str | None, Moment | None]:
    """Part a first paragraph from its dateline; the moment is None if there is none, or it tells no day."""
    found = dateline(lede, zone) if lede else None
    return (lede[found.end :], found.published) if lede and found else (lede, None)


def _day(words: str, zone: ZoneInfo) -> tuple[bool, Moment | None]:
    """Say whether words are a day, and which; a day without its year is one, but not which."""
    moment = parse(words, zone)
    if moment is not None and moment.precision not in {Precision.YEAR, Precision.MONTH}:
        return True, moment
    guess = parse(f"{words} 2000", zone) or parse(f"{words}, 2000", zone)
    return guess is not None and guess.precision is Precision.DAY, None
