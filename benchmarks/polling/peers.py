"""When others ask, as found in their code (2024 to 2026) and in the literature.

Each has one knob that trades requests for delay, so that all can be compared at the same number of requests.
Intervals are hours.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from polling.world import World

DAY, WEEK, FIVE_MINUTES = 24.0, 168.0, 5 / 60


class Fixed:
    """Each source every so often, spread."""

    name = "fixed interval"
    honours: frozenset[str] = frozenset()
    spacing = 0.0

    def __init__(self, world: World, knob: float) -> None:
        self.knob = knob
        sources = world.sources
        self.count = len(sources)
        self.max_age = [one.max_age for one in sources]
        self.ttl = [one.ttl for one in sources]
        self.sy = [one.sy for one in sources]
        self.windows = [deque[float](maxlen=one.window) for one in sources]

    def start(self) -> list[float]:
        return [place / self.count for place in range(self.count)]

    def hour(self, now: float) -> None:
        """Change nothing."""

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        return now + self.knob

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return now + self.knob

    def add(self, place: int, now: float, reported: Sequence[float]) -> deque[float]:
        """Keep the dates of the present document; a missing one is now."""
        window = self.windows[place]
        window.extend(now if math.isnan(date) else min(date, now) for date in reported)
        return window


class Venus(Fixed):
    """All at the same instant: Planet Venus, yarr, Feedbin."""

    name = "Venus (all at once)"

    def start(self) -> list[float]:
        return [0.0] * self.count

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        return (math.floor(now / self.knob + 1e-9) + 1) * self.knob

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return self.success(place, now, ())


class Reader(Venus):
    """lemon24/reader: at whole intervals of the clock; max-age and Retry-After push to a later one."""

    name = "reader"
    honours = frozenset({"max_age", "retry"})

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        due = super().success(place, now, reported)
        until = now + self.max_age[place]
        return super().success(place, until, reported) if until > due else due

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return super().success(place, now + retry_after, ())


class Miniflux(Fixed):
    """round_robin: an interval; ttl and max-age lengthen it when the document had changed."""

    name = "Miniflux round_robin"
    honours = frozenset({"retry"})

    def interval(self, place: int, now: float, delay: float) -> float:
        return min(max(self.knob, delay), DAY)

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        delay = max(self.ttl[place], self.max_age[place]) if reported else 0.0
        return self._tick(now + self.interval(place, now, delay))

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return self._tick(now + self.interval(place, now, retry_after if status == 429 else 0.0))

    def _tick(self, due: float) -> float:
        return (math.floor(due / FIVE_MINUTES) + 1) * FIVE_MINUTES


class MinifluxFrequency(Miniflux):
    """entry_frequency: the entries of the last week over the time they span; the knob divides."""

    name = "Miniflux entry_frequency"

    def __init__(self, world: World, knob: float) -> None:
        super().__init__(world, 1 / knob)
        self.stored = [deque[float]() for _ in range(self.count)]

    def interval(self, place: int, now: float, delay: float) -> float:
        stored = self.stored[place]
        while stored and stored[0] < now - WEEK:
            stored.popleft()
        span = abs(stored[-1] - stored[0]) if len(stored) > 1 else 0.0
        weekly = math.ceil(WEEK * (len(stored) - 1) / span - 1e-9) if span else 0
        wait = DAY if weekly <= 0 else max(min(WEEK / (weekly * self.knob), DAY), FIVE_MINUTES)
        return min(max(wait, delay), DAY)

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        due = super().success(place, now, reported)
        self.stored[place].extend(now if math.isnan(date) else date for date in reported)
        return due


class FreshRss(Fixed):
    """AutoTTL: the mean gap of the last 30 days, within an hour (less if the knob says so) and a day."""

    name = "FreshRSS AutoTTL"
    honours = frozenset({"max_age"})

    def __init__(self, world: World, knob: float) -> None:
        super().__init__(world, knob)
        self.stored = [deque[float]() for _ in range(self.count)]

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        stored = self.stored[place]
        stored.extend(now if math.isnan(date) else min(date, now) for date in reported)
        while stored and stored[0] < now - 720:
            stored.popleft()
        gap = (stored[-1] - stored[0]) / len(stored) * self.knob if stored else 0.0
        least = max(FIVE_MINUTES, min(1.0, self.knob))
        return math.ceil((now + (DAY if gap <= 0 or gap > DAY else max(gap, least))) * 12) / 12

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return now + 1.0


class CommaFeed(Fixed):
    """interval-empirical: by the age of the newest entry, else half the mean gap."""

    name = "CommaFeed"
    honours = frozenset({"retry"})

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        window, most = self.add(place, now, reported), 4.0 * self.knob
        days = (now - window[-1]) / 24 if window else 99.0
        wait = most if days >= 30 else most / 2 if days >= 14 else most / 4
        if days < 7:
            gap = (window[-1] - window[0]) / (len(window) - 1) if len(window) > 1 else math.inf
            wait = min(max(gap / 2 * self.knob, FIVE_MINUTES), most / 4)
        if reported:
            wait = max(wait, self.max_age[place])
        return now + max(FIVE_MINUTES, min(wait, most))

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return now + 1.0


class Obeying(Fixed):
    """Whatever the publisher says: max-age, ttl, else sy; the knob where it says nothing."""

    name = "obeying ttl"
    honours = frozenset({"max_age", "ttl", "skip", "retry"})

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        said = max(self.max_age[place], self.ttl[place]) or self.sy[place]
        return now + (min(max(said, FIVE_MINUTES), DAY) if said else self.knob)


class MavSync(Fixed):
    """Urbansky and Reichert: the next entry is expected a mean gap after the newest; the knob divides it."""

    name = "MAVSync"

    def __init__(self, world: World, knob: float) -> None:
        super().__init__(world, 1 / knob)

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        window = self.add(place, now, reported)
        if not window:
            return now + 1.0
        gap = (window[-1] - window[0]) / (len(window) - 1) if len(window) > 1 else 0.0
        part = gap / self.knob
        wait = window[-1] - now
        if part > 0:
            ahead = math.ceil((now - window[-1]) / part + 1e-9) * part if self.knob > 1 else part
            wait = window[-1] + ahead - now
        if not FIVE_MINUTES <= wait <= DAY or (self.knob > 1 and now - window[-1] > gap):
            wait = (now - window[0]) / len(window) / self.knob
        return now + min(max(wait, FIVE_MINUTES), DAY)

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return now + 1.0


class PostRate(Fixed):
    """Urbansky: a table of posts by five minutes of the day; ask when the sum since reaches the knob."""

    name = "PostRate"

    def __init__(self, world: World, knob: float) -> None:
        super().__init__(world, knob)
        self.posts = [dict[int, int]() for _ in range(self.count)]
        self.begun: list[float | None] = [None] * self.count
        self.total = [0] * self.count

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        posts = self.posts[place]
        for date in reported:
            at = now if math.isnan(date) else min(date, now)
            if self.begun[place] is None:
                self.begun[place] = at
            cell = int(at % 24 * 12)
            posts[cell] = posts.get(cell, 0) + 1
            self.total[place] += 1
        begun = self.begun[place]
        if begun is None:
            return now + DAY
        days, summed, cell = max(1.0, (now - begun) / 24), 0.0, int(now % 24 * 12)
        if self.total[place] / days < self.knob:
            return now + DAY
        for step in range(1, 289):
            summed += posts.get((cell + step) % 288, 0) / days
            if summed >= self.knob:
                return now + max(step / 12.0, FIVE_MINUTES)
        return now + DAY

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        return now + 1.0


PEERS: tuple[type[Fixed], ...] = (
    Fixed,
    Venus,
    Reader,
    Miniflux,
    MinifluxFrequency,
    FreshRss,
    CommaFeed,
    Obeying,
    MavSync,
    PostRate,
)
