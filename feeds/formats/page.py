"""The planet page: every output with its newest entries, for a browser without scripts.

Texts of sources appear as plain text only, pictures not at all: opening the page asks no other server for
anything, and its content security policy forbids it. Dates are written as ISO 8601, which every language
reads, in the zone of the entry.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feeds.formats.byline import authors, name
from feeds.formats.elements import COARSE
from feeds.formats.printable import printable
from feeds.formats.site import File, OutputPage, OutputSeries, SitePage, SourceLine
from feeds.model import Entry, Moment, Text, TextType
from feeds.normalize.chars import clean, one_line
from feeds.normalize.dates import rfc3339, w3cdtf
from feeds.normalize.html import plain
from feeds.validity import language_tag, web_address

EXCERPT = 320
"""Characters of a text that are shown; the style sheet cuts them to three lines."""
SOURCES = 1000
"""Sources that are listed by name; the list of all is in the OPML file."""
OUTPUTS = 1000
"""Outputs of a series that are listed by name."""
UNTITLED = "…"
ENGLISH = "en"
"""The language of the few words that the page says itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An entry as the page shows it; what is empty is left out.

    ``language`` is None where it is the page's, and empty where it is not known.
    """

    title: str
    titled: bool
    url: str | None
    excerpt: str
    origin: str | None
    origin_url: str | None
    authors: str
    date: str
    datetime: str
    language: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """An output as the page shows it."""

    name: str
    title: str
    subtitle: str
    files: tuple[File, ...]
    entries: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Outputs that are listed without entries; ``more`` of them are not."""

    title: str
    outputs: tuple[tuple[str, tuple[File, ...]], ...]
    more: int


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Give what renders the template; to compile that takes longer than all else."""
    return Environment(
        # "." because the template lies beside its format, as every member of the family does.
        loader=PackageLoader("feeds.formats", "."),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def render(site: SitePage) -> bytes:
    """Write the page; the same bytes for the same site, everywhere and always."""
    environment = _environment()
    css = environment.loader.get_source(environment, "page.css")[0] if environment.loader else ""
    site = replace(
        site,
        title=one_line(site.title) or UNTITLED,
        subtitle=one_line(site.subtitle or "") or None,
        owner=one_line(site.owner or "") or None,
        base_url=site.base_url if web_address(site.base_url) else None,
        language=site.language if language_tag(site.language) else None,
    )
    text = environment.get_template(
        "page.html"
    ).render(
        site=site,
        english=ENGLISH,
        css=Markup(css),  # noqa: S704  (our own style sheet, without anything of a source in it)
        css_hash=b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        outputs=[_section(output, site.language or ENGLISH) for output in site.outputs],
        series=[_series(one) for one in site.series],
        sources=[_source(source) for source in site.sources[:SOURCES]],
        more=max(0, len(site.sources) - SOURCES),
    )
    return text.encode()


def _section(output: OutputPage, language: str) -> Section:
    feed = printable(output.feed)
    return Section(
        name=output.name,
        title=one_line(output.title) or output.name,
        subtitle=_words(feed.subtitle),
        files=tuple(File(*file) for file in output.files),
        entries=tuple(_line(entry, language) for entry in feed.entries),
    )


def _series(series: OutputSeries) -> Series:
    shown = series.outputs[:OUTPUTS]
    return Series(
        title=f"Feeds by {series.by}",
        outputs=tuple(
            (one_line(output.title) or UNTITLED, tuple(File(*file) for file in output.files))
            for output in shown
        ),
        more=len(series.outputs) - len(shown),
    )


def _line(entry: Entry, language: str) -> Line:
    excerpt = _excerpt(_words(entry.summary or entry.content))
    title = _words(entry.title)
    origin = entry.origin
    moment = entry.published or entry.updated
    return Line(
        # An untitled note is its own first words.
        title=title or excerpt or UNTITLED,
        titled=bool(title),
        url=entry.url,
        excerpt=excerpt if title else "",
        origin=origin.title if origin and origin.title else entry.source,
        origin_url=origin.site_url if origin else None,
        authors=", ".join(name(person) for person in authors(entry)),
        date=_date(moment) if moment else "",
        datetime=w3cdtf(moment) if moment else "",
        language=None if entry.language == language else entry.language or "",
    )


def _source(source: SourceLine) -> SourceLine:
    return replace(
        source,
        title=one_line(source.title) or source.name,
        url=source.url if web_address(source.url) else None,
        site_url=source.site_url if web_address(source.site_url) else None,
    )


def _words(text: Text | None) -> str:
    if text is None:
        return ""
    return " ".join((plain(text.value) if text.type is TextType.HTML else clean(text.value)).split())


def _excerpt(text: str) -> str:
    """Cut a text between two words where it is too long."""
    if len(text) <= EXCERPT:
        return text
    cut = text[: EXCERPT + 1]
    head = cut.rpartition(" ")[0] if " " in cut[EXCERPT // 2 :] else cut[:EXCERPT]
    return f"{head.rstrip(' ,;:–-')}…"


def _date(moment: Moment) -> str:
    """Write a date for people: to the minute, and as coarse as it was told."""
    return w3cdtf(moment) if moment.precision in COARSE else rfc3339(moment)[:16].replace("T", " ")
