"""``feeds explain WHAT``: where an entry came from, what was decided on it, what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing

from feeds.cli.plain import count, stamp
from feeds.cli.session import Mistaken, Session, now
from feeds.cli.show import STRONG, Screen
from feeds.cli.work.listing import address
from feeds.cli.work.loading import configuration
from feeds.cli.work.opening import exists, opened
from feeds.cli.work.preview import one_line, when
from feeds.config.schema import Config, Source
from feeds.memory import Record, SourceState
from feeds.model import DateOrigin, Entry, Moment, Precision, TitleOrigin
from feeds.pipeline import Emitter, Fate, Told
from feeds.pipeline import explain as outcomes

LISTED = 10
"""Matches that are listed; whoever has more asks for more words."""
NEAR = 3
EXACT = frozenset({Precision.MINUTE, Precision.SECOND})


def explain(session: Session, what: str, *, as_json: bool) -> int:
    """Tell the trail of the entry that ``what`` names; list the matches if there are several."""
    config = configuration(session)
    screen = Screen(session)
    if not exists(config):
        raise Mistaken("nothing is remembered yet; `feeds once` polls")
    with closing(opened(config)) as store:
        records = store.find(what) or store.titled(what, LISTED)
        if not records:
            missing(screen, what, store.near(what, NEAR), as_json=as_json)
            return 1
        if len({record.id for record in records}) > 1:
            several(screen, records, as_json=as_json)
            return 0
        emitter, moment = Emitter(config, store), now()
        states = store.states({record.source for record in records})
        found = [(record, outcomes(emitter, record, moment)) for record in records]
    if as_json:
        screen.document({"entries": [document(record, told) for record, told in found]})
        return 0
    sources = {source.name: source for source in config.sources}
    for number, (record, told) in enumerate(found):
        if number:
            screen.line("")
        title, *lines = trail(record, told, config, sources.get(record.source), states.get(record.source))
        screen.line(title, STRONG)
        for line in lines:
            screen.line(f"  {line}")
    return 0


def missing(screen: Screen, what: str, near: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        screen.document({"entries": [], "near": list(near)})
    hint = f"; titles like it: {', '.join(f'«{title}»' for title in near)}" if near else ""
    screen.fail(f"no entry has the id, the address or in its title the words {what!r}{hint}")


def several(screen: Screen, records: Sequence[Record], *, as_json: bool) -> None:
    if as_json:
        screen.document({"matches": [short(record) for record in records]})
        return
    screen.table(
        ("Source", "Date", "Title", "Id"),
        [
            (r.source, stamp(r.sort_key)[:10], one_line(r.entry.title) if r.entry else "", r.id)
            for r in records
        ],
    )
    most = f"the {LISTED} met last; " if len(records) == LISTED else ""
    screen.warn(f"{count(len(records), 'entry')} match: {most}name one by its id")


def short(record: Record) -> dict[str, object]:
    title = one_line(record.entry.title) if record.entry else None
    return {"source": record.source, "id": record.id, "url": record.url, "title": title}


def document(record: Record, told: Sequence[Told]) -> dict[str, object]:
    """Give the trail for programs."""
    entry = record.entry
    return short(record) | {
        "native_id": record.native_id,
        "first_seen": record.first_seen,
        "place": record.sort_key,
        "published": None if entry is None or entry.published is None else entry.published.instant,
        "updated": None if entry is None or entry.updated is None else entry.updated.instant,
        "decisions": [{"topic": decision.topic, "reason": decision.reason} for decision in entry.decisions]
        if entry
        else [],
        "outputs": [
            {
                "output": one.output,
                "outcome": one.standing.fate,
                "place": one.standing.place,
                "page": one.standing.page,
                "files": one.files,
                "left_out": dict(one.left_out),
                "step": None if one.standing.dropped is None else one.standing.dropped.number,
                "step_of": None if one.standing.dropped is None else one.standing.dropped.source,
                "shown_from": None if one.standing.shown is None else one.standing.shown.source,
                "why": one.sentence,
                "steps": one.steps,
            }
            for one in told
        ],
    }


def trail(
    record: Record, told: Sequence[Told], config: Config, source: Source | None, state: SourceState | None
) -> Iterator[str]:
    """Say it in lines, the title first."""
    entry = record.entry
    yield (one_line(entry.title) if entry else "") or "(no title)"
    yield f"id: {record.id}" + (f" ({named(entry)})" if entry else "")
    if record.native_id is not None and record.native_id != record.id:
        yield f"its source calls it: {record.native_id}"
    if record.url is not None:
        yield f"page: {record.url}"
    yield came(record.source, source, state)
    yield f"first seen: {stamp(record.first_seen)}"
    yield from dates(record)
    if entry is not None:
        yield from named_by(entry)
        yield from (f"{decision.topic}: {decision.reason}" for decision in entry.decisions)
    if not config.outputs:
        yield "there is no output"
    others: Counter[str] = Counter()
    for one in told:
        if one.block is not None and one.standing.fate is Fate.NOT_TAKEN:
            others[one.block] += 1
        else:
            yield f"{one.output}: {one.sentence}"
            yield from (f"  {step}" for step in one.steps)
    for block, number in others.items():
        yield f"{block}: not in the other {count(number, 'output')} that it stands for"


def named_by(entry: Entry) -> Iterator[str]:
    """Say who says the title and the language, where no decision of its own does."""
    if entry.title is None:
        yield "title: none; its source gives none, and there is no text to take one from"
    elif entry.title_origin is TitleOrigin.DECLARED:
        yield "title: as its source gives it"
    elif all(decision.topic != "title" for decision in entry.decisions):
        yield "title: taken from its text, before it came here"
    if entry.language is None:
        yield "language: not known; its source names none, and its words do not tell"
    else:
        told = f" ({entry.language_origin})" if entry.language_origin else ""
        yield f"language: {entry.language}{told}"


def came(name: str, source: Source | None, state: SourceState | None) -> str:
    """Say where an entry came from."""
    if source is None:
        return f"source: {name}, which is not in config.yaml any more"
    notes = [address(source)] if address(source) else []
    notes += ["paused: not polled, what it brought stays"] if source.paused else []
    notes += [f"its last poll failed: {state.error}"] if state is not None and state.failures else []
    return f"source: {name}" + (f" ({'; '.join(notes)})" if notes else "")


def named(entry: Entry) -> str:
    """Say what an id was made from."""
    made = {
        "declared": "the source's own",
        "native": "made from the source's own",
        "link": "made from its address",
        "path": "made from its file's path",
        "text": "made from its text",
    }
    return made[entry.id_origin.value]


def dates(record: Record) -> Iterator[str]:
    """Say what the dates of an entry mean, and where they put it."""
    entry = record.entry
    declared: Moment | None = None
    both = () if entry is None else (("published", entry.published), ("updated", entry.updated))
    for name, moment in both:
        if moment is not None:
            declared = declared or moment
            yield f"{name}: {when(moment)}, {meant(moment)}"
    why = "fixed at first sight"
    if declared is not None and declared.instant == record.sort_key:
        why += ", its date"
    elif record.sort_key == record.first_seen:
        why += ", which it is"
    elif declared is not None and declared.precision not in EXACT:
        why += f": its date names no time, only the {declared.precision}"
    yield f"place in time: {stamp(record.sort_key)} ({why})"


def meant(moment: Moment) -> str:
    """Say who says that time."""
    said = f" as {moment.raw!r}" if moment.raw else ""
    if moment.origin is DateOrigin.DECLARED:
        return f"declared{said}"
    if moment.origin is DateOrigin.INFERRED:
        return "inferred" + (f"; the source wrote {moment.raw!r}" if moment.raw else "")
    return "when we met it" + (f"; the source wrote {moment.raw!r}" if moment.raw else "")
