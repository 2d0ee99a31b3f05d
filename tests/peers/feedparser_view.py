"""feedparser's names -> what our model holds there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from feeds.model import Entry, Feed, Link, Origin, Person, Role, Text

from . import ours
from .holding import Address, Either, Held, Outside, Prose, When, Words
from .ours import Read

Path = tuple[str | int, ...]

TOP = {"bozo": "bozo", "encoding": "encoding", "version": "version", "headers": "headers"}
NOT_OURS = {
    **dict.fromkeys(("info", "info_detail"), "info"),
    **dict.fromkeys(("generator", "generator_detail"), "generator"),
    **dict.fromkeys(("textinput", "cloud", "docs", "errorreportsto"), "old rss"),
    **dict.fromkeys(("itunes_block", "itunes_keywords"), "itunes"),
    **dict.fromkeys(("expired", "validity_start", "validity_end", "valid"), "validity"),
    **dict.fromkeys(("psc_chapters",), "chapters"),
    **dict.fromkeys(("media_restriction", "media_rating", "media_license"), "media rights"),
    **dict.fromkeys(("madeup_element", "abcdefg"), "unknown elements"),
}

NOBODY = Entry(source="peer", id="")
"""In the place of an entry that we do not hold."""


def held(read: Read, path: Path) -> Held:
    """Say what we hold where feedparser's result has ``path``.

    Raises:
        LookupError: There is no such entry, link or person.
    """
    match path:
        case (str(name), *_) if name in TOP:
            return Outside(word=TOP[name])
        case ("feed", *rest):
            return _feed(read, tuple(rest))
        case ("entries", "len"):
            return Words(value=len(read.feed.entries))
        case ("entries", int(number), *rest):
            there = number < len(read.feed.entries)
            return _entry(read, read.feed.entries[number] if there else NOBODY, tuple(rest))
    raise LookupError(f"feedparser's {path} has no place here")


def _name(path: Path) -> str:
    """Give the first name without what only says how it is told."""
    return str(path[0]).removesuffix("_parsed")


def _feed(read: Read, path: Path) -> Held:  # noqa: C901 - a table
    feed = read.feed
    name, rest = _name(path), path[1:]
    if name in NOT_OURS:
        return Outside(word=NOT_OURS[name])
    match name:
        case "title" | "title_detail":
            return _text(feed.title, rest, feed.language, read.url, title=True)
        case "subtitle" | "tagline" | "description" | "subtitle_detail" | "tagline_detail":
            return _text(feed.subtitle, rest, feed.language, read.url)
        case "rights" | "copyright" | "rights_detail" | "copyright_detail":
            return _text(feed.rights, rest, feed.language, read.url)
        case "link":
            return Address(url=feed.link("alternate"), base=read.url)
        case "links":
            return _links(list(feed.links), rest, read.url)
        case "updated" | "published":
            return When(moment=feed.updated)
        case "image" if rest == ("href",):
            return Address(url=feed.logo, base=read.url)
        case "logo" | "icon":
            return Address(url=getattr(feed, name), base=read.url)
        case "image":
            return Outside(word="image words")
        case "id":
            return Either(held=Words(value=feed.id), other=Words(value=read.url), word="ids are not resolved")
        case "language":
            return Words(value=feed.language)
        case "ttl":
            return Words(value=None if feed.ttl is None else str(feed.ttl))
        case "tags" | "category":
            return _tags(feed, name, rest)
        case "thr_in-reply-to":
            return Outside(word="feed replies")
        case "itunes_explicit":
            return Outside(word="itunes")
    return _people(feed.people, name, rest, read.url)


def _tags(holder: Feed | Entry, name: str, rest: Path) -> Held:
    match name, rest:
        case "category", _:
            return Words(value=holder.categories[0].term)
        case _, ("len",):
            return Words(value=len(holder.categories))
        case _, (int(number), str(part)):
            return Words(value=getattr(holder.categories[number], part))
    raise LookupError(f"a category has no {rest}")


def _text(text: Text | None, path: Path, tongue: str | None, base: str, *, title: bool = False) -> Held:
    match path:
        case () | ("value",):
            return Prose(text=text, title=title, base=base)
        case ("type",):
            return ours.kind(text)
        case ("language",):
            return ours.tongue(text, tongue)
        case ("base",):
            return Outside(word="bases")
    raise LookupError(f"a text has no {path}")


def _links(links: Sequence[Link], path: Path, base: str, page: str | None = None) -> Held:
    match path:
        case ("len",):
            return Words(value=len(links))
        case (int(number), str(name)):
            return ours.part_of_link(links[number], name, base, page)
    raise LookupError(f"links have no {path}")


ROLES = {"author": Role.AUTHOR, "contributor": Role.CONTRIBUTOR, "publisher": Role.PUBLISHER}


def _people(people: Sequence[Person], name: str, path: Path, base: str) -> Held:
    word = name.removesuffix("s").removesuffix("_detail")
    if word not in ROLES:
        raise LookupError(f"feedparser's {name} has no place here")
    found = ours.persons(people, ROLES[word])
    match path:
        case ():
            return Words(value=ours.named(found[0]))
        case (int(number), str(part)):
            return ours.part_of_person(found[number], part, base)
        case (str(part),):
            return ours.part_of_person(found[0], part, base)
    raise LookupError(f"persons have no {path}")


def _entry(read: Read, entry: Entry, path: Path) -> Held:  # noqa: C901 - a table
    name, rest, base = _name(path), path[1:], read.url
    tongue = ours.declared_language(entry, read.feed)
    if name in NOT_OURS:
        return Outside(word=NOT_OURS[name])
    match name:
        case "title" | "title_detail":
            return _text(ours.title(entry), rest, tongue, base, title=True)
        case "summary" | "description" | "subtitle" if not rest:
            return ours.summary(entry, base)
        case "summary_detail":
            return ours.summary(entry, base) if rest == ("value",) else _part(entry, rest, tongue, base)
        case "content":
            return (
                ours.content(entry, base) if rest[1:] == ("value",) else _part(entry, rest[1:], tongue, base)
            )
        case "rights" | "rights_detail":
            return _text(entry.rights, rest, tongue, base)
        case "link":
            return Address(url=entry.url, base=base)
        case "links":
            return _links(ours.links(entry), rest, base, entry.url)
        case "enclosures":
            return _links([ours.enclosed(media) for media in entry.enclosures], rest, base)
        case "published" | "updated" | "created":
            return ours.date(entry, name)
        case "id" | "guid":
            return Words(value=entry.native_id)
        case "guidislink":
            return Words(value=bool(entry.url) and entry.url == entry.native_id)
        case "tags" | "category":
            return _tags(entry, name, rest)
        case "language":
            return Words(value=tongue)
        case "license":
            return Address(url=entry.license, base=base)
        case "comments":
            return Address(url=entry.comments_url, base=base)
        case "source":
            return _source(entry, rest, base)
        case "itunes_explicit":
            return Words(value=entry.podcast and entry.podcast.explicit)
    return _entrys_rest(read, entry, path)


def _part(entry: Entry, path: Path, tongue: str | None, base: str) -> Held:
    return _text(entry.content or entry.summary, path, tongue, base)


def _entrys_rest(read: Read, entry: Entry, path: Path) -> Held:
    extra = dict(entry.extra)
    match path:
        case ("thr_in-reply-to", "ref"):
            return Words(value=entry.in_reply_to)
        case ("thr_in-reply-to", *_):
            return Outside(word="reply parts")
        case ("media_thumbnail", 0, "url"):
            return Address(url=entry.image.url if entry.image else None, base=read.url)
        case ("media_credit", *_):
            return Outside(word="media credits")
        case ("where", "type"):
            return Words(value=next((GEO[key] for key in GEO if key in extra), None))
        case ("where", "coordinates", *rest):
            return Words(value=_coordinates(extra, rest))
        case ("where",):
            return Words(value=next((GEO[key] for key in GEO if key in extra), None))
    return _people(entry.people, _name(path), path[1:], read.url)


GEO = {"georss:point": "Point", "georss:line": "LineString", "georss:polygon": "Polygon", "georss:box": "Box"}


def _coordinates(extra: dict[str, str], path: Sequence[object]) -> object:
    """Give places in GeoJSON's order, as feedparser does; GeoRSS writes latitude first."""
    kind = next((key for key in extra if key in GEO), None)
    if kind is None:
        return None
    told = extra[kind]
    numbers = [float(one) for one in told.split()]
    pairs = tuple(zip(numbers[1::2], numbers[::2], strict=True))
    value: object = pairs[0] if kind == "georss:point" else (pairs,) if kind == "georss:polygon" else pairs
    for step in path:
        value = cast("tuple[object, ...]", value)[cast("int", step)]
    return value


def _source(entry: Entry, path: Path, base: str) -> Held:
    origin = entry.origin
    if origin is None:
        origin = Origin(id="")
    name, rest = _name(path), path[1:]
    match name:
        case "title" | "rights":
            value = getattr(origin, name)
            return Prose(text=Text(value=value) if value else None, title=True, base=base)
        case "id":
            return Words(value=origin.id)
        case "link":
            return Address(url=origin.site_url, base=base)
        case "links":
            return _source_links(origin, rest, base)
        case "icon" | "logo":
            return Address(url=origin.icon, base=base)
        case "authors":
            return _people(entry.people, name, rest, base)
    return Outside(word="origin parts")


def _source_links(origin: Origin, path: Path, base: str) -> Held:
    addresses = (("self", origin.self_url), ("alternate", origin.site_url))
    links = [Link(href=href, rel=rel) for rel, href in addresses if href]
    if path[1] in {"hreflang", "type", "length", "title"}:
        return Outside(word="origin parts")
    if path[1] == "rel":
        held = Words(value=links[cast("int", path[0])].rel) if links else Words(value=None)
        return Either(held=held, other=Outside(word="origin parts"), word="origin parts")
    return _links(links, path, base)
