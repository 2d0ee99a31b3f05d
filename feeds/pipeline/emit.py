"""``emit`` one output: store -> filters -> formats.<format>.render -> validity -> publish.

Outputs are a function of the store and of config.yaml. What an output was made from is hashed into a
signature; an output with the same signature whose files still stand is not made again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from feeds import __version__, publish
from feeds.config.schema import Config, LimitStep, MadeOutput, Output
from feeds.filters import chain
from feeds.formats import FEED_FORMATS, SITE_FORMATS
from feeds.memory import Heading, Record
from feeds.model import Entry, Feed, Moment, Tombstone
from feeds.pipeline.archiving import Archivist, Hands
from feeds.pipeline.choosing import Choosing, Fate, barred
from feeds.pipeline.composing import File, compose
from feeds.pipeline.emission import Emission, Verdict
from feeds.pipeline.expiring import expire
from feeds.pipeline.ledger import SITE, Ledger
from feeds.pipeline.listing import listing, settings
from feeds.pipeline.pieces import ages
from feeds.pipeline.planet import PAGE, framed, headed, planet, said
from feeds.pipeline.pressing import DRAFTED, PRESS
from feeds.pipeline.rendering import Rendered, carried, dressed, paths, render, render_site
from feeds.pipeline.taking import Taking, remembered
from feeds.store import Draft, Emitted, Listing, Store

RENDERING = "3"
"""Raise it when rendering gives other bytes for the same entries; every version renders anew, too."""

MARKED = timedelta(days=90)
"""How long a tombstone stands in the outputs: longer than the readers that matter stay away."""

MOST_MARKS = 500
"""Tombstones in one document, the latest."""


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


class _Made(NamedTuple):
    """What an output is made from: its signature, what was noted of it, revisions of sources, tombstones."""

    signature: str
    before: Emitted | None
    revisions: Mapping[str, int]
    marks: tuple[Tombstone, ...]


class Emitter:
    """Makes the published files of one configuration from one store.

    Args:
        config: The configuration in force.
        store: Open and claimed.
        draft: Nothing is written, neither into files nor into the store's archives; what would become of
            them is told as if it were. For ``plan`` only, which asks for one output after the other.
    """

    def __init__(self, config: Config, store: Store, *, draft: bool = False) -> None:
        self.config = config
        self.store = store
        self.folder = config.folder / config.site.folder
        self.archivist = Archivist(config, store, Draft(store.shelf) if draft else store.shelf)
        self.ledger = Ledger(config, store)
        self._press = DRAFTED if draft else PRESS
        self._ages: dict[str, bool] = {}  # Of each output, whether time alone can change it.

    def emit_all(
        self, now: datetime, *, force: bool = False, done: Callable[[Emission], None] = lambda _: None
    ) -> tuple[Emission, ...]:
        """Bring every published file up to date, and remove those whose output left config.yaml.

        Args:
            now: For filters by age only; no published byte comes from it.
            force: Render even what cannot have changed.
            done: Hears of each file.

        Raises:
            PublishError: A file could not be put in place.
        """
        publish.sweep(self.folder)
        emissions: list[Emission] = []

        def tell(some: Iterable[Emission]) -> None:
            for emission in some:
                emissions.append(emission)
                done(emission)

        headings = self.store.headings()
        revisions = {name: one.revision for name, one in headings.items()}
        written = self.store.emitted()
        outputs = [self.headed(output, headings) for output in self.config.outputs]
        marked = self.store.marked(now - MARKED)
        marks = {o.name: self.tombstones(o, now, marked) for o in outputs}
        signatures = {o.name: self._signature(o, revisions, marks[o.name]) for o in outputs}
        for output in outputs:
            name = output.name
            made = _Made(signatures[name], written.get(name), revisions, marks[name])
            tell(self._emit(output, now, made, force=force))
        tell(self._emit_site(outputs, now, headings, signatures, written.get(SITE), force=force))
        for name, path in self.archivist.remove_gone():
            tell([Emission(output=name, path=path, verdict=Verdict.REMOVED)])
        tell(self.ledger.remove_gone())
        self.ledger.note(emissions, now)
        return tuple(emissions)

    def headed(self, output: Output, headings: Mapping[str, Heading] | None = None) -> Output:
        """Give an output with its title; what is not given of the sources is asked of the store."""
        heading = None
        if isinstance(output, MadeOutput) and output.each == "source":
            heading = (self.store.headings([output.of]) if headings is None else headings).get(output.of)
        return headed(output, self.config, heading)

    def emit_one(self, output: Output, now: datetime) -> tuple[Emission, ...]:
        """Bring the files of one output up to date."""
        headings = self.store.headings([source.name for source in self.config.members(output)])
        revisions = {name: one.revision for name, one in headings.items()}
        before = self.store.emitted().get(output.name)
        output = self.headed(output, headings)
        marks = self.tombstones(output, now)
        made = _Made(self._signature(output, revisions, marks), before, revisions, marks)
        return tuple(self._emit(output, now, made, force=False))

    def gather(self, output: Output, now: datetime) -> Feed:
        """Make the merged feed of an output: its newest entries behind all filters, each id once."""
        newest = islice(self.entries(output, now), output.limit)
        return self.feed(output, newest, now)

    def feed(self, output: Output, chosen: Iterable[Entry], now: datetime) -> Feed:
        """Make the feed of an output of the entries that were chosen for it."""
        sources = {source.name: source for source in self.config.members(output)}
        entries = tuple(dressed(entry, sources[entry.source], output) for entry in chosen)
        updated = max(
            (entry.updated.instant for entry in entries if entry.updated),
            default=datetime.fromtimestamp(0, UTC),
        )
        frame = framed(self.config, output, Moment(instant=updated))
        return replace(frame, entries=entries, withdrawn=self.tombstones(output, now))

    def tombstones(
        self, output: Output, now: datetime, marked: Collection[str] | None = None
    ) -> tuple[Tombstone, ...]:
        """Give the marks of what was withdrawn of late and would be in an output otherwise.

        Only sources that are ``marked`` have any; None: it is not known which these are.
        """
        members = {source.name: source for source in self.config.members(output)}
        if marked is not None and members.keys().isdisjoint(marked):
            return ()
        marks: list[Tombstone] = []
        for note, record in self.store.withdrawn(tuple(members), now - MARKED):
            steps = (*members[record.source].filters, *output.filters)
            passes = chain(tuple(step for step in steps if not isinstance(step, LimitStep)), now)
            kept_out = barred(record, members[record.source]) is not None
            if not kept_out and (record.entry is None or passes(record.entry) is not None):
                marks.append(Tombstone(id=note.id, when=note.when, reason=note.reason))
        return tuple(marks[:MOST_MARKS])

    def entries(self, output: Output, now: datetime) -> Iterator[Entry]:
        """Give the entries of an output, newest first, without end but the last."""
        choosing = self.choosing(output, now, limit=None)
        for standing in choosing.standings(self.records(choosing)):
            if standing.fate is Fate.PUBLISHED and standing.entry is not None:
                yield standing.entry

    def choosing(self, output: Output, now: datetime, *, limit: int | None) -> Choosing:
        """Begin a pass over the records of an output; ``limit`` None: without end."""
        return Choosing(self.config, output, self.store, now, limit)

    def records(self, choosing: Choosing) -> Iterator[Record]:
        """Give what a pass chooses from, newest first."""
        return self.store.newest(tuple(choosing.members), choosing.sated)

    def current(self, output: Output, now: datetime) -> Listing | None:
        """Give what stands in an output if it was made from the same as it would be now; else None."""
        before = self.store.emitted().get(output.name)
        if before is None or self._aging(output):
            return None
        revisions = self.store.revisions()
        return (
            self.store.listed(output.name)
            if before.signature == self._signature(output, revisions, self.tombstones(output, now))
            else None
        )

    def _aging(self, output: Output) -> bool:
        if output.name not in self._ages:
            steps = (*output.filters, *(step for one in self.config.members(output) for step in one.filters))
            self._ages[output.name] = ages(steps)
        return self._ages[output.name]

    def _signature(
        self,
        output: Output,
        revisions: Mapping[str, int],
        marks: Iterable[Tombstone],
    ) -> str:
        members = self.config.members(output)
        return _hash(
            [
                __version__,
                RENDERING,
                output.model_dump(mode="json", fallback=str),
                self.config.site.model_dump(mode="json", exclude={"folder", "formats"}),
                self.config.authority,
                [
                    (
                        s.name,
                        revisions.get(s.name, 0),
                        [f.model_dump(fallback=str) for f in s.filters],
                        repr(s.republish),
                        s.warm_up,
                    )
                    for s in members
                ],
                [(mark.id, mark.when, mark.reason) for mark in marks],
            ]
        )

    def _emit(self, output: Output, now: datetime, made: _Made, *, force: bool) -> Iterator[Emission]:
        names = paths(output)
        stands = self.ledger.stands(made.before, made.signature, names) and self.archivist.stands(output)
        if not force and not self._aging(output) and stands:
            if made.before is not None:
                self.ledger.look_again(output.name, made.before)
            yield from (Emission(output=output.name, path=name, verdict=Verdict.SKIPPED) for name in names)
            return
        old = None if force else remembered(self.store, self.ledger, output, made.before)
        taking = Taking(self.config, output, made.revisions, old, RENDERING)
        paged: list[Emission] = []
        whole: Feed | None = None
        if output.archive is None:
            items, sources = taking.newest(self.store, self.choosing(output, now, limit=output.limit))
        else:
            whole, paged = self.subscription(output, now, force=force)
            items, sources = taking.given(whole.entries)
        yield from paged
        signature = made.signature
        if any(emission.verdict is Verdict.REFUSED for emission in paged):
            signature = ""

        def frame(updated: Moment, word: str) -> Feed:
            bare = replace(framed(self.config, output, updated), withdrawn=made.marks)
            return self._linked(replace(bare, complete=whole is not None and whole.complete), output, word)

        base = self.config.site.base_url or ""
        files = [File(path, word, base + path) for path, word in names.items()]
        composed = compose(frame, items, old, sources, files)
        if composed is None:
            yield from self._emit_whole(output, whole or self.gather(output, now), signature, made.before)
            return
        words = json.dumps(settings(self.config, output, RENDERING))
        told = Listing(entries=composed.entries, settings=words)
        emissions = [self._put(output.name, one, composed.numbers[one.path]) for one in composed.files()]
        bodies, pieces = composed.bodies, composed.pieces
        self.ledger.remember(output.name, made.before, signature, bodies, told=told, pieces=pieces)
        yield from emissions

    def _emit_whole(
        self, output: Output, feed: Feed, signature: str, before: Emitted | None
    ) -> Iterator[Emission]:
        """Render an output as a whole, because something is wrong with it."""
        rendered = self.rendered(output, feed)
        emissions = [self._put(output.name, one, len(one.entries)) for one in rendered]
        # Where all was refused, the files are the old ones, and so is what stands in them.
        refused = all(one.body is None for one in rendered)
        told = None if refused else listing(self.config, output, feed, carried(rendered), RENDERING)
        self.ledger.remember(
            output.name, before, signature, {one.path: one.body for one in rendered}, told=told
        )
        yield from emissions

    def _linked(self, feed: Feed, output: Output, word: str) -> Feed:
        """Give a feed with links to the closed pages of the same format."""
        links = self.archivist.links(output, FEED_FORMATS[word].suffix) if output.archive else ()
        return replace(feed, links=(*feed.links, *links))

    def subscription(self, output: Output, now: datetime, *, force: bool) -> tuple[Feed, list[Emission]]:
        """Make the feed of an output, and bring its archive up to date; say what became of the pages."""
        paged: list[Emission] = []
        if output.archive is None:
            return self.gather(output, now), paged
        hands = self._hands(output, now, paged)
        return self.archivist.feed(output, output.archive, hands, force=force), paged

    def rendered(self, output: Output, feed: Feed) -> tuple[Rendered, ...]:
        """Render an output in all its formats."""
        base = self.config.site.base_url or ""
        return tuple(
            render(self._linked(feed, output, word), path, word, base) for path, word in paths(output).items()
        )

    def _hands(self, output: Output, now: datetime, paged: list[Emission]) -> Hands:
        """Give what an archive needs done; what becomes of its pages is noted in ``paged``."""
        base = self.config.site.base_url or ""

        def put(feed: Feed, path: str, word: str) -> str | None:
            one = render(feed, path, word, base)
            paged.append(self._put(output.name, one, len(one.entries)))
            return None if one.body is None else hashlib.sha256(one.body).hexdigest()

        def put_again(path: str, body: bytes) -> None:
            verdict = Verdict(self._press.put(self.folder, path, body))
            paged.append(Emission(output=output.name, path=path, verdict=verdict))

        def remove(path: str, sha256: str) -> None:
            if self._press.remove(self.folder, path, sha256):
                paged.append(Emission(output=output.name, path=path, verdict=Verdict.REMOVED))

        return Hands(
            now=now,
            choosing=self.choosing(output, now, limit=None),
            compose=lambda records: self._compose(output, records, now),
            put=put,
            put_again=put_again,
            remove=remove,
        )

    def _compose(self, output: Output, records: Sequence[Record], now: datetime) -> Feed:
        """Make the feed of these entries of an output as they are now; without a text, they are not in it."""
        members = {source.name: source for source in self.config.members(output)}
        wanted = [record.id for record in records]
        present = {(one.source, one.id): one.entry for one in self.store.holders(wanted, "")}
        entries: list[Entry] = []
        for record in records:
            entry = present.get((record.source, record.id))
            if entry is not None and record.source in members:
                steps = (*members[record.source].filters, *output.filters)
                passes = chain(tuple(step for step in steps if not isinstance(step, LimitStep)), now)
                entries.extend(filter(None, [passes(entry)]))
        return self.feed(output, entries, now)

    def _put(self, output: str, one: Rendered, number: int) -> Emission:
        refused = one.body is None
        verdict = (
            Verdict.REFUSED if one.body is None else Verdict(self._press.put(self.folder, one.path, one.body))
        )
        return Emission(
            output=output,
            path=one.path,
            verdict=verdict,
            entries=None if refused or output == SITE else number,
            problems=one.problems,
        )

    def _emit_site(
        self,
        outputs: Sequence[Output],
        now: datetime,
        headings: Mapping[str, Heading],
        signatures: Mapping[str, str],
        before: Emitted | None,
        *,
        force: bool,
    ) -> Iterator[Emission]:
        made_of = {
            path: [RENDERING, *what] for path, what in said(self.config, outputs, headings, signatures)
        }
        wanted = {path: _hash(what) for path, what in made_of.items()}
        # Before, there was one signature for all files of the site.
        old = json.loads(before.signature) if before and before.signature.startswith("{") else {}
        aging = any(self._aging(output) for output in outputs if not isinstance(output, MadeOutput))
        words = []
        for word in self.config.site.formats:
            path = SITE_FORMATS[word].file
            same = old.get(path) == wanted[path] and before is not None and self.ledger.holds(before, path)
            if force or not same or (aging and word == PAGE):
                words.append(word)
            else:
                yield Emission(output=SITE, path=path, verdict=Verdict.SKIPPED)
        if words or old.keys() != wanted.keys():
            rendered = self.site_rendered(now, headings, words)
            made = [self._put(SITE, one, 0) for one in rendered]
            bodies = {one.path: one.body for one in rendered}
            self.ledger.remember(SITE, before, json.dumps(wanted), bodies)
            yield from made

    def site_rendered(
        self, now: datetime, headings: Mapping[str, Heading], words: Sequence[str] | None = None
    ) -> tuple[Rendered, ...]:
        """Render the files of the site as a whole: those of these formats, or all."""
        words = self.config.site.formats if words is None else words
        outputs = (self.headed(output, headings) for output in self.config.outputs if PAGE in words)
        page = planet(self.config, outputs, headings, lambda output: self.gather(output, now))
        return tuple(render_site(page, word) for word in words)

    def housekeep(self, now: datetime) -> None:
        """Forget what is old enough, and keep the store small."""
        expire(self.config, self.store, now, whole=True)
        self.store.let_go(now - MARKED)
        self.store.housekeep()
