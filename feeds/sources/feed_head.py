"""What a feed says of itself, as feedparser and the second pass give it -> a feed of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from feeds.config.schema import Source
from feeds.model import Decision, Feed, Link
from feeds.normalize import language
from feeds.normalize.titles import title_of
from feeds.sources import feed_extra, parts
from feeds.sources.elements import Element
from feeds.sources.feed_entry import (
    categories_of,
    links_of,
    moment,
    native_id,
    other_text,
    people,
    read_link,
    rights_of,
    text_of,
    typed_links,
)
from feeds.sources.feed_people import people_of
from feeds.sources.feed_values import Reading, Values, attributes, value, web
from feeds.sources.finish import feed_id

PERIODS: Mapping[str, int] = MappingProxyType(
    {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}
)
SUBTITLES = ("dc:description", "itunes:summary", "googleplay:description", "itunes:subtitle")
UPDATED = ("updated", "modified", "lastbuilddate", "dcterms:modified", "dc:date", "pubdate", "published")
LOGOS = ("logo", "image", "itunes:image", "googleplay:image", "webfeeds:logo", "media:thumbnail")


def read_head(told: Values, head: Element, reading: Reading, source: Source) -> Feed:
    """Read what stands in a feed before its entries, and beside them.

    Args:
        told: What feedparser says of it.
        head: Its elements as they stand; empty where libxml2 cannot read them.
        reading: What all entries share.
        source: Gives the name under which an id is minted.
    """
    typed = typed_links(head)
    links = [link for one in links_of(told, head) if (link := read_link(one, reading, typed))][: parts.MANY]
    image = attributes(told, "image")
    site = web(image.get("link"), reading)
    if site and not any(link.rel == "alternate" for link in links):
        links.append(Link(href=site))
    title = text_of(told, "title", None, reading) or other_text(head, ("dc:title", "itunes:title"), None)
    return Feed(
        id=feed_id(native_id(told), source, reading.authority),
        title=title_of(title),
        subtitle=text_of(told, "subtitle", None, reading) or other_text(head, SUBTITLES, None),
        links=tuple(links),
        icon=next((url for one in head.all("icon", "webfeeds:icon") if (url := one.address())), None),
        logo=next(_logos(head), None) or web(image.get("href"), reading),
        language=language.tag(_language(told, head) or ""),
        rights=rights_of(told, head, None, reading),
        updated=feed_extra.first_moment(head, UPDATED, reading) or moment(told, "updated", reading),
        ttl=parts.number(head.first("ttl") or value(told, "ttl")),
        update_period=_period(head),
        people=people_of(head) or people(told, reading),
        categories=categories_of(told, head),
        decisions=tuple(_announced(head, source)),
    )


def _language(told: Values, head: Element) -> str | None:
    return head.first("language", "dc:language") or head.get("xml:lang") or value(told, "language")


def _logos(head: Element) -> Iterator[str]:
    for one in head.all(*LOGOS):
        inner = next((part.address() for part in one.all("url") if part.text), None)
        plain = one.address() if not one.parts else None
        found = one.url("href", "url", "rdf:resource") or inner or plain
        if found:
            yield found


def _period(head: Element) -> int | None:
    """Give the seconds between changes (RSS 1.0 Syndication); the module's default is daily, once."""
    period, times = head.first("sy:updateperiod"), parts.number(head.first("sy:updatefrequency"))
    if period is None and times is None:
        return None
    length = PERIODS.get((period or "daily").lower())
    return None if length is None else max(1, length // (times or 1))


def _announced(head: Element, source: Source) -> Iterator[Decision]:
    """Tell the operator what the source says of its future; nothing is done about it.

    Of a private source no address is named: it may hold the secret too.
    """
    if (head.first("itunes:complete") or "").lower() == "yes":
        yield Decision(topic="ended", reason="the source says that no entry will follow (itunes:complete)")
    moved = next((url for one in head.all("itunes:new-feed-url") if (url := one.address())), None)
    if moved and moved != head.base:
        place = "at another address" if source.private else f"at {moved}"
        reason = f"the source says that it is {place} now (itunes:new-feed-url)"
        yield Decision(topic="moved", reason=reason)
