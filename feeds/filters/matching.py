"""What ``keep`` and ``drop`` share: does an entry meet the conditions of config.yaml?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from feeds.config.schema import Match
from feeds.model import Entry, Text, TextType
from feeds.normalize.html import plain


def matcher(match: Match) -> Callable[[Entry], bool]:
    """Make the test of all conditions but the age, which ``keep`` and ``drop`` read each in its own way.

    All conditions that are named must hold; of a list, one is enough. A condition on what an entry does not
    have (no author, no language) does not hold.
    """
    named = conditions(match)

    def holds(entry: Entry) -> bool:
        return all(condition.found(entry) is not None for condition in named)

    return holds


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a match.

    Attributes:
        name: As config.yaml calls it: title, text, author, category, language.
        wanted: What config.yaml says there.
        texts: What of an entry it looks at.
        found: The words of the entry that meet it; None if it does not hold.
    """

    name: str
    wanted: tuple[str, ...]
    texts: Callable[[Entry], Iterable[str]]
    found: Callable[[Entry], str | None]


def conditions(match: Match) -> tuple[Condition, ...]:
    """Give the conditions of a match but the age; the language first, because it costs least."""
    words = (
        ("title", match.title, _title),
        ("text", match.text, _texts),
        ("author", match.author, _authors),
        ("category", match.category, _categories),
    )
    named = [
        Condition(name, tuple(pattern.pattern for pattern in patterns), texts, _search(patterns, texts))
        for name, patterns, texts in words
        if patterns
    ]
    if match.language:
        named.insert(0, Condition("language", match.language, _languages, _spoken(match.language)))
    return tuple(named)


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


def _search(
    patterns: tuple[re.Pattern[str], ...], texts: Callable[[Entry], Iterable[str]]
) -> Callable[[Entry], str | None]:
    def found(entry: Entry) -> str | None:
        searched = tuple(texts(entry))
        matches = (pattern.search(text) for pattern in patterns for text in searched)
        return next((match[0] for match in matches if match is not None), None)

    return found


def _spoken(languages: tuple[str, ...]) -> Callable[[Entry], str | None]:
    def found(entry: Entry) -> str | None:
        return entry.language if any(speaks(entry.language, wanted) for wanted in languages) else None

    return found


def _languages(entry: Entry) -> Iterator[str]:
    yield from filter(None, (entry.language,))


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
