"""What feedgen 1.0.0 lacks or gets wrong, as an extension of it.

feedgen makes the frame and what it makes right: ids, categories, persons' names, generator, icon, logo, RSS
links, guids. The rest is rewritten here, because feedgen loses rel, type, hreflang, title and length of an
Atom entry's links, knows no id, date, link or rights of ``atom:source``, no xml:lang, no HTML or empty
titles, no person without a mail address in RSS; and writes RSS dates by switching the locale of the whole
process, which is a lie to every other thread.

All values must have passed ``printable``: one control character raises ValueError in lxml.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import feedgen.version
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml import etree

from feeds.formats.byline import authors, byline, contributors, name
from feeds.formats.elements import (
    ATOM,
    NAMESPACES,
    add,
    content,
    describe,
    detailed,
    guess,
    issued,
    mark,
    mark_date,
    role,
    set_language,
)
from feeds.formats.printable import EPOCH
from feeds.model import Entry, Feed, Link, Media, Moment, Origin, Person, Role, Text, TextType, TitleOrigin
from feeds.normalize import dialect
from feeds.normalize.dates import rfc3339
from feeds.normalize.dialect import UNKNOWN_LANGUAGE as UNKNOWN
from feeds.normalize.html import from_text, plain
from feeds.validity import absolute_iri

MADE_BY = f"feedgen {feedgen.version.version_full_str}, lxml {etree.LXML_VERSION}, {etree.LIBXML_VERSION}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
DELETED = "http://purl.org/atompub/tombstones/1.0"
HISTORY = "http://purl.org/syndication/history/1.0"
STAND_IN = "-"
"""What feedgen is given where it wants a text that may be empty; it never reaches the output."""


class Unsaid(datetime):
    """A date that feedgen leaves out, because it asks ``if date``; ours is then written in its place."""

    def __bool__(self) -> bool:
        return False


def unsaid() -> Unsaid:
    return Unsaid(1970, 1, 1, tzinfo=UTC)


def utc(moment: Moment | datetime) -> str:
    """Write an instant in UTC, so that texts sort as times do."""
    return rfc3339((moment.instant if isinstance(moment, Moment) else moment).astimezone(UTC))


def rfc822(moment: Moment) -> str:
    """Write a date of RSS, with its offset, in English whatever the locale."""
    return format_datetime(datetime.fromisoformat(rfc3339(moment)))


def html(text: Text) -> str:
    """Give a text as HTML."""
    return text.value if text.type is TextType.HTML else from_text(text.value)


class FeedExtension(BaseExtension):  # type: ignore[misc]  # feedgen has no types
    """The part of a feed that is not its entries."""

    feed: Feed
    self_url: str
    self_type: str

    def extend_ns(self) -> dict[str, str]:
        return {**NAMESPACES, "at": DELETED}

    def extend_atom(self, root: etree._Element) -> etree._Element:
        feed = self.feed
        set_language(root, feed.language)
        _find(root, "updated").text = utc(feed.updated or EPOCH)
        _text(_find(root, "title"), feed.title)
        if feed.subtitle:
            _text(add(root, "subtitle"), feed.subtitle)
        if feed.rights:
            _text(add(root, "rights"), feed.rights)
        add(root, "link", rel="self", type=self.self_type, href=self.self_url)
        for link in feed.links:
            if link.rel != "self":
                _link(root, "link", link)
        for element, person in zip(root.findall("author"), feed.people, strict=False):
            role(element, person)
        _history(root, feed)
        for gone in feed.withdrawn:
            if gone.when:
                deleted = etree.SubElement(
                    root, f"{{{DELETED}}}deleted-entry", ref=gone.id, when=utc(gone.when)
                )
                if gone.reason:
                    etree.SubElement(deleted, f"{{{DELETED}}}comment").text = gone.reason
        return root

    def extend_rss(self, root: etree._Element) -> etree._Element:
        channel, feed = _find(root, "channel"), self.feed
        atom_link = f"{{{ATOM}}}link"
        etree.SubElement(channel, atom_link, rel="self", type=self.self_type, href=self.self_url)
        for link in feed.links:
            if link.rel not in ("self", "alternate"):
                _link(channel, atom_link, link)
        _history(channel, feed)
        add(channel, "lastBuildDate", rfc822(Moment(instant=(feed.updated or EPOCH).instant)))
        for person in feed.people:
            add(channel, "dc:creator", name(person))
        return root


class EntryExtension(BaseEntryExtension):  # type: ignore[misc]  # feedgen has no types
    """One entry."""

    entry: Entry
    feed: Feed

    def extend_ns(self) -> dict[str, str]:
        return dict(NAMESPACES)

    def extend_atom(self, element: etree._Element) -> etree._Element:
        entry = self.entry
        language = entry.language or (UNKNOWN if self.feed.language else None)
        if language != self.feed.language:
            set_language(element, language)
        title = _find(element, "title")
        _text(title, entry.title)
        mark(title, origin=_derived(entry))
        updated = _find(element, "updated")
        updated.text = utc(entry.updated or EPOCH)
        mark_date(updated, entry.updated or EPOCH)
        issued(element, entry.published)
        if entry.published:
            mark_date(add(element, "published", rfc3339(entry.published)), entry.published)
        for link in _entry_links(entry):
            _link(element, "link", link)
        for tags, people in (("author", byline(entry)), ("contributor", contributors(entry))):
            for person, made in zip(people, element.findall(tags), strict=True):
                role(made, person)
                mark(made, origin=None if authors(entry) or tags == "contributor" else "source")
        if entry.rights:
            _text(add(element, "rights"), entry.rights)
        self._texts(element)
        if entry.origin:
            _source(add(element, "source"), entry.origin, language)
        for media in entry.enclosures:
            if detailed(media):
                content(element, media)
        describe(element, entry)
        return element

    def _texts(self, element: etree._Element) -> None:
        entry = self.entry
        if entry.summary:
            _text(add(element, "summary"), entry.summary)
        element.remove(_find(element, "content"))
        # RFC 4287, 4.1.2: without a page to open, there must be content, if only the summary once more.
        has_page = entry.url or any(link.rel == "alternate" for link in entry.links)
        if entry.content or not has_page:
            made = add(element, "content")
            _text(made, entry.content or entry.summary)
            mark(made, of=None if entry.content or not entry.summary else "summary")

    def extend_rss(self, item: etree._Element) -> etree._Element:
        entry = self.entry
        self._rss_texts(item)
        updated = entry.updated or EPOCH
        issued(item, entry.published)
        date = add(item, "pubDate", rfc822(entry.published or Moment(instant=updated.instant)))
        if entry.published:
            mark_date(date, entry.published)
        else:
            mark(date, origin="updated")
        mark_date(add(item, "atom:updated", utc(updated)), updated)
        for person in byline(entry):
            made = add(item, "dc:creator", name(person))
            _mark_person(made, person, "source" if not authors(entry) else None)
        for person in contributors(entry):
            _mark_person(add(item, "dc:contributor", name(person)), person, None)
        for link in entry.links:
            # Readers would take a second page for the page.
            words = dialect.NAMESPACE if link.rel == "alternate" else ATOM
            _link(item, f"{{{words}}}link", link)
        if entry.license:
            _link(item, f"{{{ATOM}}}link", Link(href=entry.license, rel="license"))
        if entry.origin:
            # The item's own source knows an address and a title only.
            _source(add(item, "atom:source"), entry.origin, None, "atom:")
        for category, made in zip(entry.categories, item.findall("category"), strict=True):
            mark(made, term=category.term if category.label else None)
        self._rss_files(item)
        describe(item, entry)
        return item

    def _rss_files(self, item: etree._Element) -> None:
        """RSS has room for one enclosure; readers take the others from Media RSS."""
        for place, media in enumerate(self.entry.enclosures):
            # An enclosure must have a type, so ours may be guessed; here it stands as it was told.
            if place or detailed(media) or media.title or media.type is None:
                content(item, media)

    def _rss_texts(self, item: etree._Element) -> None:
        entry = self.entry
        title = _find(item, "title")
        if entry.title is None:
            item.remove(title)
        else:
            mark(title, origin=_derived(entry))
            set_language(title, entry.title.language)
            if entry.title.type is TextType.HTML or title.text != entry.title.value:
                _text(add(item, "atom:title"), entry.title)
        if entry.summary:
            _rss_text(item, add(item, "description"), entry.summary, "atom:summary")
        elif entry.title is None:
            add(item, "description", html(entry.content) if entry.content else "")
        if entry.content:
            _rss_text(item, etree.SubElement(item, CONTENT), entry.content, "atom:content")
        language = entry.language or (UNKNOWN if self.feed.language else None)
        if language:
            add(item, "dc:language", language)
        if entry.rights:
            rights = entry.rights
            is_html = rights.type is TextType.HTML
            set_language(
                add(item, "dc:rights", plain(rights.value) if is_html else rights.value), rights.language
            )
            if is_html:
                _text(add(item, "atom:rights"), rights)


def _derived(entry: Entry) -> str | None:
    return entry.title_origin if entry.title and entry.title_origin is TitleOrigin.DERIVED else None


def _mark_person(element: etree._Element, person: Person, origin: str | None) -> None:
    mark(
        element,
        origin=origin,
        email=person.email,
        uri=person.uri,
        role=None if person.role is Role.AUTHOR else person.role,
        job=person.role_raw,
    )


def _rss_text(item: etree._Element, element: etree._Element, text: Text, exact: str) -> None:
    """Write a text as HTML, which is all that RSS knows; of a plain one, say that it is plain.

    A plain text that cannot be read back from its HTML (a poem with its indents) also stands in Atom's words.
    """
    element.text = html(text)
    set_language(element, text.language)
    if text.type is TextType.PLAIN:
        mark(element, type="text")
        if plain(element.text) != text.value:
            _text(add(item, exact), text)


def people(persons: tuple[Person, ...]) -> list[dict[str, str]]:
    """Write persons as feedgen wants them: Atom asks for a name, whatever is known."""
    return [
        {
            key: value
            for key, value in (("name", name(one)), ("email", one.email), ("uri", one.uri))
            if value is not None
        }
        for one in persons
    ]


def enclosure(media: Media) -> dict[str, Any]:
    """Write an enclosure of RSS, where type and length must be there; 0 means not known."""
    return {"url": media.url, "length": media.length or 0, "type": media.type or guess(media.url)}


def _history(parent: etree._Element, feed: Feed) -> None:
    """Say what part of all entries this is (RFC 5005); declared here, as few documents have it."""
    for word, told in (("archive", feed.archive), ("complete", feed.complete)):
        if told:
            etree.SubElement(parent, f"{{{HISTORY}}}{word}", nsmap={"fh": HISTORY})


def _find(parent: etree._Element, tag: str) -> etree._Element:
    element = parent.find(tag)
    if element is None:
        raise LookupError(f"feedgen made no <{tag}>")
    return element


def _text(element: etree._Element, text: Text | None) -> None:
    """Write a text construct (RFC 4287, 3.1); lxml escapes once."""
    element.attrib.pop("type", None)
    element.text = text.value if text else None
    element.set("type", "html" if text and text.type is TextType.HTML else "text")
    if text:
        set_language(element, text.language)


def _link(parent: etree._Element, tag: str, link: Link) -> None:
    element = etree.SubElement(parent, tag, rel=link.rel)
    for key in ("type", "hreflang", "href", "title", "length"):
        value = getattr(link, key)
        if value is not None:
            element.set(key, str(value))


def _entry_links(entry: Entry) -> tuple[Link, ...]:
    """Give all links of an entry, the page first."""
    links = [Link(href=entry.url)] if entry.url else []
    links += entry.links
    links += [
        Link(href=one.url, rel="enclosure", type=one.type, title=one.title, length=one.length)
        for one in entry.enclosures
    ]
    if entry.comments_url:
        links.append(Link(href=entry.comments_url, rel="replies", type="text/html"))
    if entry.license:
        links.append(Link(href=entry.license, rel="license"))
    return tuple(dict.fromkeys(links))


def _source(element: etree._Element, origin: Origin, language: str | None, prefix: str = "") -> None:
    """Write where an entry is from (RFC 4287, 4.2.11), as far as it is known.

    Args:
        element: What it is written into.
        origin: Where it is from.
        language: What the element inherits; None if nothing.
        prefix: Of Atom's words; empty where they are at home.
    """
    own = origin.language or (None if language is None else UNKNOWN)
    if own != language:
        set_language(element, own)
    if absolute_iri(origin.id):
        add(element, f"{prefix}id", origin.id)
    add(element, f"{prefix}title", origin.title, type="text")
    if origin.updated:
        add(element, f"{prefix}updated", utc(origin.updated))
    if origin.self_url:
        add(element, f"{prefix}link", rel="self", href=origin.self_url)
    if origin.site_url:
        add(element, f"{prefix}link", rel="alternate", href=origin.site_url)
    if origin.icon:
        add(element, f"{prefix}icon", origin.icon)
    if origin.rights:
        add(element, f"{prefix}rights", origin.rights, type="text")
