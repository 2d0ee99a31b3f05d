"""Who stands as author of an entry, in every format alike."""

from __future__ import annotations

from feeds.model import Entry, Feed, Person
from feeds.normalize import dialect


def authors(entry: Entry) -> tuple[Person, ...]:
    """Give those who wrote the entry, in its order; empty if it names nobody who did."""
    return dialect.authors(entry.people)


def contributors(entry: Entry) -> tuple[Person, ...]:
    """Give all others whom the entry names: photographers, translators, editors beside a writer."""
    named = authors(entry)
    return tuple(one for one in entry.people if one not in named)


def byline(entry: Entry) -> tuple[Person, ...]:
    """Give the authors; if there are none, the source by title, so that a reader sees where it is from."""
    if named := authors(entry):
        return named
    return (Person(name=entry.origin.title),) if entry.origin and entry.origin.title else ()


def publishers(feed: Feed, title: str) -> tuple[Person, ...]:
    """Give the authors of a feed as a whole: its people, else itself under its title."""
    return feed.people or (Person(name=title),)


def name(person: Person) -> str:
    """Give what to call a person: the name, else the mail address, else the page."""
    return person.name or person.email or person.uri or ""
