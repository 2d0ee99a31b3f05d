"""One policy asks one world. The simulation owns the truth; a policy sees what an HTTP client would see.

Requests fail now and then (1 %) and during outages; host 0 answers 429 beyond 30 requests a minute. A request
before max-age or ttl of the last document is over, in skipped hours, or within a Retry-After, is a violation.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Protocol

import numpy as np

from polling.world import ERROR_RATE, LIMIT, Source, World

DAY, MINUTE = 24.0, 1 / 60
FLUSH = 24.0
"""Hours after the end in which what was posted before may still be found."""
PACE = 1.0 / (16 * 3600)
"""Nobody asks more often than 16 times a second."""


class Policy(Protocol):
    """Who decides when to ask. Hours throughout.

    Attributes:
        name: In the table.
        honours: Of ``max_age``, ``ttl``, ``skip``, ``retry``, what it is known to obey and so is held to.
        spacing: Hours between two requests to a host.
    """

    name: str
    honours: frozenset[str]
    spacing: float

    def start(self) -> list[float]: ...

    def success(self, place: int, now: float, reported: Sequence[float]) -> float: ...

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None: ...

    def hour(self, now: float) -> None: ...


@dataclass(frozen=True)
class Result:
    """What came of it: delays in minutes, over all entries posted before the end."""

    name: str
    requests: float
    mean: float
    median: float
    missed: int
    violations: int
    throttled: int
    kinds: dict[str, float]


def skipping(source: Source, now: float) -> float:
    """Give the first moment from now on that a source does not close."""
    for _ in range(200):
        if int(now % 24) not in source.skip_hours and int(now // 24 % 7) not in source.skip_days:
            break
        now = math.floor(now) + 1.0
    return now


class Simulation:
    """One run."""

    def __init__(self, world: World, policy: Policy, tick: Callable[[float], None] = lambda _: None) -> None:
        self.world, self.policy, self.tick = world, policy, tick
        self.dice = random.Random(0)
        count = len(world.sources)
        self.visible: list[list[float]] = [source.visible.tolist() for source in world.sources]
        self.reported: list[list[float]] = [source.reported.tolist() for source in world.sources]
        self.seen = [np.full(len(entries), np.nan) for entries in self.visible]
        self.next = [0] * count
        self.asked = [False] * count
        self.lost = [0] * count
        self.outage = [0] * count
        self.fresh_until = [0.0] * count
        self.retry_at = [0.0] * count
        self.recent: deque[float] = deque()
        self.requests = self.violations = self.throttled = 0
        honours = policy.honours
        self.floor = [
            min(
                DAY,
                max(source.max_age if "max_age" in honours else 0.0, source.ttl if "ttl" in honours else 0.0),
            )
            for source in world.sources
        ]

    def run(self) -> Result:
        """Let the policy ask until the end."""
        end = self.world.hours + FLUSH
        free = [0.0] * self.world.hosts
        heap = [(due, self.dice.random(), place) for place, due in enumerate(self.policy.start())]
        heapify(heap)
        line, hour, dice = 0.0, 1.0, self.dice
        while heap:
            due, _, place = heappop(heap)
            now = max(due, line)
            if now >= end:
                break
            while now >= hour:
                self.policy.hour(hour)
                self.tick(hour / end)
                hour += 1.0
            host = self.world.sources[place].host
            if free[host] > now:
                heappush(heap, (free[host], dice.random(), place))
                continue
            line = now + PACE
            free[host] = now + self.policy.spacing
            following = self._ask(place, now)
            if following is not None:
                heappush(heap, (max(following, now + 1 / 3600), dice.random(), place))
        return self._judge(end)

    def _ask(self, place: int, now: float) -> float | None:
        """Make a request; give when the next is due, None for never."""
        source = self.world.sources[place]
        self.requests += now < self.world.hours
        early = now < max(self.fresh_until[place], self.retry_at[place]) - 1e-4
        self.violations += self.asked[place] and (early or skipping(source, now) > now)
        status, wait = self._answer(place, source, now)
        following: float | None
        if status != 200:
            if wait:
                self.throttled += 1
                self.retry_at[place] = now + wait
            following = self.policy.failure(place, now, status, wait)
            if following is None:
                return None
            if "retry" in self.policy.honours:
                following = max(following, now + wait)
        else:
            following = max(self._document(place, source, now), now + self.floor[place])
        return skipping(source, following) if "skip" in self.policy.honours else following

    def _answer(self, place: int, source: Source, now: float) -> tuple[int, float]:
        """Give the status, and a Retry-After in hours."""
        if source.host == 0:
            while self.recent and self.recent[0] < now - MINUTE:
                self.recent.popleft()
            if len(self.recent) >= LIMIT:
                return 429, self.dice.uniform(0.5, 3) / 60
            self.recent.append(now)
        if source.missing:
            return 404, 0.0
        if now >= source.gone:
            return 410, 0.0
        if self.dice.random() < ERROR_RATE:
            return 503, 0.0
        outages, at = source.outages, self.outage[place]
        while at < len(outages) and outages[at][1] < now:
            at += 1
        self.outage[place] = at
        return (503, 0.0) if at < len(outages) and outages[at][0] <= now else (200, 0.0)

    def _document(self, place: int, source: Source, now: float) -> float:
        """Hand over what is new."""
        entries, known = self.visible[place], self.next[place]
        upto = bisect_right(entries, now, known)
        self.fresh_until[place] = now + min(DAY, max(source.max_age, source.ttl))
        first = max(known, upto - source.window)
        if not self.asked[place]:
            self.asked[place] = True
            self.seen[place][:upto] = now
        elif upto > known:
            self.lost[place] += sum(1 for entry in entries[known:first] if entry < self.world.hours)
            self.seen[place][first:upto] = now
        self.next[place] = upto
        return self.policy.success(place, now, self.reported[place][first:upto] if upto > known else ())

    def _judge(self, end: float) -> Result:
        world = self.world
        delays, kinds = [], dict[str, list[object]]()
        for place, source in enumerate(world.sources):
            begin, stop = np.searchsorted(source.visible, [0.0, world.hours])
            if stop <= begin or source.missing:
                continue
            seen = self.seen[place][begin:stop].copy()
            waiting = np.isnan(seen) & (np.arange(begin, stop) >= self.next[place])
            seen[waiting] = end
            came = ~np.isnan(seen)
            delay = (seen - source.visible[begin:stop])[came] * 60
            delays.append(delay)
            kinds.setdefault(source.kind, []).append(delay)
        every = np.concatenate(delays)
        return Result(
            name=self.policy.name,
            requests=self.requests / len(world.sources) / (world.hours / 24),
            mean=float(every.mean()),
            median=float(np.median(every)),
            missed=sum(self.lost),
            violations=self.violations,
            throttled=self.throttled,
            kinds={kind: float(np.concatenate(parts).mean()) for kind, parts in sorted(kinds.items())},  # type: ignore[arg-type]
        )
