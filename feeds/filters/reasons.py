"""Why a step let an entry not pass, in words. What decides is the step's own filter."""

from __future__ import annotations

from datetime import datetime, timedelta

from feeds.config.schema import DropStep, KeepStep, LimitStep, Match, Step
from feeds.filters.matching import age, conditions
from feeds.model import Entry

SHOWN = 80
"""Characters of an entry's own words that are shown; the first ones tell which."""


def reason(step: Step, entry: Entry, now: datetime) -> str:
    """Say why a step dropped an entry.

    Args:
        step: Its filter gave nothing for this entry.
        entry: As it came to that step.
        now: As it was handed to the filter.
    """
    if isinstance(step, LimitStep):
        return f"{step.limit} newer ones passed before it"
    if isinstance(step, DropStep):
        return "; ".join(_met(step.drop, entry, now))
    if isinstance(step, KeepStep):
        return _unmet(step.keep, entry, now)
    return "it does not pass"


def _met(match: Match, entry: Entry, now: datetime) -> list[str]:
    said = [f"its {one.name} has {_quoted(one.found(entry) or '')}" for one in conditions(match)]
    if match.age is not None:
        said.append(f"it is {_days(age(entry, now))} old")
    return said


def _unmet(match: Match, entry: Entry, now: datetime) -> str:
    if match.age is not None and age(entry, now) > match.age:
        return f"it is {_days(age(entry, now))} old"
    for one in conditions(match):
        if one.found(entry) is None:
            wanted = " or ".join(map(_quoted, one.wanted))
            has = next(iter(one.texts(entry)), None)
            return f"its {one.name} {f'{_quoted(has)} has not' if has else 'is not known, so not'} {wanted}"
    return "it does not match"


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"«{line if len(line) <= SHOWN else line[: SHOWN - 1] + '…'}»"


def _days(old: timedelta) -> str:
    hours = old // timedelta(hours=1)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
