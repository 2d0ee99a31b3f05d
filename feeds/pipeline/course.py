"""What publishing would make of one output now, without writing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feeds.config.schema import Output
from feeds.memory import Record
from feeds.model import Entry
from feeds.pipeline.choosing import Fate, Standing
from feeds.pipeline.emission import Emission
from feeds.pipeline.emit import Emitter
from feeds.pipeline.rendering import Rendered, carried

Closed = Mapping[str, tuple[str, str]]
"""Ids of entries in closed pages, each with its source and the page's name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What publishing would make of one output.

    Attributes:
        rendered: The files of its feed.
        shown: What would be in at least one of them, newest first: each record, and the entry as it is shown.
        others: Of records that are chosen from and not shown, what becomes of them, as far as it was asked.
        paged: What would become of the pages of its archive.
        closed: What would be in these.
    """

    rendered: Sequence[Rendered]
    shown: Sequence[tuple[Record, Entry]]
    others: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    paged: Sequence[Emission] = ()
    closed: Closed = field(default_factory=dict)


def course(emitter: Emitter, output: Output, now: datetime) -> Course:
    """Say what publishing would make of an output; ``now`` is for filters by age."""
    if output.archive is not None:
        return _archived(emitter, output, now)
    choosing = emitter.choosing(output, now, limit=output.limit)
    chosen: list[Standing] = []
    others: dict[tuple[str, str], Standing] = {}
    for standing in choosing.standings(emitter.records(choosing)):
        if standing.fate is Fate.PUBLISHED:
            chosen.append(standing)
        else:
            others[standing.record.source, standing.record.id] = standing
        if choosing.full:
            break
    feed = emitter.feed(output, [one.entry for one in chosen if one.entry is not None], now)
    rendered = emitter.rendered(output, feed)
    there = carried(rendered)
    pairs = zip(chosen, feed.entries, strict=True)
    shown = tuple((standing.record, entry) for standing, entry in pairs if entry.id in there)
    return Course(rendered=rendered, shown=shown, others=others)


def _archived(emitter: Emitter, output: Output, now: datetime) -> Course:
    draft = Emitter(emitter.config, emitter.store, draft=True)
    feed, paged = draft.subscription(output, now, force=True)
    rendered = draft.rendered(output, feed)
    there = carried(rendered)
    held = {(one.source, one.id): one for one in emitter.store.holders(there, "")}
    shown = tuple((held[entry.source, entry.id], entry) for entry in feed.entries if entry.id in there)
    return Course(rendered=rendered, shown=shown, paged=paged, closed=closed(draft, output.name))


def closed(emitter: Emitter, output: str) -> Closed:
    """Give what is in the closed pages of an output."""
    shelf = emitter.archivist.shelf
    names = {page.number: page.name for page in shelf.archive(output).pages}
    return {key: (source, names[number]) for key, (source, number) in shelf.placed(output).items()}
