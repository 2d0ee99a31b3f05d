"""Tells a dead network from a dead source: when nothing answers anybody, no source is to blame."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from feeds.errors import Offline, SourceError, Unreachable
from feeds.memory import SourceState

SOONEST, LATEST = timedelta(minutes=5), timedelta(minutes=15)
"""So long is waited for the network; where in between says a source's name, so that not all come at once."""
CAUSES = frozenset({Offline.__name__, Unreachable.__name__})


class Outage:
    """Knows when a server answered last.

    Args:
        before: Gives that moment for the runs before this one; None if none ever did.
    """

    def __init__(self, before: Callable[[], datetime | None]) -> None:
        self._before = before
        self._asked = False
        self._answered: datetime | None = None

    def heard(self, now: datetime) -> None:
        """Note that a server answered a poll of that moment, whatever it said."""
        self._answered = now if self._answered is None else max(self._answered, now)

    def judged(self, error: SourceError, state: SourceState) -> SourceError:
        """Say whose fault a failure is.

        The first of a row is held to be ours: it costs one more request. It is the source's own once some
        server has answered since, and this source is not reached again.

        Args:
            error: How the poll failed.
            state: Of the source, before it.

        Returns:
            The error, or Offline in its place.
        """
        if not isinstance(error, Unreachable):
            return error
        if state.error_class in CAUSES and state.polled is not None and self._since(state.polled):
            return error
        return Offline(f"this machine seems to be offline, so nothing is held against the source ({error})")

    def _since(self, moment: datetime) -> bool:
        # All polls of one run have one moment, so an answer of that moment counts.
        if self._answered is not None and self._answered >= moment:
            return True
        if not self._asked:
            self._asked = True
            earlier = self._before()
            if earlier is not None:
                self.heard(earlier)
        return self._answered is not None and self._answered >= moment


def wait(name: str) -> timedelta:
    """Say how long to wait for the network.

    Returns:
        Between ``SOONEST`` and ``LATEST``; the same for a source each time.
    """
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / 2**32
    return SOONEST + place * (LATEST - SOONEST)
