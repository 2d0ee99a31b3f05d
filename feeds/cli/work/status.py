"""``feeds status``: how each source fares, and which run holds the store."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from feeds import trust
from feeds.cli.plain import ago, count, stamp
from feeds.cli.session import Session, now
from feeds.cli.show import BAD, DIM, Screen
from feeds.cli.work.health import Health, health
from feeds.cli.work.loading import chosen, configuration
from feeds.cli.work.opening import opened
from feeds.config.schema import Config, Source
from feeds.errors import ConfigError, StoreError
from feeds.memory import LEFT_OUT, SourceState
from feeds.store import open_store

WORDS = ("ok", "failing", "gone", "new", "paused")
ENDED = " (it said so over a day, so it is asked no more; feeds resume asks again)"


def status(session: Session, *, names: tuple[str, ...], failing: bool, as_json: bool) -> int:
    """Show how the sources fare, all or those named."""
    try:
        config = configuration(session)
    except ConfigError:
        if running := still_running(session.config_path):
            Screen(session).warn(running)
        raise
    sources = chosen(config, names) if names else config.sources
    moment = now()
    with closing(opened(config)) as store:
        known = store.states(bare=True)
        every = {source.name: known[source.name] for source in config.sources if source.name in known}
        titles = {name: one.title for name, one in store.headings().items()} if as_json else {}
        dammed = store.held()
        held, pid = store.holder()
        noted = store.notes()
        found = health(config.sources, every, noted, moment, held=held)
    left_out = noted[LEFT_OUT].said if LEFT_OUT in noted else {}
    states = {source.name: every[source.name] for source in sources if source.name in every}
    same = twins(config, every)
    if failing:
        sources = tuple(s for s in sources if (state := states.get(s.name)) and state.error is not None)
    screen = Screen(session)
    if as_json:
        screen.document(
            status_document(
                config, sources, states, same, found, titles=titles, dammed=dammed, held=held, pid=pid
            )
            | {"left_out": left_out}
        )
        return 0
    if screen.terminal:
        draw_status(screen, sources, states, same, moment, dammed=dammed)
        screen.line(totals_line(sources, states))
        run = f"a run holds it (process {pid or 'unknown'})" if held else "no run holds it"
        screen.line(f"Store: {store_place(config)}; {run}", DIM)
        for sentence in (*sentences(found), *without(left_out)):
            screen.line(sentence, BAD)
        return 0
    screen.table((), [plain_row(source, states.get(source.name), same, dammed) for source in sources])
    for sentence in (*sentences(found), *without(left_out)):
        screen.warn(sentence)
    return 0


def sentences(found: Health) -> Iterator[str]:
    """Say what keeps the work from going on, and what the daemon refused."""
    yield from found.complaints
    for problem in found.refused:
        yield f"the daemon refused config.yaml and goes on with the one before: {problem}"


def without(left_out: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Say which entries published files are without, and why; each reason once."""
    told: dict[str, list[str]] = {}
    for path, problems in sorted(left_out.items()):
        for problem in problems:
            told.setdefault(problem, []).append(path)
    yield from (f"{', '.join(paths)}: {problem}" for problem, paths in told.items())


def still_running(path: Path) -> str | None:
    """Say whether a daemon goes on with what a config.yaml said that cannot be read now.

    Only its line ``store:`` is looked for; without one the store has its usual name.
    """
    text = path.read_text("utf-8", "replace") if path.is_file() else ""
    said = re.search(r"^store:[ \t]*[\"']?((?:sqlite|postgresql):[^\s\"'#]+)", text, re.MULTILINE)
    url = said[1] if said else str(Config.model_fields["store"].default)
    scheme, _, file = url.partition(":///")
    if scheme == "sqlite" and not Path(path.absolute().parent, file).is_file():
        return None
    try:
        with closing(open_store(url, path.absolute().parent)) as store:
            note = store.notes().get("daemon")
            held, pid = store.holder()
    except StoreError:
        return None
    if note is None or not held:
        return None
    if not note.said.get("refused"):
        return f"the daemon (process {pid}) has not read config.yaml since it is wrong"
    return f"the daemon (process {pid}) refused config.yaml and goes on with the one before"


def word(source: Source, state: SourceState | None) -> str:
    """Say in a word how a source fares."""
    if source.paused:
        return "paused"
    if state is None or state.polled is None:
        return "new"
    if state.trust.ended:
        return "gone"
    return "ok" if state.error is None else "failing"


def twins(config: Config, states: Mapping[str, SourceState]) -> Mapping[str, tuple[str, ...]]:
    """Find the sources that are one, by their names."""
    return trust.twins(
        (source.name, source.url, state.trust if (state := states.get(source.name)) else None)
        for source in config.sources
        if source.url is not None
    )


def draw_status(
    screen: Screen,
    sources: Sequence[Source],
    states: Mapping[str, SourceState],
    same: Mapping[str, tuple[str, ...]],
    moment: datetime,
    *,
    dammed: Mapping[str, int],
) -> None:
    colours = {"paused": DIM, "failing": BAD, "gone": BAD}
    rows, styles = [], []
    for source in sources:
        state = states.get(source.name) or SourceState(name=source.name)
        said = word(source, states.get(source.name))
        due = "–" if said in {"paused", "gone"} else "now" if state.due is None else ago(state.due, moment)
        failures = str(state.failures or "")
        rows.append((source.name, said, ago(state.succeeded, moment), due, str(state.entries), failures))
        styles.append(colours.get(said, ""))
    screen.table(("Source", "State", "Last success", "Next", "Entries", "Failures"), rows, styles)
    # Sentences stand below: beside the numbers they would be a narrow column of many lines.
    for source in sources:
        known = states.get(source.name)
        if known is not None and known.error:
            screen.line(f"{source.name}: {known.error}{ENDED if known.trust.ended else ''}", BAD)
        state = known or SourceState(name=source.name)
        for note in notes(source, state, same.get(source.name, ()), dammed.get(source.name, 0)):
            screen.line(f"{source.name}: {note}", DIM)


UNSTABLE_IDS = "unstable ids: it calls its entries by new ids again and again; pages and texts tell them"


def notes(source: Source, state: SourceState, same: Collection[str] = (), dammed: int = 0) -> Iterator[str]:
    """Say in a sentence each what is no error and should be known: where it moved, that its ids change.

    Args:
        source: As in config.yaml.
        state: Of it.
        same: Names of sources that are the same.
        dammed: How many of its entries are held back.
    """
    if dammed:
        yield (
            f"{count(dammed, 'entry')} came at once that cannot be new, and are held back from all outputs;"
            f" feeds release {source.name} lets them through"
        )
    if state.unstable:
        yield UNSTABLE_IDS
    if state.trust.plain:
        yield "is sent from https to http, where anybody on the way can read and change it; ask its operator"
    if same:
        yield f"is asked at the same address as {' and '.join(same)}; one of them is enough"
    if source.private:
        return
    address = trust.address(state.trust, source.url)
    if address != source.url:
        yield f"moved to {address}, and is asked there; feeds check --fix writes it into config.yaml"
    elif state.trust.moving_to:
        yield f"says that it moved to {state.trust.moving_to}; that counts when it was said over three days"


def plain_row(
    source: Source,
    state: SourceState | None,
    same: Mapping[str, tuple[str, ...]],
    dammed: Mapping[str, int],
) -> tuple[str, ...]:
    """Give name, state, last success, due, failures, entries, error or else notes; empty if there is none."""
    known = state or SourceState(name=source.name)
    return (
        source.name,
        word(source, state),
        stamp(known.succeeded) if known.succeeded else "",
        stamp(known.due) if known.due else "",
        str(known.failures),
        str(known.entries),
        known.error or "; ".join(notes(source, known, same.get(source.name, ()), dammed.get(source.name, 0))),
    )


def totals(sources: Sequence[Source], states: Mapping[str, SourceState]) -> dict[str, int]:
    words = [word(source, states.get(source.name)) for source in sources]
    return {
        "sources": len(sources),
        **{one: words.count(one) for one in WORDS},
        "entries": sum(state.entries for source in sources if (state := states.get(source.name))),
    }


def totals_line(sources: Sequence[Source], states: Mapping[str, SourceState]) -> str:
    numbers = totals(sources, states)
    parts = [f"{numbers[one]} {one}" for one in WORDS if numbers[one]]
    return (
        f"{count(len(sources), 'source')}: {', '.join(parts) or 'none'}; {count(numbers['entries'], 'entry')}"
    )


def status_document(
    config: Config,
    sources: Sequence[Source],
    states: Mapping[str, SourceState],
    same: Mapping[str, tuple[str, ...]],
    found: Health,
    *,
    titles: Mapping[str, str | None],
    dammed: Mapping[str, int],
    held: bool,
    pid: int | None,
) -> dict[str, object]:
    """Make the document of ``status --json``."""
    return {
        "config": str(config.path),
        "store": {"place": store_place(config), "held": held, "pid": pid},
        "healthy": not found.complaints,
        "complaints": list(found.complaints),
        "refused": list(found.refused),
        "totals": totals(sources, states),
        "sources": [
            source_document(source, states.get(source.name), same.get(source.name, ()))
            | {
                "title": source.title or titles.get(source.name),
                "held": dammed.get(source.name, 0),
            }
            for source in sources
        ],
    }


def source_document(source: Source, state: SourceState | None, same: Sequence[str]) -> dict[str, object]:
    known = state or SourceState(name=source.name)
    return {
        "name": source.name,
        "state": word(source, state),
        "kind": known.kind or source.kind,
        "title": source.title,
        "entries": known.entries,
        "polled": known.polled,
        "succeeded": known.succeeded,
        "changed": known.changed,
        "due": known.due,
        "wait": known.wait,
        "failures": known.failures,
        "unstable_ids": known.unstable,
        "error": known.error,
        "error_class": known.error_class,
        "status": known.status,
        "verified": source.fetch.verify is not False,
        "address": None if source.private else trust.address(known.trust, source.url),
        "moving_to": known.trust.moving_to,
        "unencrypted": known.trust.plain,
        "same_as": same,
    }


def store_place(config: Config) -> str:
    """Name the store without the password that its address may hold."""
    parts = urlsplit(config.store)
    if parts.scheme.startswith("sqlite"):
        return str(Path(config.folder, config.store.partition(":///")[2]))
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"
