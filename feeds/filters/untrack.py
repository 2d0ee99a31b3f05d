"""``untrack``: tracking parameters leave all addresses of an entry, tracking pixels leave its texts.

Which parameters: ``normalize.urls.TRACKING``. Which pixels: ``normalize.untrack``. What is not known to
track stays byte for byte: a token of a podcast's file may look like one, and is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from feeds.config.schema import UntrackStep
from feeds.model import Entry, Media, Text, TextType
from feeds.normalize.untrack import untrack_html
from feeds.normalize.urls import untrack


def build(step: UntrackStep, now: datetime) -> Callable[[Entry], Entry | None]:
    """Make the filter of one pass."""
    del step, now
    return untracked


def untracked(entry: Entry) -> Entry:
    """Give the entry without what watches its reader; the ids stay, whatever they look like."""
    clean = replace(
        entry,
        url=_url(entry.url),
        links=tuple(replace(link, href=untrack(link.href)) for link in entry.links),
        summary=_text(entry.summary),
        content=_text(entry.content),
        enclosures=tuple(map(_media, entry.enclosures)),
        image=_media(entry.image) if entry.image else None,
        comments_url=_url(entry.comments_url),
    )
    return entry if clean == entry else clean


def _url(url: str | None) -> str | None:
    return None if url is None else untrack(url)


def _media(media: Media) -> Media:
    return replace(media, url=untrack(media.url))


def _text(text: Text | None) -> Text | None:
    """Clean a fragment of HTML; one that was nothing but a pixel is no text."""
    if text is None or text.type is not TextType.HTML:
        return text
    value = untrack_html(text.value)
    if value == text.value:
        return text
    return replace(text, value=value) if value.strip() else None
