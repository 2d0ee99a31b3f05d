"""Feeds that another feeds wrote -> exactly the entries it had: nothing in them has to be guessed.

A document that declares our namespace (``normalize.dialect``) says whether a text is plain, who stands in for
an author, whose credit it is. That is a promise of how it is meant, not of what is in it: everything passes
the same doors as anybody's. What is not well-formed, or has a DOCTYPE, goes the way of all feeds.
"""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from feeds.config.schema import Source
from feeds.model import (
    Entry,
    Feed,
    LanguageOrigin,
    Link,
    Media,
    TitleOrigin,
)
from feeds.normalize import language
from feeds.normalize.dialect import NAMESPACE
from feeds.normalize.titles import title_of
from feeds.normalize.urls import is_uri
from feeds.sources import parts, second_pass
from feeds.sources.finish import UNKNOWN, feed_id, finished
from feeds.sources.ours_elements import (
    ATOM,
    DC,
    LANG,
    OWN,
    atom_categories,
    credits_of,
    enclosed,
    exact,
    extra_of,
    files_of,
    image_of,
    links_of,
    moment_of,
    origin_of,
    people_of,
    podcast_of,
    rss_categories,
    text_of,
    tongue_of,
    value_of,
    web,
    word_of,
)

MAX_ENTRIES = 5000
HEAD = 4000
"""Characters within which a document has to declare our namespace."""

CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
IN_REPLY_TO = "{http://purl.org/syndication/thread/1.0}in-reply-to"


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
    tongue = tongue_of(head) if is_atom else language.tag(value_of(head, "language") or "")
    read = _atom_entry if is_atom else _rss_entry
    holders = head.findall(f"{ATOM}entry" if is_atom else "item")[:MAX_ENTRIES]
    entries = [_common(read(one, source.name, tongue), one) for one in holders]
    feed = _atom_feed(head, source, authority) if is_atom else _rss_feed(head, source, authority)
    feed = replace(feed, language=tongue, withdrawn=second_pass.tombstones(text, source.timezone))
    return finished(feed, entries, source, authority)


# The feed ----------------------------------------------------------------------------------------------


def _atom_feed(root: etree._Element, source: Source, authority: str) -> Feed:
    return Feed(
        id=feed_id(value_of(root, f"{ATOM}id"), source, authority),
        title=title_of(text_of(root.find(f"{ATOM}title"))),
        subtitle=text_of(root.find(f"{ATOM}subtitle")),
        links=tuple(links_of(root, f"{ATOM}link"))[: parts.MANY],
        icon=web(value_of(root, f"{ATOM}icon")),
        logo=web(value_of(root, f"{ATOM}logo")),
        rights=text_of(root.find(f"{ATOM}rights")),
        updated=moment_of(root.find(f"{ATOM}updated")),
        people=tuple(people_of(root, f"{ATOM}author")),
        categories=parts.categories(atom_categories(root)),
    )


def _rss_feed(channel: etree._Element, source: Source, authority: str) -> Feed:
    site = web(value_of(channel, "link"))
    return Feed(
        id=feed_id(None, source, authority),
        title=title_of(parts.plain_text(value_of(channel, "title") or "")),
        subtitle=parts.plain_text(value_of(channel, "description") or ""),
        links=(*((Link(href=site),) if site else ()), *links_of(channel, f"{ATOM}link"))[: parts.MANY],
        logo=web(channel.findtext("image/url")),
        rights=parts.plain_text(value_of(channel, "copyright") or ""),
        updated=moment_of(channel.find("lastBuildDate")),
    )


# Entries -----------------------------------------------------------------------------------------------


def _atom_entry(holder: etree._Element, source: str, inherited: str | None) -> Entry:
    links = tuple(links_of(holder, f"{ATOM}link"))
    page = next((link for link in links if link.rel == "alternate"), None)
    told = [link for link in links if link.rel == "replies" and link.type == "text/html"]
    comments = told[-1] if told else None
    own = {"enclosure", "license"}
    content = holder.find(f"{ATOM}content")
    return Entry(
        source=source,
        id=UNKNOWN,
        native_id=value_of(holder, f"{ATOM}id"),
        url=page.href if page else None,
        links=tuple(link for link in links if link not in (page, comments) and link.rel not in own)[
            : parts.MANY
        ],
        title=title_of(text_of(holder.find(f"{ATOM}title"))),
        title_origin=word_of(holder.find(f"{ATOM}title"), "origin", TitleOrigin, TitleOrigin.DECLARED),
        summary=text_of(holder.find(f"{ATOM}summary")),
        content=None if content is None or content.get(f"{OWN}of") else text_of(content),
        published=moment_of(holder.find(f"{ATOM}published")),
        updated=moment_of(holder.find(f"{ATOM}updated")),
        people=(*people_of(holder, f"{ATOM}author"), *people_of(holder, f"{ATOM}contributor"))[: parts.MANY],
        categories=parts.categories(atom_categories(holder)),
        language=tongue_of(holder) if LANG in holder.attrib else inherited,
        enclosures=files_of(
            holder,
            [
                Media(url=link.href, type=link.type, title=link.title, length=link.length)
                for link in links
                if link.rel == "enclosure"
            ],
        ),
        rights=text_of(holder.find(f"{ATOM}rights")),
        license=next((link.href for link in links if link.rel == "license"), None),
        comments_url=comments.href if comments else None,
        origin=origin_of(holder.find(f"{ATOM}source")),
    )


def _rss_entry(holder: etree._Element, source: str, inherited: str | None) -> Entry:
    # A second page stands in words of ours: readers would take it for the page.
    links = tuple(links_of(holder, f"{ATOM}link", f"{OWN}link"))
    title = holder.find("title")
    description, content = holder.find("description"), holder.find(CONTENT)
    copied = content is not None and description is not None and description.text == content.text
    tongue = value_of(holder, f"{DC}language")
    date = holder.find("pubDate")
    rights = holder.find(f"{ATOM}rights")
    enclosure = holder.find("enclosure")
    return Entry(
        source=source,
        id=UNKNOWN,
        native_id=value_of(holder, "guid"),
        url=web(value_of(holder, "link")),
        links=tuple(link for link in links if link.rel != "license")[: parts.MANY],
        title=title_of(exact(holder, f"{ATOM}title") or text_of(title, kind="text")),
        title_origin=word_of(title, "origin", TitleOrigin, TitleOrigin.DECLARED),
        summary=None if copied else exact(holder, f"{ATOM}summary") or text_of(description, kind="html"),
        content=exact(holder, f"{ATOM}content") or text_of(content, kind="html"),
        published=None if date is None or date.get(f"{OWN}origin") == "updated" else moment_of(date),
        updated=moment_of(holder.find(f"{ATOM}updated")),
        people=(*people_of(holder, f"{DC}creator"), *people_of(holder, f"{DC}contributor"))[: parts.MANY],
        categories=parts.categories(rss_categories(holder)),
        language=inherited if tongue is None else language.tag(tongue),
        enclosures=files_of(holder, [] if enclosure is None else list(enclosed(enclosure))),
        rights=text_of(rights) or text_of(holder.find(f"{DC}rights"), kind="text"),
        license=next((link.href for link in links if link.rel == "license"), None),
        comments_url=web(value_of(holder, "comments")),
        origin=origin_of(holder.find(f"{ATOM}source")),
    )


def _common(entry: Entry, holder: etree._Element) -> Entry:
    """Add what Atom and RSS say in the same words."""
    answered = holder.find(IN_REPLY_TO)
    reference = "" if answered is None else answered.get("ref", "").strip()
    return replace(
        entry,
        # Declared, even if it is that there is none: otherwise it would be looked for.
        language_origin=LanguageOrigin.DECLARED,
        credits=tuple(credits_of(holder))[: parts.MANY],
        image=image_of(holder),
        in_reply_to=reference if is_uri(reference) else None,
        podcast=podcast_of(holder),
        extra=tuple(sorted(extra_of(holder)))[: parts.MANY],
    )
