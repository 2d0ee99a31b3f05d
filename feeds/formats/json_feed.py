"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). What it has no word for is under ``_feeds``.

``_feeds`` of an item: ``source`` (where it is from), ``credits``, ``contributors``, ``links``, ``rights``,
``license``, ``comments_url``, ``in_reply_to``, ``issued`` (a date told only as day, month or year),
``title_origin`` (if we derived the title), ``image``, ``podcast``, ``extra``. Of an author: ``role`` and
``role_written``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from feeds.formats.byline import byline, contributors, name, publishers
from feeds.formats.elements import COARSE, guess
from feeds.formats.feedgen_extension import utc
from feeds.formats.printable import printable
from feeds.model import Entry, Feed, Link, Media, Origin, Person, Role, Text, TextType, TitleOrigin
from feeds.normalize.dates import rfc3339, w3cdtf
from feeds.normalize.html import plain
from feeds.validity import absolute_iri

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"


def render(feed: Feed, self_url: str) -> bytes:
    """Write a feed as JSON Feed.

    Args:
        feed: Entries newest first, texts sanitized.
        self_url: Where it will be; left out unless it is absolute.

    Returns:
        The document in UTF-8; the same bytes for the same arguments, everywhere and always.
    """
    feed = printable(feed)
    title = _words(feed.title) or feed.id
    made = _told(
        version=VERSION,
        title=title,
        home_page_url=feed.link("alternate"),
        feed_url=self_url if absolute_iri(self_url) else None,
        description=_words(feed.subtitle),
        next_url=feed.link("next"),
        icon=feed.logo,
        favicon=feed.icon,
        authors=[_author(person) for person in publishers(feed, title)],
        language=feed.language,
        hubs=[{"type": "WebSub", "url": link.href} for link in feed.links if link.rel == "hub"],
        _feeds=_told(id=feed.id, rights=_words(feed.rights), updated=feed.updated and utc(feed.updated)),
    )
    # An item a line: what changed shows in a diff, and json's fast encoder knows no indentation.
    items = ",\n".join(_dump(_item(entry)) for entry in feed.entries)
    return f'{_dump(made)[:-1]}, "items": [\n{items}\n]}}\n'.encode()


def _dump(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _item(entry: Entry) -> dict[str, object]:
    return _told(
        id=entry.id,
        url=entry.url,
        title=_words(entry.title),
        **_content(entry.content or entry.summary),
        summary=_words(entry.summary),
        image=entry.image and entry.image.url,
        date_published=entry.published and rfc3339(entry.published),
        date_modified=entry.updated and utc(entry.updated),
        authors=[_author(person) for person in byline(entry)],
        tags=list(dict.fromkeys(one.label or one.term for one in entry.categories)),
        language=entry.language,
        attachments=[_attachment(one) for one in entry.enclosures],
        _feeds=_extension(entry),
    )


def _told(**members: object) -> dict[str, object]:
    """Leave out what is None or empty, but an empty text, which is one."""
    return {key: value for key, value in members.items() if value is not None and value not in ([], {})}


def _content(text: Text | None) -> Mapping[str, str]:
    """Give the content, which an item must have, under the name that says how to read it."""
    if text is None:
        return {"content_text": ""}
    return {"content_html" if text.type is TextType.HTML else "content_text": text.value}


def _words(text: Text | None) -> str | None:
    return None if text is None else plain(text.value) if text.type is TextType.HTML else text.value


def _author(person: Person) -> dict[str, object]:
    return _told(name=name(person), url=person.uri, _feeds=_role(person))


def _role(person: Person) -> dict[str, object]:
    role = None if person.role is Role.AUTHOR else person.role
    return _told(role=role, role_written=person.role_raw)


def _attachment(media: Media) -> dict[str, object]:
    return _told(
        url=media.url,
        mime_type=media.type or guess(media.url),
        title=media.title,
        size_in_bytes=media.length,
        duration_in_seconds=media.duration,
        _feeds=_told(width=media.width, height=media.height, credit=media.credit),
    )


def _extension(entry: Entry) -> dict[str, object]:
    published, image, podcast = entry.published, entry.image, entry.podcast
    return _told(
        source=entry.origin and _source(entry.origin),
        title_origin=TitleOrigin.DERIVED
        if entry.title and entry.title_origin is TitleOrigin.DERIVED
        else None,
        issued=w3cdtf(published) if published and published.precision in COARSE else None,
        contributors=[_author(person) for person in contributors(entry)],
        credits=[_told(kind=one.kind, code=one.code, name=one.name) for one in entry.credits],
        links=[_link(link) for link in entry.links],
        rights=_words(entry.rights),
        license=entry.license,
        comments_url=entry.comments_url,
        in_reply_to=entry.in_reply_to,
        image=image
        and _told(
            type=image.type, width=image.width, height=image.height, title=image.title, credit=image.credit
        ),
        podcast=podcast
        and _told(
            duration=podcast.duration,
            episode=podcast.episode,
            season=podcast.season,
            episode_type=podcast.episode_type,
            explicit=podcast.explicit,
            transcript=podcast.transcript,
            chapters=podcast.chapters,
        ),
        extra=[{"name": key, "value": value} for key, value in entry.extra],
    )


def _link(link: Link) -> dict[str, object]:
    return _told(
        rel=link.rel,
        href=link.href,
        type=link.type,
        hreflang=link.hreflang,
        title=link.title,
        length=link.length,
    )


def _source(origin: Origin) -> dict[str, object]:
    return _told(
        id=origin.id,
        title=origin.title,
        feed_url=origin.self_url,
        home_page_url=origin.site_url,
        icon=origin.icon,
        updated=origin.updated and utc(origin.updated),
        language=origin.language,
        rights=origin.rights,
    )
