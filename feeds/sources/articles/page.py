"""A page in HTML -> an article: what its head says, and what stands in its main part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType
from zoneinfo import ZoneInfo

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from feeds.model import Moment
from feeds.normalize.article import LONG_LEDE, Article, merged
from feeds.normalize.chars import clean, one_line, visible
from feeds.normalize.dateline import begun
from feeds.normalize.dates import parse
from feeds.normalize.fields import FIELDS, Head, joined, read_lines
from feeds.normalize.html import plain, sanitize
from feeds.normalize.people import agency_credits, split_people
from feeds.normalize.urls import web_url

# Names of meta elements that mean one of our fields, beside the plain ones.
PREFIXES = ("og:", "article:", "dc.", "dcterms.", "dc:", "twitter:", "parsely-", "citation_", "sailthru.")
META = MappingProxyType(
    {
        "published_time": "published",
        "modified_time": "updated",
        "date": "published",
        "issued": "published",
        "created": "published",
        "modified": "updated",
        "creator": "author",
        "section": "tags",
    }
)
BREAK = re.compile(r"<br\b[^>]*>", re.IGNORECASE)
DROPPED = ("script", "style", "nav", "form", "template", "noscript", "aside", "footer", "button")
"""Furniture of a page; the header of an article holds its title and byline, so it stays."""


def page(text: str, zone: ZoneInfo, base: str | None) -> Article:
    """Read a whole page, or a fragment.

    The content is the first ``article``, else ``main``, else the body, without navigation, asides and forms.

    Args:
        text: Decoded.
        zone: For dates without one.
        base: As for ``markdown``; the page's own canonical address goes first.
    """
    try:
        root = document_fromstring(clean(text).encode(), parser=HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):  # Nothing but white space or comments.
        return Article()
    fields = _fields(root)
    address = web_url(str(fields.get("url", "")), base)
    main = _main(root)
    title = _title(root, main, fields)
    heads = list(_heads(main, zone))
    times = [
        parse(value, zone)
        for value in main.xpath(".//time/@datetime | .//*[@itemprop='datePublished']/@content")
    ]
    head = joined(heads)
    content = sanitize(_inner(main), address or base)
    shown = plain(content)
    lede, day = begun(_lede(main, shown), zone)
    people, credited = split_people(head.people)
    return Article(
        title=title,
        published=head.published or _first(times) or day,
        updated=head.updated,
        lede=lede,
        content=content if visible(shown) or "<img" in content else "",
        text=shown,
        people=people,
        credits=merged((*credited, *head.credits, *agency_credits(shown))),
        fields=fields,
    )


def _first(moments: list[Moment | None]) -> Moment | None:
    return next((moment for moment in moments if moment is not None), None)


def _fields(root: HtmlElement) -> dict[str, object]:
    """Give what the head declares, under our names; several authors or tags as a list."""
    found: dict[str, list[str]] = {}
    for element in root.xpath("//meta[@content][@name or @property or @itemprop]"):
        key = (
            (element.get("name") or element.get("property") or element.get("itemprop") or "").strip().lower()
        )
        bare = next((key[len(prefix) :] for prefix in PREFIXES if key.startswith(prefix)), key)
        name = META.get(bare) or FIELDS.get(bare)
        value = one_line(element.get("content", ""))
        if name is not None and name != "title" and visible(value):
            found.setdefault(name, []).append(value)
    for key, path in (
        ("title", "//meta[@property='og:title']/@content"),
        ("url", "//link[@rel='canonical']/@href"),
        ("language", "/html/@lang"),
    ):
        values = [one_line(str(value)) for value in root.xpath(path)]
        found[key] = [value for value in values if visible(value)] + found.get(key, [])
    many = ("author", "tags")
    # A profile's address in article:author names nobody.
    found["author"] = [value for value in found.get("author", []) if "://" not in value]
    once = {name: list(dict.fromkeys(values)) for name, values in found.items() if values}
    return {name: values if name in many else values[0] for name, values in once.items()}


def _main(root: HtmlElement) -> HtmlElement:
    for path in ("//article", "//main", "//*[@role='main']", "//body"):
        found = root.xpath(path)
        if found:
            main: HtmlElement = found[0]
            break
    else:
        main = root
    for element in main.xpath("|".join(f".//{name}" for name in DROPPED)):
        if element.getparent() is not None:
            element.drop_tree()
    return main


def _title(root: HtmlElement, main: HtmlElement, fields: dict[str, object]) -> str | None:
    """Take the only first-level heading, which then leaves the content, or what the head says."""
    headings = main.xpath(".//h1")
    declared = one_line(str(fields.pop("title", ""))) or one_line("".join(root.xpath("//head/title//text()")))
    if len(headings) == 1:
        heading = one_line(headings[0].text_content())
        if visible(heading):
            headings[0].drop_tree()
            return heading
    return declared if visible(declared) else None


def _heads(main: HtmlElement, zone: ZoneInfo) -> Iterator[Head]:
    """Take bylines and lines with the date out of the beginning and the end of the content."""
    found = main.xpath(".//p | .//address | .//*[contains(@class, 'byline')] | .//time")
    for element in [*found[:5], *found[5:][-2:]]:
        if element.getparent() is None or element.xpath(".//img"):
            continue
        shown = one_line(element.text_content())
        lines = [one_line(plain(part)) for part in BREAK.split(_inner(element))]
        head = _timed(element, shown, zone) or read_lines([line for line in lines if line][:6], zone)
        if head is not None:
            yield head
            element.drop_tree()


def _timed(element: HtmlElement, shown: str, zone: ZoneInfo) -> Head | None:
    """Read an element that is nothing but a ``time`` with its machine-readable date."""
    times = element.xpath("descendant-or-self::time[@datetime]")
    if len(times) != 1 or one_line(times[0].text_content()) != shown:
        return None
    moment = parse(times[0].get("datetime", ""), zone)
    return Head(published=moment) if moment else None


def _lede(main: HtmlElement, shown: str) -> str | None:
    first = next(
        (line for one in main.xpath(".//p")[:3] if visible(line := one_line(one.text_content()))), ""
    )
    follows = len(shown) > len(first) and one_line(shown).startswith(first)
    return first if first and follows and len(first) <= LONG_LEDE else None


def _inner(element: HtmlElement) -> str:
    children = "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)
    return (element.text or "").replace("&", "&amp;").replace("<", "&lt;") + children
