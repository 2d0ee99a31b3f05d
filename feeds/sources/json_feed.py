"""JSON Feed 1.0 and 1.1 (jsonfeed.org) -> a feed of the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Decision, Document, Entry, Feed, Link, Media, Moment, Person, Text
from feeds.normalize import language
from feeds.normalize.dates import parse
from feeds.normalize.text import clean, visible
from feeds.normalize.titles import shortened, title_of
from feeds.normalize.urls import canonical, web_url
from feeds.sources import json_extension, parts
from feeds.sources.bounds_json import VALUES, bounded
from feeds.sources.charset import decode
from feeds.sources.finish import UNKNOWN, feed_id, finished

Values = dict[str, Any]

MAX_ENTRIES = 5000
VERSION = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/", re.IGNORECASE)
LONG_NUMBER = 18


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What all items of one document share: the source, the base of relative addresses, the authors."""

    source: Source
    url: str
    people: tuple[Person, ...]


def read(document: Document, source: Source, authority: str) -> Feed:
    """Read a JSON Feed.

    Wrong types are taken for what they mean where that is plain (numbers as ids, one author instead of a
    list) and left out otherwise; only a document that is no JSON Feed at all is an error.

    Raises:
        ReadError: The document is no JSON Feed; the sentence says what it is instead.
    """
    told, cut = _parse(document)
    base = web_url(_text(told, "home_page_url"), document.url) or web_url(document.url, None)
    reading = Reading(source=source, url=base or "https://source.invalid/", people=tuple(_people(told, base)))
    items = [item for item in told["items"] if isinstance(item, dict)]
    feed = _feed(told, reading, document, authority)
    if cut:
        reason = f"the document holds more than {VALUES} values; the items up to there are taken"
        feed = replace(feed, decisions=(*feed.decisions, Decision(topic="limit", reason=reason)))
    return finished(feed, (_entry(item, reading) for item in items[:MAX_ENTRIES]), source, authority)


def _parse(document: Document) -> tuple[Values, bool]:
    """Give what the document holds, and whether that is not all, because it is too much."""
    text = decode(document.body, document.headers).lstrip("\ufeff")
    if not text.strip("\x00 \t\r\n"):
        raise ReadError("the document is empty; it is tried again later")
    text, cut = bounded(text)
    try:
        # Beyond 4,300 digits int() refuses; beyond 18 a number is an id, if anything.
        told = json.loads(text, parse_int=_number, parse_constant=lambda _: None, strict=False)
    except RecursionError as error:
        raise ReadError("this is JSON, but nested deeper than any feed is; check the address") from error
    except ValueError as error:
        raise ReadError(f"this is no JSON: {error}; its operator has to mend that") from error
    if not isinstance(told, dict):
        kind = {list: "a list", type(None): "null", str: "a text", bool: "a truth value"}.get(
            type(told), "a number"
        )
        raise ReadError(f"this is JSON, but no feed: expected an object, found {kind}; check the address")
    if not isinstance(told.get("items", []), list):
        raise ReadError("this is JSON, but no feed: expected a list of items; its operator has to mend that")
    if not VERSION.match(_text(told, "version")) and not ("items" in told and "title" in told):
        raise ReadError(
            "this is JSON, but no JSON Feed: it has no version of jsonfeed.org, and no title and items;"
            " check the address"
        )
    return {**told, "items": told.get("items", [])}, cut


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONG_NUMBER else digits


def _text(told: Values, key: str) -> str:
    """Give a member that is a text; empty if it is none."""
    found = told.get(key)
    return found if isinstance(found, str) else ""


def _identity(told: Values) -> str | None:
    """Give the id; a number or another plain value counts as its text (JSON Feed 1.1, items)."""
    found = told.get("id")
    if isinstance(found, float) and found.is_integer() and abs(found) < 2**53:
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    own = clean(str(found)).strip()
    return own if visible(own) else None


def _feed(told: Values, reading: Reading, document: Document, authority: str) -> Feed:
    def web(key: str) -> str | None:
        return web_url(_text(told, key), document.url)

    hubs = [hub for hub in _listed(told, "hubs") if isinstance(hub, dict)]
    links = (
        ("self", web("feed_url")),
        ("alternate", web("home_page_url")),
        ("next", web("next_url")),
        *(("hub", web_url(_text(hub, "url"), document.url)) for hub in hubs[:10]),
    )
    own = json_extension.members(told, "_feeds")
    return Feed(
        id=feed_id(_text(own, "id"), reading.source, authority),
        title=title_of(parts.plain_text(_text(told, "title"))),
        subtitle=parts.plain_text(_text(told, "description")),
        links=tuple(Link(href=href, rel=rel) for rel, href in links if href),
        icon=web("favicon"),
        logo=web("icon"),
        language=language.tag(_text(told, "language")),
        rights=parts.plain_text(_text(own, "rights")),
        updated=json_extension.moment(own, "updated", reading.source.timezone),
        people=reading.people,
        decisions=tuple(_announced(told)),
    )


def _announced(told: Values) -> Iterator[Decision]:
    """Tell the operator what the document says, or what is left out of it."""
    if told.get("expired") is True:
        yield Decision(topic="ended", reason="the source says that no entry will follow (expired)")
    left_out = sum(isinstance(item, dict) for item in told["items"]) - MAX_ENTRIES
    if left_out > 0:
        reason = f"the document holds {left_out} entries more than are read at once; the first are taken"
        yield Decision(topic="limit", reason=reason)


def _entry(item: Values, reading: Reading) -> Entry:
    url = web_url(_text(item, "url"), reading.url)
    title = parts.plain_text(_text(item, "title"))
    summary, content = _texts(item, url or reading.url)
    pictures = (web_url(_text(item, key), reading.url) for key in ("image", "banner_image"))
    image = next((picture for picture in pictures if picture), None)
    tags = [tag for tag in _listed(item, "tags") if isinstance(tag, str | int)]
    entry = Entry(
        source=reading.source.name,
        id=UNKNOWN,
        native_id=_identity(item),
        url=url,
        links=tuple(_links(item, url, reading)),
        title=title_of(title),
        summary=summary,
        content=content,
        published=_moment(item, "date_published", reading),
        updated=_moment(item, "date_modified", reading),
        people=parts.once(_people(item, reading.url)) or reading.people,
        categories=parts.categories(parts.category(str(tag)) for tag in tags),
        language=language.tag(_text(item, "language")),
        enclosures=parts.files(_file(one, reading) for one in _listed(item, "attachments")),
        image=Media(url=image) if image else None,
        decisions=(*shortened(title), *_unread(item, reading)),
    )
    return json_extension.extended(entry, item, reading.url, reading.source.timezone)


def _texts(item: Values, base: str) -> tuple[Text | None, Text | None]:
    summary = parts.plain_text(_text(item, "summary"))
    content = parts.html_text(_text(item, "content_html"), base) if _text(item, "content_html") else None
    return summary, content or parts.plain_text(_text(item, "content_text"))


def _links(item: Values, url: str | None, reading: Reading) -> Iterator[Link]:
    external = web_url(_text(item, "external_url"), reading.url)
    if external and (url is None or canonical(external) != canonical(url)):
        yield Link(href=external, rel="related")


def _moment(item: Values, key: str, reading: Reading) -> Moment | None:
    return parse(_text(item, key), reading.source.timezone) if _text(item, key).strip() else None


def _unread(item: Values, reading: Reading) -> Iterator[Decision]:
    """Note what stands where a date should be and is none."""
    for key in ("date_published", "date_modified"):
        if _text(item, key).strip() and _moment(item, key, reading) is None:
            yield parts.unread_date(_text(item, key))


def _listed(told: Values, key: str) -> list[Any]:
    """Give a list; one value that should stand in a list counts as a list of it."""
    found = told.get(key)
    if isinstance(found, list):
        return found[: 10 * parts.MANY]
    return [found] if isinstance(found, dict | str) else []


def _people(told: Values, base: str | None) -> Iterator[Person]:
    """Give the authors: 1.1 has a list, 1.0 has one; feeds for readers of both have both."""
    for one in _listed(told, "authors") or _listed(told, "author"):
        found = one if isinstance(one, dict) else {"name": one}
        person = parts.named(found.get("name"), None, found.get("url"), base)
        if person is not None:
            yield json_extension.role(person, found)


def _file(one: object, reading: Reading) -> Media | None:
    told = one if isinstance(one, dict) else {}
    url = web_url(_text(told, "url"), reading.url)
    if url is None:
        return None
    return Media(
        url=url,
        type=parts.media_type(told.get("mime_type")),
        length=parts.number(told.get("size_in_bytes")),
        duration=parts.seconds(told.get("duration_in_seconds")),
        title=parts.line(told.get("title")),
    )
