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
        make: Gives it as the output shows it.
    """

    source: str
    id: str
    stamp: str | None
    make: Callable[[], Entry]


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
    """A file as it is to be; ``spans``: where each entry stands in it; ``left_out``: why some do not."""

    body: bytes
    spans: Mapping[Key, tuple[int, int]]
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
    made = {key: one.make() for key, one in zip(order, items, strict=True) if key not in kept}
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
    in_some = {key for document in documents.values() for key in document.spans}
    return Composed(
        bodies={path: document.body for path, document in documents.items()},
        problems={path: tuple(document.left_out.values()) for path, document in documents.items()},
        numbers={path: len(document.spans) for path, document in documents.items()},
        entries=tuple(
            (name, source, pieces[source, name].shown if (source, name) in in_some else IN_NO_FILE)
            for source, name in order
        ),
        pieces=dump(
            documents,
            sources,
            (
                pieces[key]._replace(spans=[one.spans.get(key, (0, 0)) for one in documents.values()])
                for key in order
            ),
            {path: document.left_out for path, document in documents.items()},
        ),
        made=len(made),
    )


def _fitting(items: Sequence[Item], old: Pieces, sources: Mapping[str, tuple[int, str]]) -> dict[Key, Piece]:
    """Give what is remembered of those entries that are as they were."""
    fitting: dict[Key, Piece] = {}
    for one in items:
        piece = old.entries.get((one.source, one.id))
        same = one.source in old.sources and old.sources[one.source][1] == sources[one.source][1]
        if piece is not None and same and one.stamp in (None, piece.stamp):
            fitting[one.source, one.id] = piece
    return fitting


def _piece(key: Key, stamp: str, entry: Entry) -> Piece:
    updated = (entry.updated or entry.published or EPOCH_MOMENT).instant
    return Piece(*key, stamp, digest(entry), seconds(updated), ())


class _Rendered(NamedTuple):
    """What was rendered for a file: its frame, and of the new entries their bytes, or why they have none."""

    frame: Parts
    fragments: Mapping[Key, bytes]
    left_out: Mapping[Key, str]


def _document(
    rendered: _Rendered, path: str, order: Sequence[Key], kept: Mapping[Key, Piece], old: Pieces | None
) -> _Document:
    """Put one file together."""
    frame, fragments, why = rendered.frame, dict(rendered.fragments), rendered.left_out
    # Nearly always nothing is left out.
    before = {} if old is None else old.left_out.get(path, {})
    left_out = {key: reason for key in order if (reason := why.get(key) or (key in kept and before.get(key)))}
    if old is not None:
        place = old.files.index(path)
        body = old.bodies[place]
        for key, piece in kept.items():
            start, size = piece.spans[place]
            fragments[key] = body[start : start + size]
    present = [key for key in order if key not in left_out]
    spans: dict[Key, tuple[int, int]] = {}
    at = len(frame.head)
    for key in present:
        spans[key] = (at, len(fragments[key]))
        at += len(fragments[key]) + len(frame.between)
    body = frame.head + frame.between.join([fragments[key] for key in present]) + frame.tail
    return _Document(body, spans, left_out)


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
