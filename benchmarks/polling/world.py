"""Sources that post by different processes, reproducible from a seed.

Rates are log-normal, so that a sixth of the sources brings nine tenths of the entries, as measured on the web
(Hmedeh and others, 2011). A source is a person or newsroom with working hours (``human``), one that posts in
sessions (``burst``), at fixed times (``sched``), one whose feed is made anew at fixed times (``batch``), one
without hours (``flat``), or one that has ended (``dead``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WEEK = 168.0
KINDS = ("human", "burst", "sched", "batch", "flat", "dead")
MIX = (0.46, 0.17, 0.15, 0.07, 0.07, 0.08)
WINDOWS = (10, 15, 20, 25, 30, 50)
WINDOW_SHARES = (0.38, 0.10, 0.20, 0.12, 0.10, 0.10)
RATE_MEDIAN, RATE_SIGMA, RATE_MIN, RATE_MAX = 0.5, 2.2, 1.0 / 30, 200.0
"""Entries in a day."""
DRIFT, REGIME = 0.25, 0.10
"""Weekly random walk of the log of the rate; share of sources whose rate changes suddenly."""
SHARED_HOSTS, PLATFORMS = 0.40, 40
ERROR_RATE, OUTAGES_A_MONTH, PUSH_SHARE, PUSH_LOSS = 0.01, 0.7, 0.15, 0.03
LIMIT = 30
"""Requests a minute after which the largest platform answers 429."""


@dataclass
class Source:
    """What one source does. Waits that it asks for are hours; 0 where it asks for none.

    Attributes:
        visible: When each entry can be fetched, ascending; reported: what its date says, NaN without one.
        window: How many of the newest the document holds.
        rate: Entries an hour in the long run; profile: its factors by hour of the week.
        gone: From when on it answers 410; missing: whether it answers 404 always.
        outages: When it answers nothing useful, from and to.
    """

    kind: str
    host: int
    window: int
    visible: Floats
    reported: Floats
    rate: float
    profile: Floats
    max_age: float = 0.0
    ttl: float = 0.0
    sy: float = 0.0
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    gone: float = math.inf
    missing: bool = False
    outages: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class World:
    """All sources, for so many hours; host 0 throttles."""

    sources: list[Source]
    hours: float
    hosts: int


def make_world(seed: int, sources: int = 2000, days: float = 28.0) -> World:
    """Make the world of a seed."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(KINDS, size=sources, p=MIX)
    zipf = 1.0 / np.arange(1, PLATFORMS + 1)
    zipf /= zipf.sum()
    hosts, own = [], PLATFORMS
    for _ in range(sources):
        if rng.random() < SHARED_HOSTS:
            hosts.append(int(rng.choice(PLATFORMS, p=zipf)))
        else:
            hosts.append(own)
            own += 1
    seeds = rng.integers(0, 2**63, size=sources)
    made = [
        _source(np.random.default_rng(seeds[place]), str(kinds[place]), hosts[place], days)
        for place in range(sources)
    ]
    return World(made, days * 24.0, own)


def _choice(rng: np.random.Generator, values: Any, shares: Any) -> Any:
    return rng.choice(values, p=shares)


def _source(rng: np.random.Generator, kind: str, host: int, days: float) -> Source:
    # The order of the draws is what a seed means: whoever changes it makes other worlds.
    rate = float(np.clip(RATE_MEDIAN * math.exp(rng.normal(0, RATE_SIGMA)), RATE_MIN, RATE_MAX))
    zones = [-8, -6, -5, 0, 1, 2, 5, 8, 9, 10]
    tz = float(_choice(rng, zones, [0.14, 0.08, 0.24, 0.12, 0.20, 0.05, 0.05, 0.05, 0.04, 0.03]))
    window = int(_choice(rng, WINDOWS, WINDOW_SHARES))
    if rate > 30:
        window = int(_choice(rng, (20, 25, 30, 50, 100), (0.2, 0.2, 0.2, 0.3, 0.1)))
    if rate > 100:
        window = max(window, 50)
    back = math.ceil(float(np.clip(2.0 * window / rate, 35, 500)) * 24.0 / WEEK)
    weeks = back + math.ceil(days / 7) + 1
    change = None
    if kind != "dead" and rng.random() < REGIME:
        change = (int(rng.integers(0, 4)), float(rng.choice([0.0, 0.1, 8.0])))
        if rate * change[1] > 2 * RATE_MAX:
            change = (change[0], 0.1)
    visible, profile, rate, window = _posts(rng, kind, rate, tz, window, back, weeks, change)
    source = Source(kind, host, window, visible, _reported(rng, visible, tz), rate / 24.0, profile)
    _hints(rng, source, rate)
    if rng.random() < PUSH_SHARE:  # Pushes are not simulated; their draws stay, so that the rest is the same.
        rng.exponential(20 / 3600, len(visible))
        rng.random(len(visible))
    draw = rng.random()
    if kind == "dead" and draw < 0.30:
        source.missing = True
    elif draw < 0.01:
        source.gone = float(rng.uniform(0, days * 24))
        source.visible = source.visible[source.visible < source.gone]
        source.reported = source.reported[: len(source.visible)]
    count = rng.poisson(OUTAGES_A_MONTH * days / 30)
    begins, lengths = rng.uniform(0, days * 24, count), np.exp(rng.normal(0.0, 1.3, count))
    source.outages = sorted((float(a), float(a + b)) for a, b in zip(begins, lengths, strict=True))
    return source


def _posts(
    rng: np.random.Generator,
    kind: str,
    rate: float,
    tz: float,
    window: int,
    back: int,
    weeks: int,
    change: tuple[int, float] | None,
) -> tuple[Floats, Floats, float, int]:
    """Give when entries come, the factors of the week, the rate a day and the window."""
    start = -back * WEEK
    walk = np.exp(np.cumsum(rng.normal(0, DRIFT, weeks)))
    walk /= walk[-5:].mean() if weeks >= 5 else walk.mean()
    if change is not None:
        walk[max(0, weeks - 4 + change[0]) :] *= change[1]
    level = np.repeat(walk, 168)
    profile: Floats = np.ones(168)
    if kind == "dead":
        last = -rng.uniform(60, 1500) * 24.0
        gaps = np.concatenate([[0], rng.exponential(24 / max(rate, 0.05), window + 5)])
        return np.sort(last - gaps.cumsum()), profile, 0.0, window
    if kind == "sched":
        return (*_fixed_times(rng, tz, start, back, weeks, change), window)
    if kind in {"human", "burst"}:
        profile = _working_hours(rng, tz)
    expected = np.tile(profile, weeks) * level * rate / 24.0
    if kind == "batch":
        period = float(_choice(rng, [1, 4, 6, 12, 24], [0.35, 0.2, 0.15, 0.15, 0.15]))
        up = max(1.0, change[1]) if change else 1.0
        window = max(window, int(min(1000, 3 * rate * up * period / 24)))
        phase = rng.uniform(0, period)
        raw = _poisson(rng, expected, start)
        return np.ceil((raw - phase) / period) * period + phase, np.ones(168), rate, window
    if kind == "burst":
        return _sessions(rng, expected, start), profile, rate, window
    return _poisson(rng, expected, start), profile, rate, window


def _poisson(rng: np.random.Generator, expected: Floats, start: float) -> Floats:
    counts = rng.poisson(expected)
    cells = np.repeat(np.arange(len(counts)), counts)
    return np.sort(start + cells + rng.random(len(cells)))


def _sessions(rng: np.random.Generator, expected: Floats, start: float) -> Floats:
    size = float(rng.uniform(2.0, 6.0))
    gap = float(rng.choice([2, 6, 15, 30])) / 60
    parents = _poisson(rng, expected / size, start)
    counts = rng.geometric(1 / size, len(parents))
    of = np.repeat(np.arange(len(parents)), counts)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(int) if len(counts) else np.zeros(0, int)
    gaps = rng.exponential(gap, len(of))
    if not len(of):
        return gaps
    gaps[first] = 0.0
    sums = np.cumsum(gaps)
    return np.sort(parents[of] + (sums - np.repeat(sums[first], counts)))


def _working_hours(rng: np.random.Generator, tz: float) -> Floats:
    hours = np.arange(24)
    day = np.zeros(24)
    for _ in range(rng.integers(1, 3)):
        middle = rng.normal(11.5, 3.5)
        sharp = rng.uniform(1.0, 6.0)
        day += rng.uniform(0.4, 1.0) * np.exp(sharp * (np.cos(2 * np.pi * (hours - middle) / 24) - 1))
    day = day / day.mean() + rng.uniform(0.0, 0.15)
    week = np.exp(rng.normal(0, 0.15, 7))
    week[5:] *= _choice(rng, [0.15, 0.4, 0.9, 1.3], [0.3, 0.35, 0.25, 0.1])
    utc = np.roll((week[:, None] * day[None, :]).ravel(), -round(tz))
    return np.asarray(utc / utc.mean())


def _fixed_times(
    rng: np.random.Generator, tz: float, start: float, back: int, weeks: int, change: tuple[int, float] | None
) -> tuple[Floats, Floats, float]:
    names = ["weekly", "mwf", "weekdays", "daily", "twice", "six", "hourly"]
    pattern = str(_choice(rng, names, [0.22, 0.10, 0.20, 0.28, 0.10, 0.06, 0.04]))
    minutes = [0, 30, 15, 5, rng.uniform(0, 60)]
    minute = float(_choice(rng, minutes, [0.5, 0.12, 0.06, 0.06, 0.26])) / 60
    hour = float(rng.integers(5, 21)) + minute
    weekly = [int(rng.integers(0, 7))]  # Drawn for all patterns, as the seeds have it.
    days = {"weekly": weekly, "mwf": [0, 2, 4], "weekdays": list(range(5))}.get(pattern, list(range(7)))
    hours = {
        "twice": [hour, hour + 8],
        "six": [hour + 2 * place for place in range(6)],
        "hourly": [place + minute for place in range(24)],
    }.get(pattern, [hour])
    slots = sorted({(24 * day + hour - tz) % WEEK for day in days for hour in hours})
    base = np.array([start + WEEK * week + slot for week in range(weeks) for slot in slots])
    keep = rng.random(len(base)) > 0.07
    if change is not None and change[1] < 1:
        keep &= base < start + WEEK * (back + change[0])
    base = base[keep]
    late = rng.random(len(base)) < 0.2
    off = np.where(late, rng.exponential(0.6, len(base)), np.abs(rng.normal(0, 1.5 / 60, len(base))))
    profile = np.full(168, 0.002)
    for slot in slots:  # On time in 80 %, else late by 36 minutes on average.
        into = 1.0 - slot % 1.0
        profile[int(slot)] += 0.8 if into > 0.05 else 0.4
        profile[int(slot + 1) % 168] += 0.0 if into > 0.05 else 0.4
        for place in range(6):
            a, b = max(0.0, place - 1 + into), place + into
            profile[(int(slot) + place) % 168] += 0.2 * (math.exp(-a / 0.6) - math.exp(-b / 0.6))
    return np.sort(base + off), profile / profile.mean(), 24 * len(slots) * 0.93 / WEEK


def _reported(rng: np.random.Generator, visible: Floats, tz: float) -> Floats:
    """Say what dates claim: some sources give none, some bare days, some a wrong zone."""
    draw = rng.random()
    if draw < 0.08:
        return np.full_like(visible, np.nan)
    if draw < 0.12:
        return np.asarray(np.floor((visible + tz) / 24) * 24 - tz)
    if draw < 0.15:
        return np.asarray(visible + rng.choice([-6.0, -1.0, 1.0, 8.0]))
    return visible.copy()


def _hints(rng: np.random.Generator, source: Source, rate: float) -> None:
    if rng.random() < 0.35:
        shares = [0.10, 0.25, 0.18, 0.12, 0.12, 0.15, 0.05, 0.03]
        source.max_age = float(_choice(rng, [1, 5, 10, 15, 30, 60, 240, 1440], shares)) / 60
    if rng.random() < 0.12:
        shares = [0.05, 0.12, 0.13, 0.15, 0.42, 0.05, 0.04, 0.04]
        source.ttl = float(_choice(rng, [1, 5, 15, 30, 60, 120, 720, 1440], shares)) / 60
    # Nobody who posts every hour asks to be read once a day.
    longest = 24.0 if rate < 2 else 4.0 if rate < 10 else 1.0 if rate < 50 else 0.5
    source.max_age, source.ttl = min(source.max_age, longest), min(source.ttl, longest)
    if rng.random() < 0.35:
        source.sy = float(_choice(rng, [1.0, 24.0, 0.5], [0.93, 0.05, 0.02]))
    worked = source.kind in {"human", "burst"}
    if rng.random() < 0.01 and worked:
        by_hour = source.profile.reshape(7, 24).mean(0)
        source.skip_hours = tuple(int(hour) for hour in np.argsort(by_hour)[:6])
    if rng.random() < 0.005 and worked:
        source.skip_days = (5, 6)
