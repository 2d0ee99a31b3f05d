"""Compose the files of an output from what was rendered before and what is new.

An entry goes through feedgen once. The frame of a document – all but its entries – is rendered each time, and
checked; an entry is checked when it is rendered. That both together are valid follows: what is said of a
document as a whole, beside its parts, is that no id stands in it twice, and that it is as new as its newest
entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from feeds import validity
from feeds.formats import FEED_FORMATS, FeedFormat, Parts, cut
from feeds.model import Entry, Feed, Moment
from feeds.normalize.chars import clean
from feeds.pipeline.listing import IN_NO_FILE, digest
from feeds.pipeline.pieces import EPOCH, Piece, Pieces, dump, seconds
from feeds.pipeline.rendering import Rendered, invalid, left_out_because

Key = tuple[str, str]
"""Source and id of an entry."""

EPOCH_MOMENT = Moment(instant=EPOCH)


class Item(NamedTuple):
    """An entry that is to be in an output.

    Attributes:
        source: Whose it is.
        id: Its id.
        stamp: Hash of what it is made of; None: it is known to be as it was.
        make: Gives it as the output shows it; None likewise.
    """

    source: str
    id: str
    stamp: str | None
    make: Callable[[], Entry] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """The files of an output as they are to be, and what is to be remembered of them.

    Attributes:
        bodies: By path.
        problems: By path, which entries were left out and why.
        numbers: By path, how many entries are in it.
        entries: Of each entry, in order: id, source, and a hash of how it stands there.
        pieces: As text.
        made: How many entries were rendered.
    """

    bodies: Mapping[str, bytes]
    problems: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, int]
    entries: tuple[tuple[str, str, str], ...]
    pieces: str
    made: int

    def files(self) -> Iterator[Rendered]:
        """Give the files as they are to be put in place."""
        for path, body in self.bodies.items():
            yield Rendered(path=path, body=body, entries=(), problems=self.problems[path])


class File(NamedTuple):
    """One file of an output: its path, its format and its address."""

    path: str
    word: str
    address: str


class _Document(NamedTuple):
    """A file as it is to be.

    Attributes:
        body: Its bytes.
        first: Where its first entry begins.
        between: How many bytes stand between two.
        sizes: How many bytes each has.
        left_out: Why some are not in it.
    """

    body: bytes
    first: int
    between: int
    sizes: Sequence[int]
    left_out: Mapping[Key, str]


def compose(
    feed: Callable[[Moment, str], Feed],
    items: Sequence[Item],
    old: Pieces | None,
    sources: Mapping[str, tuple[int, str]],
    files: Sequence[File],
) -> Composed | None:
    """Make the files of an output.

    Args:
        feed: Gives the feed without entries, of that date and for that format.
        items: Its entries, newest first.
        old: What is remembered of it, with all files that are made; None: nothing.
        sources: Of each source that they are from, its revision and the context of its entries.
        files: Which ones.

    Returns:
        None if this is no case for it: then the document has to be rendered, and checked, as a whole.
    """
    order = [(one.source, one.id) for one in items]
    kept = {} if old is None else _fitting(items, old, sources)
    fresh = [(key, one.make) for key, one in zip(order, items, strict=True) if key not in kept]
    made = {key: make() for key, make in fresh if make is not None}
    told = {one.id: one.stamp or "" for one in items}
    pieces = kept | {key: _piece(key, told[key[1]], entry) for key, entry in made.items()}
    newest = max((pieces[key].updated for key in order), default=0)
    updated = Moment(instant=EPOCH + timedelta(seconds=newest))
    unclear = any(clean(name).strip() != name for _, name in made)
    if len(told) < len(items) or unclear:
        return None
    documents: dict[str, _Document] = {}
    for file in files:
        head = feed(updated, file.word)
        if head.id in told:
            return None
        rendered = _rendered(head, file, made)
        if rendered is None:
            return None
        documents[file.path] = _document(rendered, file.path, order, kept, old)
    nowhere = set.intersection(*(set(one.left_out) for one in documents.values())) if documents else set()
    return Composed(
        bodies={path: one.body for path, one in documents.items()},
        problems={path: tuple(one.left_out.values()) for path, one in documents.items()},
        numbers={path: len(one.sizes) for path, one in documents.items()},
        entries=tuple(
            [(key[1], key[0], IN_NO_FILE if key in nowhere else pieces[key].shown) for key in order]
        ),
        pieces=dump(
            {path: (one.first, one.between, one.sizes) for path, one in documents.items()},
            sources,
            [pieces[key] for key in order],
            {path: one.left_out for path, one in documents.items()},
        ),
        made=len(made),
    )


def _fitting(items: Sequence[Item], old: Pieces, sources: Mapping[str, tuple[int, str]]) -> dict[Key, Piece]:
    """Give what is remembered of those entries that are as they were."""
    same = {name for name, told in sources.items() if name in old.sources and old.sources[name][1] == told[1]}
    fitting: dict[Key, Piece] = {}
    for source, name, stamp, _ in items:
        piece = old.entries.get((source, name))
        if piece is not None and source in same and stamp in (None, piece.stamp):
            fitting[source, name] = piece
    return fitting


def _piece(key: Key, stamp: str, entry: Entry) -> Piece:
    updated = (entry.updated or entry.published or EPOCH_MOMENT).instant
    return Piece(*key, stamp, digest(entry), seconds(updated))


class _Rendered(NamedTuple):
    """What was rendered for a file: its frame, and of the new entries their bytes, or why they have none."""

    frame: Parts
    fragments: Mapping[Key, bytes]
    left_out: Mapping[Key, str]


def _document(
    rendered: _Rendered, path: str, order: Sequence[Key], kept: Mapping[Key, Piece], old: Pieces | None
) -> _Document:
    """Put one file together."""
    frame, fragments = rendered.frame, rendered.fragments
    body = b""
    spans: Mapping[Key, tuple[int, int]] = {}
    before: Mapping[Key, str] = {}
    if old is not None:
        place = old.files.index(path)
        body, spans, before = old.bodies[place], old.spans[place], old.left_out.get(path, {})
    why = {**{key: reason for key, reason in before.items() if key in kept}, **rendered.left_out}
    left_out = {key: why[key] for key in order if key in why} if why else {}
    chunks: list[bytes] = []
    for key in order:
        if key in kept:
            if key in spans:
                start, end = spans[key]
                chunks.append(body[start:end])
        elif key in fragments:
            chunks.append(fragments[key])
    whole = frame.head + frame.between.join(chunks) + frame.tail
    return _Document(whole, len(frame.head), len(frame.between), [len(one) for one in chunks], left_out)


def _rendered(head: Feed, file: File, made: Mapping[Key, Entry]) -> _Rendered | None:
    """Render the frame and the new entries, and check both; None if they cannot be published so."""
    form = FEED_FORMATS[file.word]
    frame = _checked(form, head, file.address)
    parts = _checked(form, replace(head, entries=tuple(made.values())), file.address) if made else frame
    left_out: dict[Key, str] = {}
    if frame is not None and parts is None:
        # One entry that a format cannot carry must not hold back the others: it alone stays out.
        for key, entry in made.items():
            if reasons := invalid(head, entry, file.word, file.address):
                left_out[key] = left_out_because(entry, reasons)
        good = tuple(entry for key, entry in made.items() if key not in left_out)
        parts = _checked(form, replace(head, entries=good), file.address) if left_out else None
    there = [key for key in made if key not in left_out]
    if frame is None or frame.entries or parts is None or len(parts.entries) != len(there):
        return None
    return _Rendered(frame, dict(zip(there, parts.entries, strict=True)), left_out)


def _checked(form: FeedFormat, feed: Feed, address: str) -> Parts | None:
    """Render a document and take it apart; None if it is not valid, or cannot be taken apart."""
    body = form.render(feed, address)
    return None if validity.check(form.media_type, body) else cut(body, form.seams)
