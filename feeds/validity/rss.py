"""RSS 2.0 with the best practices of the RSS Advisory Board, as far as breaking them breaks a reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from lxml import etree

from feeds.validity.terms import ATOM, absolute_iri, bare, media_type, shown, twice, web_address

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RFC822 = re.compile(
    rf"({'|'.join(DAYS)}), (\d\d) ({'|'.join(MONTHS)}) (\d{{4}})"
    r" ([01]\d|2[0-3]):[0-5]\d:[0-5]\d [+-](0\d|1[0-4])[0-5]\d\Z",
    re.ASCII,
)
ONCE_A_CHANNEL = ("title", "link", "description")
ONCE_AN_ITEM = (
    "title",
    "link",
    "description",
    "guid",
    "pubDate",
    "comments",
    "source",
    "enclosure",
    "author",
)


def reasons(root: etree._Element) -> Iterator[str]:
    """Give every reason why this is no RSS 2.0 feed to publish."""
    channels = root.findall("channel")
    if root.tag != "rss" or root.get("version") != "2.0" or len(channels) != 1:
        found = f"{shown(str(root.tag))} version {shown(root.get('version'))}, {len(channels)} channels"
        yield f"expected rss version 2.0 with one channel, found {found}"
        return
    channel = channels[0]
    for name in ONCE_A_CHANNEL:
        if len(channel.findall(name)) != 1 or not bare(channel.findtext(name)):
            yield f"the channel: expected one {name} that is not empty"
    if not absolute_iri(bare(channel.findtext("link"))):
        yield f"the channel: link: expected an address, found {shown(channel.findtext('link'))}"
    if not any(link.get("rel") == "self" for link in channel.iterfind(f"{ATOM}link")):
        yield "the channel has no atom:link with rel=self"
    yield from _dates(channel, "the channel", ("pubDate", "lastBuildDate"))
    image = channel.find("image")
    if image is not None and not web_address(bare(image.findtext("url"))):
        yield f"the channel: image: expected a web address, found {shown(image.findtext('url'))}"
    items = channel.findall("item")
    for item in items:
        yield from _item(item)
    yield from twice((bare(item.findtext("guid")) for item in items), "guid")


def _item(item: etree._Element) -> Iterator[str]:
    place = f"item {shown(item.findtext('guid'))}"
    for name in ONCE_AN_ITEM:
        if len(item.findall(name)) > 1:
            yield f"{place}: expected at most one {name}"
    if item.find("title") is None and item.find("description") is None:
        yield f"{place} has neither title nor description"
    guid = item.find("guid")
    if guid is None or not bare(guid.text):
        yield f"{place}: expected a guid"
    elif guid.get("isPermaLink", "true") != "false" and not web_address(bare(guid.text)):
        yield f"{place}: guid: expected a web address, because isPermaLink is not false"
    for name in ("link", "comments"):
        address = item.findtext(name)
        if address is not None and not absolute_iri(bare(address)):
            yield f"{place}: {name}: expected an absolute address, found {shown(address)}"
    source = item.find("source")
    if source is not None and not absolute_iri(source.get("url")):
        yield f"{place}: source: expected an absolute address, found {shown(source.get('url'))}"
    enclosure = item.find("enclosure")
    if enclosure is not None:
        yield from _enclosure(enclosure, place)
    yield from _dates(item, place, ("pubDate",))


def _enclosure(enclosure: etree._Element, place: str) -> Iterator[str]:
    url, kind, length = enclosure.get("url"), enclosure.get("type"), enclosure.get("length", "")
    if not web_address(url):
        yield f"{place}: enclosure: expected a web address, found {shown(url)}"
    if not media_type(kind):
        yield f"{place}: enclosure: expected a media type, found {shown(kind)}"
    if not (length.isascii() and length.isdigit()):
        yield f"{place}: enclosure: expected a number of bytes as length, found {shown(length)}"


def _dates(part: etree._Element, place: str, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for element in part.iterfind(name):
            if not _is_rfc822(bare(element.text)):
                yield f"{place}: {name}: expected a date of RFC 822, found {shown(element.text)}"


def _is_rfc822(text: str) -> bool:
    match = RFC822.match(text)
    if match is None:
        return False
    try:
        day = date(int(match[4]), MONTHS.index(match[3]) + 1, int(match[2]))
    except ValueError:
        return False
    # RFC 822, 5.2: if the day of the week is there, it must be the right one.
    return DAYS[day.weekday()] == match[1]
