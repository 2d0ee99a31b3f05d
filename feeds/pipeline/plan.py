"""``plan``: what ``emit_all`` would change in the published files now, and why. Nothing is written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from feeds import publish
from feeds.config.schema import Output
from feeds.model import Entry
from feeds.pipeline.choosing import Choosing, Fate, Standing
from feeds.pipeline.emission import Verdict
from feeds.pipeline.emit import RENDERING, Emitter
from feeds.pipeline.ledger import SITE
from feeds.pipeline.listing import IN_NO_FILE, digest, settings
from feeds.pipeline.planning import Before, Present, added, changed, differences
from feeds.pipeline.rendering import Rendered, carried
from feeds.pipeline.telling import said
from feeds.store import Listing


class Sign(StrEnum):
    """What would become of an entry in an output."""

    ADDED = "+"
    REMOVED = "-"
    CHANGED = "~"


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What would change of one entry, and the rule that does it.

    Attributes:
        title: As in ``Entry``; None also if its text is gone.
    """

    sign: Sign
    source: str
    id: str
    title: str | None
    rule: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What would change in one output.

    Attributes:
        output: Its name; empty for the site's own files.
        files: Each file's path, and what would become of it.
        problems: Why a file would be refused, or entries left out.
        changes: To its entries, in the order of the output, those that leave at the end.
        settings: What of config.yaml is not as it was when the output was made; in words.
    """

    output: str
    files: tuple[tuple[str, Verdict], ...]
    problems: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    settings: tuple[str, ...] = ()

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
        yield _plan(emitter, SITE, emitter.site_rendered(now, emitter.store.states()))
        yield from _gone(emitter)


def _plan(emitter: Emitter, name: str, rendered: Sequence[Rendered]) -> Plan:
    files = tuple((one.path, _verdict(emitter, one)) for one in rendered)
    return Plan(output=name, files=files, problems=tuple(p for one in rendered for p in one.problems))


def _verdict(emitter: Emitter, one: Rendered) -> Verdict:
    if one.body is None:
        return Verdict.REFUSED
    stands = publish.digest(emitter.folder, one.path) == hashlib.sha256(one.body).hexdigest()
    return Verdict.UNCHANGED if stands else Verdict.WRITTEN


def _gone(emitter: Emitter) -> Iterator[Plan]:
    """Say which files would go because their output or format is not in config.yaml any more."""
    listed = {output.name for output in emitter.config.outputs}
    paths: dict[str, list[str]] = {}
    for name, path, sha256 in emitter.ledger.gone():
        if publish.digest(emitter.folder, path) == sha256:
            paths.setdefault(name, []).append(path)
    for name, some in paths.items():
        left = () if name in listed or name == SITE else _left(emitter, name)
        yield Plan(output=name, files=tuple((path, Verdict.REMOVED) for path in some), changes=left)


def _left(emitter: Emitter, name: str) -> tuple[Change, ...]:
    before = emitter.store.listed(name)
    entries = () if before is None else before.entries
    rule = "the output left config.yaml"
    return tuple(
        Change(sign=Sign.REMOVED, source=source, id=key, title=None, rule=rule)
        for key, source, sha in entries
        if sha != IN_NO_FILE
    )


def _output(emitter: Emitter, output: Output, now: datetime) -> Plan:
    listing = emitter.store.listed(output.name)
    was = {} if listing is None else {key: source for key, source, sha in listing.entries if sha}
    choosing = emitter.choosing(output, now, limit=output.limit)
    chosen: list[Standing] = []
    others: dict[tuple[str, str], Standing] = {}
    for standing in choosing.standings(emitter.records(choosing)):
        if standing.fate is Fate.PUBLISHED:
            chosen.append(standing)
        elif standing.record.id in was:
            others[standing.record.source, standing.record.id] = standing
        if choosing.full:
            break
    feed = emitter.feed(output, [one.entry for one in chosen if one.entry is not None], now)
    rendered = emitter.rendered(output, feed)
    bare = _plan(emitter, output.name, rendered)
    if bare.idle or all(one.body is None for one in rendered):
        return bare
    shown = carried(rendered)
    pairs = [
        (standing, entry) for standing, entry in zip(chosen, feed.entries, strict=True) if entry.id in shown
    ]
    before = None if listing is None else Before.of(listing)
    changes = (
        *_here(listing, before, pairs, Present(config=emitter.config, output=output, now=now)),
        *_removed(emitter, choosing, was, {entry.id for _, entry in pairs}, others),
    )
    return Plan(
        output=output.name,
        files=bare.files,
        problems=bare.problems,
        changes=changes,
        settings=()
        if before is None
        else differences(before.settings, settings(emitter.config, output, RENDERING)),
    )


def _here(
    listing: Listing | None,
    before: Before | None,
    pairs: Iterable[tuple[Standing, Entry]],
    present: Present,
) -> Iterator[Change]:
    """Say which entries would come, and which would change."""
    known = {} if listing is None else {key: (source, sha) for key, source, sha in listing.entries if sha}
    for place, (standing, entry) in enumerate(pairs, 1):
        if entry.id not in known:
            rule = "the output was not published before" if before is None else ""
            if before is not None:
                rule = added(before, standing.record, place, present)
            yield _change(Sign.ADDED, entry, rule)
        elif known[entry.id] != (entry.source, digest(entry)) and before is not None:
            rule = changed(before, standing.record, known[entry.id], present)
            yield _change(Sign.CHANGED, entry, rule)


def _change(sign: Sign, entry: Entry, rule: str) -> Change:
    title = entry.title.value if entry.title else None
    return Change(sign=sign, source=entry.source, id=entry.id, title=title, rule=rule)


def _removed(
    emitter: Emitter,
    choosing: Choosing,
    was: dict[str, str],
    here: set[str],
    others: dict[tuple[str, str], Standing],
) -> Iterator[Change]:
    """Say which entries would leave, each with what becomes of it instead."""
    for key, source in was.items():
        if key in here:
            continue
        record = next((one for one in emitter.store.find(key) if (one.source, one.id) == (source, key)), None)
        title, rule = None, "it is not remembered any more"
        if record is not None:
            standing = others.get((source, key)) or choosing.alone(record)
            rule = said(standing, choosing.output, emitter.config, choosing.now)
            title = record.entry.title.value if record.entry and record.entry.title else None
        yield Change(sign=Sign.REMOVED, source=source, id=key, title=title, rule=rule)
