"""``_feeds``: what our own JSON Feeds say beyond the standard (``formats.json_feed``) -> the entry as it was.

Everything in it passes the same doors as anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from feeds.model import (
    Category,
    Credit,
    DateOrigin,
    Entry,
    LanguageOrigin,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Podcast,
    Precision,
    Role,
    Text,
    TitleOrigin,
)
from feeds.normalize import language
from feeds.normalize.dates import parse
from feeds.normalize.titles import title_of
from feeds.normalize.urls import is_uri, web_url
from feeds.sources import parts
from feeds.sources.ours_parts import category_of, credit_of, person_of, rel_of, words

Values = dict[str, Any]
Word = TypeVar("Word", bound=StrEnum)
NAME = "_feeds"
UTC = ZoneInfo("UTC")


def extended(entry: Entry, item: Values, base: str, zone: ZoneInfo) -> Entry:
    """Give an entry as its item's extension tells it; as it is if there is none.

    Args:
        entry: As the standard's members tell it.
        item: The item.
        base: Absolute address that addresses are relative to.
        zone: For a day without a zone.
    """
    told = members(item, NAME)
    if not told:
        return entry
    origin = _origin(members(told, "source"), base)
    others = persons(told, "contributors", base)
    links = tuple(dict.fromkeys((*entry.links, *_links(told, base))))[: parts.MANY]
    page = None if entry.url else next((link for link in links if link.rel == "alternate"), None)
    return replace(
        entry,
        title=title_of(_text(told, "title", entry.title)),
        title_origin=_word(told, "title_origin", TitleOrigin, TitleOrigin.DECLARED)
        if entry.title
        else TitleOrigin.DECLARED,
        summary=_text(told, "summary", entry.summary),
        content=None if told.get("content") == "summary" else _text(told, "content", entry.content),
        published=_moment(entry.published, members(told, "published"), text(told, "issued"), zone),
        updated=_moment(entry.updated, members(told, "updated"), "", zone),
        people=(*(persons(item, "authors", base) if origin else entry.people), *others)[: parts.MANY],
        credits=tuple(_credits(told))[: parts.MANY],
        categories=parts.categories(_categories(told)) or parts.categories(_tags(item)),
        # Of an entry with its origin declared, even if it is that there is none: else it would be looked for.
        language_origin=LanguageOrigin.DECLARED if origin else entry.language_origin,
        url=entry.url or (page.href if page else None),
        links=tuple(link for link in links if link != page),
        enclosures=_enclosures(entry, item),
        image=_image(entry.image, members(told, "image")),
        rights=_text(told, "rights", parts.plain_text(text(told, "rights"))),
        license=web_url(text(told, "license"), base),
        comments_url=web_url(text(told, "comments_url"), base),
        in_reply_to=reference if is_uri(reference := text(told, "in_reply_to")) else None,
        podcast=_podcast(members(told, "podcast"), base),
        origin=origin,
        extra=tuple(sorted(_extra(told)))[: parts.MANY],
    )


def members(told: Values, key: str) -> Values:
    """Give a member that is an object; empty if it is none."""
    found = told.get(key)
    return found if isinstance(found, dict) else {}


def text(told: Values, key: str) -> str:
    """Give a member that is a text; empty if it is none."""
    found = told.get(key)
    return found if isinstance(found, str) else ""


def listed(told: Values, key: str) -> list[Values]:
    """Give the objects of a list."""
    found = told.get(key)
    return [one for one in found[: parts.MANY] if isinstance(one, dict)] if isinstance(found, list) else []


def _word(told: Values, key: str, known: type[Word], otherwise: Word) -> Word:
    return next((word for word in known if word == told.get(key)), otherwise)


def _text(told: Values, name: str, shown: Text | None) -> Text | None:
    """Give a text with the markup and the language that stand apart from it."""
    tongue = language.tag(text(members(told, "languages"), name))
    markup = text(members(told, "html"), name)
    if markup:
        return parts.html_text(markup, None, tongue)
    return shown and replace(shown, language=tongue)


def moment(told: Values, key: str, zone: ZoneInfo) -> Moment | None:
    return parse(text(told, key), zone) if text(told, key).strip() else None


def _moment(declared: Moment | None, told: Values, issued: str, zone: ZoneInfo) -> Moment | None:
    """Give a date as precisely as it was told; ``issued`` is a day, a month or a year."""
    coarse = parse(issued, zone) if issued.strip() else None
    if declared is None:
        return coarse
    return replace(
        declared,
        precision=_word(told, "precision", Precision, coarse.precision if coarse else declared.precision),
        origin=_word(told, "origin", DateOrigin, DateOrigin.DECLARED),
    )


def role(person: Person, told: Values) -> Person:
    """Give a person the role that ``_feeds`` of an author names."""
    more = members(told, NAME)
    written = words(text(more, "role_written"))
    return replace(person, role=_word(more, "role", Role, person.role), role_raw=written or person.role_raw)


def persons(holder: Values, key: str, base: str) -> Iterator[Person]:
    """Give the persons of a list of ours, literally, without who only stands in for one."""
    for one in listed(holder, key):
        more = members(one, NAME)
        if more.get("origin") == "source":
            continue
        does = text(more, "role") or (Role.CONTRIBUTOR if key == "contributors" else "")
        name, uri = text(one, "name"), web_url(text(one, "url"), base) or text(one, "url")
        person = person_of(name, text(more, "email"), uri, does, text(more, "role_written"))
        if person is not None:
            yield person


def _credits(told: Values) -> Iterator[Credit]:
    for one in listed(told, "credits"):
        made = credit_of(text(one, "kind"), *(text(one, key) for key in ("name", "code", "raw")))
        if made is not None:
            yield made


def _categories(told: Values) -> Iterator[Category | None]:
    for one in listed(told, "categories"):
        yield category_of(*(text(one, key) for key in ("term", "scheme", "label")))


def _tags(item: Values) -> Iterator[Category | None]:
    found = item.get("tags")
    for one in found if isinstance(found, list) else ():
        yield category_of(one if isinstance(one, str) else None, None, None)


def _links(told: Values, base: str) -> Iterator[Link]:
    for one in listed(told, "links"):
        href, rel = web_url(text(one, "href"), base), rel_of(text(one, "rel") or "related")
        if href and rel:
            yield Link(
                href=href,
                rel=rel,
                type=parts.media_type(one.get("type")),
                hreflang=language.tag(text(one, "hreflang")),
                title=words(text(one, "title")),
                length=parts.number(one.get("length")),
            )


def _enclosures(entry: Entry, item: Values) -> tuple[Media, ...]:
    told = {text(one, "url"): one for one in listed(item, "attachments")}
    return tuple(_media(media, told.get(media.url, {})) for media in entry.enclosures)


def _media(media: Media, attachment: Values) -> Media:
    more = members(attachment, NAME)
    return replace(
        media,
        type=None if "mime_type" in more else media.type,
        title=words(text(attachment, "title")),
        width=parts.number(more.get("width")),
        height=parts.number(more.get("height")),
        credit=words(text(more, "credit")),
    )


def _image(image: Media | None, told: Values) -> Media | None:
    return image and Media(
        url=image.url,
        type=parts.media_type(told.get("type")),
        length=parts.number(told.get("length")),
        width=parts.number(told.get("width")),
        height=parts.number(told.get("height")),
        duration=parts.seconds(told.get("duration")),
        title=words(text(told, "title")),
        credit=words(text(told, "credit")),
    )


def _podcast(told: Values, base: str) -> Podcast | None:
    kind, explicit = told.get("episode_type"), told.get("explicit")
    made = Podcast(
        duration=parts.seconds(told.get("duration")),
        episode=parts.number(told.get("episode")),
        season=parts.number(told.get("season")),
        episode_type=kind if kind in ("full", "trailer", "bonus") else None,
        explicit=explicit if isinstance(explicit, bool) else None,
        transcript=web_url(text(told, "transcript"), base),
        chapters=web_url(text(told, "chapters"), base),
    )
    return None if made == Podcast() else made


def _extra(told: Values) -> Iterator[tuple[str, str]]:
    for one in listed(told, "extra"):
        name, value = words(text(one, "name"), 100), words(text(one, "value"), parts.TEXT)
        if name and value:
            yield name, value


def _origin(told: Values, base: str) -> Origin | None:
    self_url = web_url(text(told, "feed_url"), base)
    own = text(told, "id")
    identity = own if is_uri(own) else self_url
    if identity is None:
        return None
    updated = parse(text(told, "updated"), UTC)
    return Origin(
        id=identity,
        title=words(text(told, "title")),
        self_url=self_url,
        site_url=web_url(text(told, "home_page_url"), base),
        icon=web_url(text(told, "icon"), base),
        updated=updated.instant if updated else None,
        language=language.tag(text(told, "language")),
        rights=words(text(told, "rights")),
    )
