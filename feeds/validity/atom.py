"""Atom (RFC 4287): what its RELAX NG says, what its text says beyond, and what we promise beyond that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from lxml import etree

from feeds.validity.terms import (
    ATOM,
    XML,
    absolute_iri,
    bare,
    language_tag,
    media_type,
    rfc3339,
    shown,
    twice,
)

TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
ANY = frozenset({"author", "contributor", "category", "link"})


class Part(NamedTuple):
    """How often Atom's own children may stand in a part (RFC 4287, 4.1); those of ``ANY``: any number."""

    once: frozenset[str]
    optional: frozenset[str]


FEED = Part(
    frozenset({"id", "title", "updated"}), frozenset({"generator", "icon", "logo", "rights", "subtitle"})
)
ENTRY = Part(
    frozenset({"id", "title", "updated"}), frozenset({"content", "published", "rights", "source", "summary"})
)
SOURCE = Part(frozenset(), FEED.once | FEED.optional)


def reasons(root: etree._Element) -> Iterator[str]:
    """Give every reason why this is no Atom feed to publish.

    Beyond RFC 4287: an id stands once, there is rel=self, and the feed is as new as its newest entry.
    """
    if root.tag != f"{ATOM}feed":
        yield f"expected the root element atom:feed, found {shown(str(root.tag))}"
        return
    yield from _part(root, "the feed", FEED, {f"{ATOM}entry"})
    if not any(link.get("rel") == "self" for link in root.iterfind(f"{ATOM}link")):
        yield "the feed has no link with rel=self"
    for element in root.iter(etree.Element):
        lang = element.get(f"{XML}lang")
        if lang is not None and not language_tag(lang):
            yield f"{_place(element)}: expected a language tag, found {shown(lang)}"
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        yield from _entry(entry, has_author=root.find(f"{ATOM}author") is not None)
    ids = [bare(entry.findtext(f"{ATOM}id")) for entry in entries]
    yield from twice(ids, "id")
    if bare(root.findtext(f"{ATOM}id")) in ids:
        yield f"an entry has the id of the feed, {shown(root.findtext(f'{ATOM}id'))}"
    newest = max(filter(None, map(_updated, entries)), default=None)
    own = _updated(root)
    if own and newest and own < newest:
        yield f"the feed's updated, {own}, is older than that of its newest entry, {newest}"
    for mark in root.iterfind(TOMBSTONE):
        if not absolute_iri(mark.get("ref")) or not rfc3339(mark.get("when")):
            yield f"{_place(mark)}: expected an IRI as ref and a date as when (RFC 6721, 3)"


def _entry(entry: etree._Element, *, has_author: bool) -> Iterator[str]:
    place = f"entry {shown(entry.findtext(f'{ATOM}id'))}"
    yield from _part(entry, place, ENTRY, set())
    source = entry.find(f"{ATOM}source")
    if source is not None:
        yield from _part(source, f"{place}: source", SOURCE, set())
        has_author = has_author or source.find(f"{ATOM}author") is not None
    if not has_author and entry.find(f"{ATOM}author") is None:
        yield f"{place} has no author, nor has its source or the feed (RFC 4287, 4.1.2)"
    content = entry.find(f"{ATOM}content")
    alternate = any(link.get("rel", "alternate") == "alternate" for link in entry.iterfind(f"{ATOM}link"))
    if content is None and not alternate:
        yield f"{place} has neither content nor a link with rel=alternate (RFC 4287, 4.1.2)"
    if content is not None and (content.get("src") is not None or not _is_text(content)):
        yield f"{place}: content: expected text or html in place, found {shown(content.get('type'))}"


def _part(part: etree._Element, place: str, rules: Part, also: set[str]) -> Iterator[str]:
    counts = Counter(str(child.tag) for child in part.iterchildren(etree.Element))
    for name in sorted(rules.once):
        if counts[f"{ATOM}{name}"] != 1:
            yield f"{place}: expected one {name}, found {counts[f'{ATOM}{name}']}"
    for name in sorted(rules.optional):
        if counts[f"{ATOM}{name}"] > 1:
            yield f"{place}: expected at most one {name}, found {counts[f'{ATOM}{name}']}"
    known = {f"{ATOM}{name}" for name in rules.once | rules.optional | ANY} | also
    yield from (
        f"{place}: unknown element {tag}" for tag in counts if tag.startswith(ATOM) and tag not in known
    )
    yield from (
        f"{place}: element without a namespace: {shown(tag)}" for tag in counts if not tag.startswith("{")
    )
    yield from _values(part, place)
    for link in part.iterfind(f"{ATOM}link"):
        yield from _link(link, place)
    pairs = Counter(
        (link.get("type"), link.get("hreflang"))
        for link in part.iterfind(f"{ATOM}link")
        if link.get("rel", "alternate") == "alternate"
    )
    for (kind, lang), count in pairs.items():
        if count > 1:
            yield f"{place}: {count} links rel=alternate with type {shown(kind)}, hreflang {shown(lang)}"


def _values(part: etree._Element, place: str) -> Iterator[str]:
    for element in part.iterchildren(*(f"{ATOM}{name}" for name in FITS)):
        name = etree.QName(element).localname
        fits, expected = FITS[name]
        if not fits(element):
            yield f"{place}: {name}: expected {expected}, found {shown(element.text)}"
    for name in ("author", "contributor"):
        for person in part.iterfind(f"{ATOM}{name}"):
            yield from _person(person, f"{place}: {name}")


def _person(person: etree._Element, place: str) -> Iterator[str]:
    names = person.findall(f"{ATOM}name")
    if len(names) != 1 or not bare(names[0].text):
        yield f"{place}: expected one name"
    uris = person.findall(f"{ATOM}uri")
    if len(uris) > 1 or not all(absolute_iri(uri.text) for uri in uris):
        yield f"{place}: expected at most one uri, an absolute IRI"
    mails = person.findall(f"{ATOM}email")
    if len(mails) > 1 or not all("@" in bare(mail.text).strip("@") for mail in mails):
        yield f"{place}: expected at most one email, a mail address"


def _link(link: etree._Element, place: str) -> Iterator[str]:
    href, rel = link.get("href"), link.get("rel", "alternate")
    # Where no base_url is configured, a feed can only name itself relative to where it was found.
    is_own = rel == "self" and link.getparent().tag == f"{ATOM}feed"
    if not absolute_iri(href) and not (is_own and href and not href.isspace()):
        yield f"{place}: link rel={shown(rel)}: expected an absolute IRI, found {shown(href)}"
    if not rel or any(character.isspace() for character in rel) or (":" in rel and not absolute_iri(rel)):
        yield f"{place}: link: expected a relation's name or IRI as rel, found {shown(rel)}"
    if link.get("type") is not None and not media_type(link.get("type")):
        yield f"{place}: link: expected a media type, found {shown(link.get('type'))}"
    if link.get("hreflang") is not None and not language_tag(link.get("hreflang")):
        yield f"{place}: link: expected a language tag as hreflang, found {shown(link.get('hreflang'))}"
    length = link.get("length")
    if length is not None and not (length.isascii() and length.isdigit()):
        yield f"{place}: link: expected a number of bytes as length, found {shown(length)}"


def _is_text(element: etree._Element) -> bool:
    """We publish no xhtml and no foreign media types; both would need other rules."""
    return element.get("type", "text") in ("text", "html") and len(element) == 0


def _updated(part: etree._Element) -> datetime | None:
    return rfc3339(part.findtext(f"{ATOM}updated"))


def _place(element: etree._Element) -> str:
    return f"line {element.sourceline}: {etree.QName(element).localname}"


IRI = (lambda element: absolute_iri(element.text), "an absolute IRI")
DATE = (lambda element: rfc3339(element.text) is not None, "a date of RFC 3339")
TEXT = (_is_text, "text or html without elements")
FITS: Mapping[str, tuple[Callable[[etree._Element], bool], str]] = MappingProxyType(
    {
        "id": IRI,
        "icon": IRI,
        "logo": IRI,
        "updated": DATE,
        "published": DATE,
        "title": TEXT,
        "subtitle": TEXT,
        "summary": TEXT,
        "rights": TEXT,
        "category": (lambda element: bool(element.get("term")), "a term"),
    }
)
