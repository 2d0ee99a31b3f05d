"""What nobody can beat."""

from __future__ import annotations

import numpy as np

from polling.world import World


def clairvoyant(world: World, least: float = 5 / 60) -> tuple[float, float]:
    """Say the mean delay in minutes, and the requests a source and day, of one who knows every instant.

    It asks at the instants themselves, but never sooner than max-age, ttl and ``least`` hours after the last
    time. Without failures and skipped hours; no other budget than politeness.
    """
    delays, polls = [], 0
    for source in world.sources:
        entries = source.visible[(source.visible >= 0) & (source.visible < world.hours)]
        if source.missing:
            continue
        wait = max(least, min(24.0, max(source.max_age, source.ttl)))
        place, last = 0, -1e9
        while place < len(entries):
            now = max(float(entries[place]), last + wait)
            upto = int(np.searchsorted(entries, now, side="right"))
            delays.append(now - entries[place:upto])
            last, place = now, upto
            polls += 1
    mean = float(np.concatenate(delays).mean()) * 60 if delays else 0.0
    return mean, polls / len(world.sources) / (world.hours / 24)
