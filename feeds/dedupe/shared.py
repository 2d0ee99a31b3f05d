"""One id, two sources: who keeps it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from feeds.memory import Record
from feeds.model import Decision, IdOrigin
from feeds.normalize.ids import mint
from feeds.normalize.text import same_text
from feeds.normalize.urls import same_page, same_site

SHARED_ID = "shared id"
"""The topic of decisions made here."""

Owns = Callable[[str, str], bool]
"""Whether an id (the second) names the site of a source (the first, by its name)."""


def claims(others: Sequence[Record], authority: str) -> Mapping[str, list[Record]]:
    """Sort records of other sources by the id that they have, or had to give up."""
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for record in others:
        found[record.id].append(record)
        lost = record.native_id
        if lost is not None and lost != record.id and record.id == mint(authority, record.source, lost):
            found[lost].append(record)
    return found


def remoteness(record: Record, owns: Owns) -> int:
    """Say how far an entry is from home, by its page and by the feed it comes from.

    So a planet's copy is told from the author's own where the id names the site of neither.

    Returns:
        0 where its page is on the host of its source; 1 where its source is a feed that lies elsewhere than
        the site that it names as its own (FeedBurner), and the page is on that site; 2 for a copy.
    """
    page = record.url
    origin = record.entry.origin if record.entry else None
    feed, site = (origin.self_url, origin.site_url) if origin else (None, None)
    homes = [place for place in (feed, site) if place]
    if page is None or owns(record.source, page):
        # What says that it comes from another site is a copy, wherever it is shown.
        return 0 if not homes or any(owns(record.source, home) for home in homes) else 2
    # Only of a feed that is asked where it says that it lies: the feed of another site that an entry names is
    # just what a planet tells of its copies.
    lies_elsewhere = feed is not None and owns(record.source, feed)
    return 1 if lies_elsewhere and site is not None and same_site(page, site) else 2


def settle(
    record: Record, rivals: Sequence[Record], authority: str, owns: Owns
) -> tuple[Record, list[tuple[str, Record]]]:
    """Decide who keeps the id of a new record: give it as it has to be, and the others that change."""
    shared = record.id
    if not rivals:
        return record, []
    everyone = [record, *rivals]
    winner = min(everyone, key=lambda one: (not owns(one.source, shared), remoteness(one, owns), one.source))
    mine, *theirs = (
        _restored(one, shared) if _same_post(one, winner) else _minted(one, shared, winner.source, authority)
        for one in everyone
    )
    return mine, [(one.id, after) for one, after in zip(rivals, theirs, strict=True) if after != one]


def _same_post(one: Record, other: Record) -> bool:
    if one is other or (one.url and other.url and same_page(one.url) == same_page(other.url)):
        return True
    if one.entry is None or other.entry is None:
        return False
    if one.entry.origin and other.entry.origin and one.entry.origin.id == other.entry.origin.id:
        # Both say that it is from the same feed: two planets have it, and one may still have an older text.
        return True
    return same_text(one.entry, other.entry)


def _minted(record: Record, shared: str, winner: str, authority: str) -> Record:
    """Give a record another id than the one it shares."""
    key = mint(authority, record.source, shared)
    reason = f"source {winner} has the id {shared} for another entry, so this one is minted"
    return _under(record, key, IdOrigin.NATIVE, (Decision(topic=SHARED_ID, reason=reason),))


def _restored(record: Record, shared: str) -> Record:
    """Give a record the id that its source gave it."""
    if record.id == shared:
        return record
    return _under(record, shared, IdOrigin.DECLARED, ())


def _under(record: Record, key: str, origin: IdOrigin, decisions: tuple[Decision, ...]) -> Record:
    entry = record.entry
    if entry is not None:
        # In front of the others, so that it is the same whether it was decided at first sight or later.
        kept = (one for one in entry.decisions if one.topic != SHARED_ID)
        entry = replace(entry, id=key, id_origin=origin, decisions=(*decisions, *kept))
    return replace(record, id=key, entry=entry)
