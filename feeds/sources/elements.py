"""The second pass over a feed: each entry's elements as they stand, with what feedparser drops of them.

feedparser keeps of many elements the last, or one attribute, or nothing, and takes some for others. libxml2
reads the same text once more, mending as it goes; the two readings meet at the place that ``repair`` wrote
into each entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from lxml import etree

from feeds.normalize.html import escape
from feeds.normalize.urls import scheme_of, web_url
from feeds.sources.repair import LOST

DEPTH = 6
"""How deep elements are looked into: ``podcast:source`` in ``podcast:alternateEnclosure``, ``gml:pos`` ..."""
MANY = 2000
"""Elements of one entry that are looked at."""
LONG = 2_000_000
"""Characters of an element that are kept."""

# Compared in lower case and without the slash at the end, because both are written in all ways.
NAMESPACE_TABLE = """
- http://www.w3.org/2005/atom http://purl.org/atom/ns# http://purl.org/rss/1.0
- http://my.netscape.com/rdf/simple/0.9 http://channel.netscape.com/rdf/simple/0.9
- http://backend.userland.com/rss http://backend.userland.com/rss2 http://backend.userland.com/rss091
- http://backend.userland.com/rss092 http://blogs.law.harvard.edu/tech/rss http://cyber.law.harvard.edu/rss
- http://purl.org/rss/1.0/modules/rss091# http://example.com/newformat# http://purl.org/net/rss1.1#
cc http://web.resource.org/cc http://creativecommons.org/ns#
content http://purl.org/rss/1.0/modules/content
creativecommons http://backend.userland.com/creativecommonsrssmodule
creativecommons http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html
dc http://purl.org/dc/elements/1.1 http://purl.org/dc/elements/1.0 http://dublincore.org/documents/dcmi-namespace
dcterms http://purl.org/dc/terms
enc http://purl.oclc.org/net/rss_2.0/enc#
feedburner http://rssnamespace.org/feedburner/ext/1.0
geo http://www.w3.org/2003/01/geo/wgs84_pos# http://www.w3.org/2003/01/geo
georss http://www.georss.org/georss http://www.georss.org/georss/10 http://www.georss.org
gml http://www.opengis.net/gml http://www.opengis.net/gml/3.2
googleplay http://www.google.com/schemas/play-podcasts/1.0 http://www.google.com/schemas/play-podcasts/1.0/play-podcasts.xsd
icbm http://postneo.com/icbm
itunes http://www.itunes.com/dtds/podcast-1.0.dtd http://example.com/dtds/podcast-1.0.dtd
media http://search.yahoo.com/mrss http://video.search.yahoo.com/mrss
podcast https://podcastindex.org/namespace/1.0
podcast https://github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md
prism http://prismstandard.org/namespaces/basic/1.2 http://prismstandard.org/namespaces/1.2/basic
prism http://prismstandard.org/namespaces/basic/2.0 http://prismstandard.org/namespaces/2.0/basic
psc http://podlove.org/simple-chapters
rdf http://www.w3.org/1999/02/22-rdf-syntax-ns#
schema http://schema.org https://schema.org
slash http://purl.org/rss/1.0/modules/slash
source http://source.scripting.com http://source.smallpict.com/2014/07/12/theway.html
sy http://purl.org/rss/1.0/modules/syndication
thr http://purl.org/syndication/thread/1.0
webfeeds http://webfeeds.org/rss/1.0
wfw http://wellformedweb.org/commentapi
xhtml http://www.w3.org/1999/xhtml
xml http://www.w3.org/xml/1998/namespace
"""
TEXTS = frozenset({"title", "summary", "content", "description", "subtitle", "content:encoded", "rights"})
"""What is not looked into: markup of a text is no element of the entry."""
HOLDERS = frozenset({"item", "entry"})
EMPTY: Mapping[str, Any] = MappingProxyType({})
CORE = frozenset({"atom", "a10", "rss"})
"""Prefixes of the formats' own elements where nobody says what they stand for."""
BASE = "{http://www.w3.org/XML/1998/namespace}base"
ADDRESSES = frozenset({"href", "src", "cite", "poster"})
QUALIFIED = re.compile(r"(?:\{([^}]*)\})?(?:([^:}]+):)?(.*)", re.DOTALL)


def _namespaces() -> Iterator[tuple[str, str]]:
    for line in NAMESPACE_TABLE.strip().splitlines():
        prefix, *addresses = line.split()
        yield from ((address, "" if prefix == "-" else f"{prefix}:") for address in addresses)


NAMESPACES: Mapping[str, str] = MappingProxyType(dict(_namespaces()))


class Element(NamedTuple):
    """An element as it stands. There are many, so it is a tuple, which is made five times faster.

    Attributes:
        name: In lower case; with the prefix that the namespace usually has, whatever the document calls it.
            The elements of RSS and Atom have none.
        attributes: Names like ``name``; the values as written.
        text: All that is in it, without spaces around; empty if there is nothing.
        base: Absolute address that addresses in it are relative to (``xml:base``).
        parts: What is in it, in order; none for texts.
        markup: Of XHTML with ``xml:base`` in it: what is in it as XML, with absolute addresses; else empty.
        named: The parts by their names.
    """

    name: str = ""
    attributes: Mapping[str, str] = EMPTY
    text: str = ""
    base: str = ""
    parts: tuple[Element, ...] = ()
    markup: str = ""
    named: Mapping[str, Sequence[Element]] = EMPTY

    def all(self, *names: str) -> Sequence[Element]:
        """Give the elements in it of these names: all of the first name, then all of the second."""
        if not self.parts:
            return ()
        named = self.named
        if len(names) == 1:
            return named.get(names[0], ())
        return [part for name in names if name in named for part in named[name]]

    def first(self, *names: str) -> str | None:
        """Give the text of the first element that has any, by preference of names."""
        return next((part.text for part in self.all(*names) if part.text), None) if self.parts else None

    def get(self, *names: str) -> str | None:
        """Give the first of these attributes that says something."""
        return next((found for name in names if (found := self.attributes.get(name, "").strip())), None)

    def url(self, *names: str) -> str | None:
        """Give the address that the first of these attributes holds; None if it leads nowhere."""
        found = self.get(*names)
        return web_url(found, self.base) if found else None

    def address(self) -> str | None:
        """Give the address that its text is; None if it is none."""
        return web_url(self.text, self.base) if self.text else None


NOTHING = Element()


@dataclass(frozen=True, kw_only=True, slots=True)
class Elements:
    """What the second pass found: the head of the document, and its entries by their places."""

    head: Element
    entries: Mapping[str, Element]


def read_elements(text: str, url: str) -> Elements:
    """Read the elements of a document that ``repair`` has made fit.

    Args:
        text: What feedparser reads too.
        url: The document's address, absolute.

    Returns:
        Less than everything where libxml2 gives up (256 levels, 10 MB in one text); nothing is wrong.
    """
    parser = etree.XMLParser(
        recover=True,
        no_network=True,
        resolve_entities=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return Elements(head=NOTHING, entries={})
    if root is None:
        return Elements(head=NOTHING, entries={})
    reader = _Reader(based="base" in text)
    entries: dict[str, Element] = {}
    for mark in root.iter("{*}xplace"):
        parent = mark.getparent()
        if parent is not None and mark.text:
            entries.setdefault(mark.text.strip(), reader.whole(parent, url))
    # RSS 1.0 writes the channel's picture beside the channel, not into it.
    holders = [root, *(one for one in root if isinstance(one.tag, str) and reader.name(one) == "channel")]
    read = [reader.whole(one, url) for one in holders]
    parts = tuple(part for one in reversed(read) for part in one.parts if part.name != "channel")
    head = NOTHING if reader.name(root) == "entry" else read[-1]._replace(parts=parts, named=_by_name(parts))
    head = head._replace(attributes={**read[0].attributes, **head.attributes})
    return Elements(head=head, entries=entries)


def _by_name(parts: Iterable[Element]) -> Mapping[str, Sequence[Element]]:
    named: dict[str, list[Element]] = {}
    for part in parts:
        named.setdefault(part.name, []).append(part)
    return named


class _Reader:
    """Reads the elements of one document; what a name stands for is worked out once.

    Args:
        based: Whether there may be any ``xml:base`` in it.
    """

    def __init__(self, *, based: bool) -> None:
        self._based = based
        self._names: dict[str | tuple[str, str | None], str] = {}
        self._keys: dict[str, str] = {}

    def whole(self, node: etree._Element, url: str) -> Element:
        """Read an entry, or the head of the document."""
        return self._element(node, self.name(node), self._base(node, url), DEPTH, [MANY])

    def name(self, node: etree._Element) -> str:
        """Give the canonical name, under the element's own name where ``repair`` renamed it."""
        tag = node.tag
        known = self._names.get(tag)
        if known is None:
            key = tag, node.prefix
            known = self._names.get(key)
            if known is None:
                known = self._names[key] = _renamed(_written(tag, node.prefix))
                # Only of a module that nobody knows does the document's own prefix count.
                if tag[0] != "{" or tag[1:].partition("}")[0].lower().rstrip("/") in NAMESPACES:
                    self._names[tag] = known
        return known

    def _element(self, node: etree._Element, name: str, base: str, depth: int, room: list[int]) -> Element:
        parts: list[Element] = []
        inner = len(node)
        if inner and depth and name not in TEXTS:
            for child in node:
                if room[0] <= 0:
                    break
                if not isinstance(child.tag, str):
                    continue
                word = self.name(child)
                if depth == DEPTH and word in HOLDERS:
                    continue
                room[0] -= 1
                own = _joined(base, child) if self._based else base
                parts.append(self._element(child, word, own, depth - 1, room))
        told = node.items()
        return Element(
            name,
            {self._keys.get(key) or self._key(key): value for key, value in told} if told else EMPTY,
            "" if depth == DEPTH else _text(node) if inner else (node.text or "")[:LONG].strip(),
            base,
            tuple(parts),
            _markup(node, base) if inner and self._based and name in TEXTS else "",
            _by_name(parts) if parts else EMPTY,
        )

    def _key(self, written: str) -> str:
        known = self._keys[written] = _written(str(written), None)
        return known

    def _base(self, node: etree._Element, url: str) -> str:
        """Work out the base of an element from all those around it."""
        base = url
        for one in (*reversed(list(node.iterancestors())), node) if self._based else ():
            base = _joined(base, one)
        return base


def _markup(node: etree._Element, base: str) -> str:
    """Write XHTML with absolute addresses, where bases in it say what they are relative to."""
    if not any(BASE in one.attrib for one in node.iterdescendants()):
        return ""
    bases = {node: base}
    for one in node.iterdescendants():
        parent = one.getparent()
        bases[one] = _joined(bases[parent] if parent is not None else base, one)
        for key in ADDRESSES.intersection(one.attrib):
            one.set(key, web_url(str(one.attrib[key]), bases[one]) or str(one.attrib[key]))
        one.tag = etree.QName(one).localname
    etree.cleanup_namespaces(node)
    if len(node) == 1 and node[0].tag == "div" and not (node.text or "").strip():
        node = node[0]  # Not part of the content (RFC 4287, 3.1.1.3).
    return escape(node.text or "") + "".join(etree.tostring(child, encoding="unicode") for child in node)


def _text(node: etree._Element) -> str:
    if len(node) == 0:
        return (node.text or "")[:LONG].strip()
    whole, length = list[str](), 0
    for piece in node.itertext():
        whole.append(str(piece))
        length += len(piece)
        if length > LONG:
            break
    return "".join(whole)[:LONG].strip()


def _renamed(name: str) -> str:
    """Undo what ``repair`` made of a name."""
    prefix, colon, word = name.rpartition(":")
    if word.startswith("x") and f"{prefix}{colon}{word[1:]}" in LOST:
        return f"{prefix}{colon}{word[1:]}"
    return "id" if name == "xid" else name


def _written(tag: str, prefix: str | None) -> str:
    match = QUALIFIED.match(tag)
    namespace, own, word = match.groups() if match else ("", None, tag)
    # A module that nobody knows keeps the prefix that the document gives it.
    unknown = _prefix(prefix if namespace else own)
    known = NAMESPACES.get(namespace.lower().rstrip("/"), unknown) if namespace else unknown
    return f"{known}{word}".lower()


def _prefix(written: str | None) -> str:
    return f"{written}:" if written and written.lower() not in CORE else ""


def _joined(base: str, node: etree._Element) -> str:
    told = node.get(BASE)
    if not told or scheme_of(told) not in (None, "http", "https"):
        return base
    return web_url(told, base) or base
