"""The kind ``sitemap``: what a site tells search engines of its pages (sitemaps.org) -> a feed.

With the extensions for news, images and videos. An index of sitemaps is no document of this kind by itself:
``sitemap_index`` says which sitemaps it names, and what came of these is read here as one.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from lxml import etree

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Decision, Document, Entry, Feed, Link, Media, Moment, Text, TitleOrigin
from feeds.normalize import language
from feeds.normalize.dates import parse
from feeds.normalize.text import one_line
from feeds.normalize.titles import shortened, title_of
from feeds.normalize.urls import web_url
from feeds.sources import parts
from feeds.sources.charset import decode
from feeds.sources.finish import UNKNOWN, feed_id, finished
from feeds.sources.not_a_feed import explain
from feeds.sources.repair import local, root_of
from feeds.sources.sitemap_index import TAR, unzipped

MAX_ENTRIES = 5000
EARLIEST = datetime.min.replace(tzinfo=UTC)
NAMESPACES: Mapping[str, str] = MappingProxyType(
    {
        "google.com/schemas/sitemap-news/": "news:",
        "google.com/schemas/sitemap-image/": "image:",
        "google.com/schemas/sitemap-video/": "video:",
        "sitemaps.org/schemas/sitemap/": "",
        "google.com/schemas/sitemap/": "",
    }
)
QUALIFIED = re.compile(r"\{(?:https?://(?:www\.)?)?([^}]*)\}(.*)", re.DOTALL)
WORDS = re.compile(r"[-_+\s]+")
TITLE = 3
"""Words from which the last part of an address is a title."""
SUFFIX = re.compile(r"\.[A-Za-z]{2,5}\Z")

Told = Mapping[str, tuple[str, ...]]
"""The texts of an entry's elements, by their names with the usual prefix."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One address of a sitemap, not yet an entry: of many, only the newest become one."""

    url: str
    told: Told
    published: Moment | None
    updated: Moment | None

    def date(self) -> datetime:
        moment = self.published or self.updated
        return moment.instant if moment else EARLIEST


def read(document: Document, source: Source, authority: str) -> Feed:
    """Read a sitemap, or what came of the sitemaps of an index.

    Raises:
        ReadError: It is no sitemap.
    """
    pages: dict[str, Page] = {}
    for url, body in _members(document):
        for page in _pages(decode(unzipped(body, url), document.headers), url, document, source):
            pages.setdefault(page.url, page)
    wanted = [page for page in pages.values() if _matches(page.url, source)]
    newest = sorted(wanted, key=Page.date, reverse=True)[:MAX_ENTRIES]
    chosen = {id(page) for page in newest}
    taken = (page for page in wanted if id(page) in chosen)
    feed = replace(_feed(document, source, authority), decisions=_left_out(len(wanted)))
    return finished(feed, [_entry(page, source) for page in taken], source, authority)


def _members(document: Document) -> Iterator[tuple[str, bytes]]:
    """Give the sitemaps of a document, with their addresses."""
    if document.headers.get("content-type") != TAR:
        yield document.url, document.body
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(document.body)) as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                if file is not None:
                    yield member.name, file.read()
    except tarfile.TarError as error:
        raise ReadError("this is no sitemap, but an archive of files; check the address") from error


def _pages(text: str, url: str, document: Document, source: Source) -> Iterator[Page]:
    """Give the addresses of one sitemap.

    Raises:
        ReadError: It is none.
    """
    root = root_of(text)
    name = local(root[0]) if root else ""
    if name == "sitemapindex":
        raise ReadError("an index of sitemaps that names no sitemap of its site; check the address")
    if name != "urlset":
        if not text.strip("\ufeff\x00 \t\r\n"):
            raise ReadError("the document is empty; it is tried again later")
        told = explain(text, document, source).partition("; ")[0].removeprefix("this is ")
        raise ReadError(
            f"this is no sitemap: expected a urlset of sitemaps.org, found {told}; check the address"
        )
    parser = etree.XMLParser(
        recover=True,
        no_network=True,
        resolve_entities=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
    )
    try:
        tree = etree.fromstring(text[root[1] if root else 0 :].encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise ReadError("this is a sitemap that cannot be read; its operator has to mend that") from error
    for node in () if tree is None else tree:
        if isinstance(node.tag, str) and _name(node) == "url":
            page = _page(_told(node), url, source)
            if page is not None:
                yield page


def _told(node: etree._Element) -> Told:
    found: dict[str, list[str]] = {}
    for inner in node.iterdescendants():
        text = (inner.text or "").strip() if isinstance(inner.tag, str) else ""
        if text:
            found.setdefault(_name(inner), []).append(text)
    return {name: tuple(texts[: parts.MANY]) for name, texts in found.items()}


def _name(node: etree._Element) -> str:
    """Give an element's name with the usual prefix, whatever version of the namespace, or none, it is in."""
    tag = str(node.tag)
    match = QUALIFIED.match(tag)
    if match is None:
        return tag.lower()
    space, name = match[1], match[2].lower()
    return next(
        (prefix + name for start, prefix in NAMESPACES.items() if space.startswith(start)), f"?:{name}"
    )


def _page(told: Told, url: str, source: Source) -> Page | None:
    address = web_url(_first(told, "loc") or "", url if url.startswith("http") else None)
    if address is None:
        return None
    dates = (_first(told, "news:publication_date", "video:publication_date"), _first(told, "lastmod"))
    published, updated = (parse(raw, source.timezone) if raw else None for raw in dates)
    return Page(url=address, told=told, published=published, updated=updated)


def _first(told: Told, *names: str) -> str | None:
    return next((told[name][0] for name in names if name in told), None)


def _matches(url: str, source: Source) -> bool:
    return not source.match or any(pattern.search(url) for pattern in source.match)


def _left_out(number: int) -> tuple[Decision, ...]:
    if number <= MAX_ENTRIES:
        return ()
    reason = (
        f"the sitemap holds {number - MAX_ENTRIES} pages more than are read at once; the newest are taken"
    )
    return (Decision(topic="limit", reason=reason),)


def _feed(document: Document, source: Source, authority: str) -> Feed:
    site = web_url("/", document.url) if document.url.startswith("http") else None
    host = (urlsplit(document.url).hostname or "").removeprefix("www.")
    return Feed(
        id=feed_id(None, source, authority),
        title=Text(value=host) if host else None,
        links=(Link(href=site),) if site else (),
    )


def _entry(page: Page, source: Source) -> Entry:
    told = page.told
    title = parts.plain_text(one_line(_first(told, "news:title", "video:title") or ""))
    named = title_of(title) or _derived(page.url)
    pictures = (
        web_url(url, page.url) for url in (*told.get("image:loc", ()), *told.get("video:thumbnail_loc", ()))
    )
    film = web_url(_first(told, "video:content_loc") or "", page.url)
    terms = [term for raw in told.get("news:keywords", ()) for term in raw.split(",")]
    image = next((url for url in pictures if url), None)
    derived = named is not None and title is None
    unread = [_first(told, name) for name in ("news:publication_date", "lastmod") if page.published is None]
    reasons = [parts.unread_date(raw) for raw in unread if raw and parse(raw, source.timezone) is None]
    if derived:
        why = "the sitemap gives no title, so the words in the address are taken"
        reasons.append(Decision(topic="title", reason=why))
    return Entry(
        source=source.name,
        id=UNKNOWN,
        url=page.url,
        title=named,
        title_origin=TitleOrigin.DERIVED if derived else TitleOrigin.DECLARED,
        summary=parts.guessed_text(_first(told, "video:description") or "", page.url),
        published=page.published,
        updated=page.updated,
        categories=parts.categories(parts.category(term) for term in (*terms, *told.get("video:tag", ()))),
        language=language.tag(_first(told, "news:language") or ""),
        image=Media(url=image, title=parts.line(_first(told, "image:title", "image:caption")))
        if image
        else None,
        enclosures=_films(told, film),
        license=web_url(_first(told, "image:license") or "", page.url),
        decisions=(*shortened(title), *reasons),
    )


def _films(told: Told, film: str | None) -> tuple[Media, ...]:
    if film is None:
        return ()
    return (Media(url=film, duration=parts.seconds(_first(told, "video:duration"))),)


def _derived(url: str) -> Text | None:
    """Make a title of an address: of its last part if that is one (``snow-in-the-valley.html``), else of all.

    Two pages must not get the same one: without other words, they would be taken for one entry that moved.
    """
    parts_of = urlsplit(url)
    path = unquote(parts_of.path).strip("/")
    words = WORDS.split(SUFFIX.sub("", path.rpartition("/")[2]).strip("-_+ "))
    if len(words) >= TITLE and not parts_of.query:
        return title_of(parts.plain_text(one_line(" ".join(words))))
    whole = f"{path or parts_of.hostname}{'?' if parts_of.query else ''}{unquote(parts_of.query)}"
    return title_of(parts.plain_text(one_line(whole)))
