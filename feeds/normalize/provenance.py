"""Where an entry is from, said to people; and how much of it its source lets us show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from feeds.model import Entry, Text, TextType
from feeds.normalize.html import escape, from_text, sanitize
from feeds.normalize.text import shown

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
    text = None if entry.url is not None else Text(value=shown(entry.title) or entry.id)
    return replace(entry, summary=None, content=text, enclosures=(), image=None, podcast=None)


def excerpted(entry: Entry, most: int) -> Entry:
    """Leave at most so many words of an entry's text, as a summary in plain text; the rest stays.

    A summary that the source gave is taken where there is one.
    """
    whole = shown(entry.summary) or shown(entry.content)
    words = whole.split()
    if not words:
        return replace(entry, summary=None, content=None)
    short = whole if len(words) <= most else " ".join(words[:most]).rstrip(" ,;:–—-") + " …"
    text = Text(value=short, language=(entry.summary or entry.content or Text(value="x")).language)
    if entry.url is None:
        return replace(entry, summary=None, content=text)
    return replace(entry, summary=text, content=None)
