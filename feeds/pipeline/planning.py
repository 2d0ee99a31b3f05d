"""Which rule of config.yaml makes a difference, from what an output was made with before. Only values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds.config.parts import step
from feeds.config.schema import Config, LimitStep, Output, Source
from feeds.filters import Filter, build
from feeds.memory import Record
from feeds.model import Entry
from feeds.pipeline.emit import RENDERING
from feeds.pipeline.listing import digest, made_by, spoken
from feeds.pipeline.rendering import dressed
from feeds.pipeline.telling import plain
from feeds.store import Listing

DRESS = ("untitled", "provenance")
"""Settings of an output that change how its entries look."""

NAMED = 5
"""Sources that are named where many came or left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """What an output was made with, and how many entries it had.

    Attributes:
        settings: As ``listing.settings`` gave them.
        entries: How many were chosen.
    """

    settings: dict[str, Any]
    entries: int

    @classmethod
    def of(cls, listing: Listing) -> Before:
        """Read what a listing remembers."""
        return cls(settings=json.loads(listing.settings), entries=len(listing.entries))

    @property
    def limit(self) -> int:
        """How many entries it took."""
        limit: int = self.settings["output"]["limit"]
        return limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """What an output would be made with now; ``now`` is for filters by age."""

    config: Config
    output: Output
    now: datetime

    def steps(self, source: str) -> list[Any]:
        """Give the filters that an entry of a source passes, as they are remembered."""
        own = next((one.filters for one in self.config.sources if one.name == source), ())
        return [spoken(self.config, step) for step in (*own, *self.output.filters)]

    def source(self, name: str) -> Source:
        """Give a source of the configuration."""
        return next(one for one in self.config.sources if one.name == name)


def added(before: Before, record: Record, place: int, present: Present) -> str:
    """Say why an entry was not in an output before, and is now.

    Args:
        before: What the output was made with.
        record: Of the entry.
        place: That it gets, from 1.
        present: What it would be made with now.
    """
    if record.source not in before.settings["sources"]:
        return f"source {record.source} came into the output"
    old, new = _steps(before.settings, record.source), present.steps(record.source)
    if old != new and record.entry is not None:
        dropping = _dropping(old, record.entry, present.now)
        if dropping is None:
            dropping = next((s for s in old if isinstance(step(s), LimitStep) and s not in new), None)
        if dropping is not None:
            return f"dropped before by a filter that is not there any more: {plain(dropping)}"
    archive = before.settings["output"].get("archive")
    rule = _barred(before, record, present)
    if rule is None and archive != present.output.archive and place > before.limit:
        rule = f"archive: {archive or 'none'} → {present.output.archive or 'none'}"
    if rule is not None:
        return rule
    most = before.settings["output"].get("per_source")
    if most != present.output.per_source and most is not None:
        return f"per_source: {most} → {present.output.per_source or 'none'}"
    if before.entries >= before.limit != present.output.limit and place > before.limit:
        return f"limit: {before.limit} → {present.output.limit}"
    return "new since the output was made, or in the place of one that leaves"


def _barred(before: Before, record: Record, present: Present) -> str | None:
    """Say what let an entry through that was kept out of every output; None if it was not."""
    warm = before.settings["sources"][record.source].get("warm_up")
    if record.backlog is not None and warm is not None and record.backlog >= warm:
        now = present.source(record.source).warm_up
        return f"warm_up of source {record.source}: {warm} → {'all' if now is None else now}"
    return f"let through by `feeds release {record.source}`" if record.held is False else None


def changed(before: Before, record: Record, was: tuple[str, str], present: Present) -> str:
    """Say why an entry would be another than before.

    Args:
        before: What the output was made with.
        record: Of the entry.
        was: The source that it was shown from, and the hash of how it stood there.
        present: What it would be made with now.
    """
    name, sha = was
    if name != record.source:
        return f"shown from source {record.source} instead of {name}"
    old, new = _steps(before.settings, name), present.steps(name)
    entry = record.entry and _passed(old, record.entry, present.now)
    output, source = before.settings["output"], present.source(name)
    shown = present.output.model_copy(update={key: output[key] for key in DRESS})
    allowed = before.settings["sources"][name]["republish"]
    if (
        entry is not None
        and repr(source.republish) == allowed
        and digest(dressed(entry, source, shown)) == sha
    ):
        said = [
            f"{key}: {output[key]} → {getattr(present.output, key)}"
            for key in DRESS
            if output[key] != getattr(present.output, key)
        ]
        if old != new:
            gone = ", ".join(plain(one) for one in old if one not in new)
            come = ", ".join(plain(one) for one in new if one not in old)
            said.append(f"filters: {gone or 'none'} → {come or 'none'}")
        return "; ".join(said) or "its settings changed"
    if repr(source.republish) != allowed:
        return f"republish of source {name} is another"
    if before.settings["made by"] != made_by(RENDERING):
        return f"made by {before.settings['made by']} before, or its source changed it"
    return "its source changed it"


def differences(before: Mapping[str, Any], present: Mapping[str, Any]) -> tuple[str, ...]:
    """Say what of the settings is not as it was."""
    said = [
        f"{prefix}{key}: {_shown(before[part].get(key))} → {_shown(value)}"
        for part, prefix in (("output", ""), ("site", "site."))
        for key, value in present[part].items()
        if before[part].get(key) != value
    ]
    said += [
        f"{key}: {_shown(before[key])} → {_shown(present[key])}"
        for key in ("filters", "authority", "made by")
        if before[key] != present[key]
    ]
    old, new = before["sources"], present["sources"]
    said += _named("came", [name for name in new if name not in old])
    said += _named("left", [name for name in old if name not in new])
    said += _named(
        "has other filters, or another republish or warm_up",
        [name for name in new if name in old and old[name] != new[name]],
    )
    return tuple(said)


def _named(verb: str, names: Sequence[str]) -> Iterator[str]:
    yield from (f"source {name} {verb}" for name in names[:NAMED])
    if len(names) > NAMED:
        yield f"{len(names) - NAMED} further sources: {verb}"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _steps(settings: Mapping[str, Any], source: str) -> list[Any]:
    own = settings["sources"].get(source, {}).get("filters", ())
    return [*own, *settings["filters"]]


def _filters(steps: Sequence[Any], now: datetime) -> Iterator[tuple[Any, Filter]]:
    """Make the filters of steps as they are remembered; those that count say nothing of one entry alone."""
    for one in steps:
        made = step(one)
        if not isinstance(made, LimitStep):
            yield one, build(made, now)  # type: ignore[arg-type]  # step() gives one of the kinds of Step


def _dropping(steps: Sequence[Any], entry: Entry, now: datetime) -> Any:
    """Find the step that drops an entry; None if it passes."""
    for one, passes in _filters(steps, now):
        after = passes(entry)
        if after is None:
            return one
        entry = after
    return None


def _passed(steps: Sequence[Any], entry: Entry, now: datetime) -> Entry | None:
    after: Entry | None = entry
    for _, passes in _filters(steps, now):
        after = after and passes(after)
    return after
