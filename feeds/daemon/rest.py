"""How long to leave something alone that failed. Times are the event loop's, in seconds."""

from __future__ import annotations

from dataclasses import dataclass

FIRST, LONGEST = 2.0, 300.0
"""Seconds of rest after a failure; doubled at each that follows, up to the longest."""


@dataclass(kw_only=True, slots=True)
class Rest:
    """The rest of one thing: of the store, or of the output folder."""

    failures: int = 0
    until: float = 0.0

    def over(self, now: float) -> bool:
        """Say whether it may be tried again."""
        return now >= self.until

    def failed(self, now: float) -> bool:
        """Note a failure; False if it is one of many at once, of which the first began the rest."""
        if not self.over(now):
            return False
        self.until = now + min(FIRST * 2**self.failures, LONGEST)
        self.failures += 1
        return True

    def worked(self) -> None:
        """Note that it works again."""
        self.failures, self.until = 0, 0.0
