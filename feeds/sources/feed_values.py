"""What feedparser holds, and how it is asked: the floor that the readers of feeds stand on.

Only plain lookups (``dict.get``): feedparser's own ``get`` answers a missing "updated" with "published", and
a missing "link" with the id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from feeds.normalize.urls import web_url

Values = dict[str, Any]
"""What feedparser holds of a feed or an entry; values of its unknown elements are text or attributes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What all entries of one document share.

    Attributes:
        source: Its name.
        authority: Under which ids are minted.
        zone: For dates without a zone.
        url: The document's address: base of what has no other.
        is_atom: Whether types are declared (Atom), or have to be guessed (RSS, CDF).
    """

    source: str
    authority: str
    zone: ZoneInfo
    url: str
    is_atom: bool


def items(holder: Values, key: str) -> Sequence[Values]:
    """Give a list of feedparser's; empty if there is none."""
    found = dict.get(holder, key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def value(holder: Values, key: str) -> str | None:
    """Give a text of feedparser's as it is; None if there is none, or nothing but spaces."""
    found = dict.get(holder, key)
    return found if isinstance(found, str) and found.strip() else None


def attributes(holder: Values, key: str) -> Values:
    """Give the attributes of an element that feedparser does not know; empty if there is none."""
    found = dict.get(holder, key)
    return found if isinstance(found, dict) else {}


def web(raw: object, reading: Reading) -> str | None:
    return web_url(raw, reading.url) if isinstance(raw, str) else None
