"""Which of an entry's two texts is the summary, and which the content, where a source mixes them up."""

from __future__ import annotations

import re

from feeds.model import Text, TextType
from feeds.normalize.text import shown

MEDIA = re.compile(r"<(?:img|video|audio)\b")
MORE = re.compile(r"[\s\[(]*(?:\.{3}|…)[\s\])]*\Z")
LONG = 280
"""Characters from which a text is no summary if the content is not half as long; of short texts, the source
knows best which is which."""


def arranged(summary: Text | None, content: Text | None) -> tuple[Text | None, Text | None]:
    """Put right what a source declared as summary and as content.

    A summary that only repeats the content is none. The two change places if the content is only the
    beginning of the summary, or if the summary is long and the content not half of it. A content without
    words (a picture) stays where it is: it says nothing about the words. Nothing is joined, and nothing cut:
    a shortened copy with "[...]" is the summary that the source wanted.
    """
    if summary is None or content is None or summary.value == content.value:
        return None if content is not None else summary, content
    if 4 * len(summary.value) < len(content.value):
        return summary, content
    short, full = (" ".join(shown(text).split()) for text in (summary, content))
    if short == full:
        return None, max(content, summary, key=_richness)
    if full and _pictures(content) <= _pictures(summary) and _outgrows(short, full):
        return content, summary
    return summary, content


def _outgrows(summary: str, content: str) -> bool:
    """Say whether, of two texts in one line each, the one called summary is the full one."""
    beginning = MORE.sub("", content)
    if len(summary) > len(content) and beginning != content and summary.startswith(beginning):
        return True
    return len(summary) > max(LONG, 2 * len(content))


def _richness(text: Text) -> tuple[int, bool]:
    """Rank texts with the same words; of equals, the content comes first, and ``max`` takes it."""
    return _pictures(text), text.type is TextType.HTML


def _pictures(text: Text) -> int:
    return len(MEDIA.findall(text.value)) if text.type is TextType.HTML else 0
