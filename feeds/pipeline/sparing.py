"""Reading only what is new: between ``sources.pieces``, ``dedupe.spared`` and what the store knows.

Of one in ``SAMPLE`` documents that are read in part the whole is read as well, and both ways to the store are
compared; what differs is a fault of feeds, and is told. ``read: {only_new: false}`` reads all of everything.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from feeds.config.schema import Config, Source
from feeds.dedupe import Changes
from feeds.errors import ReadError
from feeds.memory import SourceState, Spare
from feeds.model import Document, Feed
from feeds.pipeline.readers import Readers
from feeds.sources import pieces
from feeds.store import Store

LARGE = 100_000
"""Bytes of a document that is parted in a thread of its own: it takes more than a moment."""
SAMPLE = 100


class Differs(Exception):
    """A document was read in part, and the whole of it says something else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What of a document was read.

    Attributes:
        hashes: Of its entries as they are written.
        context: As in ``pieces.Parted``.
        places: Of the entries that were read, in order.
        spare: By what the others were known; None if all were read.
        spared: Of the others the hash of the text, and that of the id.
        document: The whole of it; None if that was read.
        whole: What all of it says, if that was read too, to compare.
    """

    hashes: tuple[bytes, ...]
    context: bytes
    places: tuple[int, ...]
    spare: Spare | None = None
    spared: Mapping[bytes, bytes]
    document: Document | None = None
    whole: Feed | None = None

    def away(self) -> Callable[[str], bool]:
        """Give what says of an id whether the entry with it was not read."""
        keys = frozenset(self.spared.values())
        return lambda id_: pieces.key(id_) in keys

    def known(self, feed: Feed, changes: Changes) -> Spare:
        """Say what need not be read again after this poll."""
        fresh = {
            self.hashes[self.places[at]]: pieces.key(feed.entries[at].id) for at in sorted(changes.settled)
        }
        return Spare(context=self.context, packed=pieces.pack({**self.spared, **fresh}))

    def all_read(self) -> Part:
        """Give what it is when the whole was read."""
        places = tuple(range(len(self.hashes)))
        return replace(self, places=places, spare=None, spared={}, document=None, whole=None)


class Sparing:
    """Reads documents, in part where that is enough.

    Args:
        config: The configuration in force.
        store: Knows what was read before.
        readers: Read.
    """

    def __init__(self, config: Config, store: Store, readers: Readers) -> None:
        self.config = config
        self.store = store
        self.readers = readers

    async def read(
        self, document: Document, source: Source, state: SourceState, reading: str
    ) -> tuple[str, Feed, Part | None]:
        """Read a document: the kind it was read as, what it says, and which part of it that is.

        Args:
            document: As fetched.
            source: Whose it is.
            state: Of the source, as it was before this poll.
            reading: Hash of the settings it is read with.

        Returns:
            Without a part, all was read, and all has to be read again next time.

        Raises:
            ReadError: It is no feed.
        """
        parted = None
        if self._may(source, state):
            work = (document, reading, self.config.authority)
            large = len(document.body) > LARGE
            parted = await asyncio.to_thread(pieces.part, *work) if large else pieces.part(*work)
        if parted is None or len(set(parted.hashes)) < len(parted.hashes):
            return *await self._all(document, source), None
        # In a thread: whoever writes to the store holds it, and nobody else's poll may wait for that.
        known = state.changed is not None
        spare = await asyncio.to_thread(self.store.spare, source.name) if known else None
        if spare is not None and spare.context == parted.context:
            told = await self._some(document, parted, source, spare)
            if told is not None:
                return told
        return await self._whole(document, parted, source)

    async def again(self, part: Part, source: Source) -> tuple[str, Feed, Part | None]:
        """Read the whole of a document of which a part was read; as ``read``."""
        assert part.document is not None
        kind, feed = await self._all(part.document, source)
        return kind, feed, None

    def _may(self, source: Source, state: SourceState) -> bool:
        """Say whether anything of a source may be left unread: not where ids change, told by texts."""
        plain = source.kind in {"auto", "feed"} and source.path is None and source.fetch.charset is None
        # Of what has a full text, what its source says is compared with what it said before.
        plain = plain and source.full_text is None
        return plain and self.config.read.only_new and not state.reissues and not state.said

    async def _all(self, document: Document, source: Source) -> tuple[str, Feed]:
        return await self.readers.read(document, source, self.config.authority)

    async def _whole(
        self, document: Document, parted: pieces.Parted, source: Source
    ) -> tuple[str, Feed, Part | None]:
        kind, feed = await self._all(document, source)
        part = Part(hashes=parted.hashes, context=parted.context, places=(), spared={}).all_read()
        if kind != "feed" or not _alike(feed, part.places):
            return kind, feed, None
        large = len(document.body) > LARGE
        known = await asyncio.to_thread(pieces.separable, parted) if large else pieces.separable(parted)
        return kind, feed, part if known else None

    async def _some(
        self, document: Document, parted: pieces.Parted, source: Source, spare: Spare
    ) -> tuple[str, Feed, Part] | None:
        """Read what is new; None if the whole has to be read."""
        known = pieces.unpack(spare.packed)
        places = tuple(place for place, one in enumerate(parted.hashes) if one not in known)
        less = pieces.without(document, parted, places) if len(places) < len(parted.hashes) else None
        if less is None:
            return None
        try:
            kind, feed = await self._all(less, source)
        except ReadError:
            return None
        if kind != "feed" or not _alike(feed, places):
            return None
        spared = {one: known[one] for one in parted.hashes if one in known}
        whole = (await self._all(document, source))[1] if sampled(document, source) else None
        part = Part(
            hashes=parted.hashes,
            context=parted.context,
            places=places,
            spare=spare,
            spared=spared,
            document=document,
            whole=whole,
        )
        return kind, feed, part


def sampled(document: Document, source: Source) -> bool:
    """Say whether a document is one of those that are read both ways: the same answer at each time."""
    return zlib.crc32(document.body, zlib.crc32(source.name.encode())) % SAMPLE == 0


def _alike(feed: Feed, places: Sequence[int]) -> bool:
    """Say whether the entries that were read are those that were to be."""
    return feed.separable and len(feed.entries) == len(places) and not feed.withdrawn


def differences(some: tuple[Feed, Changes], whole: tuple[Feed, Changes]) -> Sequence[str]:
    """Say in what the two ways differ; nothing if they do not."""
    found: list[str] = []
    heads = (replace(some[0], entries=()), replace(whole[0], entries=()))
    if heads[0] != heads[1]:
        found.append("what the feed says of itself")
    words = ("new", "changed", "renamed", "known", "matched", "said")
    differ = (word for word in words if getattr(some[1], word) != getattr(whole[1], word))
    return (*found, *(f"its {word} entries" for word in differ))
