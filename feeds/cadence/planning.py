"""When asking costs least in the hours to come: the waiting of entries against the price of a request."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    sums = (ts, *arrivals(expected, now, ts))
    choice, heights = cheapest(sums, price=price, least=least, most=most, room=room)
    wait = ts[choice]
    if expected.parts is None and 1 < choice < len(ts) - 2:
        near = _between(ts, heights, choice)
        after = choice + 1
        wait += near if ts[after] <= most and sums[1][after] <= room else min(near, 0.0)
    return min(max(wait, least), most), full < usual(rate, price)


def cheapest(
    sums: tuple[list[float], list[float], list[float]],
    *,
    price: float,
    least: float,
    most: float,
    room: float,
) -> tuple[int, list[float]]:
    """Find the cheapest way through the moments, backwards from the last, which ends every plan.

    A request at j after one at i costs ``t[j]·(total[j] - total[i]) - (times[j] - times[i])`` and all that
    follows j: a line over ``total[i]``, with the slope ``-t[j]``. Lines that are steeper are cheaper for
    larger ``total[i]``, so an earlier request never has a later successor: no j beyond the last choice is
    looked at again.

    Args:
        sums: The moments; the entries expected until each, and the sum of their times.
        price: As in ``ahead``, like ``least``, ``most`` and ``room``.
        least: Lower bound of each wait.
        most: Upper bound.
        room: How many entries may come in one.

    Returns:
        Which moment the first request takes, and of each moment (but the first) its line's height at 0.
    """
    ts, total, times = sums
    last = len(ts) - 1
    heights = [0.0] * last + [ts[last] * total[last] - times[last]]
    first = end = choice = last
    for i in range(last - 1, -1, -1):
        before = total[i]
        soonest, latest, most_come = ts[i] + least - 1e-9, ts[i] + most + 1e-9, before + room
        while first - 1 > i and ts[first - 1] >= soonest:
            first -= 1
        while end > first and (ts[end] > latest or total[end] > most_come):
            end -= 1
        best = math.inf
        for j in range(first, min(end, choice) + 1):
            cost = heights[j] - ts[j] * before
            if cost < best:
                best, at = cost, j
        choice = at
        if i:
            heights[i] = ts[i] * before + best + price
    return choice, heights


def _between(ts: list[float], heights: list[float], at: int) -> float:
    """Find the least cost near one of the moments, by the parabola through it and its neighbours."""
    a, b, c = heights[at - 1 : at + 2]
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
    u, gone = now - base + ts[-1], 0.0
    begin = now - base
    low, high = 1.0 / longest, 1.0 / SHORTEST
    if parts is not None:
        ends = _ends(expected, math.floor((base + u) * BINS + 1e-6), STEPS + 1 - len(ts), per=per, low=low)
        return ts + [end - now for end in ends]
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


def _ends(expected: Expected, at: int, count: int, *, per: float, low: float) -> list[float]:
    """Choose so many of the ends of five-minute parts.

    Args:
        expected: Entries an hour; its parts are told apart.
        at: How many parts are over by then, of all there ever were.
        count: How many to choose.
        per: Moments an hour where one entry an hour is expected; they grow with the root of it.
        low: Least moments an hour.
    """
    roots = [math.sqrt(part) for part in expected.parts or ()]
    top, week, high = max(roots), expected.week, 1.0 / SHORTEST
    enough = 0.999 * BINS
    ends: list[float] = []
    done = 0.0
    while len(ends) < count:
        pace = per * math.sqrt(week[at // BINS % 168])
        if pace * top <= low:
            # A quiet hour: as many parts at once as are left of it, or as are needed.
            many = min(BINS - at % BINS, max(1, math.ceil((enough - done) / low)))
            at += many
            done += many * low
            if done >= enough:
                ends.append(at / BINS)
                done = 0.0
            continue
        for place in range(at % BINS, BINS):
            moments = pace * roots[place]
            done += low if moments < low else min(moments, high)
            at += 1
            if done >= enough:
                ends.append(at / BINS)
                done = 0.0
    return ends[:count]


def arrivals(expected: Expected, now: float, ts: list[float]) -> tuple[list[float], list[float]]:
    """Give the entries expected until each moment, and the sum of their times."""
    total, times = [], []
    week, parts = expected.week, expected.parts
    burst, fade = expected.burst, expected.fade
    base = math.floor(now)
    begin = now - base
    upto, middles = _tables(parts or (1.0,))
    grain, middle = len(upto) - 1, middles[-1]
    # Both sums until the begin of an hour, counted from the begin of the first.
    hour, n, s = 0, 0.0, 0.0
    n_now = s_now = 0.0
    for t in ts:
        u = begin + t
        while u >= hour + 1:
            rate = week[(base + hour) % 168]
            n += rate
            s += rate * (hour - begin + middle)
            hour += 1
        rate = week[(base + hour) % 168]
        cell = int((u - hour) * grain)
        over = u - hour - cell / grain
        more = (upto[cell + 1] - upto[cell]) * grain * over
        some = upto[cell] + more
        if burst:
            left = math.exp(-fade * t)
            extra = burst / fade * (1.0 - left)
            lag = burst / fade * ((1.0 - left) / fade - t * left)
        else:
            extra = lag = 0.0
        here = n + rate * some
        there = s + rate * (some * (hour - begin) + middles[cell] + more * (cell / grain + over / 2.0))
        if t == 0.0:
            n_now, s_now = here, there
        total.append(here - n_now + extra)
        times.append(there - s_now + lag)
    return total, times


def _tables(parts: Sequence[float]) -> tuple[list[float], list[float]]:
    """Give, of an hour in which one entry is expected, both sums at the ends of its parts, 0 first."""
    upto, middles = [0.0], [0.0]
    each = 1.0 / len(parts)
    for place, part in enumerate(parts):
        upto.append(upto[-1] + part * each)
        middles.append(middles[-1] + part * each * (place + 0.5) * each)
    return upto, middles
