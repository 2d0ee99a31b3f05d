"""Take the entries of an output, reading only those that are not as they were when it was made last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from feeds.config.schema import Config, Output, Source
from feeds.memory import Known
from feeds.model import Entry
from feeds.pipeline import pieces
from feeds.pipeline.choosing import Choosing
from feeds.pipeline.composing import Item
from feeds.pipeline.ledger import Ledger
from feeds.pipeline.pieces import Pieces
from feeds.pipeline.rendering import dressed, paths
from feeds.store import Emitted, Store, stamp

Sources = Mapping[str, tuple[int, str]]
"""Of each source its revision, and the context of its entries in an output (``pieces.context``)."""


def remembered(store: Store, ledger: Ledger, output: Output, before: Emitted | None) -> Pieces | None:
    """Give what is remembered of an output; None if it has another format, or a file is not what we wrote."""
    text = None if before is None else store.pieces(output.name)
    if before is None or text is None or set(pieces.files_of(text)) != set(paths(output)):
        return None
    bodies = [ledger.body(before, path) for path in pieces.files_of(text)]
    there = tuple(body for body in bodies if body is not None)
    return pieces.parse(text, there) if len(there) == len(bodies) else None


class Taking:
    """The entries of one output, of one moment.

    Args:
        config: The configuration in force.
        output: One of its outputs.
        revisions: Of the sources, asked for before anything else.
        old: What is remembered of the output; None: nothing.
        rendering: The version of the rules by which entries are rendered.
    """

    def __init__(
        self,
        config: Config,
        output: Output,
        revisions: Mapping[str, int],
        old: Pieces | None,
        rendering: str,
    ) -> None:
        self.output = output
        self._members: Mapping[str, Source] = {one.name: one for one in config.members(output)}
        self._revisions = revisions
        self._old = old
        self._settings = pieces.settings(output, output.language or config.site.language, rendering)
        self._moves = pieces.moves(output.filters)
        self._met: dict[str, tuple[int, str]] = {}
        self._same: dict[str, bool] = {}

    def newest(self, store: Store, choosing: Choosing) -> tuple[list[Item], Sources]:
        """Choose from what is newest in the store, and say of which sources it is."""
        items = []
        merged = store.merged(tuple(choosing.members), choosing.sated, self._is_known, self.output.limit)
        for one in choosing.taken(merged):
            if isinstance(one, Known):
                items.append(Item(one.source, one.id, None, None))
            elif one.entry is not None:
                items.append(self._item(one.entry))
        return items, self._sources(items)

    def given(self, entries: Iterable[Entry]) -> tuple[list[Item], Sources]:
        """Take these, as they are shown already."""
        items = [Item(one.source, one.id, stamp(one), partial(_itself, one)) for one in entries]
        return items, self._sources(items)

    def _item(self, entry: Entry) -> Item:
        source = self._members[entry.source]
        return Item(entry.source, entry.id, stamp(entry), partial(dressed, entry, source, self.output))

    def _is_known(self, source: str, name: str) -> bool:
        """Say whether an entry is in the output, passes its filters, and looks as it did."""
        same = self._same.get(source)
        if same is None:
            same = self._same[source] = (
                self._old is not None
                and self._old.sources.get(source) == self._source(source)
                and not self._moves
                and not pieces.moves(self._members[source].filters)
            )
        return same and self._old is not None and (source, name) in self._old.entries

    def _sources(self, items: Iterable[Item]) -> Sources:
        return {name: self._source(name) for name in {one.source for one in items}}

    def _source(self, name: str) -> tuple[int, str]:
        met = self._met.get(name)
        if met is None:
            context = pieces.context(self._settings, self._members[name])
            met = self._met[name] = (self._revisions.get(name, 0), context)
        return met


def _itself(entry: Entry) -> Entry:
    return entry
