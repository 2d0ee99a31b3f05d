"""What stands at the head of a text: lines like ``Titel: ...``, a line with the date, a byline, a credit.

The same names serve front matter and the ``meta`` elements of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from feeds.model import Credit, Moment, Person, Precision
from feeds.normalize.dates import parse
from feeds.normalize.people import agency_credits, bylines, is_role

# Our name of a field, then what it is called, in the languages and programs that we know.
FIELD_TABLE = """
title title titel titre titolo título titulo headline überschrift
published published date datum data fecha pubdate created issued veröffentlicht publiziert publié pubblicato
published publicado publish_date datepublished
updated updated modified lastmod aktualisiert geändert stand mise-à-jour aggiornato actualizado
updated last_modified datemodified last-modified
author author authors autor autorin autoren auteur auteurs auteure autrice autore autori autora
author autores by von par byline verfasser verfasserin
language language lang sprache langue lingua idioma locale
summary summary description excerpt abstract lead lede vorspann zusammenfassung teaser chapeau chapô résumé
summary sommario riassunto resumen descripción entradilla
tags tags tag categories category keywords schlagwörter stichworte stichwörter themen mots-clés étiquettes
tags etichette categorie etiquetas categorías rubrik
id id guid uuid identifier
url url link permalink canonical canonical_url adresse lien collegamento enlace
image image cover cover_image featured_image thumbnail
enclosures enclosure enclosures audio anhang
rights rights copyright
license license licence lizenz
draft draft entwurf
"""


def _fields() -> Iterator[tuple[str, str]]:
    for line in FIELD_TABLE.strip().splitlines():
        name, *words = line.split()
        yield from ((word, name) for word in words)


FIELDS: Mapping[str, str] = MappingProxyType(dict(_fields()))
FIELD_LINE = re.compile(r"[ \t]{0,3}(?P<key>[^\W\d_][\w-]{0,24})[ \t]*:(?:[ \t]+(?P<value>.*))?\Z")
LONG_LINE = 160
LONG_DATE_LINE = 80

DATE_LABEL = re.compile(
    r"(?:(?P<updated>updated|last\s+updated|aktualisiert|zuletzt\s+aktualisiert|geändert|stand|mis\s+à\s+jour|"
    r"aggiornato|actualizado|atualizado|bijgewerkt|last\s+modified)|published|posted|publiziert|veröffentlicht|"
    r"erschienen|publiée?|paru|pubblicato|publicad[oa]|gepubliceerd|datum|date|data|fecha)\b\s*:?\s*"
    r"(?:(?:am|on|le|il|el|den|vom|op|em)\s+)?",
    re.IGNORECASE,
)
MARK = re.compile(
    r"\s*(?:date|datum|data|fecha)\s*:?\s+"
    r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]+)?)?|"
    r"[0-9]{1,2}\.\s?[0-9]{1,2}\.\s?[0-9]{4})(?=\s|\Z)\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
TRIMMED = " *_–—-|·•"


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What one line at the head or the foot of a text says besides the text."""

    published: Moment | None = None
    updated: Moment | None = None
    people: tuple[Person, ...] = ()
    credits: tuple[Credit, ...] = ()


def named(fields: Mapping[str, object]) -> dict[str, object]:
    """Give fields under our names; of two with one meaning the first, and nothing without a value.

    >>> named({"Titel": "A", "lang": "", "nonsense": "B"})
    {'title': 'A'}
    """
    known: dict[str, object] = {}
    for key, value in fields.items():
        name = FIELDS.get(str(key).strip().lower())
        if name is not None and value not in (None, "", [], {}):
            known.setdefault(name, value)
    return known


def split_fields(text: str) -> tuple[dict[str, object], str]:
    """Part lines like ``Titel: ...`` at the very top of a text from what follows.

    A line below that is indented continues the value. Nothing is taken unless the first line has a name we
    know and all lines up to the first empty one look alike; of those, lines with other names stay text.
    """
    head, _, rest = text.lstrip("\n").partition("\n\n")
    found: dict[str, list[str]] = {}
    others: list[str] = []
    name: str | None = None
    for line in head.splitlines():
        if name is not None and line[:1] in " \t" and line.strip():
            found[name].append(line.strip())
            continue
        match, marker = FIELD_LINE.match(line), MARK.match(line)
        name = FIELDS.get(match["key"].lower()) if match else None
        if match is None or (marker and marker["rest"]) or (name is None and not found):
            return {}, text
        if name is None:
            others.append(line)
        else:
            found.setdefault(name, [(match["value"] or "").strip()])
    told: dict[str, object] = {key: text for key, lines in found.items() if (text := " ".join(lines))}
    return told, "\n".join([*others, "", rest]) if others else rest


def marked(text: str, zone: ZoneInfo) -> tuple[Moment, str] | None:
    """Read a text that begins with the word "date" and a day: the moment, and the text behind; else None."""
    match = MARK.match(text)
    moment = parse(match["date"], zone) if match else None
    return (moment, match["rest"]) if match and moment else None


def read_line(line: str, zone: ZoneInfo) -> Head | None:
    """Read a line that says when, by whom or from where a text is, and nothing else; else None.

    >>> head = read_line("Von Ada Example | Stand: 27.12.2025", ZoneInfo("UTC"))
    >>> head.people[0].name, head.updated.raw
    ('Ada Example', '27.12.2025')
    """
    text = line.strip(TRIMMED)
    if not text or len(text) > LONG_LINE:
        return None
    parts = [part for part in re.split(r"\s*[|·•]\s*", text) if part]
    found = [head for part in parts if (head := _one(part, zone)) is not None]
    return joined(found) if len(found) == len(parts) else _one(text, zone)


def read_lines(lines: Sequence[str], zone: ZoneInfo) -> Head | None:
    """Read a paragraph of such lines; None if one of them says something else.

    A role may stand in a line of its own below the name: ``By Ada Example`` / ``Staff Writer``.
    """
    found: list[Head] = []
    at = 0
    while at < len(lines):
        head = read_line(lines[at], zone)
        both = None
        if at + 1 < len(lines) and is_role(lines[at + 1]):
            both = read_line(f"{lines[at].strip()}, {lines[at + 1].strip()}", zone)
        if both is not None and both.people:
            head = both
            at += 1
        if head is None:
            return None
        found.append(head)
        at += 1
    return joined(found) if found else None


def month_line(line: str, zone: ZoneInfo) -> Head | None:
    """Read a line that is nothing but a month and its year: ``June 2026``."""
    text = line.strip(TRIMMED)
    moment = parse(text, zone) if len(text) <= LONG_DATE_LINE and any(map(str.isalpha, text)) else None
    return Head(published=moment) if moment and moment.precision is Precision.MONTH else None


def joined(heads: list[Head]) -> Head:
    """Put several into one; of dates the first counts."""
    return Head(
        published=next((head.published for head in heads if head.published), None),
        updated=next((head.updated for head in heads if head.updated), None),
        people=tuple(person for head in heads for person in head.people),
        credits=tuple(credit for head in heads for credit in head.credits),
    )


def _one(text: str, zone: ZoneInfo) -> Head | None:
    dated = _date_line(text, zone)
    if dated is not None:
        return dated
    people = bylines(text)
    if people:
        tail = text.partition(",")[2].rpartition(",")[2] or text.partition(",")[2]
        again = _date_line(tail.strip(), zone) or Head()
        return Head(
            people=people, credits=agency_credits(text), published=again.published, updated=again.updated
        )
    found = agency_credits(text)
    # Only what is nothing but a credit: "(dpa)", "Quelle: dpa", "Fotos: Keystone".
    return (
        Head(credits=found)
        if found and found[0].raw and len(found[0].raw) >= len(text.strip(" .")) - 2
        else None
    )


def _date_line(text: str, zone: ZoneInfo) -> Head | None:
    if len(text) > LONG_DATE_LINE or text.isdigit():
        return None
    label = DATE_LABEL.match(text)
    moment = parse(text[label.end() :] if label else text, zone)
    if moment is None or moment.precision in {Precision.YEAR, Precision.MONTH}:
        return None
    # "Lugano, 20 gennaio 2026 (Keystone-ATS)": the credit stands beside the date.
    credited = agency_credits(text) if "(" in text else ()
    if label and label["updated"]:
        return Head(updated=moment, credits=credited)
    return Head(published=moment, credits=credited)
