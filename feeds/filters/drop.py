"""``drop``: matching entries do not pass. An age means: older than that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from feeds.config.schema import DropStep
from feeds.filters.matching import age, matcher
from feeds.model import Entry


def build(step: DropStep, now: datetime) -> Callable[[Entry], Entry | None]:
    """Make the filter of one pass."""
    matches, limit = matcher(step.drop), step.drop.age

    def left(entry: Entry) -> Entry | None:
        old = limit is None or age(entry, now) > limit
        return None if old and matches(entry) else entry

    return left
