"""``explain`` one entry: what became of it in every output, and why. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from feeds.config.schema import MadeOutput, Output
from feeds.memory import Record
from feeds.pipeline.choosing import Fate, Standing
from feeds.pipeline.emit import Emitter
from feeds.pipeline.rendering import invalid, paths
from feeds.pipeline.telling import said


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
    """

    output: str
    block: str | None = None
    standing: Standing
    files: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    sentence: str


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
        if isinstance(output, MadeOutput) and all(one.name != record.source for one in output.taken):
            found.append(told(emitter, output, elsewhere, now))
        else:
            whole = emitter.headed(output)
            found.append(told(emitter, whole, standing(emitter, whole, record, now), now))
    return tuple(found)


def standing(emitter: Emitter, output: Output, record: Record, now: datetime) -> Standing:
    """Give what becomes of a record in one output."""
    choosing = emitter.choosing(output, now, limit=output.limit)
    alone = choosing.alone(record)
    if choosing.settled(alone):
        return alone
    # What was emitted from the same is what would be chosen again: then nothing has to be walked through.
    current = emitter.current(output, now)
    if current is not None:
        for place, (key, source, _) in enumerate(current.entries, 1):
            if (key, source) == (record.id, record.source):
                return replace(alone, fate=Fate.PUBLISHED, place=place, dropped=None)
        counted = output.per_source is not None or choosing.counts(record.source)
        if len(current.entries) >= output.limit and not counted:
            return alone
    return choosing.standing(record, lambda: emitter.records(choosing))


def told(emitter: Emitter, output: Output, found: Standing, now: datetime) -> Told:
    """Add to what was decided in which files it shows, and say it in words."""
    files: list[str] = []
    left_out: list[tuple[str, str]] = []
    if found.fate is Fate.PUBLISHED and found.entry is not None:
        feed = emitter.feed(output, (found.entry,), now)
        base = emitter.config.site.base_url or ""
        for path, word in paths(output).items():
            reasons = invalid(feed, feed.entries[0], word, base + path)
            if reasons:
                left_out.append((path, "; ".join(reasons)))
            else:
                files.append(path)
        if not files:
            found = replace(found, fate=Fate.INVALID, place=None)
    sentence = said(found, output, emitter.config, now)
    if files:
        sentence += f", in {', '.join(files)}"
    sentence += "".join(f"; {path} cannot carry it: {why}" for path, why in left_out)
    return Told(
        output=output.name,
        block=output.block if isinstance(output, MadeOutput) else None,
        standing=found,
        files=tuple(files),
        left_out=tuple(left_out),
        sentence=sentence,
    )
