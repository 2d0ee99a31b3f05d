"""``explain`` one entry: what became of it in every output, and why. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, takewhile

from feeds import publish
from feeds.config.schema import LimitStep, MadeOutput, Output
from feeds.formats import FEED_FORMATS
from feeds.memory import Record
from feeds.pipeline.archiving import Rule, pieces
from feeds.pipeline.choosing import Choosing, Dropped, Fate, Standing
from feeds.pipeline.emit import Emitter
from feeds.pipeline.rendering import invalid
from feeds.pipeline.telling import dressing, rule, said
from feeds.store import Listing

ASKED = frozenset({Fate.PUBLISHED, Fate.ARCHIVED, Fate.BEYOND_LIMIT, Fate.SOURCE_FULL, Fate.FILTERED})
"""Of these alone, the filters were asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What became of an entry in one output.

    Attributes:
        output: Its name.
        block: The name of the output with ``each`` that it is of; None if it is of none.
        standing: What was decided.
        files: In which of its files the entry is, once they are made.
        left_out: Files whose format cannot carry it, each with the reasons.
        sentence: All of it in words.
        steps: What its filters and the output's settings did, in order, in words.
    """

    output: str
    block: str | None = None
    standing: Standing
    files: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    sentence: str
    steps: tuple[str, ...] = ()


def explain(emitter: Emitter, record: Record, now: datetime) -> tuple[Told, ...]:
    """Tell what becomes of a record in every output, as the present configuration and store make it.

    Args:
        emitter: Of the configuration and the store.
        record: As the store gave it.
        now: For filters by age.
    """
    listed = any(source.name == record.source for source in emitter.config.sources)
    elsewhere = Standing(record=record, fate=Fate.NOT_TAKEN if listed else Fate.UNLISTED)
    found: list[Told] = []
    for output in emitter.config.outputs:
        # There may be as many outputs as sources, and nearly all of them have nothing to do with this one.
        foreign = isinstance(output, MadeOutput) and all(one.name != record.source for one in output.taken)
        if foreign and output.archive is None:
            found.append(told(emitter, output, elsewhere, now))
        else:
            whole = emitter.headed(output)
            found.append(told(emitter, whole, standing(emitter, whole, record, now), now))
    return tuple(found)


def standing(emitter: Emitter, output: Output, record: Record, now: datetime) -> Standing:
    """Give what becomes of a record in one output."""
    if output.archive is not None:
        return _kept(emitter, output, output.archive, record, now)
    choosing = emitter.choosing(output, now, limit=output.limit)
    alone = choosing.alone(record)
    if choosing.settled(alone):
        return alone
    # What was emitted from the same is what would be chosen again: then nothing has to be walked through.
    current = emitter.current(output, now)
    if current is not None:
        place = _place(current, record)
        if place is not None:
            return replace(alone, fate=Fate.PUBLISHED, place=place, dropped=None)
        counted = output.per_source is not None or choosing.counts(record.source)
        if len(current.entries) >= output.limit and not counted:
            return alone
    elif _behind(emitter, output, record, now):
        return alone
    return choosing.standing(record, lambda: emitter.records(choosing))


def _behind(emitter: Emitter, output: Output, record: Record, now: datetime) -> bool:
    """Say whether newer ones fill an output: those that stand in it since it was made, and the next.

    So an old entry need not wait, after an edit of config.yaml, until all newer ones have been looked at.
    """
    listing = emitter.store.listed(output.name)
    choosing = emitter.choosing(output, now, limit=output.limit)
    counted = output.per_source is not None or any(map(choosing.counts, choosing.members))
    if listing is None or not listing.entries or counted:
        return False
    key, source, _ = listing.entries[-1]
    last = next((one for one in emitter.store.holders([key], "") if one.source == source), None)
    if last is None or not _order(last) < _order(record):
        return False
    listed = {(key, source) for key, source, _ in listing.entries}
    found = emitter.store.holders({key for key, _ in listed}, "")
    held = (one for one in found if (one.id, one.source) in listed)
    newer = sorted((one for one in held if _order(one) <= _order(last)), key=_order)
    below = emitter.store.newest(tuple(choosing.members), before=last.sort_key)
    older = takewhile(lambda one: _order(one) < _order(record), below)
    rest = (one for one in older if _order(one) > _order(last))
    return any(choosing.full for _ in choosing.standings(chain(newer, rest)))


def _order(record: Record) -> tuple[float, str, str]:
    return -record.sort_key.timestamp(), record.id, record.source


def _place(listing: Listing, record: Record) -> int | None:
    places = enumerate(listing.entries, 1)
    return next((place for place, one in places if one[:2] == (record.id, record.source)), None)


def _kept(emitter: Emitter, output: Output, rule: Rule, record: Record, now: datetime) -> Standing:
    """Give what becomes of a record in an output with an archive: all that is chosen stays somewhere."""
    shelf = emitter.archivist.shelf
    choosing = emitter.choosing(output, now, limit=None)
    alone = choosing.alone(record)
    found = shelf.placed(output.name, [record.id]).get(record.id)
    if found is not None:
        filed = _filed(emitter, output, choosing, alone, found)
        if filed is not None:
            return filed
    if choosing.settled(alone):
        return alone
    current = emitter.current(output, now)
    place = None if current is None else _place(current, record)
    if place is not None:
        return replace(alone, fate=Fate.PUBLISHED, place=place, dropped=None)
    return _opened(emitter, output, rule, alone, now)


def _filed(
    emitter: Emitter, output: Output, choosing: Choosing, alone: Standing, place: tuple[str, int]
) -> Standing | None:
    """Give what becomes of a record whose id is in a closed page; None if it will not be there any more."""
    record, shelf, (source, number) = alone.record, emitter.archivist.shelf, place
    page = next(page for page in shelf.archive(output.name).pages if page.number == number)
    gone = shelf.withdrawn(output.name).get(number, ())
    if record.id in gone:
        # It leaves its page also where its source is not among those of the output any more.
        mark = choosing.mark(record) if source == record.source else None
        return Standing(record=record, fate=Fate.WITHDRAWN, mark=mark) if mark else None
    holder = next((one for one in emitter.store.holders([record.id], "") if one.source == source), None)
    stays = emitter.archivist.whole(output, page, looking=not gone)
    entry = None if holder is None else choosing.passed(holder)
    if holder is None or not (stays or entry):
        return None
    if source == record.source:
        return Standing(record=record, fate=Fate.ARCHIVED, entry=entry, page=page.name, closed=stays)
    if choosing.settled(alone):
        return None
    return Standing(record=record, fate=Fate.ELSEWHERE, shown=holder, page=page.name)


def _opened(emitter: Emitter, output: Output, rule: Rule, alone: Standing, now: datetime) -> Standing:
    """Give the place of a record among what is in no page yet, some of which may be closed now."""
    archive = emitter.archivist.shelf.archive(output.name)
    opened = emitter.archivist.opened(output, emitter.choosing(output, now, limit=None), archive)
    own = (alone.record.source, alone.record.id)
    places = [(one.source, one.id) for one in opened]
    if own not in places:
        choosing = emitter.choosing(output, now, limit=None)
        return choosing.standing(alone.record, lambda: emitter.records(choosing))
    left = len(opened)
    for name, records in pieces(opened, archive, rule, output.limit):
        left -= len(records)
        if places.index(own) >= left:
            return replace(alone, fate=Fate.ARCHIVED, page=name, dropped=None)
    return replace(alone, fate=Fate.PUBLISHED, place=places.index(own) + 1, dropped=None)


def told(emitter: Emitter, output: Output, found: Standing, now: datetime) -> Told:
    """Add to what was decided in which files it shows, and say it in words."""
    files: list[str] = []
    left_out: list[tuple[str, str]] = []
    if found.fate in {Fate.PUBLISHED, Fate.ARCHIVED}:
        for path, why in _files(emitter, output, found, now):
            if why:
                left_out.append((path, why))
            else:
                files.append(path)
        if not files:
            found = replace(found, fate=Fate.INVALID, place=None)
    sentence = said(found, output, emitter.config, now)
    if files:
        sentence += f", in {', '.join(files)}"
    sentence += "".join(f"; {path}: {why}" for path, why in left_out)
    return Told(
        output=output.name,
        block=output.block if isinstance(output, MadeOutput) else None,
        standing=found,
        files=tuple(files),
        left_out=tuple(left_out),
        sentence=sentence,
        steps=tuple(_steps(emitter, output, found, now)),
    )


def _steps(emitter: Emitter, output: Output, found: Standing, now: datetime) -> Iterator[str]:
    """Say which filters an entry passed, which changed it, and how it is dressed."""
    entry = found.record.entry
    if entry is None or found.closed or found.fate not in ASKED:
        return
    choosing = emitter.choosing(output, now, limit=None)
    for owner, number, step, passes in choosing.steps(entry.source):
        after = entry if isinstance(step, LimitStep) else passes(entry)
        dropped = Dropped(source=owner, number=number, step=step, entry=entry)
        if after is None or (
            found.dropped and (owner, number) == (found.dropped.source, found.dropped.number)
        ):
            return
        yield f"{'passes' if after == entry else 'changed by'} {rule(dropped, emitter.config)}"
        entry = after
    if found.fate in {Fate.PUBLISHED, Fate.ARCHIVED}:
        yield from dressing(entry, choosing.members[entry.source], output)


def _files(
    emitter: Emitter, output: Output, found: Standing, now: datetime
) -> Iterator[tuple[str, str | None]]:
    """Give each file that is to have an entry, and why it has not."""
    folder = f"archive/{output.name}/{found.page}" if found.page is not None else output.name
    paths = {f"{folder}{FEED_FORMATS[word].suffix}": word for word in output.formats}
    if found.closed:
        for path, word in paths.items():
            body = publish.read(emitter.folder, path)
            there = FEED_FORMATS[word].holds(body, found.record.id)
            yield path, None if there else "it is not in there: the format could not carry it"
    elif found.entry is not None:
        feed = emitter.feed(output, (found.entry,), now)
        base = emitter.config.site.base_url or ""
        for path, word in paths.items():
            why = invalid(feed, feed.entries[0], word, base + path)
            yield path, f"the format cannot carry it: {'; '.join(why)}" if why else None
