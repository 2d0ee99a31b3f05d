"""The family of output formats: what to publish -> bytes. One file a format; pure: no clock, no files.

A feed format renders one output: ``render(feed, self_url) -> bytes``. A site format renders the whole
planet: ``render(site) -> bytes``. Both give valid documents for any value of the model (``printable``), and
the same bytes for the same value on every machine, in every time zone, locale and version.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feeds.formats import atom, json_feed, opml, page, rss
from feeds.formats.revising import Move, holds_json, holds_xml, revise_json, revise_xml
from feeds.formats.site import File, OutputLine, OutputPage, OutputSeries, SitePage, SourceLine
from feeds.model import Feed

__all__ = (
    "FEED_FORMATS",
    "SITE_FORMATS",
    "FeedFormat",
    "File",
    "OutputLine",
    "OutputPage",
    "OutputSeries",
    "SiteFormat",
    "SitePage",
    "SourceLine",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedFormat:
    """How one output is written.

    Attributes:
        render: From a feed, entries newest first, and the address of the file (a bare file name where nobody
            knows the address) to the document.
        revise: From a document, the ids of entries and how addresses move, to the same without these entries.
        holds: Whether an entry of that id is in such a document of ours.
        suffix: What follows the output's name in the file's name.
        media_type: What the document is.
        label: What people call it.
    """

    render: Callable[[Feed, str], bytes]
    revise: Callable[[bytes, Collection[str], Move | None], bytes]
    holds: Callable[[bytes, str], bool]
    suffix: str
    media_type: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteFormat:
    """How the whole site is written: into which file, as which media type."""

    render: Callable[[SitePage], bytes]
    file: str
    media_type: str


FEED_FORMATS: Mapping[str, FeedFormat] = MappingProxyType(
    {
        "atom": FeedFormat(
            render=atom.render,
            revise=revise_xml,
            holds=holds_xml,
            suffix=".atom",
            media_type=atom.MEDIA_TYPE,
            label="Atom",
        ),
        "rss": FeedFormat(
            render=rss.render,
            revise=revise_xml,
            holds=holds_xml,
            suffix=".rss",
            media_type=rss.MEDIA_TYPE,
            label="RSS",
        ),
        "json_feed": FeedFormat(
            render=json_feed.render,
            revise=revise_json,
            holds=holds_json,
            suffix=".json",
            media_type=json_feed.MEDIA_TYPE,
            label="JSON Feed",
        ),
    }
)
SITE_FORMATS: Mapping[str, SiteFormat] = MappingProxyType(
    {
        "page": SiteFormat(render=page.render, file="index.html", media_type=page.MEDIA_TYPE),
        "opml": SiteFormat(render=opml.render, file="sources.opml", media_type=opml.MEDIA_TYPE),
    }
)
