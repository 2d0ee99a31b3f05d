"""When asking costs least in the hours to come: the waiting of entries against the price of a request."""

from __future__ import annotations

import math

from feeds.cadence.expectation import Expected
from feeds.cadence.rhythm import BINS

STEPS = 36
"""Moments ahead that are compared."""
FINENESS = 7.0
"""Moments compared in the time of one request, as the square-root law gives it for each hour by itself."""
SHORTEST, LONGEST = 1 / BINS, 1.5
"""Bounds of the time between two of them, in hours; the second only as long as waits are less than a day."""


def usual(rate: float, price: float) -> float:
    """Give the wait in hours that is right for a constant rate: the square-root law."""
    return math.sqrt(2.0 * price / rate)


def ahead(
    expected: Expected, now: float, price: float, *, least: float, most: float, room: float = math.inf
) -> tuple[float, bool]:
    """Choose the wait in hours until the next request, and say whether ``room`` shortened it.

    Of all ways to spend requests over the next hours it takes the one in which the waiting of the entries
    expected, and the price of each request, together are least; and gives its first wait.

    Args:
        expected: Entries an hour.
        now: The moment of the last request.
        price: Entry-hours of waiting that one request is worth; above 0.
        least: Lower bound of the wait in hours.
        most: Upper bound of it, not below.
        room: How many entries may come until they push each other out of the document unseen.
    """
    rate = sum(expected.week) / 168.0 + 1e-12
    full = room / rate
    ts = _moments(expected, now, max(min(2.0 * price, rate * full * full), 1e-12), max(most, least))
    total, times = _sums(expected, now, ts)
    last = len(ts) - 1
    value = [0.0] * len(ts)
    choice = last
    for i in range(last - 1, -1, -1):
        before = total[i]
        soonest, latest, most_come = ts[i] + least - 1e-9, ts[i] + most + 1e-9, before + room
        best = math.inf
        for j in range(i + 1, last + 1):
            t = ts[j]
            if t < soonest and j < last:
                continue
            if best < math.inf and (t > latest or total[j] > most_come):
                break
            cost = t * (total[j] - before) - times[j] + value[j]
            if cost < best:
                best, choice = cost, j
        value[i] = best + times[i] + price
    wait = ts[choice]
    if expected.parts is None and 1 < choice < last - 1:
        wait += _between(ts, total, times, value, choice)
    return min(max(wait, least), most), full < usual(rate, price)


def _between(ts: list[float], total: list[float], times: list[float], value: list[float], at: int) -> float:
    """Find the least cost near one of the moments, by the parabola through it and its neighbours."""
    a, b, c = (ts[j] * total[j] - times[j] + value[j] for j in (at - 1, at, at + 1))
    left, right = ts[at] - ts[at - 1], ts[at + 1] - ts[at]
    down, up = (b - a) / left, (c - b) / right
    if up - down < 1e-12:
        return 0.0
    # Where the slope, which goes evenly from one middle to the other, is zero.
    lowest = (-left * up - right * down) / (2.0 * (up - down))
    return max(-left / 2.0, min(right / 2.0, lowest))


def _moments(expected: Expected, now: float, twice: float, most: float) -> list[float]:
    """Choose the moments to compare, in hours from now: dense where much is expected, sparse where little.

    Where five-minute parts are told apart, each lies at the end of one.

    Args:
        expected: Entries an hour.
        now: Where to begin.
        twice: Two times the price.
        most: The longest wait.
    """
    longest = max(LONGEST, most / 16.0)
    week, parts = expected.week, expected.parts
    per = FINENESS / math.sqrt(twice)
    ts = [0.0]
    if expected.burst:
        # The burst is over before the plan is: its own pace only for the first few.
        step = min(max(1.0 / (per * math.sqrt(expected.burst + week[int(now) % 168])), SHORTEST), longest)
        pause = 2.0 / expected.fade
        while len(ts) < STEPS // 3 and ts[-1] < pause:
            ts.append(ts[-1] + step)
    base = math.floor(now)
    place = int(now + ts[-1]) - base
    u, done, gone = now - base + ts[-1], 0.0, 0.0
    begin = now - base
    low, high = 1.0 / longest, 1.0 / SHORTEST
    if parts is not None:
        roots = [math.sqrt(part) for part in parts]
        at = math.floor(u * BINS + 1e-6)
        while len(ts) <= STEPS:
            at += 1
            pace = per * math.sqrt(week[(base + (at - 1) // BINS) % 168])
            done += max(min(pace * roots[(at - 1) % BINS], high), low) / BINS
            if done >= 0.999:
                ts.append(at / BINS - begin)
                done = 0.0
        return ts
    while len(ts) <= STEPS:
        pace = max(min(per * math.sqrt(week[(base + place) % 168]), high), low)
        end = place + 1.0
        while len(ts) <= STEPS and u + (1.0 - gone) / pace <= end:
            u += (1.0 - gone) / pace
            gone = 0.0
            ts.append(u - begin)
        gone += (end - u) * pace
        u = end
        place += 1
    return ts


def _sums(expected: Expected, now: float, ts: list[float]) -> tuple[list[float], list[float]]:
    """Give the entries expected until each moment, and the sum of their times."""
    total, times = [0.0], [0.0]
    n = s = u = 0.0
    week, parts = expected.week, expected.parts
    burst, fade = expected.burst, expected.fade
    base = math.floor(now)
    begin = now - base
    grain = 1 if parts is None else BINS
    cell = int(begin * grain + 1e-9)
    edge = (cell + 1) / grain - begin
    for t in ts[1:]:
        while u < t:
            end = min(edge, t)
            mass = week[(base + cell // grain) % 168] * (end - u)
            if parts is not None:
                mass *= parts[cell % BINS]
            n += mass
            s += mass * (u + end) / 2.0
            u = end
            if edge <= t:
                cell += 1
                edge = (cell + 1) / grain - begin
        extra = lag = 0.0
        if burst:
            left = math.exp(-fade * t)
            extra = burst / fade * (1.0 - left)
            lag = burst / fade * ((1.0 - left) / fade - t * left)
        total.append(n + extra)
        times.append(s + lag)
    return total, times
