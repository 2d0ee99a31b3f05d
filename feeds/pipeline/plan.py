"""``plan``: what ``emit_all`` would change in the published files now, and why. Nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from feeds import publish
from feeds.config.schema import Output
from feeds.model import Entry
from feeds.pipeline.course import Course, closed, course
from feeds.pipeline.emission import Verdict
from feeds.pipeline.emit import RENDERING, Emitter
from feeds.pipeline.explain import standing
from feeds.pipeline.ledger import SITE
from feeds.pipeline.listing import IN_NO_FILE, digest, settings
from feeds.pipeline.planning import Before, Present, added, changed, differences
from feeds.pipeline.rendering import Rendered
from feeds.pipeline.telling import said


class Sign(StrEnum):
    """What would become of an entry in an output."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"
    MOVED = ">"
    """It stays in the output: it goes from its feed to a closed page of the archive, or back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What would change of one entry, and the rule that does it.

    Attributes:
        title: As in ``Entry``; None also if its text is gone.
        page: Name of the closed page that it comes into, or else leaves; None if there is none.
    """

    sign: Sign
    source: str
    id: str
    title: str | None
    rule: str
    page: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What would change in one output.

    Attributes:
        output: Its name; empty for the site's own files.
        files: Each file's path, and what would become of it; closed pages that stay are not named.
        problems: Why a file would be refused, or entries left out.
        changes: To its entries, in the order of the output, those that leave at the end.
        settings: What of config.yaml is not as it was when the output was made; in words.
        staying: How many closed pages stay as they are, whatever the settings say now.
    """

    output: str
    files: tuple[tuple[str, Verdict], ...]
    problems: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    settings: tuple[str, ...] = ()
    staying: int = 0

    @property
    def idle(self) -> bool:
        """Whether nothing would be written, removed or refused."""
        return all(verdict is Verdict.UNCHANGED for _, verdict in self.files)


def plan(emitter: Emitter, now: datetime, names: Sequence[str] = ()) -> Iterator[Plan]:
    """Say what publishing would change: in these outputs, or in all and the site's own files.

    Args:
        emitter: Of the configuration and the store.
        now: For filters by age.
        names: Of outputs in the configuration; none for everything.
    """
    for output in emitter.config.outputs:
        if not names or output.name in names:
            yield _output(emitter, emitter.headed(output), now)
    if not names:
        rendered = emitter.site_rendered(now, emitter.store.headings())
        problems = tuple(problem for one in rendered for problem in one.problems)
        yield Plan(output=SITE, files=_files(emitter, rendered), problems=problems)
        yield from _gone(emitter)


def _files(emitter: Emitter, rendered: Sequence[Rendered]) -> tuple[tuple[str, Verdict], ...]:
    return tuple((one.path, _verdict(emitter, one)) for one in rendered)


def _verdict(emitter: Emitter, one: Rendered) -> Verdict:
    if one.body is None:
        return Verdict.REFUSED
    stands = publish.digest(emitter.folder, one.path) == hashlib.sha256(one.body).hexdigest()
    return Verdict.UNCHANGED if stands else Verdict.WRITTEN


def _gone(emitter: Emitter) -> Iterator[Plan]:
    """Say which files would go because their output, archive or format is not in config.yaml any more."""
    listed = {output.name for output in emitter.config.outputs}
    paths: dict[str, list[str]] = {}
    for name, path, sha256 in (*emitter.archivist.gone(), *emitter.ledger.gone()):
        if publish.digest(emitter.folder, path) == sha256:
            paths.setdefault(name, []).append(path)
    for name, some in paths.items():
        left = () if name in listed or name == SITE else tuple(_left(emitter, name))
        yield Plan(output=name, files=tuple((path, Verdict.REMOVED) for path in some), changes=left)


def _left(emitter: Emitter, name: str) -> Iterator[Change]:
    before = emitter.store.listed(name)
    rule = "the output left config.yaml"
    for key, source, sha in () if before is None else before.entries:
        if sha != IN_NO_FILE:
            yield Change(sign=Sign.REMOVED, source=source, id=key, title=None, rule=rule)
    for key, (source, page) in closed(emitter, name).items():
        yield Change(sign=Sign.REMOVED, source=source, id=key, title=None, rule=rule, page=page)


def _output(emitter: Emitter, output: Output, now: datetime) -> Plan:
    made = course(emitter, output, now)
    files = (*((one.path, one.verdict) for one in made.paged), *_files(emitter, made.rendered))
    paged = [problem for one in made.paged for problem in one.problems]
    problems = (*paged, *(problem for one in made.rendered for problem in one.problems))
    bare = Plan(output=output.name, files=files, problems=problems)
    if bare.idle or all(one.body is None for one in made.rendered):
        return bare
    listing = emitter.store.listed(output.name)
    before = None if listing is None else Before.of(listing)
    pages = emitter.archivist.shelf.archive(output.name).pages if output.archive is not None else ()
    touched = {path for path, _ in files}
    return replace(
        bare,
        changes=tuple(_Comparison(emitter, Present(config=emitter.config, output=output, now=now)).of(made)),
        settings=()
        if before is None
        else differences(before.settings, settings(emitter.config, output, RENDERING)),
        staying=sum(touched.isdisjoint(page.files) for page in pages),
    )


class _Comparison:
    """Compares what stands in one output with what publishing would make of it."""

    def __init__(self, emitter: Emitter, present: Present) -> None:
        self._emitter = emitter
        self._present = present
        name = present.output.name
        listing = emitter.store.listed(name)
        self._before = None if listing is None else Before.of(listing)
        entries = () if listing is None else listing.entries
        self._known = {key: (source, sha) for key, source, sha in entries if sha != IN_NO_FILE}
        self._closed = closed(emitter, name)

    def of(self, made: Course) -> Iterator[Change]:
        yield from self._here(made)
        yield from self._filed(made)
        yield from self._removed(made)

    def _here(self, made: Course) -> Iterator[Change]:
        """Say which entries would come into the feed, and which would change."""
        for place, (record, entry) in enumerate(made.shown, 1):
            known = self._known.get(entry.id)
            if known is None and entry.id in self._closed:
                page = self._closed[entry.id][1]
                rule = "back in the feed: the closed page that it is in goes"
                yield _change(Sign.MOVED, entry, rule, page)
            elif known is None:
                if self._before is None:
                    rule = "the output was not published before"
                else:
                    rule = added(self._before, record, place, self._present)
                yield _change(Sign.ADDED, entry, rule)
            elif known != (entry.source, digest(entry)) and self._before is not None:
                yield _change(Sign.CHANGED, entry, changed(self._before, record, known, self._present))

    def _filed(self, made: Course) -> Iterator[Change]:
        """Say which entries would come into a closed page: from the feed, or at once."""
        came = {key: place for key, place in made.closed.items() if key not in self._closed}
        records = {(one.source, one.id): one for one in self._emitter.store.holders(came, "")}
        for key, (source, page) in came.items():
            record = records.get((source, key))
            title = record.entry.title.value if record and record.entry and record.entry.title else None
            sign = Sign.MOVED if key in self._known else Sign.ADDED
            rule = f"to the new closed page {page} (archive: {self._present.output.archive})"
            if self._before is None:
                rule = f"the output was not published before; {rule}"
            elif sign is Sign.ADDED and record is not None:
                place = self._before.limit + 1
                rule = f"{added(self._before, record, place, self._present)}; {rule}"
            yield Change(sign=sign, source=source, id=key, title=title, rule=rule, page=page)

    def _removed(self, made: Course) -> Iterator[Change]:
        """Say which entries would leave, each with what becomes of it instead."""
        here = {entry.id for _, entry in made.shown} | made.closed.keys()
        was: Mapping[str, tuple[str, str | None]] = {
            **{key: (source, None) for key, (source, _) in self._known.items()},
            **self._closed,
        }
        for key, (source, page) in was.items():
            if key not in here:
                yield self._leaving(made, key, source, page)

    def _leaving(self, made: Course, key: str, source: str, page: str | None) -> Change:
        emitter, output, now = self._emitter, self._present.output, self._present.now
        found = emitter.store.find(key)
        record = next((one for one in found if (one.source, one.id) == (source, key)), None)
        title, rule = None, "it is not remembered any more"
        if record is not None:
            fate = made.others.get((source, key))
            if fate is None and output.archive is None and output.per_source is None:
                fate = emitter.choosing(output, now, limit=output.limit).alone(record)
            rule = said(fate or standing(emitter, output, record, now), output, emitter.config, now)
            title = record.entry.title.value if record.entry and record.entry.title else None
        return Change(sign=Sign.REMOVED, source=source, id=key, title=title, rule=rule, page=page)


def _change(sign: Sign, entry: Entry, rule: str, page: str | None = None) -> Change:
    title = entry.title.value if entry.title else None
    return Change(sign=sign, source=entry.source, id=entry.id, title=title, rule=rule, page=page)
