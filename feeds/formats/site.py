"""What the formats of the whole site are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from feeds.model import Feed


class File(NamedTuple):
    """One published file of an output: its media type, its address relative to the page, a word for it."""

    media_type: str
    href: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputPage:
    """One output as the page shows it. ``feed`` may hold fewer entries than the output."""

    name: str
    title: str
    feed: Feed
    files: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputLine:
    """One of a series of outputs, of which the page shows no entries. ``files`` as in ``OutputPage``."""

    title: str
    files: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputSeries:
    """Outputs that config.yaml has written once: one by tag, or by source."""

    by: str
    outputs: tuple[OutputLine, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceLine:
    """One source as the public may see it. ``url`` is None if there is none, or it holds a secret."""

    name: str
    title: str
    url: str | None = None
    site_url: str | None = None
    tags: tuple[str, ...] = ()
    kind: str = "feed"


@dataclass(frozen=True, kw_only=True, slots=True)
class SitePage:
    """The whole planet.

    Attributes:
        title: Of the site; subtitle: a sentence under it.
        base_url: Where the folder is served from, with a slash at its end; None if nobody knows.
        language: BCP 47 of the site's own words.
        owner: The name of whoever publishes.
        outputs: In the order of config.yaml.
        series: Likewise, what each output with ``each`` stands for.
        sources: Likewise.
        opml: Address of the list of sources relative to the page; None if there is none.
    """

    title: str
    subtitle: str | None = None
    base_url: str | None = None
    language: str | None = None
    owner: str | None = None
    outputs: tuple[OutputPage, ...] = ()
    series: tuple[OutputSeries, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    opml: str | None = None
