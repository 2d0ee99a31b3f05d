"""New, changed, or known: what an entry just read is to what is remembered. Pure; nothing is stored here.

**The same entry** is one with the same id; else the same native id; else the same page; else, on the same
day, the same text; else, on the same day, the same title and nearly the same text. Native id and page count
only where one entry and one record have them, so that a feed whose entries all link to its home page loses
none. It keeps its id, its first sight, its place and its date of publication, whatever the source says later.

Of undated entries the same text is the same entry if they have no page either, or if most of the document is
unknown by id and page: then it is the ids that are new. A source that gives new ids again and again is
**unstable**: of its entries the text alone counts, because it may make dates anew as well. An id that comes
back with another page, title, text and day is **reused**: that is another entry, and gets an id of its own.

**Changed** is what a reader would see. A new text moves ``updated``: to the source's own date of the change
if that is later than the one before and not in the future, else to now. Other changes (a category, a picture,
a moved page) are stored and do not move it. The order of lists, tracking parameters, counters, white space,
dates written anew and a new native id for the same page are noise: nothing is stored.

**One id, two sources.** Where another source uses the id for the same post, both keep it, and an output shows
one. Where it is for another post, the source whose site the id names keeps it, else the one of the smaller
name, together with those that have the same post; the others get a minted id. The answer depends on who uses
the id, not on who was polled first; so a source met later may take an id from one met before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from feeds.config.schema import Source
from feeds.dedupe.changed import OURS, compare
from feeds.dedupe.first import admit
from feeds.dedupe.flood import FEW, FLOOD, dammed, ranked
from feeds.dedupe.same import Matches, match
from feeds.dedupe.shared import Owns, claims, remoteness, settle
from feeds.dedupe.spared import harmless, settled
from feeds.dedupe.withdrawn import unwelcome, withdrawn
from feeds.memory import Record
from feeds.model import Decision, Entry, IdOrigin
from feeds.normalize.ids import mint
from feeds.normalize.urls import same_page

__all__ = (
    "FEW",
    "FLOOD",
    "OURS",
    "Changes",
    "Owns",
    "Spared",
    "dammed",
    "decide",
    "harmless",
    "ranked",
    "remoteness",
    "unwelcome",
    "withdrawn",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What a poll brings to the store.

    Attributes:
        new: Records not yet stored.
        changed: Records stored under the same source and id, as they are now.
        renamed: Records of other sources that get another id: the stored id, and the record as it is now.
        known: How many entries bring nothing.
        matched: How many entries are records.
        said: Pairs of a record's id and the id that the source now gives it, where it is another; sorted.
        settled: Places among the entries of those that need not be read again (``spared``).
    """

    new: tuple[Record, ...] = ()
    changed: tuple[Record, ...] = ()
    renamed: tuple[tuple[str, Record], ...] = ()
    known: int = 0
    matched: int = field(default=0, compare=False)
    said: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    settled: frozenset[int] = field(default=frozenset(), compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spared:
    """What is known of the entries of a document that were not read again (``harmless``).

    Attributes:
        number: How many they are.
        places: Where the others stand in the document; None: at their places among each other.
    """

    number: int = 0
    places: tuple[int, ...] | None = None


def nobody(_source: str, _id: str) -> bool:
    """Say that no id names the site of any source."""
    return False


def decide(
    entries: Sequence[Entry],
    known: Sequence[Record],
    others: Sequence[Record],
    *,
    now: datetime,
    source: Source,
    authority: str,
    owns: Owns = nobody,
    backlog: bool = False,
    unstable: bool = False,
    said: Mapping[str, str] = MappingProxyType({}),
    spared: Spared | None = None,
) -> Changes:
    """Decide what each entry of one source is.

    Args:
        entries: Of one document, in its order; with ids that are unique in it.
        known: All records of the source that one of them could be, expired ones too.
        others: Records of other sources that have one of their ids, or whose source gave it to them.
        now: The moment of the poll; becomes ``first_seen`` of what is new.
        source: For its zone and its own address.
        authority: Under which ids are minted.
        owns: Whether an id names the site of a source.
        backlog: Whether nothing of the source was ever met before, so that what it lists need not be of now.
        unstable: Whether the source is known for ids that change at every poll.
        said: Ids under which entries came last, to ours, where they are others (``Changes.said``).
        spared: Entries of the document that are not among these, because they are known; their records are
            not among ``known`` either. None: none is spared, and it is not asked which could be.
    """
    beside = spared or Spared()
    matches = match(entries, known, source, unstable=unstable, said=said, spared=beside.number)
    entries = [
        _renamed(entry, authority) if place in matches.reused else entry
        for place, entry in enumerate(entries)
    ]
    rivals = claims(others, authority)
    unmet = [place for place in range(len(entries)) if place not in matches.found]
    admitted = admit(entries, unmet, now, source.timezone, backlog=backlog, places=beside.places)
    new: list[Record] = []
    changed: list[Record] = []
    renamed: list[tuple[str, Record]] = []
    finals: dict[int, Record] = {}
    for place, entry in enumerate(entries):
        if place in matches.found:
            after = compare(entry, *matches.found[place], now)
            finals[place] = matches.found[place][0] if after is None else after
            changed.extend(() if after is None else (after,))
        else:
            mine, theirs = settle(admitted[place], rivals.get(entry.id, ()), authority, owns)
            finals[place] = mine
            new.append(mine)
            renamed.extend(theirs)
    return Changes(
        new=tuple(new),
        changed=tuple(changed),
        renamed=tuple(renamed),
        known=len(entries) - len(new) - len(changed) + beside.number,
        matched=len(matches.found) + beside.number,
        said=_said(entries, matches),
        settled=settled(entries, finals, known, now) if spared is not None else frozenset(),
    )


def _said(entries: Sequence[Entry], matches: Matches) -> tuple[tuple[str, str], ...]:
    """Give what the source calls entries that it called otherwise before."""
    return tuple(
        sorted(
            (record.id, entries[place].id)
            for place, (record, why) in matches.found.items()
            if why not in {"id", "native id", "page and title"}
        )
    )


def _renamed(entry: Entry, authority: str) -> Entry:
    """Give an entry that came under another's id one of its own, made from that id and its page."""
    reason = f"the source had the id {entry.id[:100]!r} for another entry before, so this one is minted"
    page = same_page(entry.url or "")
    return replace(
        entry,
        id=mint(authority, entry.source, entry.native_id or entry.id, page),
        id_origin=IdOrigin.NATIVE,
        native_id=None,
        decisions=(*entry.decisions, Decision(topic="id", reason=reason)),
    )
