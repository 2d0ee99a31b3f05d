"""Whether polling goes on, judged from what the store remembers: for ``feeds status``, and who watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.config.schema import Source
from feeds.memory import SourceState
from feeds.store import Note

SILENT = timedelta(minutes=3)
"""A daemon notes every minute that it lives."""
LEAST = timedelta(seconds=5)
"""Grace for the shortest intervals."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How the work goes.

    Attributes:
        complaints: What keeps it from going on, in a sentence each; none: it is healthy.
        refused: Problems for which the daemon that runs keeps to an older config.yaml.
    """

    complaints: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def health(
    sources: Sequence[Source],
    states: Mapping[str, SourceState],
    notes: Mapping[str, Note],
    now: datetime,
    *,
    held: bool,
) -> Health:
    """Judge whether polling goes on.

    Args:
        sources: All of config.yaml.
        states: What is remembered of them.
        notes: What the runs left.
        now: Aware.
        held: Whether a run holds the store.
    """
    complaints = []
    note = notes.get("daemon")
    if note is not None and not held:
        complaints.append("the daemon ended without being told to; start it again, its log may say why")
    elif note is not None and abs(now - note.at) > SILENT:
        complaints.append(f"the daemon gives no sign of life since {note.at:%Y-%m-%d %H:%M:%S} UTC")
    run = notes.get("once") if note is None else None
    rhythm = timedelta(seconds=float(run.said.get("gap", 0.0))) if run is not None else timedelta()
    stopped = _stopped(sources, states, now, max(rhythm, LEAST))
    if stopped is not None:
        complaints.append(f"nothing was polled any more, though {stopped} is long due")
    said = note.said.get("refused", ()) if note is not None and held else ()
    return Health(complaints=tuple(complaints), refused=tuple(map(str, said)))


def _stopped(
    sources: Sequence[Source], states: Mapping[str, SourceState], now: datetime, least: timedelta
) -> str | None:
    """Give a source for which another interval has passed since it was due, and nothing else was polled."""
    polled = [state.polled for state in states.values() if state.polled is not None]
    latest = max(polled, default=None)
    for source in sources:
        state = states.get(source.name)
        if source.paused or state is None or state.due is None or state.polled is None:
            continue
        alarm = state.due + max(state.due - state.polled, least)
        if not state.trust.ended and alarm < now and latest is not None and latest < alarm:
            return source.name
    return None
