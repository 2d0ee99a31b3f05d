"""The family of output formats: what to publish -> bytes. One file a format; pure: no clock, no files.

A feed format renders one output: ``render(feed, self_url) -> bytes``. A site format renders the whole
planet: ``render(site) -> bytes``. Both give valid documents for any value of the model (``printable``), and
the same bytes for the same value on every machine, in every time zone, locale and version. A format and its
libraries are imported when the first document of it is to be made: most runs make none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feeds.formats import fragments, media
from feeds.formats.fragments import Parts, Seams, cut
from feeds.formats.media import Move
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
    "Parts",
    "SiteFormat",
    "SitePage",
    "SourceLine",
    "cut",
    "made_by",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedFormat:
    """How one output is written.

    Attributes:
        render: From a feed, entries newest first, and the address of the file (a bare file name where nobody
            knows the address) to the document.
        revise: From a document, the ids of entries and how addresses move, to the same without these entries.
        holds: Whether an entry of that id is in such a document of ours.
        seams: Where such a document of ours may be cut.
        suffix: What follows the output's name in the file's name.
        media_type: What the document is.
        label: What people call it.
    """

    render: Callable[[Feed, str], bytes]
    revise: Callable[[bytes, Collection[str], Move | None], bytes]
    holds: Callable[[bytes, str], bool]
    seams: Seams
    suffix: str
    media_type: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteFormat:
    """How the whole site is written: into which file, as which media type."""

    render: Callable[[SitePage], bytes]
    file: str
    media_type: str


def _atom(feed: Feed, self_url: str) -> bytes:
    from feeds.formats import atom  # noqa: PLC0415

    return atom.render(feed, self_url)


def _rss(feed: Feed, self_url: str) -> bytes:
    from feeds.formats import rss  # noqa: PLC0415

    return rss.render(feed, self_url)


def _json_feed(feed: Feed, self_url: str) -> bytes:
    from feeds.formats import json_feed  # noqa: PLC0415

    return json_feed.render(feed, self_url)


def _page(site: SitePage) -> bytes:
    from feeds.formats import page  # noqa: PLC0415

    return page.render(site)


def _opml(site: SitePage) -> bytes:
    from feeds.formats import opml  # noqa: PLC0415

    return opml.render(site)


def _revise_xml(body: bytes, without: Collection[str], move: Move | None) -> bytes:
    from feeds.formats.revising import revise_xml  # noqa: PLC0415

    return revise_xml(body, without, move)


def _holds_xml(body: bytes, name: str) -> bool:
    from feeds.formats.revising import holds_xml  # noqa: PLC0415

    return holds_xml(body, name)


def _revise_json(body: bytes, without: Collection[str], move: Move | None) -> bytes:
    from feeds.formats.revising import revise_json  # noqa: PLC0415

    return revise_json(body, without, move)


def _holds_json(body: bytes, name: str) -> bool:
    from feeds.formats.revising import holds_json  # noqa: PLC0415

    return holds_json(body, name)


def made_by() -> str:
    """Name the libraries that write: other versions may write other bytes, which do not go together."""
    from feeds.formats.feedgen_extension import MADE_BY  # noqa: PLC0415

    return MADE_BY


FEED_FORMATS: Mapping[str, FeedFormat] = MappingProxyType(
    {
        "atom": FeedFormat(
            render=_atom,
            revise=_revise_xml,
            holds=_holds_xml,
            seams=fragments.ATOM,
            suffix=".atom",
            media_type=media.ATOM,
            label="Atom",
        ),
        "rss": FeedFormat(
            render=_rss,
            revise=_revise_xml,
            holds=_holds_xml,
            seams=fragments.RSS,
            suffix=".rss",
            media_type=media.RSS,
            label="RSS",
        ),
        "json_feed": FeedFormat(
            render=_json_feed,
            revise=_revise_json,
            holds=_holds_json,
            seams=fragments.JSON,
            suffix=".json",
            media_type=media.JSON_FEED,
            label="JSON Feed",
        ),
    }
)
SITE_FORMATS: Mapping[str, SiteFormat] = MappingProxyType(
    {
        "page": SiteFormat(render=_page, file="index.html", media_type=media.PAGE),
        "opml": SiteFormat(render=_opml, file="sources.opml", media_type=media.OPML),
    }
)
