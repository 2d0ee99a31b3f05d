"""What was decided on an entry, in words for people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from feeds.config.schema import Config, Excerpt, MadeOutput, Output, Source
from feeds.config.spell import setting
from feeds.dedupe import FLOOD
from feeds.filters.reasons import reason
from feeds.model import Entry, TitleOrigin, Withdrawal
from feeds.pipeline.choosing import Dropped, Fate, Standing, owns
from feeds.pipeline.listing import spoken


def said(standing: Standing, output: Output, config: Config, now: datetime) -> str:
    """Say what became of an entry in an output, and why."""
    name = standing.record.source
    match standing.fate:
        case Fate.PUBLISHED | Fate.ARCHIVED:
            sentence = _stands(standing)
        case Fate.BEYOND_LIMIT:
            sentence = f"not shown: {output.limit} newer entries fill the output (limit: {output.limit})"
        case Fate.SOURCE_FULL:
            most = output.per_source
            sentence = f"not shown: {most} newer entries of source {name} are (per_source: {most})"
        case Fate.FILTERED if standing.dropped is not None:
            sentence = f"dropped by {rule(standing.dropped, config)}: {_why(standing.dropped, now)}"
        case Fate.ELSEWHERE if standing.shown is not None:
            sentence = f"shown from source {standing.shown.source} instead: {_owner(standing, config)}"
        case Fate.EXPIRED:
            sentence = f"expired: source {name} keeps {_kept(_source(config, name))}"
        case Fate.WITHDRAWN:
            sentence = _withdrawn(standing.mark)
        case Fate.HELD | Fate.WARM_UP:
            sentence = _barred(standing, _source(config, name))
        case Fate.NOT_TAKEN | Fate.UNLISTED:
            listed = standing.fate is Fate.NOT_TAKEN
            why = (
                f"the output is from {_from(output)}"
                if listed
                else f"source {name} is not in config.yaml any more"
            )
            sentence = f"not taken: {why}"
        case _:
            sentence = "chosen, but no format of the output can carry it"
    return sentence


def _stands(standing: Standing) -> str:
    if standing.page is None:
        return f"published, place {standing.place}"
    if standing.closed:
        return f"published before, and kept in the closed page {standing.page} of the archive"
    return f"goes to the closed page {standing.page} of the archive when this is published"


def _withdrawn(mark: Withdrawal | None) -> str:
    if mark is None:
        return "withdrawn"
    who = f"by source {mark.source}" if mark.source else "by `feeds retract`"
    why = f": {mark.reason}" if mark.reason else ""
    return f"withdrawn {who} on {mark.when:%Y-%m-%d}{why}"


def dressing(entry: Entry, source: Source, output: Output) -> Iterator[str]:
    """Say how an output shows an entry otherwise than it is remembered."""
    if output.untitled != "derive" and entry.title_origin is TitleOrigin.DERIVED:
        yield f"its source gave no title (untitled: {output.untitled})"
    if isinstance(source.republish, Excerpt):
        most = source.republish.excerpt
        yield f"of its text at most {most} words (republish of source {source.name}: excerpt: {most})"
    elif source.republish == "headline":
        yield f"without its text (republish of source {source.name}: headline)"
    if output.provenance != "none":
        yield f"names its source (provenance: {output.provenance})"


def rule(dropped: Dropped, config: Config) -> str:
    """Name a step as config.yaml has it."""
    whose = "the output" if dropped.source is None else f"source {dropped.source}"
    return f"filter {dropped.number} of {whose}, {written(config, dropped.step)}"


def written(config: Config, step: object) -> str:
    """Write a filter on one line, as it may stand in config.yaml; one with a secret shows it not."""
    return plain(spoken(config, step))


def plain(step: object) -> str:
    """Write a filter's words on one line.

    >>> plain({"drop": {"title": ["Ad:"]}}), plain("untrack")
    ('drop: {"title": "Ad:"}', 'untrack')
    """
    if not isinstance(step, dict):
        return str(step)
    return ", ".join(
        f"{key}: {json.dumps(_single(value), ensure_ascii=False)}" for key, value in step.items()
    )


def _single(value: object) -> object:
    if isinstance(value, dict):
        return {key: _single(item) for key, item in value.items()}
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _why(dropped: Dropped, now: datetime) -> str:
    return reason(dropped.step, dropped.entry, now)


def _source(config: Config, name: str) -> Source:
    return next(source for source in config.sources if source.name == name)


def _owner(standing: Standing, config: Config) -> str:
    record, shown = standing.record, standing.shown
    assert shown is not None
    if standing.page is not None:
        return f"both have the same post, and that one stands in the closed page {standing.page}"
    if owns(_source(config, shown.source), shown) and not owns(_source(config, record.source), record):
        return "both have the same post, and its id names that source's site"
    if shown.sort_key < record.sort_key:
        return "both have the same post, and it is dated earlier there"
    return "both have the same post of the same date, and that name comes first"


def _barred(standing: Standing, source: Source) -> str:
    if standing.fate is Fate.WARM_UP:
        newer = f"the newest {source.warm_up}" if source.warm_up else "none"
        brought = f"of what the first poll of {source.name} brought"
        return f"older than the source's warm-up: {brought}, {newer} may show (warm_up: {source.warm_up})"
    entry = standing.record.entry
    decisions = () if entry is None else entry.decisions
    said = (decision.reason for decision in reversed(decisions) if decision.topic == FLOOD)
    flood = next(said, "it came in a flood")
    return f"held back: {flood} (`feeds release {source.name}` lets it through)"


def _kept(source: Source) -> str:
    kept = setting("keep", source.keep)
    if not isinstance(kept, dict):
        return f"{kept} (keep), and had let it go before"
    parts = [f"{kept['entries']} entries"] if "entries" in kept else []
    return " and ".join([*parts, *([str(kept["age"])] if "age" in kept else [])]) + " (keep)"


def _from(output: Output) -> str:
    if isinstance(output, MadeOutput):
        return f"{output.by} {output.of}"
    wanted = output.from_
    parts = [f"tags {', '.join(wanted.tags)}"] if wanted.tags else []
    parts += [f"sources {', '.join(wanted.sources)}"] if wanted.sources else []
    return " and ".join(parts) or "all sources"
