"""Where an entry is from, said to people; and how much of it its source lets us show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from types import MappingProxyType

from feeds.model import Entry, Text, TextType, TitleOrigin
from feeds.normalize.html import escape, from_text, sanitize
from feeds.normalize.text import shown

LABEL = 30
"""Words of a headline, and of what may stand beside it: the title of a link, a credit."""

# Chinese and Japanese are counted by characters, Thai, Lao, Burmese and Khmer by four of them, because there
# is no space between words; and what has no space for long is no one word either.
UNSPACED = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
SYLLABIC = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
WORD = re.compile(rf"[{UNSPACED}]|[{SYLLABIC}]{{1,4}}|[^\s{UNSPACED}{SYLLABIC}]{{1,30}}")

# "Source" in the languages that a text may be in; English elsewhere.
SOURCE: Mapping[str, str] = MappingProxyType(
    {
        "de": "Quelle",
        "fr": "Source",
        "it": "Fonte",
        "es": "Fuente",
        "pt": "Fonte",
        "nl": "Bron",
        "pl": "Źródło",
        "ru": "Источник",
        "rm": "Funtauna",
        "ca": "Font",
        "sv": "Källa",
        "da": "Kilde",
        "nb": "Kilde",
        "nn": "Kjelde",
        "no": "Kilde",
        "fi": "Lähde",
        "cs": "Zdroj",
        "uk": "Джерело",
    }
)


def credited(entry: Entry, how: str) -> Entry:
    """Let an entry say where it is from, for readers who do not show ``atom:source``.

    Args:
        entry: With its origin; one whose origin has no title comes back as it is.
        how: ``none``; ``prefix`` or ``suffix``: with the title; ``line``: below the text, with a link.
    """
    origin = entry.origin
    if origin is None or origin.title is None or how == "none":
        return entry
    if how == "line":
        word = SOURCE.get((entry.language or "").partition("-")[0], "Source")
        name = escape(origin.title)
        if origin.site_url is not None:
            href = origin.site_url.replace("&", "&amp;").replace('"', "&quot;")
            name = f'<a href="{href}">{name}</a>'
        line = sanitize(f"<p>{word}: {name}</p>", None)
        if entry.content is None and entry.summary is not None:
            return replace(entry, summary=_with_line(entry.summary, line))
        return replace(entry, content=_with_line(entry.content, line))
    if entry.title is None:
        return entry
    html = entry.title.type is TextType.HTML
    name = escape(origin.title) if html else origin.title
    told = f"{name}: {entry.title.value}" if how == "prefix" else f"{entry.title.value} ({name})"
    return replace(entry, title=replace(entry.title, value=told))


def _with_line(text: Text | None, line: str) -> Text:
    if text is None:
        return Text(value=line, type=TextType.HTML)
    body = text.value if text.type is TextType.HTML else from_text(text.value)
    return replace(text, value=body + line, type=TextType.HTML)


def headline(entry: Entry) -> Entry:
    """Leave of an entry what is needed to find it: title, page, dates, people, labels, rights.

    One without a page keeps its title as its text: a feed's entry has to have one or the other (RFC 4287,
    4.1.2).
    """
    bare = _labelled(entry, LABEL)
    text = None if entry.url is not None else Text(value=shown(bare.title) or entry.id)
    return replace(bare, summary=None, content=text, enclosures=(), image=None, podcast=None)


def excerpted(entry: Entry, most: int) -> Entry:
    """Leave at most so many words of an entry's text, as a summary in plain text; files and labels stay.

    A summary that the source gave is taken where there is one. A title that was derived from the text has no
    more words either, one that the source gave at most ``LABEL``, and nothing else more than the text.
    """
    bare = _labelled(entry, most)
    whole = shown(entry.summary) or shown(entry.content)
    short = beginning(whole, most)
    if not short:
        return replace(bare, summary=None, content=None)
    text = Text(value=short, language=(entry.summary or entry.content or Text(value="x")).language)
    if entry.url is None:
        return replace(bare, summary=None, content=text)
    return replace(bare, summary=text, content=None)


def beginning(text: str, most: int) -> str:
    """Give the first words of a text, with an ellipsis if it has more."""
    units = list(islice(WORD.finditer(text), most + 1))
    if len(units) <= most:
        return text
    return text[: units[most - 1].end()].rstrip(" ,;:–—-") + " …"


def words(text: str) -> int:
    """Count words, also of languages that put no space between them.

    >>> words("Snow in the valley"), words("谷の雪"), words("x" * 90)
    (4, 3, 3)
    """
    return sum(1 for _ in WORD.finditer(text))


def _labelled(entry: Entry, most: int) -> Entry:
    """Leave out what is no text of an entry and yet has more words than its text may have."""

    def fits(text: str | None) -> str | None:
        return text if text is None or words(text) <= most else None

    # There are sources that write the whole text into the title.
    room = most if entry.title_origin is TitleOrigin.DERIVED else max(most, LABEL)
    title = entry.title
    if title is not None and words(shown(title)) > room:
        title = Text(value=beginning(shown(title), room), language=title.language)
    image = entry.image
    return replace(
        entry,
        title=title,
        links=tuple(replace(link, title=fits(link.title)) for link in entry.links),
        enclosures=tuple(
            replace(one, title=fits(one.title), credit=fits(one.credit)) for one in entry.enclosures
        ),
        image=image and replace(image, title=fits(image.title), credit=fits(image.credit)),
        credits=tuple(replace(one, raw=fits(one.raw)) for one in entry.credits),
        extra=tuple(pair for pair in entry.extra if pair[0].startswith("georss:") or fits(pair[1])),
    )
