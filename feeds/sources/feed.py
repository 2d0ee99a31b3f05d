"""RSS 0.9x to 2.0, RDF, Atom and CDF -> a feed of the model.

feedparser (``feed_parser``) gets bytes that are UTF-8 and XML as it likes it (``charset``, ``repair``), and
neither cleans nor resolves anything inside texts: ``normalize.html`` does both, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Decision, Document, Entry, Feed
from feeds.normalize import language
from feeds.normalize.urls import web_url
from feeds.sources import second_pass
from feeds.sources.charset import decode
from feeds.sources.elements import NOTHING, read_elements
from feeds.sources.feed_entry import read_entry
from feeds.sources.feed_head import read_head
from feeds.sources.feed_parser import parse
from feeds.sources.feed_values import Reading, Values, value
from feeds.sources.finish import UNKNOWN, finished
from feeds.sources.not_a_feed import explain
from feeds.sources.ours import read_ours, root_of_ours
from feeds.sources.repair import Repaired, apart, local, repair, root_of

ROOTS = frozenset({"rss", "feed", "rdf", "channel", "entry"})
ATOM_ROOTS = frozenset({"feed", "entry"})
CHANNEL = re.compile(r"<(?:[\w.-]+:)?channel[\s>/]", re.IGNORECASE)
OURS = frozenset({"xplace", "xpermalink"})
"""Elements that ``repair`` writes into entries."""
STUMBLES = 200
"""So many entries may make feedparser stumble before the rest is given up."""


def read(document: Document, source: Source, authority: str) -> Feed:
    """Read a feed in XML.

    Args:
        document: Its bytes, in any character set.
        source: Gives the zone of dates without one, the language, the name.
        authority: Under which ids are minted.

    Raises:
        ReadError: The document is no feed; the sentence says what it is instead.
    """
    return read_text(decode(document.body, document.headers), document, source, authority)


def read_text(text: str, document: Document, source: Source, authority: str) -> Feed:
    """Read a feed in XML of which the character set is known already. As ``read``."""
    ours = root_of_ours(text)
    if ours is not None:
        return read_ours(ours, text, source, authority)
    root = root_of(text)
    if root is None or local(root[0]) not in ROOTS:
        raise ReadError(explain(text, document, source))
    repaired = repair(text, *root)
    base = web_url(document.headers.get("content-location", ""), document.url) or web_url(document.url, None)
    url = base or "https://source.invalid/"
    parsed, unread, strict = _parsed(repaired, url)
    reading = Reading(
        source=source.name,
        authority=authority,
        zone=source.timezone,
        url=url,
        is_atom=repaired.root in ATOM_ROOTS,
    )
    elements = read_elements(parsed["text"], reading.url)
    if repaired.root == "rdf" and not parsed["entries"] and CHANNEL.search(repaired.text) is None:
        raise ReadError("this is an RDF document, but not RSS 1.0: it has neither a channel nor items")
    feed = read_head(parsed["feed"], elements.head, reading, source)
    feed = replace(
        feed,
        skip_hours=second_pass.skip_hours(text),
        skip_days=second_pass.skip_days(text),
        withdrawn=second_pass.tombstones(repaired.text, reading.zone),
        language=feed.language or language.tag(document.headers.get("content-language", "")),
        truncated=repaired.truncated,
        decisions=(*feed.decisions, *_left_out(repaired, unread)),
    )
    entries: list[Entry] = []
    silent = 0
    for one in parsed["entries"]:
        told = elements.entries.get(value(one, "xplace") or "", NOTHING)
        entry = read_entry(one, told, reading)
        if _says(entry):
            entries.append(_with_authors(entry, feed, reading))
        else:
            silent += any(part.text for part in told.parts if part.name not in OURS)
    whole = strict and not (silent or unread or repaired.left_out or repaired.too_large or repaired.truncated)
    alone = len(parsed["entries"]) == len(entries) == len(elements.entries)
    feed = replace(feed, separable=whole and alone)
    if silent:
        reason = f"{silent} entries hold nothing that can be shown, and are left out"
        feed = replace(feed, decisions=(*feed.decisions, Decision(topic="entry", reason=reason)))
    return finished(feed, entries, source, authority)


def _parsed(repaired: Repaired, url: str) -> tuple[Values, int, bool]:
    """Parse the document; if feedparser stumbles over an entry, parse each alone and leave out those.

    Returns:
        What feedparser gives, how many entries it cannot read, and whether it is XML.

    Raises:
        ReadError: It can read none of them.
    """
    try:
        parsed, strict = parse(repaired.text, url)
    except ReadError as error:
        whole: Values | None = None
        unread = 0
        for text in apart(repaired):
            try:
                one, _ = parse(text, url)
            except ReadError:
                unread += 1
                if unread > STUMBLES:
                    break
                continue
            whole = whole or {**one, "entries": [], "text": repaired.text}
            whole["entries"] += one["entries"]
        if whole is None:
            raise ReadError(str(error)) from error
        return whole, unread, False
    else:
        return parsed, 0, strict


def _left_out(repaired: Repaired, unread: int) -> Iterator[Decision]:
    if repaired.left_out:
        reason = (
            f"the document holds {repaired.left_out} entries more than are read at once; the newest are taken"
        )
        yield Decision(topic="limit", reason=reason)
    for why in dict.fromkeys(repaired.too_large):
        number = repaired.too_large.count(why)
        entries = "an entry is" if number == 1 else f"{number} entries are"
        yield Decision(topic="limit", reason=f"{entries} left out: {why}")
    if unread:
        yield Decision(topic="entry", reason=f"{unread} entries cannot be read and are left out")


def _says(entry: Entry) -> bool:
    """Say whether there is anything in an entry, were it an unreadable date; an empty element is none."""
    if entry.title or entry.content or entry.summary or entry.url:
        return True
    told = any(one.topic == "date" for one in entry.decisions)
    return told or replace(entry, source="", language=None, decisions=()) != Entry(source="", id=UNKNOWN)


def _with_authors(entry: Entry, feed: Feed, reading: Reading) -> Entry:
    """Give an entry of an Atom feed the feed's authors if it names none itself (RFC 4287, 4.2.1)."""
    return replace(entry, people=feed.people) if reading.is_atom and not entry.people else entry
