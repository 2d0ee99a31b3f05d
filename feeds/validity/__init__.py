"""Say why a document must not be published. The last door before ``publish``: bytes in, reasons out.

Quick checks over what a format actually wrote, with rules of its specification and a few of our own. Anything
that a feed reader could stumble over is a reason; what is merely unusual is none. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from lxml import etree

from feeds.validity import atom, json_feed, rss
from feeds.validity.terms import absolute_iri, bare, document, language_tag, media_type, shown, web_address

__all__ = ("absolute_iri", "check", "language_tag", "media_type", "web_address")


def check(media_type: str, body: bytes) -> tuple[str, ...]:
    """Give every reason why this document must not be published.

    Args:
        media_type: What it is to be, with or without parameters: one of Atom, RSS, JSON Feed, OPML, HTML.
        body: The document as it would be published.

    Returns:
        One sentence a reason; empty if it may be published. A media type nobody knows is a reason, too.
    """
    reasons = CHECKS.get(media_type.partition(";")[0].strip().lower())
    if reasons is None:
        return (f"nothing is known of the media type {shown(media_type)}",)
    return tuple(reasons(body))


def _atom(body: bytes) -> Iterator[str]:
    return _xml(body, atom.reasons)


def _rss(body: bytes) -> Iterator[str]:
    return _xml(body, rss.reasons)


def _opml(body: bytes) -> Iterator[str]:
    return _xml(body, _outlines)


def _xml(body: bytes, reasons: Callable[[etree._Element], Iterator[str]]) -> Iterator[str]:
    root = document(body)
    if isinstance(root, str):
        yield root
    else:
        yield from reasons(root)


def _outlines(root: etree._Element) -> Iterator[str]:
    """OPML 2.0 (http://opml.org/spec2.opml): one head, one body, and what an outline of type rss needs."""
    if root.tag != "opml" or root.get("version") != "2.0":
        yield f"expected opml version 2.0, found {shown(str(root.tag))} {shown(root.get('version'))}"
        return
    if [child.tag for child in root.iterchildren(etree.Element)] != ["head", "body"]:
        yield "expected one head and then one body"
        return
    if not root.findall("body/outline"):
        yield "the body has no outline"
    for outline in root.iterfind(".//outline"):
        place = f"outline {shown(outline.get('text'))}"
        if not bare(outline.get("text")):
            yield f"{place}: expected a text"
        if outline.get("type") == "rss" and not absolute_iri(outline.get("xmlUrl")):
            yield f"{place}: expected an address as xmlUrl, found {shown(outline.get('xmlUrl'))}"
        for name in ("htmlUrl", "url"):
            if outline.get(name) is not None and not absolute_iri(outline.get(name)):
                yield f"{place}: expected an address as {name}, found {shown(outline.get(name))}"


def _html(body: bytes) -> Iterator[str]:
    """Ask only that a page can be read and says something; HTML has no invalid documents."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"the bytes are not UTF-8: {error.reason} at byte {error.start}"
        return
    if not text.lstrip().lower().startswith("<!doctype html>"):
        yield "the page does not begin with <!doctype html>"
        return
    root = etree.fromstring(body, etree.HTMLParser(encoding="utf-8", huge_tree=True))
    if not bare(root.findtext(".//title")):
        yield "the page has no title"
    shown_body = root.find("body")
    if shown_body is None or not "".join(shown_body.itertext()).strip():
        yield "the page is empty"


CHECKS: Mapping[str, Callable[[bytes], Iterator[str]]] = MappingProxyType(
    {
        "application/atom+xml": _atom,
        "application/rss+xml": _rss,
        "application/feed+json": json_feed.reasons,
        "application/json": json_feed.reasons,
        "text/x-opml": _opml,
        "text/html": _html,
    }
)
