"""The events of the W3C's feed validator: what is wrong with a document, or is not.

A validator says what is wrong; we have to live with it. So an event stands for what must hold of our reading
in spite of it: every entry is there, its dates are as told or none, its ids and addresses are fit to be
published, its texts are safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from zoneinfo import ZoneInfo

from feeds.errors import ReadError
from feeds.model import Entry, Moment, Text, TextType
from feeds.normalize.dates import parse
from feeds.normalize.html import plain, sanitize
from feeds.normalize.language import tag
from feeds.normalize.urls import is_uri, web_url

from .corpus import Case
from .holding import BASE
from .ours import Read
from .verdicts import MET, Judged, classed, missed, together

FEEDS = frozenset({"atom0.3", "atom1.0", "rss0.9x", "rss1", "rss2", "cdf"})
VALID_DATES = re.compile(r"Valid(?:RFC|W3CDTF)")
UNSAFE = re.compile(
    r"<(?:script|iframe|object|embed|form|input|meta|link|style|svg|math)\b|\s(?:style|on\w+)="
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ENTRY = re.compile(r"<(?:item|entry)(?=[\s>])[^<>]*>(.*?)</(?:item|entry)>", re.DOTALL)
TOLD = re.compile(
    r"<(title|summary|content|description|id|guid|name|author|creator|"
    r"category|xhtml:body|body|content:encoded|dc:\w+)(?=[\s>])[^<>]*>(.*?)</\1\s*>",
    re.DOTALL,
)
DATED = re.compile(r"<(?:pubDate|published|updated|issued|modified|created|dc:date)(?=[\s>])[^<>]*>([^<]*)<")
ADDRESS = re.compile(r"(?:\s(?:href|src|url)=\"|<(?:link|comments)>)\s*([^\"<]+)")
WHERE = re.compile(r"(parent|element):([\w:]+)")


def expected(case: Case, read: Read | ReadError) -> Judged:
    """Judge what one event stands for."""
    if case.format not in FEEDS:
        return classed("no feed")
    if isinstance(read, ReadError):
        broken = not case.told["absent"] and case.told["event"] in {
            "SAXError",
            "UndefinedElement",
            "InvalidNamespace",
        }
        return classed("no feed", str(read)) if broken or not case.items else missed(case.told["event"], read)
    return together([*_entries(case, read), *_sound(read), *_dates(case, read)])


def _entries(case: Case, read: Read) -> Iterator[Judged]:
    """Every entry is held, but for those that say nothing and those that are there twice."""
    held, told = len(read.feed.entries), case.items
    if held >= told:
        yield MET if held == told else missed(f"{told} entries", held)
        return
    merged = [
        one for entry in read.feed.entries for one in entry.decisions if one.reason.startswith("listed ")
    ]
    if "<sx:conflicts>" in read.body:
        yield classed("entries in entries")
    elif told - held <= sum(1 for one in ENTRY.findall(COMMENT.sub("", read.body)) if not _tells(one)):
        yield classed("empty entry")
    elif merged:
        yield classed("same page twice", f"of {told} entries {held} are held: {merged[0].reason}")
    else:
        yield missed(f"{told} entries", held)


def _tells(fragment: str) -> bool:
    """Say whether there is anything in an entry's element that our model could hold."""
    texts = (plain(unescape(text)) for _, text in TOLD.findall(fragment))
    addresses = ADDRESS.findall(fragment)
    if any(parse(text, ZoneInfo("UTC")) for text in DATED.findall(fragment)):
        return True
    return any(text.strip() and text.strip() not in addresses for text in texts) or any(
        web_url(address, BASE) for address in addresses
    )


def _sound(read: Read) -> Iterator[Judged]:
    """What is held is fit to be published."""
    feed = read.feed
    ids = [entry.id for entry in feed.entries]
    if len(set(ids)) < len(ids) or not all(is_uri(one) for one in (feed.id, *ids)):
        yield missed("a permanent URI each", ids)
    for url in (feed.icon, feed.logo, *(link.href for link in feed.links), *_addresses(read)):
        if url is not None and web_url(url, None) != url:
            yield missed("a plain web address", url)
    for text in (feed.title, feed.subtitle, feed.rights, *_texts(read)):
        html = text.value if text is not None and text.type is TextType.HTML else ""
        if UNSAFE.search(html) or sanitize(html, None) != html:
            yield missed("a safe text", html)
    for told in (feed.language, *(entry.language for entry in feed.entries)):
        if told is not None and tag(told) != told:
            yield missed("a tag of BCP 47", told)


def _addresses(read: Read) -> Iterator[str | None]:
    for entry in read.feed.entries:
        yield from (entry.url, entry.comments_url, entry.license, *(link.href for link in entry.links))
        yield from (media.url for media in entry.enclosures)


def _texts(read: Read) -> Iterator[Text | None]:
    for entry in read.feed.entries:
        yield from (entry.title, entry.summary, entry.content, entry.rights)


def _dates(case: Case, read: Read) -> Iterator[Judged]:
    """A date is as told, and tells a year that stands in the source's words; a valid one is held."""
    moments = [one for entry in read.feed.entries for one in _moments(entry)]
    moments += [read.feed.updated] if read.feed.updated else []
    for one in moments:
        if one.raw is None or not any(str(year)[-2:] in one.raw for year in _years(one)):
            yield missed(one.raw, one.instant)
    where = dict(WHERE.findall(case.told["params"]))
    name = where.get("element", "")
    if name.startswith("ev:"):
        yield classed("events")
    elif ":" in name and f"<{name}>" not in read.body:
        yield classed("unknown elements")
    elif VALID_DATES.match(case.told["event"]) and not case.told["absent"] and not moments:
        yield missed(f"the date of {where}", None)


def _years(moment: Moment) -> tuple[int, int, int]:
    """Give the year, and its neighbours: an offset can lead over its border."""
    year = moment.instant.year
    return year - 1, year, year + 1


def _moments(entry: Entry) -> Iterator[Moment]:
    yield from (one for one in (entry.published, entry.updated) if one)
