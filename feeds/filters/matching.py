"""What ``keep`` and ``drop`` share: does an entry meet the conditions of config.yaml?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from feeds.config.schema import Match
from feeds.model import Entry, Text, TextType
from feeds.normalize.html import plain


def matcher(match: Match) -> Callable[[Entry], bool]:
    """Make the test of all conditions but the age, which ``keep`` and ``drop`` read each in its own way.

    All conditions that are named must hold; of a list, one is enough. A condition on what an entry does not
    have (no author, no language) does not hold.
    """
    words = (
        (match.title, _title),
        (match.text, _texts),
        (match.author, _authors),
        (match.category, _categories),
    )
    named = tuple((patterns, texts) for patterns, texts in words if patterns)
    languages = match.language

    def holds(entry: Entry) -> bool:
        # The language first, because it costs least.
        if languages and not any(speaks(entry.language, wanted) for wanted in languages):
            return False
        return all(_found(patterns, texts(entry)) for patterns, texts in named)

    return holds


def age(entry: Entry, now: datetime) -> timedelta:
    """Say how old an entry is: since its publication, else its last change; undated, it is new.

    A date in the future counts as now.
    """
    moment = entry.published or entry.updated
    return max(now - moment.instant, timedelta()) if moment else timedelta()


def speaks(language: str | None, wanted: str) -> bool:
    """Match a language tag by its beginning (RFC 4647, 3.3.1).

    >>> speaks("de-CH", "de"), speaks("de", "de-CH"), speaks("den", "de")
    (True, False, False)
    """
    return f"{language or ''}-".lower().startswith(f"{wanted}-".lower())


def _found(patterns: Iterable[re.Pattern[str]], texts: Iterable[str]) -> bool:
    searched = tuple(texts)
    return any(pattern.search(text) for pattern in patterns for text in searched)


def _plain(*texts: Text | None) -> Iterator[str]:
    for text in texts:
        if text is not None:
            yield plain(text.value) if text.type is TextType.HTML else text.value


def _title(entry: Entry) -> Iterator[str]:
    return _plain(entry.title)


def _texts(entry: Entry) -> Iterator[str]:
    return _plain(entry.title, entry.summary, entry.content)


def _authors(entry: Entry) -> Iterator[str]:
    for person in entry.people:
        yield from filter(None, (person.name, person.email))


def _categories(entry: Entry) -> Iterator[str]:
    for category in entry.categories:
        yield from filter(None, (category.term, category.label))
