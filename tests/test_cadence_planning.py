"""Planning ahead: sums against plain integration, the cheapest way against all ways."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.cadence import planning
from feeds.cadence.expectation import Expected

NOW = 490_000.35
rates = st.floats(1e-4, 20.0)
uneven = st.lists(st.floats(0.0, 10.0), min_size=12, max_size=12).map(
    lambda parts: tuple(12 * (part + 0.01) / (sum(parts) + 0.12) for part in parts)
)


@st.composite
def foreseen(draw: st.DrawFn) -> Expected:
    some = draw(st.lists(rates, min_size=24, max_size=24))
    return Expected(
        week=tuple(some * 7),
        parts=draw(st.none() | uneven),
        burst=draw(st.just(0.0) | st.floats(0.1, 10.0)),
        fade=draw(st.floats(0.5, 20.0)),
    )


def rate(expected: Expected, later: float) -> float:
    """Entries an hour, so many hours after now."""
    at = NOW + later
    part = 1.0 if expected.parts is None else expected.parts[int(at % 1.0 * 12)]
    return expected.week[int(at) % 168] * part + expected.burst * math.exp(-expected.fade * later)


@settings(max_examples=30, deadline=None)
@given(expected=foreseen(), waits=st.lists(st.floats(0.01, 3.0), min_size=1, max_size=4))
def test_the_sums_are_those_of_the_hours_their_parts_and_the_burst(
    expected: Expected, waits: list[float]
) -> None:
    ts = [0.0]
    for wait in waits:
        ts.append(ts[-1] + wait)
    total, times = planning.arrivals(expected, NOW, ts)
    assert (total[0], times[0]) == (0.0, 0.0)
    grain = 2000
    for place, (begin, end) in enumerate(pairwise(ts)):
        step = (end - begin) / grain
        middles = [begin + step * (number + 0.5) for number in range(grain)]
        pieces = [rate(expected, middle) * step for middle in middles]
        scale = 0.02 * sum(pieces) + 20 * step
        assert total[place + 1] - total[place] == pytest.approx(sum(pieces), abs=scale)
        moments = sum(piece * middle for piece, middle in zip(pieces, middles, strict=True))
        assert times[place + 1] - times[place] == pytest.approx(moments, abs=scale * end)


@settings(max_examples=100, deadline=None)
@given(
    expected=foreseen(),
    waits=st.lists(st.floats(0.05, 3.0), min_size=1, max_size=9),
    price=st.floats(1e-3, 10.0),
    bounds=st.tuples(st.floats(0.01, 3.0), st.floats(0.01, 24.0)).map(sorted),
    room=st.just(math.inf) | st.floats(0.5, 30.0),
)
def test_the_way_is_the_cheapest_of_all(
    expected: Expected, waits: list[float], price: float, bounds: list[float], room: float
) -> None:
    ts = [0.0]
    for wait in waits:
        ts.append(ts[-1] + wait)
    total, times = planning.arrivals(expected, NOW, ts)
    least, most = bounds
    last = len(ts) - 1

    def cost(i: int, j: int) -> float:
        return price + ts[j] * (total[j] - total[i]) - (times[j] - times[i])

    def successors(i: int) -> list[int]:
        """Those in bounds; else the first that is late enough; the end ends every plan."""
        late = [j for j in range(i + 1, last + 1) if ts[j] >= ts[i] + least - 1e-9] or [last]
        soon = [j for j in late if ts[j] <= ts[i] + most + 1e-9 and total[j] <= total[i] + room]
        return soon or late[:1]

    def rest(i: int) -> float:
        return 0.0 if i == last else min(cost(i, j) + rest(j) for j in successors(i))

    chosen, _ = planning.cheapest((ts, total, times), price=price, least=least, most=most, room=room)
    assert chosen in successors(0)
    assert cost(0, chosen) + rest(chosen) == pytest.approx(rest(0), rel=1e-9, abs=1e-9)
