"""Titles: what of a text fits into one, and what stands in for one that the source did not give. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from feeds.model import Decision, Entry, Text, TextType, TitleOrigin
from feeds.normalize.chars import one_line, unjoined, visible
from feeds.normalize.dates import w3cdtf
from feeds.normalize.html import LINES, PARAGRAPHS, plain
from feeds.normalize.text import excerpt, shown

LONG = 1000
"""Characters of a title; nobody reads more, and a list of entries must stay one."""
PHRASING = frozenset(
    {
        *(
            "abbr",
            "b",
            "bdi",
            "bdo",
            "br",
            "cite",
            "code",
            "del",
            "dfn",
            "em",
            "i",
            "ins",
            "kbd",
            "mark",
            "q",
        ),
        *("rp", "rt", "ruby", "s", "samp", "small", "strong", "sub", "sup", "u", "var", "wbr"),
    }
)
"""Elements that may stand in a title: what sets words off. A link or a picture in one breaks lists."""
# Sanitized HTML has "<" at the start of a tag only, and every attribute in double quotes.
TAG = re.compile(r'</?([a-z][a-z0-9]*)(?: [a-z-]+="[^"]*+")*+ ?/?>')
MEANINGLESS = re.compile(r"\A(?:\s|<br>)+|(?:\s|<br>)+\Z")


def title_of(text: Text | None) -> Text | None:
    """Fit a text for a title: one line, at most ``LONG`` characters, markup only if it sets off words.

    Args:
        text: HTML is sanitized. None if the source gave none.

    Returns:
        HTML only if elements of ``PHRASING`` are left in it; None if there is nothing to see.
    """
    if text is None:
        return None
    if text.type is TextType.HTML and len(text.value) <= LONG:
        bare = MEANINGLESS.sub("", one_line(TAG.sub(_set_off, text.value)))
        if "<" in bare and visible(plain(bare)):
            return replace(text, value=bare)
    line = excerpt(unjoined(shown(text)), LONG)
    return replace(text, value=line, type=TextType.PLAIN) if visible(line) else None


def _set_off(tag: re.Match[str]) -> str:
    """Keep a tag that sets off words; of others only the space stays that a block has around it."""
    if tag[1] in PHRASING:
        return tag[0]
    return " " if tag[1] in PARAGRAPHS or tag[1] in LINES else ""


def shortened(text: Text | None) -> tuple[Decision, ...]:
    """Say that a text was cut to become a title, if it was."""
    if text is None or len(text.value) <= LONG or len(one_line(shown(text))) <= LONG:
        return ()
    return (Decision(topic="title", reason=f"the title is cut to its first {LONG} characters"),)


def untitled(entry: Entry, policy: str) -> Entry:
    """Give an entry whose source gave it no title the title that an output wants for such entries.

    Args:
        entry: With or without a derived title. One whose source gave a title comes back as it is.
        policy: ``derive``: the title that was derived from its text. ``empty``: none. ``date``: the day when
            it was published (else updated) where its source stands, as 2025-12-27; as coarse as it was told.
    """
    if policy == "derive" or (entry.title is not None and entry.title_origin is TitleOrigin.DECLARED):
        return entry
    moment = entry.published or entry.updated
    if policy == "date" and moment is not None:
        return replace(entry, title=Text(value=w3cdtf(moment)[:10]), title_origin=TitleOrigin.DERIVED)
    return replace(entry, title=None)
