"""What a source is expected to post, and when: a rate times factors, and the rest of a burst under way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from feeds.cadence.rhythm import SHORT, Rhythm

WEAK, STRONG = 12.0, 1.0
"""Entries' worth of belief in a flat day that are set against the evidence: of a source that posts when it
pleases, and of one with fixed times. How much each is believed in, the evidence itself decides."""
ENOUGH_TURNS = 6.0
"""Days, or weeks, after which each hour, or day, was looked at about as often as the others."""
UNEVEN = 1.5
"""The parts of an hour are told apart only where one has so many times its share."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """Entries expected in an hour.

    Attributes:
        week: By hour of the week, Monday 00:00 UTC first.
        parts: Factors of the five minutes of an hour, mean 1; None if they are all alike.
        evenness: The square of the mean root of all factors: what the hours save a square-root law.
        burst: Entries an hour that a burst under way brings now; it fades with ``fade`` an hour.
    """

    week: tuple[float, ...]
    parts: tuple[float, ...] | None = None
    evenness: float = 1.0
    burst: float = 0.0
    fade: float = 1.0


def expected(rhythm: Rhythm, now: float, *, missing: float = 1.0) -> Expected:
    """Say what is expected of a source from now on.

    Args:
        rhythm: What is known.
        now: The moment from which to look ahead.
        missing: Share of its entries that come by polling alone; below 1 where pushes bring the others.
    """
    rate = rhythm.rate * missing
    times = factors(seen(rhythm.times, rhythm, 1.0), smooth=True)
    days = factors(seen(rhythm.days, rhythm, 24.0), smooth=False)
    # Factors are only ever flatter than the evidence, and this is mostly flat.
    uneven = max(rhythm.parts) * len(rhythm.parts) > UNEVEN * sum(rhythm.parts)
    parts = factors(rhythm.parts, smooth=False) if uneven else (1.0,)
    burst, fade = _burst(rhythm, now)
    roots = sum(map(math.sqrt, days)) / 7.0 * sum(map(math.sqrt, times)) / 24.0
    return Expected(
        week=tuple([one * time for one in [rate * day for day in days] for time in times]),
        parts=None if max(parts) < UNEVEN else parts,
        evenness=min(1.0, roots * roots),
        burst=burst * missing,
        fade=fade,
    )


def seen(counts: Sequence[float], rhythm: Rhythm, length: float) -> Sequence[float]:
    """Weigh pieces of evidence by how often each cell was looked at, where little time was looked at in all.

    What was never looked at counts as much as the others do on average: the first document of a busy source
    shows this morning, and says nothing of the nights.

    Args:
        counts: Pieces of evidence; the cells of one turn.
        rhythm: Where they are from.
        length: Hours of a cell.
    """
    cells = len(counts)
    turns = rhythm.span / (length * cells)
    if turns > ENOUGH_TURNS:
        return counts
    end = rhythm.at / length
    whole, rest = divmod(rhythm.span / length, cells)
    # The cells of the last, unfinished turn, the first and last of them in part.
    looks = [whole + max(0.0, min(1.0, rest - (end - place - 1) % cells)) for place in range(cells)]
    usual = sum(counts) / max(sum(looks), 1e-9)
    even = sum(looks) / cells
    # A cell looked at in part counts in part, and for the rest like the others.
    return [
        (count + usual * max(0.0, 1.0 - look)) / max(look, 1.0) * min(even, 1.0)
        for count, look in zip(counts, looks, strict=True)
    ]


def factors(counts: Sequence[float], *, smooth: bool) -> tuple[float, ...]:
    """Make factors with mean 1 of pieces of evidence.

    Three beliefs are weighed by how well each foretells the evidence (Dirichlet-multinomial): all cells
    alike; cells that differ somewhat; few cells that have it all.
    """
    cells = len(counts)
    total = sum(counts)
    if total < 0.5:
        return (1.0,) * cells
    flat = -total * math.log(cells)
    weak = _evidence(counts, total, WEAK)
    strong = _evidence(counts, total, STRONG)
    best = max(flat, weak, strong)
    shares = [math.exp(one - best) for one in (flat, weak, strong)]
    norm = sum(shares)
    near = counts
    if smooth:
        near = [
            0.25 * counts[place - 1] + 0.5 * counts[place] + 0.25 * counts[(place + 1) % cells]
            for place in range(cells)
        ]
    even = shares[0] / norm
    a = shares[1] / norm * cells / (total + WEAK)
    b = shares[2] / norm * cells / (total + STRONG)
    c = even + a * WEAK / cells + b * STRONG / cells
    return tuple([c + a * soft + b * hard for soft, hard in zip(near, counts, strict=True)])


def _evidence(counts: Sequence[float], total: float, belief: float) -> float:
    each = belief / len(counts)
    lgamma = math.lgamma
    one = lgamma(each)
    return (
        lgamma(belief)
        - lgamma(total + belief)
        + sum([lgamma(count + each) - one for count in counts if count])
    )


def _burst(rhythm: Rhythm, now: float) -> tuple[float, float]:
    """Say what the burst that the newest entry may have begun still brings: entries an hour, fading an hour.

    A share q of entries has a sequel after a short pause g. Then nothing for x hours leaves the belief that
    one is still to come at q·e^(-x/g) / (q·e^(-x/g) + 1 - q), and the sequels of sequels let the rate fade
    with (1 - q)/g.
    """
    if rhythm.sequels < 1.5:
        return 0.0, 1.0
    chance = 1.0 - math.exp(-rhythm.rate * SHORT)
    share = (rhythm.sequels - chance * rhythm.gaps) / (rhythm.gaps + 2.0)
    if share < 0.1:
        return 0.0, 1.0
    share = min(share, 0.9)
    pause = max((rhythm.pause + 0.1) / (rhythm.sequels + 0.5), 1 / 60)
    left = share * math.exp(-max(now - rhythm.newest, 0.0) / pause)
    rate = left / (left + 1.0 - share) / pause
    return (rate, (1.0 - share) / pause) if rate > rhythm.rate / 4.0 else (0.0, 1.0)
