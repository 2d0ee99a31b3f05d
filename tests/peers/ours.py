"""Our feed under the names that the peers give its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from feeds.model import Entry, Feed, LanguageOrigin, Link, Media, Person, Role, Text, TextType, TitleOrigin

from .holding import Address, Either, Held, Outside, Prose, When, Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A document as we read it, its text as it came, and what addresses in it are relative to."""

    feed: Feed
    url: str
    body: str


def title(entry: Entry) -> Text | None:
    """Give the title that the source gave; one that we derived is no answer to what the source says."""
    return entry.title if entry.title_origin is TitleOrigin.DECLARED else None


def summary(entry: Entry, base: str) -> Held:
    """Give the short text; alone on an entry without a page it is its content, the longer one always is."""
    held = Prose(text=entry.summary or entry.content, base=base)
    return Either(held=held, other=Prose(text=entry.content, base=base), word="which is which")


def content(entry: Entry, base: str) -> Held:
    held = Prose(text=entry.content or entry.summary, base=base)
    return Either(held=held, other=Prose(text=entry.summary, base=base), word="which is which")


def tongue(text: Text | None, told: str | None) -> Held:
    return Words(value=(text and text.language) or told)


def declared_language(entry: Entry, feed: Feed) -> str | None:
    return entry.language if entry.language_origin is LanguageOrigin.DECLARED else feed.language


def kind(text: Text | None) -> Held:
    return Words(value=None if text is None else "text/plain" if text.type is TextType.PLAIN else "text/html")


def persons(people: Sequence[Person], role: Role) -> list[Person]:
    """Give those of a role; a journalist's role is one of an author's."""
    if role is Role.AUTHOR:
        return [one for one in people if one.role not in {Role.CONTRIBUTOR, Role.PUBLISHER}]
    return [one for one in people if one.role is role]


def named(person: Person) -> str:
    """Write a person as feedparser does."""
    if person.name and person.email:
        return f"{person.name} ({person.email})"
    return person.name or person.email or person.uri or ""


def links(entry: Entry) -> list[Link]:
    """Give all links of an entry in Atom's words."""
    page = [Link(href=entry.url)] if entry.url else []
    licence = [Link(href=entry.license, rel="license")] if entry.license else []
    return [*page, *entry.links, *(enclosed(media) for media in entry.enclosures), *licence]


def enclosed(media: Media) -> Link:
    return Link(href=media.url, rel="enclosure", type=media.type, length=media.length, title=media.title)


def part_of_link(link: Link, name: str, base: str, page: str | None = None) -> Held:
    """Give a part of a link. Of the link to an entry's ``page`` only the address is kept."""
    match name:
        case "href" | "url":
            return Address(url=link.href, base=base)
        case "rel":
            return Words(value=link.rel)
        case "type" | "media_type" | "hreflang" | "title" | "length" if link.href == page:
            return Outside(word="page link")
        case "type" | "media_type":
            usual = "application/atom+xml" if link.rel == "self" else "text/html"
            other = Words(value=link.type or usual)
            return Either(held=Words(value=link.type), other=other, word="link type")
        case "length":
            return Words(value=None if link.length is None else str(link.length))
        case "hreflang" | "title":
            return Words(value=getattr(link, name))
    return Outside(word="parser")


def part_of_person(person: Person, name: str, base: str) -> Held:
    match name:
        case "name":
            return Words(value=person.name)
        case "email":
            return Words(value=person.email)
        case "href" | "url" | "uri":
            return Address(url=person.uri, base=base)
    return Outside(word="avatar")


def date(entry: Entry, name: str) -> Held:
    """Give a date of an entry; pubDate and dc:date tell when it appeared, whatever a peer calls it."""
    match name:
        case "published" | "created":
            later = When(moment=entry.updated)
            return Either(held=When(moment=entry.published), other=later, word="published is not updated")
        case _:
            return Either(
                held=When(moment=entry.updated),
                other=When(moment=entry.published),
                word="updated is not published",
            )
