"""``keep``: only matching entries pass. An age means: at most that old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from feeds.config.schema import KeepStep
from feeds.filters.matching import age, matcher
from feeds.model import Entry


def build(step: KeepStep, now: datetime) -> Callable[[Entry], Entry | None]:
    """Make the filter of one pass."""
    matches, limit = matcher(step.keep), step.keep.age

    def kept(entry: Entry) -> Entry | None:
        young = limit is None or age(entry, now) <= limit
        return entry if young and matches(entry) else None

    return kept
