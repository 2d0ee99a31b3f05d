"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). What it has no word for is under ``_feeds``.

``_feeds`` of an item: ``source`` (where it is from), ``credits``, ``contributors``, ``links``, ``rights``,
``license``, ``comments_url``, ``in_reply_to``, ``issued`` (a date told only as day, month or year),
``title_origin`` (if we derived the title), ``image``, ``podcast``, ``extra``; ``categories`` with more than a
tag; ``published`` and ``updated`` (how much of the date was told, and that it was not declared); ``html`` and
``languages`` of texts that an item has as plain text, or in one language; ``content`` is ``summary`` if the
content only repeats it. Of an author: ``role``, ``role_written``, ``email``, and ``origin`` if the source
stands in for one. Of an attachment: sizes, ``credit``, and ``mime_type`` (null) if its type is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from feeds.formats.byline import authors, byline, contributors, name, publishers
from feeds.formats.elements import COARSE, guess
from feeds.formats.feedgen_extension import utc
from feeds.formats.printable import printable
from feeds.model import (
    Category,
    DateOrigin,
    Entry,
    Feed,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Precision,
    Role,
    Text,
    TextType,
    TitleOrigin,
)
from feeds.normalize.dates import rfc3339, w3cdtf
from feeds.normalize.dialect import UNKNOWN_LANGUAGE
from feeds.normalize.html import plain
from feeds.validity import absolute_iri

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
        authors=[_told(name=name(one), url=one.uri, _feeds=_role(one)) for one in publishers(feed, title)],
        language=feed.language,
        hubs=[{"type": "WebSub", "url": link.href} for link in feed.links if link.rel == "hub"],
        _feeds=_told(
            id=feed.id,
            rights=_words(feed.rights),
            updated=feed.updated and utc(feed.updated),
            archive=feed.archive or None,
            complete=feed.complete or None,
            current_url=feed.link("current"),
        ),
    )
    # An item a line: what changed shows in a diff, and json's fast encoder knows no indentation.
    items = ",\n".join(_dump(_item(entry, feed)) for entry in feed.entries)
    return f'{_dump(made)[:-1]}, "items": [\n{items}\n]}}\n'.encode()


def _dump(value: dict[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _item(entry: Entry, feed: Feed) -> dict[str, object]:
    stands_in = None if authors(entry) else "source"
    return _told(
        id=entry.id,
        url=entry.url,
        title=_words(entry.title),
        **_content(entry.content or entry.summary),
        summary=_words(entry.summary),
        image=entry.image and entry.image.url,
        date_published=entry.published and rfc3339(entry.published),
        date_modified=entry.updated and utc(entry.updated),
        authors=[_author(person, stands_in) for person in byline(entry)],
        tags=list(dict.fromkeys(one.label or one.term for one in entry.categories)),
        language=entry.language or (UNKNOWN_LANGUAGE if feed.language else None),
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


def _author(person: Person, origin: str | None = None) -> dict[str, object]:
    more = {**_role(person), **_told(email=person.email, origin=origin)}
    return _told(name=name(person), url=person.uri, _feeds=more)


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
        _feeds={
            **_told(width=media.width, height=media.height, credit=media.credit),
            **({} if media.type else {"mime_type": None}),
        },
    )


def _extension(entry: Entry) -> dict[str, object]:
    published, image, podcast = entry.published, entry.image, entry.podcast
    return _told(
        source=entry.origin and _source(entry.origin),
        title_origin=TitleOrigin.DERIVED
        if entry.title and entry.title_origin is TitleOrigin.DERIVED
        else None,
        issued=w3cdtf(published) if published and published.precision in COARSE else None,
        # What is coarser than a minute stands in ``issued``.
        published=published and _date(published, *COARSE),
        updated=entry.updated and _date(entry.updated),
        html=_told(title=_markup(entry.title), summary=_markup(entry.summary), rights=_markup(entry.rights)),
        languages=_told(
            title=entry.title and entry.title.language,
            summary=entry.summary and entry.summary.language,
            content=entry.content and entry.content.language,
            rights=entry.rights and entry.rights.language,
        ),
        content="summary" if entry.summary and not entry.content else None,
        contributors=[_author(person) for person in contributors(entry)],
        credits=[_told(kind=one.kind, code=one.code, name=one.name, raw=one.raw) for one in entry.credits],
        categories=[_category(one) for one in entry.categories] if _labelled(entry.categories) else [],
        links=[_link(link) for link in entry.links],
        rights=_words(entry.rights),
        license=entry.license,
        comments_url=entry.comments_url,
        in_reply_to=entry.in_reply_to,
        image=image
        and _told(
            type=image.type,
            width=image.width,
            height=image.height,
            title=image.title,
            credit=image.credit,
            length=image.length,
            duration=image.duration,
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


def _date(moment: Moment, *exempt: Precision) -> dict[str, object]:
    return _told(
        precision=None if moment.precision in (Precision.SECOND, *exempt) else moment.precision,
        origin=None if moment.origin is DateOrigin.DECLARED else moment.origin,
    )


def _markup(text: Text | None) -> str | None:
    return text.value if text and text.type is TextType.HTML else None


def _labelled(categories: tuple[Category, ...]) -> bool:
    """Say whether tags cannot tell all of the categories."""
    names = {one.label or one.term for one in categories}
    return len(names) < len(categories) or any(one.scheme or one.label for one in categories)


def _category(category: Category) -> dict[str, object]:
    return _told(term=category.term, scheme=category.scheme, label=category.label)


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
