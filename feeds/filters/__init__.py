"""The family of filters: one entry in; that entry, a changed copy, or nothing out. One file a filter.

The contract of a filter is one function, ``build(step, now) -> Filter``: it takes the checked settings from
config.yaml and gives a fresh callable for one pass over entries, newest first. A filter is called after the
word that config.yaml says; that word is also the one field of its step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from feeds.config.schema import Step
from feeds.filters import drop, keep, limit, untrack
from feeds.model import Entry

Filter = Callable[[Entry], Entry | None]

# Any: each member takes the step that has its own word, and the table is what knows which.
FILTERS: Mapping[str, Callable[[Any, datetime], Filter]] = MappingProxyType(
    {
        "keep": keep.build,
        "drop": drop.build,
        "untrack": untrack.build,
        "limit": limit.build,
    }
)


def word(step: Step) -> str:
    """Say which filter a step asks for: what config.yaml calls it."""
    return next(iter(type(step).model_fields))


def build(step: Step, now: datetime) -> Filter:
    """Make the filter that a step asks for, for one pass."""
    return FILTERS[word(step)](step, now)


def chain(steps: Sequence[Step], now: datetime) -> Filter:
    """Make one filter of several, applied in the order written; of none, one that passes everything.

    Args:
        steps: As config.yaml lists them.
        now: The moment against which ages are reckoned, aware.

    Returns:
        A filter for one pass over entries, newest first: it counts, so it is not to be used for a second one.
    """
    filters = tuple(build(step, now) for step in steps)

    def passed(entry: Entry) -> Entry | None:
        remaining: Entry | None = entry
        for each in filters:
            if remaining is None:
                return None
            remaining = each(remaining)
        return remaining

    return passed
