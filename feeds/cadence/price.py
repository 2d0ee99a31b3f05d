"""What one request has to be worth so that all sources together keep to the budget."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

STEP = 1.0
"""Hours from one setting of the price to the next."""
PATIENCE = 48.0
"""Hours over which requests made too many, or too few, are made good."""
MOST_OWED = 12.0
"""Hours of the budget that may be owed or saved up at most: a night switched off is not caught up with."""
CHEAPEST, DEAREST = 1e-7, 1e4
"""Bounds of the price, in entry-hours."""
FIRST = 0.01
"""The price before any is set: half an entry in a day is then asked for every hour."""
THROTTLED, RELIEF, MOST_THROTTLED = 2.0, 2.0 ** (-1 / 12), 256.0
"""By how much the price of a host grows in an hour in which it answered 429, by how much it falls in another,
and what it grows to, for whatever reason."""

TURNS = 0.75
"""Share of the requests a host takes that is planned: sources come due in bunches, and queue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """The price in force, and what it was set from.

    Attributes:
        price: Entry-hours of waiting that one request is worth.
        at: When it was set, in hours as in ``rhythm``.
        budget: Requests an hour it was set for.
        owed: Requests made beyond the budget until then; below 0 if fewer were made.
        requests: Made since.
        hosts: By how much the price is higher at hosts that throttle us, or take fewer requests than the
            price would ask of them; above 1.
    """

    price: float = FIRST
    at: float
    budget: float
    owed: float = 0.0
    requests: int = 0
    hosts: Mapping[str, float] = field(default_factory=dict)

    def at_host(self, host: str | None) -> float:
        """Give the price of a request to a host."""
        return self.price * self.hosts.get(host or "", 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What one source is going to be asked at any price.

    Attributes:
        rate: Entries an hour, less what following its hours saves.
        least, most: Bounds of the wait in hours; equal for a source whose wait is settled otherwise.
        host: Whom it is asked of; empty where that does not matter.
    """

    rate: float
    least: float
    most: float
    host: str = ""


def step_due(pace: Pace | None, now: float, budget: float) -> bool:
    """Say whether the price has to be set anew: an hour later, for another budget, or if time went back."""
    return (
        pace is None or not 0.0 <= now - pace.at < STEP or not math.isclose(pace.budget, budget, rel_tol=0.02)
    )


def step(
    pace: Pace | None,
    plans: Sequence[Plan],
    budget: float,
    now: float,
    throttling: Collection[str] = (),
    *,
    room: Mapping[str, float] = MappingProxyType({}),
) -> Pace:
    """Set the price anew.

    Args:
        pace: What is in force; None before the first.
        plans: Of all sources whose waits are learned.
        budget: Requests an hour for all of them; above 0.
        now: In hours as in ``rhythm``.
        throttling: Hosts that answered 429 since the price was set last.
        room: How many requests an hour hosts take that want them far apart.
    """
    old = pace or Pace(at=now, budget=budget)
    passed = now - old.at
    owed = 0.0
    # Before the clock was set back, or long ago: what was spent says nothing of today.
    if 0.0 <= passed <= PATIENCE:
        owed = old.owed + old.requests - old.budget * passed
    owed = max(-MOST_OWED * budget, min(MOST_OWED * budget, owed))
    wanted = max(budget / 2.0, budget - owed / PATIENCE)
    hosts = {host: factor * RELIEF ** max(passed, 0.0) for host, factor in old.hosts.items()}
    hosts |= {host: min(old.hosts.get(host, 1.0) * THROTTLED, MOST_THROTTLED) for host in throttling}
    price = clearing(plans, wanted, old.price, hosts)
    others, own = list(plans), dict[str, float]()
    # What a host does not take is spent on the others. That makes those cheaper, and may crowd the next host.
    while crowded := _crowded(others, price, hosts, room):
        own |= crowded
        for host, dearer in crowded.items():
            wanted -= planned([plan for plan in others if plan.host == host], dearer)
        others = [plan for plan in others if plan.host not in own]
        price = clearing(others, wanted, price, hosts)
    hosts |= {host: min(dearer / price, MOST_THROTTLED) for host, dearer in own.items()}
    return replace(
        old,
        price=price,
        at=now,
        budget=budget,
        owed=owed,
        requests=0,
        hosts={host: factor for host, factor in sorted(hosts.items()) if factor > 1.05},
    )


def _crowded(
    plans: Sequence[Plan], price: float, hosts: Mapping[str, float], room: Mapping[str, float]
) -> dict[str, float]:
    """Find the hosts that take fewer requests than would be made at a price, and the price right there."""
    theirs: dict[str, list[Plan]] = {}
    for plan in plans:
        if plan.host in room:
            theirs.setdefault(plan.host, []).append(plan)
    own = {host: clearing(some, TURNS * room[host], price) for host, some in theirs.items()}
    return {host: dearer for host, dearer in own.items() if dearer > price * hosts.get(host, 1.0)}


def clearing(
    plans: Sequence[Plan], wanted: float, before: float, hosts: Mapping[str, float] = MappingProxyType({})
) -> float:
    """Find the price at which so many requests an hour are planned; the nearest bound if there is none.

    Args:
        plans: Of all sources.
        wanted: Requests an hour.
        before: The price that stays if no plan depends on it.
        hosts: By how much the price is higher at some hosts.
    """
    # Were it set all the same, a lone source that fails would be asked after a day and five minutes in turn.
    if not any(plan.least < plan.most for plan in plans):
        return before
    rows = _rows(plans, hosts)
    low, high = math.log(CHEAPEST), math.log(DEAREST)
    while high - low > 1e-3:
        middle = (low + high) / 2.0
        if requests(rows, math.exp(middle)) > wanted:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2.0)


def planned(plans: Sequence[Plan], price: float) -> float:
    """Count the requests an hour that are planned at a price."""
    return requests(_rows(plans, {}), price)


def _rows(plans: Sequence[Plan], hosts: Mapping[str, float]) -> tuple[tuple[float, float, float], ...]:
    return tuple([(plan.rate / hosts.get(plan.host, 1.0), 1 / plan.least, 1 / plan.most) for plan in plans])


def requests(rows: Iterable[tuple[float, float, float]], price: float) -> float:
    """Count the requests an hour at a price: of each source its rate, its most and its fewest requests."""
    half = 0.5 / price
    return sum([max(fewest, min(most, math.sqrt(rate * half))) for rate, most, fewest in rows])
