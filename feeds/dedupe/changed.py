"""Changed: what a reader would see, and what is only noise."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime
from html import unescape
from operator import attrgetter

from feeds.dedupe.first import FIRST_SIGHT, record
from feeds.dedupe.flood import FLOOD
from feeds.dedupe.shared import SHARED_ID
from feeds.memory import Record
from feeds.model import DateOrigin, Decision, Entry, Media, Moment, Origin, Text, TextType
from feeds.normalize.dates import OLD
from feeds.normalize.text import fingerprint, shown
from feeds.normalize.urls import canonical, same_page

CHANGE, SAME_ENTRY = "change", "same entry"
OURS = frozenset({FIRST_SIGHT, CHANGE, SHARED_ID, SAME_ENTRY, FLOOD})
"""Topics of decisions of this room; they stay with an entry when the source says it anew."""

TAG = re.compile(r"<([a-z][a-z0-9]*)")
LINK = re.compile(r'\bhref="([^"]*)"')
APART = frozenset({"id", "id_origin", "native_id", "published", "updated", "origin", "decisions"})
# One comparison of two tuples: what is the very same value in both is not looked into.
SAID = attrgetter(*(field.name for field in fields(Entry) if field.name not in APART))
PICTURE = re.compile(r'\bsrc="([^"?]*)')
COUNTER = re.compile(
    r"count(?!r)|comments|total|views|likes|shares|favo|rating|votes|hits|rank", re.IGNORECASE
)


def compare(entry: Entry, known: Record, why: str, now: datetime) -> Record | None:
    """Give the record as it has to be stored; None if it is well as it is."""
    old = known.entry
    if old is None or old.updated is None:
        return None
    published, updated = _first_date(entry, old, old.updated, now)
    if known.id == old.id and (published, updated) == (old.published, old.updated) and _same(entry, old):
        return None
    after = replace(
        entry, id=known.id, id_origin=old.id_origin, published=published, updated=updated, decisions=()
    )
    reason = None
    if _text_changed(after, known, old):
        updated, reason = _moved(entry.updated, updated, now)
        after = replace(after, updated=updated)
    elif _visible(after) == _visible(old):
        return None
    after = replace(after, decisions=_decisions(entry, old, why, reason))
    made = record(after, first_seen=known.first_seen, sort_key=known.sort_key)
    return replace(made, backlog=known.backlog, held=known.held)


def _first_date(entry: Entry, old: Entry, updated: Moment, now: datetime) -> tuple[Moment | None, Moment]:
    """Take up the first date of publication that the source gives; another one than the first is noise.

    It is not later than ``updated``, unless that was only inferred: then the source knows better.
    """
    inferred = updated.origin is DateOrigin.INFERRED
    latest = now if inferred else updated.instant
    first = entry.published
    if old.published is not None or first is None or not OLD <= first.instant <= latest:
        return old.published, updated
    return first, first if inferred and first.instant > updated.instant else updated


def _same(entry: Entry, old: Entry) -> bool:
    """Say quickly whether all is the same but for what differs at most polls, and what is looked at apart."""
    if SAID(entry) != SAID(old):
        return False
    return entry.origin == old.origin or _lasting(entry.origin) == _lasting(old.origin)


def _lasting(origin: Origin | None) -> Origin | None:
    """Leave out a feed's date, and its id: there are feeds that get a new one at every poll."""
    return None if origin is None else replace(origin, updated=None, id="")


def _text_changed(after: Entry, known: Record, old: Entry) -> bool:
    """Say whether the text is another one.

    The stored fingerprint may be of an older rule than today's, so an unequal one is made again.
    """
    words = fingerprint(after)
    return words not in (known.fingerprint, fingerprint(old))


def _moved(declared: Moment | None, before: Moment, now: datetime) -> tuple[Moment, str]:
    """Choose ``updated`` of a text that changed."""
    if declared is not None and before.instant < declared.instant <= now:
        return declared, "the text is another one, since the time that the source declares"
    # Never back: the clock may have been put back since.
    noticed = Moment(instant=max(now, before.instant), origin=DateOrigin.FIRST_SEEN)
    return noticed, "the text is another one; the source declares no time for it, so it is when we noticed"


def _decisions(entry: Entry, old: Entry, why: str, reason: str | None) -> tuple[Decision, ...]:
    kept = [decision for decision in old.decisions if decision.topic in OURS]
    if why != "id" and entry.id != old.id:
        same = f"the source now says {entry.id}; by its {why} it is the same entry"
        kept = [one for one in kept if one.topic != SAME_ENTRY] + [Decision(topic=SAME_ENTRY, reason=same)]
    if reason is not None:
        kept = [one for one in kept if one.topic != CHANGE] + [Decision(topic=CHANGE, reason=reason)]
    return (*entry.decisions, *kept)


def _visible(entry: Entry) -> tuple[object, ...]:
    """Give what a change of counts although the words are the same, in a form that noise leaves alone."""
    return (
        None if entry.url is None else same_page(entry.url),
        entry.title_origin,
        tuple(_markup(text) for text in (entry.title, entry.summary, entry.content)),
        frozenset(entry.people),
        frozenset(entry.credits),
        frozenset(entry.categories),
        frozenset(
            (canonical(link.href), link.rel, link.type, link.hreflang, link.title) for link in entry.links
        ),
        frozenset(_file(media) for media in entry.enclosures),
        None if entry.image is None else _file(entry.image),
        (entry.language, entry.license, entry.comments_url, entry.in_reply_to, entry.podcast),
        None if entry.rights is None else " ".join(shown(entry.rights).split()),
        _lasting(entry.origin),
        tuple(pair for pair in entry.extra if not COUNTER.search(pair[0])),
        entry.published,
    )


def _markup(text: Text | None) -> object:
    """Give the elements, the links and the pictures of a text, which its words do not show."""
    if text is None or text.type is TextType.PLAIN:
        return text and (text.type, text.language)
    links = frozenset(canonical(unescape(href)) for href in LINK.findall(text.value))
    # Without what follows "?": there stand sizes and signatures that differ at each poll.
    return (
        text.type,
        text.language,
        tuple(TAG.findall(text.value)),
        links,
        frozenset(PICTURE.findall(text.value)),
    )


def _file(media: Media) -> tuple[object, ...]:
    """Give what counts of a file. A length that was unknown does, another one does not: servers guess."""
    known = (media.length is not None, media.duration is not None)
    return canonical(media.url), media.type, media.width, media.height, media.title, media.credit, known
