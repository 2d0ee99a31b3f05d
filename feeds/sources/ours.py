"""Feeds that another feeds wrote -> exactly the entries it had: nothing in them has to be guessed.

A document that declares our namespace (``normalize.dialect``) says whether a text is plain, who stands in for
an author, whose credit it is. That is a promise of how it is meant, not of what is in it: everything passes
the same doors as anybody's. What is not well-formed, or has a DOCTYPE, goes the way of all feeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from lxml import etree

from feeds.config.schema import Source
from feeds.model import (
    Category,
    Credit,
    DateOrigin,
    Entry,
    Feed,
    LanguageOrigin,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Podcast,
    Precision,
    Text,
    TitleOrigin,
)
from feeds.normalize import dates, language
from feeds.normalize.dialect import NAMESPACE, UNKNOWN_LANGUAGE
from feeds.normalize.html import plain
from feeds.normalize.text import shown, visible
from feeds.normalize.titles import title_of
from feeds.normalize.urls import is_uri, web_url
from feeds.sources import parts, second_pass
from feeds.sources.finish import UNKNOWN, feed_id, finished
from feeds.sources.ours_parts import category_of, credit_of, person_of, rel_of, words

MAX_ENTRIES = 5000
HEAD = 4000
"""Characters within which a document has to declare our namespace."""

ATOM = "{http://www.w3.org/2005/Atom}"
OWN = f"{{{NAMESPACE}}}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
GEORSS = "{http://www.georss.org/georss}"
SCHEMA = "{http://schema.org/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
IN_REPLY_TO = "{http://purl.org/syndication/thread/1.0}in-reply-to"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
UTC = ZoneInfo("UTC")
PLACES = ("point", "line", "polygon", "box")

Word = TypeVar("Word", bound=StrEnum)


def root_of_ours(text: str) -> etree._Element | None:
    """Parse a document in our own words; None if it is none, or is not well-formed."""
    if f'="{NAMESPACE}"' not in text[:HEAD]:
        return None
    parser = etree.XMLParser(
        encoding="utf-8", no_network=True, resolve_entities=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    if root.getroottree().docinfo.doctype:
        return None
    return (
        root
        if root.tag == f"{ATOM}feed" or (root.tag == "rss" and root.find("channel") is not None)
        else None
    )


def read_ours(root: etree._Element, text: str, source: Source, authority: str) -> Feed:
    """Read a document of ours.

    Args:
        root: As ``root_of_ours`` gave it.
        text: The same document; marks of withdrawn entries are read from it.
        source: Gives the name, and the language if it is configured.
        authority: Under which ids are minted.
    """
    is_atom = root.tag != "rss"
    head = root if is_atom else root.find("channel")
    tongue = _tongue(head) if is_atom else language.tag(_value(head, "language") or "")
    read = _atom_entry if is_atom else _rss_entry
    holders = head.findall(f"{ATOM}entry" if is_atom else "item")[:MAX_ENTRIES]
    entries = [_common(read(one, source.name, tongue), one) for one in holders]
    feed = _atom_feed(head, source, authority) if is_atom else _rss_feed(head, source, authority)
    feed = replace(feed, language=tongue, withdrawn=second_pass.tombstones(text, source.timezone))
    return finished(feed, entries, source, authority)


# The feed ----------------------------------------------------------------------------------------------


def _atom_feed(root: etree._Element, source: Source, authority: str) -> Feed:
    return Feed(
        id=feed_id(_value(root, f"{ATOM}id"), source, authority),
        title=title_of(_text(root.find(f"{ATOM}title"))),
        subtitle=_text(root.find(f"{ATOM}subtitle")),
        links=tuple(_links(root, f"{ATOM}link"))[: parts.MANY],
        icon=_web(_value(root, f"{ATOM}icon")),
        logo=_web(_value(root, f"{ATOM}logo")),
        rights=_text(root.find(f"{ATOM}rights")),
        updated=_moment(root.find(f"{ATOM}updated")),
        people=tuple(_people(root, f"{ATOM}author")),
        categories=parts.categories(_atom_categories(root)),
    )


def _rss_feed(channel: etree._Element, source: Source, authority: str) -> Feed:
    site = _web(_value(channel, "link"))
    return Feed(
        id=feed_id(None, source, authority),
        title=title_of(parts.plain_text(_value(channel, "title") or "")),
        subtitle=parts.plain_text(_value(channel, "description") or ""),
        links=(*((Link(href=site),) if site else ()), *_links(channel, f"{ATOM}link"))[: parts.MANY],
        logo=_web(channel.findtext("image/url")),
        rights=parts.plain_text(_value(channel, "copyright") or ""),
        updated=_moment(channel.find("lastBuildDate")),
    )


# Entries -----------------------------------------------------------------------------------------------


def _atom_entry(holder: etree._Element, source: str, inherited: str | None) -> Entry:
    links = tuple(_links(holder, f"{ATOM}link"))
    page = next((link for link in links if link.rel == "alternate"), None)
    told = [link for link in links if link.rel == "replies" and link.type == "text/html"]
    comments = told[-1] if told else None
    own = {"enclosure", "license"}
    content = holder.find(f"{ATOM}content")
    return Entry(
        source=source,
        id=UNKNOWN,
        native_id=_value(holder, f"{ATOM}id"),
        url=page.href if page else None,
        links=tuple(link for link in links if link not in (page, comments) and link.rel not in own)[
            : parts.MANY
        ],
        title=title_of(_text(holder.find(f"{ATOM}title"))),
        title_origin=_word(holder.find(f"{ATOM}title"), "origin", TitleOrigin, TitleOrigin.DECLARED),
        summary=_text(holder.find(f"{ATOM}summary")),
        content=None if content is None or content.get(f"{OWN}of") else _text(content),
        published=_moment(holder.find(f"{ATOM}published")),
        updated=_moment(holder.find(f"{ATOM}updated")),
        people=(*_people(holder, f"{ATOM}author"), *_people(holder, f"{ATOM}contributor"))[: parts.MANY],
        categories=parts.categories(_atom_categories(holder)),
        language=_tongue(holder) if LANG in holder.attrib else inherited,
        enclosures=_files(
            holder,
            [
                Media(url=link.href, type=link.type, title=link.title, length=link.length)
                for link in links
                if link.rel == "enclosure"
            ],
        ),
        rights=_text(holder.find(f"{ATOM}rights")),
        license=next((link.href for link in links if link.rel == "license"), None),
        comments_url=comments.href if comments else None,
        origin=_origin(holder.find(f"{ATOM}source")),
    )


def _rss_entry(holder: etree._Element, source: str, inherited: str | None) -> Entry:
    # A second page stands in words of ours: readers would take it for the page.
    links = tuple(_links(holder, f"{ATOM}link", f"{OWN}link"))
    title = holder.find("title")
    description, content = holder.find("description"), holder.find(CONTENT)
    copied = content is not None and description is not None and description.text == content.text
    tongue = _value(holder, f"{DC}language")
    date = holder.find("pubDate")
    rights = holder.find(f"{ATOM}rights")
    enclosure = holder.find("enclosure")
    return Entry(
        source=source,
        id=UNKNOWN,
        native_id=_value(holder, "guid"),
        url=_web(_value(holder, "link")),
        links=tuple(link for link in links if link.rel != "license")[: parts.MANY],
        title=title_of(_exact(holder, f"{ATOM}title") or _text(title, kind="text")),
        title_origin=_word(title, "origin", TitleOrigin, TitleOrigin.DECLARED),
        summary=None if copied else _exact(holder, f"{ATOM}summary") or _text(description, kind="html"),
        content=_exact(holder, f"{ATOM}content") or _text(content, kind="html"),
        published=None if date is None or date.get(f"{OWN}origin") == "updated" else _moment(date),
        updated=_moment(holder.find(f"{ATOM}updated")),
        people=(*_people(holder, f"{DC}creator"), *_people(holder, f"{DC}contributor"))[: parts.MANY],
        categories=parts.categories(_rss_categories(holder)),
        language=inherited if tongue is None else language.tag(tongue),
        enclosures=_files(holder, [] if enclosure is None else list(_enclosure(enclosure))),
        rights=_text(rights) or _text(holder.find(f"{DC}rights"), kind="text"),
        license=next((link.href for link in links if link.rel == "license"), None),
        comments_url=_web(_value(holder, "comments")),
        origin=_origin(holder.find(f"{ATOM}source")),
    )


def _common(entry: Entry, holder: etree._Element) -> Entry:
    """Add what Atom and RSS say in the same words."""
    answered = holder.find(IN_REPLY_TO)
    reference = "" if answered is None else answered.get("ref", "").strip()
    return replace(
        entry,
        # Declared, even if it is that there is none: otherwise it would be looked for.
        language_origin=LanguageOrigin.DECLARED,
        credits=tuple(_credits(holder))[: parts.MANY],
        image=_image(holder),
        in_reply_to=reference if is_uri(reference) else None,
        podcast=_podcast(holder),
        extra=tuple(sorted(_extra(holder)))[: parts.MANY],
    )


# Parts -------------------------------------------------------------------------------------------------


def _value(holder: etree._Element, name: str) -> str | None:
    text = holder.findtext(name)
    return text.strip() if text and visible(text) else None


def _web(raw: str | None) -> str | None:
    return web_url(raw, None) if raw else None


def _tongue(element: etree._Element) -> str | None:
    return language.tag(element.get(LANG, UNKNOWN_LANGUAGE))


def _word(element: etree._Element | None, key: str, words: type[Word], otherwise: Word) -> Word:
    told = None if element is None else element.get(f"{OWN}{key}")
    return next((word for word in words if word == told), otherwise)


def _text(element: etree._Element | None, kind: str | None = None) -> Text | None:
    """Read a text; ``kind`` is what it is unless it says otherwise."""
    if element is None or not element.text:
        return None
    told = element.get(f"{OWN}type")
    tongue = _tongue(element)
    if told == "text" and kind == "html":
        return parts.plain_text(plain(element.text), tongue)
    if (kind or element.get("type")) == "html":
        return parts.html_text(element.text, None, tongue)
    return parts.plain_text(element.text, tongue)


def _exact(holder: etree._Element, name: str) -> Text | None:
    return _text(holder.find(name))


def _moment(element: etree._Element | None) -> Moment | None:
    read = dates.parse(element.text or "", UTC) if element is not None else None
    return read and replace(
        read,
        precision=_word(element, "precision", Precision, Precision.SECOND),
        origin=_word(element, "origin", DateOrigin, DateOrigin.DECLARED),
    )


def _links(holder: etree._Element, *names: str) -> Iterator[Link]:
    for one in holder.iterchildren(*names):
        href, rel = _web(one.get("href")), rel_of(one.get("rel", "alternate"))
        if href is None or rel is None:
            continue
        yield Link(
            href=href,
            rel=rel,
            type=parts.media_type(one.get("type")),
            hreflang=language.tag(one.get("hreflang", "")),
            title=words(one.get("title")),
            length=parts.number(one.get("length")),
        )


def _people(holder: etree._Element, name: str) -> Iterator[Person]:
    for one in holder.findall(name):
        if one.get(f"{OWN}origin") == "source":
            continue
        if name.startswith(ATOM):
            told = _value(one, f"{ATOM}name"), _value(one, f"{ATOM}email"), _value(one, f"{ATOM}uri")
            role, job = _value(one, f"{SCHEMA}roleName"), _value(one, f"{SCHEMA}jobTitle")
        else:
            told = one.text, one.get(f"{OWN}email"), one.get(f"{OWN}uri")
            role, job = one.get(f"{OWN}role"), one.get(f"{OWN}job")
        if person := person_of(*told, role, job):
            yield person


def _atom_categories(holder: etree._Element) -> Iterator[Category | None]:
    for one in holder.findall(f"{ATOM}category"):
        yield category_of(one.get("term"), one.get("scheme"), one.get("label"))


def _rss_categories(holder: etree._Element) -> Iterator[Category | None]:
    for one in holder.findall("category"):
        term = one.get(f"{OWN}term")
        yield category_of(term or one.text, one.get("domain"), one.text if term else None)


def _credits(holder: etree._Element) -> Iterator[Credit]:
    for one in holder.iterchildren(f"{DC}source", f"{MEDIA}credit"):
        kind = "photo" if one.tag == f"{MEDIA}credit" else one.get(f"{OWN}kind", "source")
        if made := credit_of(kind, one.text, one.get(f"{OWN}code"), one.get(f"{OWN}raw")):
            yield made


def _enclosure(element: etree._Element) -> Iterator[Media]:
    if url := _web(element.get("url")):
        yield Media(
            url=url,
            type=parts.media_type(element.get("type")),
            length=parts.number(element.get("length")),
        )


def _content(element: etree._Element) -> Media | None:
    url = _web(element.get("url"))
    if url is None:
        return None
    return Media(
        url=url,
        type=parts.media_type(element.get("type")),
        length=parts.number(element.get("fileSize")),
        width=parts.number(element.get("width")),
        height=parts.number(element.get("height")),
        duration=parts.seconds(element.get("duration")),
        title=words(element.findtext(f"{MEDIA}title")),
        credit=words(element.findtext(f"{MEDIA}credit")),
    )


def _files(holder: etree._Element, enclosed: list[Media]) -> tuple[Media, ...]:
    """Give the files; what Media RSS says of one is all that is known of it."""
    files = {one.url: one for one in enclosed}
    for element in holder.findall(f"{MEDIA}content"):
        if element.get(f"{OWN}of") is None and (media := _content(element)):
            files[media.url] = media
    return tuple(files.values())[: parts.MANY]


def _image(holder: etree._Element) -> Media | None:
    for element in holder.findall(f"{MEDIA}content"):
        if element.get(f"{OWN}of") and (media := _content(element)):
            return media
    found = (_content(element) for element in holder.findall(f"{MEDIA}thumbnail"))
    return next((media for media in found if media), None)


def _podcast(holder: etree._Element) -> Podcast | None:
    length = holder.find(f"{ITUNES}duration")
    kind = _value(holder, f"{ITUNES}episodeType")
    transcript, chapters = holder.find(f"{PODCAST}transcript"), holder.find(f"{PODCAST}chapters")
    told = Podcast(
        duration=None if length is None or length.get(f"{OWN}of") else parts.seconds(length.text),
        episode=parts.number(_value(holder, f"{ITUNES}episode")),
        season=parts.number(_value(holder, f"{ITUNES}season")),
        episode_type=kind if kind in {"full", "trailer", "bonus"} else None,
        explicit={"true": True, "false": False}.get(_value(holder, f"{ITUNES}explicit") or ""),
        transcript=None if transcript is None else _web(transcript.get("url")),
        chapters=None if chapters is None else _web(chapters.get("url")),
    )
    return None if told == Podcast() else told


def _extra(holder: etree._Element) -> Iterator[tuple[str, str]]:
    for place in PLACES:
        for one in holder.findall(f"{GEORSS}{place}"):
            if value := words(one.text, parts.TEXT):
                yield f"georss:{place}", value
    for one in holder.findall(f"{OWN}extra"):
        name, value = words(one.get(f"{OWN}name"), 100), words(one.text, parts.TEXT)
        if name and value:
            yield name, value


def _origin(element: etree._Element | None) -> Origin | None:
    if element is None:
        return None
    links = tuple(_links(element, f"{ATOM}link"))
    updated = _moment(element.find(f"{ATOM}updated"))
    title = _text(element.find(f"{ATOM}title"))
    rights = _text(element.find(f"{ATOM}rights"))
    inherited = (_tongue(one) for one in (element, *element.iterancestors()) if LANG in one.attrib)
    own = _value(element, f"{ATOM}id") or ""
    self_url = next((link.href for link in links if link.rel == "self"), None)
    identity = own if is_uri(own) else self_url
    if identity is None:
        return None
    return Origin(
        id=identity,
        title=words(shown(title)),
        self_url=self_url,
        site_url=next((link.href for link in links if link.rel == "alternate"), None),
        icon=_web(_value(element, f"{ATOM}icon")),
        updated=updated.instant if updated else None,
        language=next(inherited, None),
        rights=words(shown(rights)),
    )
