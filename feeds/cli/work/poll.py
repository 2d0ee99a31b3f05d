"""``feeds once`` and ``feeds publish``: one run over the store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta

from feeds import __version__
from feeds.cli.session import Session, now
from feeds.cli.show import Screen
from feeds.cli.work.loading import chosen, configuration, finish
from feeds.cli.work.opening import opened
from feeds.cli.work.report import published, refused, report, tell, tell_emissions
from feeds.config.schema import Config
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Outcome, Poller, Result, hasten, open_readers
from feeds.pipeline.clocks import go_back
from feeds.pipeline.expiring import expire
from feeds.store import Note, Store

HOUSEKEEPING = timedelta(days=7)
LONGEST_GAP = timedelta(days=1)
"""Between two runs from cron: a longer pause is no interval."""


def once(session: Session, *, everything: bool, names: tuple[str, ...], strict: bool, as_json: bool) -> int:
    """Poll what is due, or what was named; publish; say what came of it. Give the exit status."""
    config = configuration(session)
    named = tuple(source.name for source in chosen(config, names))
    screen = Screen(session)
    started, clock = now(), time.monotonic()
    with closing(opened(config)) as store, store.claim():
        store.enlist([source.name for source in config.sources])
        go_back(config, store, started)
        hasten(config, store)
        states = due(config, store, started, named=named, everything=everything)
        outcomes = finish(polled(config, store, states, started, screen))
        expire(config, store, started)
        emissions = Emitter(config, store).emit_all(started)
        note(store, started)
    seconds = time.monotonic() - clock
    if as_json:
        screen.document(report(outcomes, emissions, started, seconds))
    else:
        tell(screen, outcomes, emissions, started, seconds, strict=strict)
    surprised = [outcome.surprise for outcome in outcomes if outcome.surprise is not None]
    for error in surprised:
        screen.trace(error)
    down = strict and any(outcome.result is Result.FAILED for outcome in outcomes)
    return int(down or bool(surprised) or refused(emissions))


def note(store: Store, started: datetime) -> None:
    """Leave notes for ``feeds status``, and keep house if no daemon did for a week.

    The house is looked after last: whoever waits for what was polled has it already.
    """
    notes = store.notes()
    before = notes.get("once")
    gap = min(max(started - before.at, timedelta()), LONGEST_GAP) if before else timedelta()
    store.note("once", Note(at=started, said={"gap": gap.total_seconds()}))
    store.note("daemon", None)  # This run holds the store: a daemon whose note stands is no more.
    house = notes.get("house")
    if house is not None and abs(started - house.at) > HOUSEKEEPING:
        store.housekeep()
    if house is None or abs(started - house.at) > HOUSEKEEPING:
        store.note("house", Note(at=started, said={}))


def publish(session: Session, *, as_json: bool) -> int:
    """Render every output anew from the store; give the exit status."""
    config = configuration(session)
    screen = Screen(session)
    started, clock = now(), time.monotonic()
    with closing(opened(config)) as store, store.claim():
        emissions = Emitter(config, store).emit_all(started, force=True)
    if as_json:
        screen.document(report((), emissions, started, time.monotonic() - clock))
    else:
        tell_emissions(screen, emissions)
        if screen.terminal or session.verbose:
            screen.line(f"{published(emissions)} in {config.site.folder}")
    return int(refused(emissions))


def due(
    config: Config, store: Store, moment: datetime, *, named: Sequence[str], everything: bool
) -> tuple[SourceState, ...]:
    """Choose what to poll, in an order that does not depend on the store for what was named."""
    awake = named or tuple(source.name for source in config.sources if not source.paused)
    if not named and not everything:
        return store.due(awake, moment, len(awake))
    states = store.states(awake)
    ended = {name for name, state in states.items() if state.trust.ended}
    return tuple(states.get(name) or SourceState(name=name) for name in awake if named or name not in ended)


async def polled(
    config: Config, store: Store, states: Sequence[SourceState], moment: datetime, screen: Screen
) -> tuple[Outcome, ...]:
    async with open_client(config.fetch, __version__) as client:
        with open_readers(config.read) as readers, screen.progress("Polling", len(states)) as advance:
            poller = Poller(config, store, client, readers)
            return await poller.refresh_all(states, moment, lambda outcome: advance(outcome.source))
