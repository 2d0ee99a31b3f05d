"""Words of our own, for what no format has a word for: formats write them, and sources read them.

Where a standard has a word, it is used; these only mark how it is meant (a title that we derived, a date that
is only a day, plain text where RSS knows HTML only). Whoever does not know them loses nothing that he reads.
"""

from __future__ import annotations

from collections.abc import Sequence

from feeds.model import Person, Role

NAMESPACE = "urn:x-feeds:1"
"""A document that declares it was written by feeds, and means exactly what it says."""
UNKNOWN_LANGUAGE = "und"
"""BCP 47 for "not known", where leaving it out would mean "as the feed"."""

WRITERS = frozenset({Role.AUTHOR, Role.REPORTER, Role.CORRESPONDENT})


def authors(people: Sequence[Person]) -> tuple[Person, ...]:
    """Give those who wrote an entry, in its order; empty if nobody did.

    Where no writer is named, the editors are the byline: a news text signed by its editor has an author.
    """
    writers = tuple(one for one in people if one.role in WRITERS)
    return writers or tuple(one for one in people if one.role is Role.EDITOR)


def in_order(people: Sequence[Person]) -> tuple[Person, ...]:
    """Put the authors first, and leave the order otherwise."""
    first = authors(people)
    return (*first, *(one for one in people if one not in first))
