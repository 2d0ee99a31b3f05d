"""Plain text: cleaning, shortening, and when two texts say the same."""

from __future__ import annotations

import re

from feeds.model import Entry, Text, TextType
from feeds.normalize.chars import clean, one_line, visible
from feeds.normalize.html import plain, spoken
from feeds.normalize.ids import digest
from feeds.normalize.urls import canonical, untrack

__all__ = (
    "clean",
    "excerpt",
    "fingerprint",
    "first_sentence",
    "one_line",
    "same_text",
    "shown",
    "visible",
    "words",
)

# A full stop behind these ends no sentence. Lower case; German, English, French, Italian.
ABBREVIATIONS = frozenset(
    {
        *(
            "dr",
            "prof",
            "hr",
            "fr",
            "st",
            "nr",
            "no",
            "vs",
            "mr",
            "mrs",
            "ms",
            "jr",
            "sr",
            "inc",
            "ltd",
            "co",
        ),
        *("bzw", "ca", "evtl", "ggf", "inkl", "max", "min", "mio", "mrd", "tsd", "sog", "usw", "vgl", "str"),
        *("jan", "feb", "mär", "apr", "jun", "jul", "aug", "sep", "sept", "okt", "oct", "nov", "dez", "dec"),
        *(
            "abs",
            "art",
            "bd",
            "jh",
            "u.s",
            "e.g",
            "i.e",
            "z.b",
            "d.h",
            "u.a",
            "o.ä",
            "s.a",
            "p.m",
            "a.m",
            "mme",
        ),
        *("mlle", "av", "gen", "lt", "sgt", "gov", "sen", "rep", "fig", "vol", "sig", "dott", "ing", "etc"),
    }
)
STOP = re.compile(r"[.!?…](?:[»«”“\"'’)\]]*)(?=\s+[«»„“\"'‘(\[]*[A-ZÀ-ÖØ-ÞĀ-Ž0-9]|\s*\Z)")
LAST_WORD = re.compile(r"([^\s«»„“”\"'(\[]+)\Z")

ADDRESS = re.compile(r"https?://[^\s<>\"']+")
# Counters and ages beside a text change at every poll and say nothing new.
COUNTED = (
    r"[\d.,'’]*\s*(?:comments?|repl(?:y|ies)|views?|likes?|shares?|reactions?|kommentare?n?|aufrufe?|antworten|"
    r"mal gelesen|commentaires?|vues?|réponses?|commenti|visualizzazioni)\b"
)
AGO = r"\d*\s+(?:seconds?|minutes?|hours?|days?|weeks?)\s+ago\b"
NOISE = re.compile(
    rf"\b\d{COUNTED}"
    r"|\b(?:comments?|views?|likes?|shares?|kommentare?|aufrufe?|commentaires?|vues?)\s*[:(]\s*\d[\d.,'’]*\)?"
    r"|\b(?:vor|il y a)\s+(?:\d+|einer?|une?)\s+\w+"
    rf"|\b\d{AGO}",
    re.IGNORECASE,
)
NUMBERED = re.compile(rf"\d(?<=\b\d)(?:{COUNTED}|{AGO})", re.IGNORECASE)
AGES = ("vor ", "il y a ")
LABELLED = re.compile(r"[:(]\s*\d")
SHINGLE = 3
ALIKE = 0.85


def words(text: str) -> int:
    """Count the words of a plain text."""
    return len(text.split())


def excerpt(text: str, limit: int) -> str:
    """Shorten a plain text to one line of at most ``limit`` characters, at a word's end, with an ellipsis.

    >>> excerpt("one two three", 9)
    'one two…'
    """
    line = one_line(text)
    if len(line) <= limit:
        return line
    cut = line[:limit]
    head = cut[:-1] if line[limit - 1 : limit] == " " else cut[:-1].rpartition(" ")[0]
    return (head if len(head) * 2 > limit else cut[:-1]).rstrip(" ,;:–—-") + "…"


def first_sentence(text: str, limit: int = 160) -> str:
    """Give the first sentence of a plain text, for a title that is derived.

    Args:
        text: Plain text; its first paragraph with something to see counts.
        limit: Characters at most; a longer sentence ends in an ellipsis.

    >>> first_sentence("Am 3. Mai kam Dr. Ada. Dann ging sie.")
    'Am 3. Mai kam Dr. Ada.'
    """
    line = next((one_line(part) for part in re.split(r"\n\s*\n", text) if visible(part)), "")
    for match in STOP.finditer(line[: 4 * limit]):
        if not _abbreviates(line[: match.start()], line[match.start()]):
            return excerpt(line[: match.end()], limit)
    return excerpt(line, limit)


def _abbreviates(before: str, mark: str) -> bool:
    """Say whether the stop belongs to a word (``Dr.``, ``z. B.``, ``3.``) instead of ending a sentence."""
    last = LAST_WORD.search(before[-40:])
    if mark != "." or last is None:
        return False
    word = last[1].lower()
    return word in ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or (word.isdigit() and len(word) <= 2)


def shown(text: Text | None) -> str:
    """Give what a reader sees of a text, as plain text; empty if there is none."""
    if text is None:
        return ""
    return plain(text.value) if text.type is TextType.HTML else text.value


def _significant(text: Text | None) -> str:
    if text is None:
        return ""
    # Its lines do not matter, so they are not put together first.
    folded = " ".join((spoken(text.value) if text.type is TextType.HTML else text.value).split())
    if "http" in folded:
        folded = ADDRESS.sub(lambda match: untrack(match[0]), folded)
    lowered = folded.lower()
    if LABELLED.search(folded) or any(word in lowered for word in AGES):
        return " ".join(NOISE.sub(" ", folded).split())
    # Without these, noise begins with a number, and is found ten times faster.
    return " ".join(NUMBERED.sub(" ", folded).split())


def fingerprint(entry: Entry) -> str:
    """Hash what a reader would call the entry's text: equal hashes mean that nothing significant changed.

    Title, summary and content as plain text with white space folded, without tracking parameters, counters
    and relative ages; the enclosures by their canonical addresses. Not: the page, dates, people, markup.
    """
    parts = (
        *(_significant(text) for text in (entry.title, entry.summary, entry.content)),
        *sorted({canonical(media.url) for media in entry.enclosures}),
    )
    return digest("\n".join(parts))


def same_text(a: Entry, b: Entry) -> bool:
    """Say whether two entries tell the same in nearly the same words.

    Equal significant texts; or, of texts with at least twenty words, 85 % of all groups of three words in
    common (Jaccard). Two entries without any text are not the same.
    """
    one, other = _whole(a), _whole(b)
    if one == other:
        return bool(one)
    mine, yours = _shingles(one), _shingles(other)
    if min(len(mine), len(yours)) < 20 - SHINGLE:
        return False
    return len(mine & yours) >= ALIKE * len(mine | yours)


def _whole(entry: Entry) -> str:
    body = entry.content or entry.summary
    return " ".join((_significant(entry.title), _significant(body))).strip().casefold()


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    found = re.findall(r"\w+", text)
    return frozenset(zip(*(found[place:] for place in range(SHINGLE)), strict=False))
