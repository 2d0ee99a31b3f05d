"""The policy to measure against: it knows the true rate of each source for every hour of the week, and plans
ahead; what it does not know is when entries come. Politeness, failures and budget are as everywhere."""

from __future__ import annotations

import math
from collections.abc import Sequence

from feeds.cadence import planning
from feeds.cadence.expectation import Expected
from polling.ours import SPACING
from polling.world import World

LEAST, MOST = 1 / 12, 24.0


class Known:
    """Plans with the truth; on a plain grid, and with no other prices than the budget's."""

    name = "knowing the true rates"
    honours = frozenset({"max_age", "ttl", "skip", "retry"})
    spacing = SPACING

    def __init__(self, world: World, budget: float) -> None:
        self.budget = budget
        sources = world.sources
        self.foreseen = [Expected(week=tuple((one.profile * one.rate).tolist())) for one in sources]
        self.rates = [one.rate for one in sources]
        self.even = [float((one.profile**0.5).mean()) ** 2 for one in sources]
        self.least = [max(LEAST, min(MOST, max(one.max_age, one.ttl))) for one in sources]
        self.room = [one.window / 2 for one in sources]
        self.failures = [0] * len(sources)
        self.worked = [0.0] * len(sources)
        self.waits: dict[int, float] = {}
        self.gone: set[int] = set()
        self.requests, self.owed = 0, 0.0
        self.price = self._clearing(budget)

    def start(self) -> list[float]:
        """Ask everything in the first hour."""
        return [place / len(self.rates) for place in range(len(self.rates))]

    def hour(self, now: float) -> None:
        """Set the price anew."""
        self.owed += self.requests - self.budget
        self.requests = 0
        self.price = self._clearing(max(self.budget / 2, self.budget - self.owed / 48))

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        """Plan."""
        self.requests += 1
        self.failures[place], self.worked[place] = 0, now
        self.waits.pop(place, None)
        if not self.rates[place]:
            return now + MOST
        least = self.least[place]
        return (
            now
            + planning.ahead(
                self.foreseen[place],
                now,
                self.price,
                least=least,
                most=max(MOST, least),
                room=self.room[place],
            )[0]
        )

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        """Try again after a quarter of what is usual, doubling."""
        self.requests += 1
        if status == 410:
            self.gone.add(place)
            return None
        self.failures[place] += 1
        rate = self.rates[place]
        usual = min(MOST, planning.usual(rate, self.price)) if rate else MOST
        wait = min(MOST, max(LEAST, usual / 4) * 2 ** min(self.failures[place] - 1, 12))
        wait = 168.0 if now - self.worked[place] > 168 else wait
        self.waits[place] = wait
        return now + max(wait, retry_after)

    def _clearing(self, wanted: float) -> float:
        rows = [
            (rate * even, least, max(least, min(MOST, room / rate)) if rate else MOST, self.waits.get(place))
            for place, (rate, even, least, room) in enumerate(
                zip(self.rates, self.even, self.least, self.room, strict=True)
            )
            if place not in self.gone
        ]
        low, high = -16.0, 9.0
        while high - low > 1e-3:
            middle = (low + high) / 2
            twice = 2 * math.exp(middle)
            planned = sum(
                1 / wait if wait else 1 / min(max((twice / rate) ** 0.5, least), most) if rate else 1 / most
                for rate, least, most, wait in rows
            )
            low, high = (middle, high) if planned > wanted else (low, middle)
        return math.exp((low + high) / 2)
