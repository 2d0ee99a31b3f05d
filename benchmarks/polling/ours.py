"""``interval: auto`` itself: the program's own cadence and caching, asked as the pipeline asks them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from feeds import cadence
from feeds.cadence import Pace, Plan, Rhythm
from feeds.config.schema import Source as Listed
from feeds.model import Feed
from polling.world import World

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
SPACING = 2 / 3600
"""Hours between two requests to a host: one connection at a time, and an answer takes a while."""


class Auto:
    """What ``feeds run`` does with all sources at ``interval: auto``.

    Args:
        world: What is asked; only its public side is looked at.
        budget: Requests an hour for all.
        heed_sy: Whether the documents carry their ``sy:updatePeriod``, which then is a wait as well.
    """

    name = "feeds, interval: auto"
    honours: frozenset[str] = frozenset()  # Nothing is done for it: it obeys by itself, or it violates.
    spacing = SPACING

    def __init__(self, world: World, budget: float, *, heed_sy: bool = False) -> None:
        self.budget = budget
        self.begin = cadence.hours(MONDAY)
        self.listed = [
            Listed(name=f"s{place}", url=f"https://h{one.host}.example/{place}")
            for place, one in enumerate(world.sources)
        ]
        self.feeds = [
            Feed(
                id=f"tag:h{one.host}.example,2026:{place}",
                ttl=round(one.ttl * 60) or None,
                update_period=round(one.sy * 3600) if heed_sy and one.sy else None,
                skip_hours=frozenset(one.skip_hours),
                skip_days=frozenset(one.skip_days),
            )
            for place, one in enumerate(world.sources)
        ]
        self.headers = [
            {"cache-control": f"max-age={round(one.max_age * 3600)}"} if one.max_age else {}
            for one in world.sources
        ]
        self.hosts = [str(one.host) for one in world.sources]
        self.windows = [one.window for one in world.sources]
        count = len(world.sources)
        self.rhythms: list[Rhythm | None] = [None] * count
        self.failures = [0] * count
        self.waits = [0.0] * count
        self.worked = [MONDAY] * count
        self.throttling: set[str] = set()
        self.requests = 0
        self.pace: Pace
        self._set(0.0, None)

    def start(self) -> list[float]:
        """Ask everything in the first hour."""
        return [place / len(self.listed) for place in range(len(self.listed))]

    def hour(self, now: float) -> None:
        """Set the price anew, as the pipeline does."""
        self._set(now, replace(self.pace, requests=self.requests))

    def success(self, place: int, now: float, reported: Sequence[float]) -> float:
        """Learn from an answer, and plan."""
        self.requests += 1
        self.failures[place] = 0
        at = self.worked[place] = MONDAY + timedelta(hours=now)
        moment = cadence.hours(at)
        dates = [None if date != date else self.begin + date for date in reported]
        before = self.rhythms[place]
        if before is None:
            rhythm = cadence.first(moment, dates, window=len(dates))
        else:
            window = max(before.window, len(dates))
            lost = len(dates) >= self.windows[place]
            rhythm = cadence.learn(before, moment, dates, window=window, lost=lost)
        choice = cadence.choose(
            self.listed[place],
            at,
            feed=self.feeds[place],
            headers=self.headers[place],
            rhythm=rhythm,
            price=self.pace.at_host(self.hosts[place]),
        )
        asked = choice.asked / cadence.HOUR
        self.rhythms[place] = replace(rhythm, asked=asked, evenness=choice.evenness)
        return (choice.due - MONDAY) / cadence.HOUR

    def failure(self, place: int, now: float, status: int, retry_after: float) -> float | None:
        """Wait longer; gone is gone, which in the program takes a day of 410."""
        self.requests += 1
        if status == 410:
            self.failures[place] = -1
            return None
        if status == 429:
            self.throttling.add(self.hosts[place])
        self.failures[place] += 1
        at = MONDAY + timedelta(hours=now)
        due = cadence.after_failure(
            self.listed[place],
            at,
            self.failures[place],
            timedelta(hours=retry_after) if retry_after else None,
            feed=self.feeds[place],
            rhythm=self.rhythms[place],
            price=self.pace.at_host(self.hosts[place]),
            silent=at - self.worked[place],
        )
        self.waits[place] = (due - at) / cadence.HOUR
        return (due - MONDAY) / cadence.HOUR

    def _set(self, now: float, pace: Pace | None) -> None:
        plans = []
        for place, listed in enumerate(self.listed):
            if self.failures[place] > 0:
                plans.append(Plan(rate=0.0, least=self.waits[place], most=self.waits[place]))
            elif self.failures[place] == 0:
                plans.append(cadence.plan(listed, self.rhythms[place], self.hosts[place]))
        self.pace = cadence.step(pace, plans, self.budget, self.begin + now, self.throttling)
        self.requests = 0
        self.throttling = set()
