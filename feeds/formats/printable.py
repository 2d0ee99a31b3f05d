"""Hold every value to what the model promises, whatever it is: what formats print is valid by construction.

Behind ``sources/`` nothing here changes anything. It is the last door: one control character, one relative
address, one impossible offset must not cost a whole published feed. What breaks a promise is mended if that
is safe (characters), else left out (addresses). Ids alone are not judged here: an entry without a usable id
is found by ``validity`` and left out as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from math import isfinite
from typing import TypeVar

from feeds.model import (
    Category,
    Credit,
    Entry,
    Feed,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Podcast,
    Text,
    Tombstone,
)
from feeds.normalize.chars import clean, one_line, visible
from feeds.validity import absolute_iri, language_tag, media_type, web_address

Hashed = TypeVar("Hashed")

EPOCH = Moment(instant=datetime(1970, 1, 1, tzinfo=UTC))
"""The ``updated`` of a feed without entries: it has to say something, and must say the same every time."""
EXACT = 2**53
"""Larger numbers do not survive JSON in every reader (RFC 8259, 6)."""


def printable(feed: Feed) -> Feed:
    """Give the feed as it can be printed in any format.

    Its ``updated`` is that of its newest entry; every entry's ``updated`` is set; of its links, at most one
    with the same type and language is an alternate (RFC 4287, 4.1.1).
    """
    entries = tuple(_entry(entry) for entry in feed.entries)
    newest = max(
        (entry.updated for entry in entries if entry.updated), key=lambda one: one.instant, default=None
    )
    return replace(
        feed,
        id=clean(feed.id),
        title=_text(feed.title),
        subtitle=_text(feed.subtitle),
        links=_links(feed.links, ()),
        icon=_web(feed.icon),
        logo=_web(feed.logo),
        language=_language(feed.language),
        rights=_text(feed.rights),
        updated=newest or _moment(feed.updated) or EPOCH,
        people=_people(feed.people),
        categories=_categories(feed.categories),
        entries=entries,
        withdrawn=tuple(_tombstone(mark) for mark in feed.withdrawn if absolute_iri(mark.id)),
    )


def _entry(entry: Entry) -> Entry:
    url = _web(entry.url)
    own = (Link(href=url),) if url else ()
    return replace(
        entry,
        id=clean(entry.id),
        url=url,
        links=_links(entry.links, own),
        title=_text(entry.title),
        summary=_text(entry.summary),
        content=_text(entry.content),
        published=_moment(entry.published),
        updated=_moment(entry.updated) or _moment(entry.published) or EPOCH,
        people=_people(entry.people),
        credits=tuple(_credit(one) for one in entry.credits if _words(one.name)),
        categories=_categories(entry.categories),
        language=_language(entry.language),
        enclosures=tuple(_unique(media for one in entry.enclosures if (media := _media(one)))),
        image=_media(entry.image) if entry.image else None,
        rights=_text(entry.rights),
        license=_web(entry.license),
        comments_url=_web(entry.comments_url),
        in_reply_to=entry.in_reply_to if absolute_iri(entry.in_reply_to) else None,
        podcast=_podcast(entry.podcast) if entry.podcast else None,
        origin=_origin(entry.origin) if entry.origin else None,
        extra=tuple((clean(name), clean(value)) for name, value in entry.extra),
    )


def _unique(values: Iterable[Hashed]) -> Iterable[Hashed]:
    return dict.fromkeys(values)


def _words(text: str | None) -> str | None:
    """Make one line of a name or label; None if there is nothing to see in it."""
    line = one_line(text or "")
    return line if visible(line) else None


def _text(text: Text | None) -> Text | None:
    if text is None or not visible(value := clean(text.value).strip()):
        return None
    return replace(text, value=value, language=_language(text.language))


def _web(url: str | None) -> str | None:
    return url if web_address(url) else None


def _language(tag: str | None) -> str | None:
    return tag if language_tag(tag) else None


def _kind(kind: str | None) -> str | None:
    return kind if media_type(kind) else None


def _number(number: int | None) -> int | None:
    return number if number is not None and 0 <= number <= EXACT else None


def _seconds(seconds: float | None) -> float | None:
    return seconds if seconds is not None and isfinite(seconds) and 0 <= seconds <= EXACT else None


def _moment(moment: Moment | None) -> Moment | None:
    """Cut to whole seconds, which is what every format can say; an offset beyond 14 hours is none."""
    if moment is None:
        return None
    offset = moment.offset if moment.offset is not None and abs(moment.offset) <= 14 * 60 else None
    return replace(moment, instant=moment.instant.replace(microsecond=0), offset=offset)


def _links(links: Iterable[Link], own: tuple[Link, ...]) -> tuple[Link, ...]:
    """Keep usable links, each once, without copies of ``own``; a second alternate of a kind is related."""
    kept = dict.fromkeys(own)
    alternates = {(link.type, link.hreflang) for link in own}
    for link in links:
        if not web_address(link.href) or not _is_relation(link.rel):
            continue
        fit = replace(
            link,
            type=_kind(link.type),
            hreflang=_language(link.hreflang),
            title=_words(link.title),
            length=_number(link.length),
        )
        if fit.rel == "alternate" and fit not in kept:
            if (fit.type, fit.hreflang) in alternates:
                fit = replace(fit, rel="related")
            alternates.add((fit.type, fit.hreflang))
        kept[fit] = None
    return tuple(link for link in kept if link not in own)


def _is_relation(rel: str) -> bool:
    """RFC 4287, 4.2.7.2: a registered name, or an IRI."""
    return (
        absolute_iri(rel) if ":" in rel else rel.isascii() and rel.replace("-", "").replace(".", "").isalnum()
    )


def _media(media: Media) -> Media | None:
    if not web_address(media.url):
        return None
    return replace(
        media,
        type=_kind(media.type),
        length=_number(media.length),
        width=_number(media.width),
        height=_number(media.height),
        duration=_seconds(media.duration),
        title=_words(media.title),
        credit=_words(media.credit),
    )


def _people(people: Iterable[Person]) -> tuple[Person, ...]:
    fit = (
        replace(
            one,
            name=_words(one.name),
            email=_mail(one.email),
            uri=one.uri if _is_homepage(one.uri) else None,
            role_raw=_words(one.role_raw),
        )
        for one in people
    )
    return tuple(_unique(one for one in fit if one.name or one.email or one.uri))


def _mail(raw: str | None) -> str | None:
    mail = _words(raw)
    return mail if mail and " " not in mail and all(mail.partition("@")[::2]) else None


def _is_homepage(uri: str | None) -> bool:
    return web_address(uri) or (absolute_iri(uri) and (uri or "").lower().startswith(("mailto:", "xmpp:")))


def _credit(credit: Credit) -> Credit:
    return replace(
        credit,
        kind=one_line(credit.kind),
        code=_words(credit.code),
        name=one_line(credit.name),
        raw=_words(credit.raw),
    )


def _categories(categories: Iterable[Category]) -> tuple[Category, ...]:
    fit = (
        Category(
            term=term,
            scheme=one.scheme if absolute_iri(one.scheme) else None,
            label=_words(one.label),
        )
        for one in categories
        if (term := _words(one.term))
    )
    return tuple(_unique(fit))


def _podcast(podcast: Podcast) -> Podcast:
    return replace(
        podcast,
        duration=_seconds(podcast.duration),
        episode=_number(podcast.episode),
        season=_number(podcast.season),
        # Apple's list is closed; feed validators reject other words.
        episode_type=podcast.episode_type if podcast.episode_type in {"full", "trailer", "bonus"} else None,
        transcript=_web(podcast.transcript),
        chapters=_web(podcast.chapters),
    )


def _origin(origin: Origin) -> Origin:
    return replace(
        origin,
        id=clean(origin.id),
        title=_words(origin.title),
        self_url=_web(origin.self_url),
        site_url=_web(origin.site_url),
        icon=_web(origin.icon),
        updated=origin.updated.replace(microsecond=0) if origin.updated else None,
        language=_language(origin.language),
        rights=_words(origin.rights),
    )


def _tombstone(mark: Tombstone) -> Tombstone:
    return replace(
        mark,
        when=mark.when.replace(microsecond=0) if mark.when else None,
        reason=_words(mark.reason),
    )
