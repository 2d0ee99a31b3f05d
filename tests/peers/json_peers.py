"""The results that gofeed, feed-rs and fastfeedparser expect, as JSON, read as statements about our model.

Their names for one thing differ little (description, subtitle; items, entries; uri, url, href), so one table
serves all; what a peer means in its own way stands in ``Habits``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds.model import Category, Entry, Feed, Link, Person, Role, Text
from feeds.normalize.html import plain
from feeds.normalize.text import one_line, shown
from feeds.normalize.urls import is_uri, web_url

from . import ours
from .excuses import Path, excuse
from .holding import Address, Either, Held, Outside, Prose, When, Words, judge, value_of
from .ours import Read
from .verdicts import MET, Judged, Verdict, classed, missed, together

Values = dict[str, Any]
Statement = tuple[Path, Held, object]

PARSER = (
    *(
        "feedType",
        "feedVersion",
        "version",
        "feed_type",
        "extensions",
        "dcExt",
        "itunesExt",
        "custom",
        "base",
    ),
    *(
        "custom_elements",
        "title_detail",
        "subtitle_detail",
        "author_detail",
        "media_content",
        "media_thumbnail",
    ),
)
NOT_OURS = {
    **dict.fromkeys(PARSER, "parser"),
    **dict.fromkeys(("textInput", "cloud", "docs", "rating", "webMaster"), "old rss"),
    **dict.fromkeys(("generator",), "generator"),
    **dict.fromkeys(("user_comment", "expired"), "notes"),
}
LINKS = frozenset({"links", "link", "feedLink", "feed_url", "home_page_url", "next_url", "external_url"})
LETTERS = re.compile(r"[^A-Za-z0-9]")
HASH = re.compile(r"[0-9a-f]{32}\Z")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How a peer tells what others tell otherwise.

    Attributes:
        dates: Whether a date's own member is an instant (else it is the text of the source).
        invents_ids: Whether it makes up ids where the source gives none.
    """

    dates: bool = False
    invents_ids: bool = False


HABITS = {
    "feed-rs-serde-json": Habits(dates=True, invents_ids=True),
    "fastfeedparser-json": Habits(dates=True, invents_ids=True),
}


def expected(kind: str, wanted: Values, read: Read) -> Judged:
    """Judge the whole result that a peer expects of a document."""
    habits = HABITS.get(kind, Habits())
    if isinstance(wanted.get("feed"), dict) and "entries" in wanted:
        wanted = {**wanted["feed"], "entries": wanted["entries"]}
    items = wanted.get("items") or wanted.get("entries") or []
    told = [item for item in items if _says(item)]
    judged = [] if len(told) == len(items) else [classed("empty entry")]
    judged += [_judge(one, read) for one in _feed(wanted, read, habits)]
    judged += _counted(items, told, read)
    for number, (item, entry) in enumerate(zip(told, read.feed.entries, strict=False)):
        place = ("entries", number)
        judged += [
            _judge(((*place, *path), held, one), read)
            for path, held, one in _entry(item, entry, read, habits)
        ]
    return together(judged)


def _counted(items: Sequence[Values], told: Sequence[Values], read: Read) -> Iterator[Judged]:
    """Each item of the peer is an entry of ours: of those that we do not hold, each needs its excuse."""
    held = len(read.feed.entries)
    if held > len(items):
        yield missed(f"{len(items)} entries", f"{held} entries")
    elif held and held == len(items):
        yield MET
    for item in told[held:]:
        word = next(
            (found for key in item if (found := excuse(read, ("entries", key), item[key], None))), None
        )
        yield classed(word) if word else missed(item, "no entry")


def _judge(statement: Statement, read: Read) -> Judged:
    path, held, wanted = statement
    judged = judge(held, wanted)
    if judged.verdict is not Verdict.MISSED:
        return judged
    word = excuse(read, path, wanted, value_of(held))
    said = f"{'.'.join(map(str, path))}: {judged.said}"
    return classed(word, said) if word else Judged(verdict=Verdict.MISSED, said=said)


def _says(item: Values) -> bool:
    """Say whether an item has anything that our model has a place for; a link to nowhere is nothing."""
    return any(_filled(value) for key, value in item.items() if key not in NOT_OURS)


def _filled(value: object) -> bool:
    if isinstance(value, dict):
        if "rel" in value and not value.get("href"):
            return False
        return any(_filled(one) for one in value.values())
    if isinstance(value, list):
        return any(_filled(one) for one in value)
    return value not in (None, "", False)


def _text(value: object) -> object:
    """Give the text of a text construct, however a peer tells it."""
    if isinstance(value, dict):
        return next((value[key] for key in ("content", "value", "body") if value.get(key)), None)
    return value


def _address(value: object) -> object:
    if isinstance(value, dict):
        return next((value[key] for key in ("href", "uri", "url") if value.get(key)), None)
    return value


def _feed(wanted: Values, read: Read, habits: Habits) -> Iterator[Statement]:  # noqa: C901 - a table
    feed = read.feed
    for key, value in wanted.items():
        if key in {"items", "entries"} or not _filled(value):
            continue
        path: Path = (key,)
        match key:
            case "title":
                yield path, Prose(text=feed.title, title=True, base=read.url), _text(value)
            case "description" | "subtitle":
                yield path, Prose(text=feed.subtitle, base=read.url), _text(value)
            case "rights" | "copyright":
                yield path, Prose(text=feed.rights, base=read.url), _text(value)
            case "link" | "home_page_url":
                yield path, Address(url=feed.link("alternate"), base=read.url), value
            case "feedLink" | "feed_url":
                yield path, Address(url=feed.link("self"), base=read.url), value
            case "next_url":
                yield path, Address(url=feed.link("next"), base=read.url), value
            case "icon" | "logo" | "image" | "favicon":
                yield from _picture(key, value, feed, read)
            case "id":
                yield path, _feed_id(feed, habits), value
            case "ttl":
                yield path, Words(value=feed.ttl), int(value)
            case "skipHours":
                yield path, Words(value=feed.skip_hours), frozenset(int(hour) % 24 for hour in value)
            case "skipDays":
                yield path, Words(value=feed.skip_days), frozenset(DAYS.index(day.lower()) for day in value)
            case _ if key in NOT_OURS:
                yield path, Outside(word=NOT_OURS[key]), value
            case _:
                yield from _feeds_rest(key, value, wanted, read, habits)


def _picture(key: str, value: object, feed: Feed, read: Read) -> Iterator[Statement]:
    held = Address(url=feed.icon if key in {"icon", "favicon"} else feed.logo, base=read.url)
    other = Address(url=feed.icon if held.url == feed.logo else feed.logo, base=read.url)
    if _address(value):
        yield (key,), Either(held=held, other=other, word="icon or logo"), _address(value)
    else:
        yield (key,), Outside(word="image words"), value


def _feed_id(feed: Feed, habits: Habits) -> Held:
    if habits.invents_ids and not is_uri(feed.id):
        return Outside(word="invented ids")
    minted = feed.id.startswith("tag:planet.example,2026:")
    return Outside(word="invented ids") if minted else Words(value=feed.id)


def _feeds_rest(key: str, value: Any, wanted: Values, read: Read, habits: Habits) -> Iterator[Statement]:
    feed = read.feed
    match key.removesuffix("Parsed"):
        case "updated" | "lastBuildDate":
            yield (key,), When(moment=feed.updated), _date(key, value, habits)
        case "published" | "pubDate":
            later = any(wanted.get(other) for other in ("updated", "lastBuildDate"))
            held = Outside(word="feed published") if later else When(moment=feed.updated)
            yield (key,), held, _date(key, value, habits)
        case "language":
            yield (key,), Words(value=(feed.language or "").lower()), value.lower()
        case "links":
            yield from _links(value, feed.links, read.url)
        case "authors" | "contributors":
            yield from _persons(key, value, feed.people, read.url)
        case "author":
            yield from _persons(
                "authors", [value] if isinstance(value, dict) else value, feed.people, read.url
            )
        case "managingEditor":
            yield (key,), Words(value=_in_words(feed.people, value)), value
        case "categories":
            yield from _categories(value, feed.categories)
        case _:
            raise LookupError(f"nothing is said of a feed's {key!r}")


def _date(key: str, value: str, habits: Habits) -> object:
    if key.endswith("Parsed") or habits.dates:
        return datetime.fromisoformat(value)
    return value


def _links(
    wanted: Sequence[Any], links: Sequence[Link], base: str, page: str | None = None
) -> Iterator[Statement]:
    """Look each link up by its address; what the peer says of it has to hold."""
    for number, told in enumerate(wanted):
        path: Path = ("links", number)
        address = _address(told)
        if not address:
            yield path, Words(value=None), told
            continue
        url = web_url(str(address), base)
        link = next((one for one in links if one.href == url), None)
        yield (*path, "href"), Address(url=link.href if link else None, base=base), address
        for name in ("rel", "type", "media_type", "hreflang", "length", "title"):
            if link and isinstance(told, dict) and told.get(name):
                yield (*path, name), ours.part_of_link(link, name, base, page), str(told[name])


def _persons(key: str, wanted: Any, people: Sequence[Person], base: str) -> Iterator[Statement]:
    found = ours.persons(people, Role.CONTRIBUTOR if key == "contributors" else Role.AUTHOR)
    if key == "contributors" and not found:
        found = list(people)  # feed-rs counts the owner of a podcast among them, who may be the author.
    for number, told in enumerate(wanted if isinstance(wanted, list) else [wanted]):
        if isinstance(told, dict) and told.get("name") in {"author", "managingEditor", "webMaster"}:
            yield (key, number), Outside(word="feed-rs names"), told
            continue
        name = told.get("name") if isinstance(told, dict) else told
        places = [one for one in found if one.name == name] or found[number : number + 1]
        person = places[0] if key == "contributors" and places else next(iter(found[number:]), Person())
        for name, value in told.items() if isinstance(told, dict) else (("name", told),):
            if value:
                yield (key, number, name), ours.part_of_person(person, name, base), value


def _in_words(people: Sequence[Person], raw: str) -> str | None:
    """Give the peer's words for a person if all that we hold of one stands in them."""
    for one in people:
        told = [part for part in (one.name, one.email) if part]
        if told and all(part in plain(plain(raw)) for part in told):
            return raw
    return None


def _categories(wanted: Sequence[Any], categories: Sequence[Category]) -> Iterator[Statement]:
    for number, told in enumerate(wanted):
        one = told if isinstance(told, dict) else {"term": told}
        term = one.get("term") or one.get("value") or one.get("label") or ""
        scheme = one.get("scheme") or one.get("domain")
        if not term:
            continue
        names = {one_line(term), one_line(plain(term)), one_line(plain(plain(term)))}
        same = [found for found in categories if found.term in names or found.label in names]
        match = next((found for found in same if found.scheme == scheme), next(iter(same), None))
        yield ("categories", number), Words(value=match and match.term), term
        if scheme and match:
            yield ("categories", number, "scheme"), Words(value=match.scheme), scheme


def _entry(wanted: Values, entry: Entry, read: Read, habits: Habits) -> Iterator[Statement]:  # noqa: C901 - a table
    base = read.url
    for key, value in wanted.items():
        path: Path = (key,)
        if not _filled(value):
            continue
        match key:
            case "title":
                yield path, Prose(text=ours.title(entry), title=True, base=base), _text(value)
            case "description" | "summary" if _excerpt(entry, _text(value)):
                yield path, Outside(word="excerpts"), value
            case "description" | "summary":
                yield path, ours.summary(entry, base), _text(value)
            case "content_text" if wanted.get("content_html"):
                yield path, Outside(word="text beside html"), value
            case "content" | "content_html" | "content_text":
                yield from _content(value, entry, base)
            case "rights":
                yield path, Prose(text=entry.rights, base=base), _text(value)
            case "link" | "url":
                yield path, Address(url=entry.url, base=base), value
            case "links":
                yield from _links(value, ours.links(entry), base, entry.url)
            case "enclosure" | "enclosures" | "attachments":
                yield from _enclosures(value, entry, base)
            case "external_url":
                yield from _links([value], entry.links, base)
            case "banner_image" if wanted.get("image"):
                yield path, Outside(word="banner"), value
            case "image" | "banner_image":
                yield path, Address(url=entry.image.url if entry.image else None, base=base), _address(value)
            case "comments":
                yield path, Address(url=entry.comments_url, base=base), value
            case "id" | "guid":
                told = value["value"] if isinstance(value, dict) else value
                yield path, _id(entry, habits, told), told
            case _ if key in NOT_OURS:
                yield path, Outside(word=NOT_OURS[key]), value
            case _:
                yield from _entrys_rest(key, value, entry, read, habits)


def _excerpt(entry: Entry, wanted: object) -> bool:
    """Say whether a peer's summary is the beginning of a text of ours, letter by letter."""
    wholes = (LETTERS.sub("", shown(text)) for text in (entry.summary, entry.content))
    cut = LETTERS.sub("", str(wanted))
    short = "<" not in str(wanted) and len(cut) > 100
    return short and any(whole.startswith(cut) for whole in wholes)


def _content(value: object, entry: Entry, base: str) -> Iterator[Statement]:
    if isinstance(value, list):
        value = value[0]
    if _text(value):
        yield ("content",), ours.content(entry, base), _text(value)
    source = _address(value.get("src")) if isinstance(value, dict) else None
    if source and source == entry.url and _text(value):
        yield ("content", "src"), Outside(word="bases"), source
    elif source:
        url = web_url(str(source), base)
        file = next((media for media in entry.enclosures if media.url == url), None)
        yield ("content", "src"), Address(url=file.url if file else None, base=base), source


def _enclosures(value: Any, entry: Entry, base: str) -> Iterator[Statement]:
    wanted = [{"href": one.get("url"), **one} for one in (value if isinstance(value, list) else [value])]
    renamed = [{**one, "type": one.get("type") or one.get("mime_type")} for one in wanted]
    yield from _links(renamed, [ours.enclosed(media) for media in entry.enclosures], base)


def _id(entry: Entry, habits: Habits, wanted: str) -> Held:
    invented = habits.invents_ids and (entry.native_id is None or HASH.match(wanted) is not None)
    return Outside(word="invented ids") if invented else Words(value=entry.native_id)


def _entrys_rest(key: str, value: Any, entry: Entry, read: Read, habits: Habits) -> Iterator[Statement]:
    base = read.url
    match key.removesuffix("Parsed"):
        case "published" | "pubDate" | "date_published":
            yield (key,), ours.date(entry, "published"), _date(key, value, habits)
        case "updated" | "date_modified":
            yield (key,), ours.date(entry, "updated"), _date(key, value, habits)
        case "authors" | "contributors":
            yield from _persons(key, value, entry.people, base)
        case "author" if isinstance(value, str):
            yield (key,), Words(value=_in_words(entry.people, value)), value
        case "author":
            yield from _persons("authors", [value], entry.people, base)
        case "categories" | "tags":
            yield from _categories(value, entry.categories)
        case "language":
            yield (key,), Words(value=(ours.declared_language(entry, read.feed) or "").lower()), value.lower()
        case "source":
            yield from _source(value, entry, base)
        case "media":
            yield from _media(value, entry, base)
        case _:
            raise LookupError(f"nothing is said of an entry's {key!r}")


def _source(value: Values, entry: Entry, base: str) -> Iterator[Statement]:
    origin = entry.origin
    for key, told in value.items():
        path: Path = ("source", key)
        if not _filled(told):
            continue
        match key:
            case "title" | "rights":
                found = getattr(origin, key)
                yield path, Prose(text=Text(value=found) if found else None, title=True, base=base), told
            case "icon" | "logo":
                yield path, Address(url=origin.icon if origin else None, base=base), told
            case "id":
                yield path, Words(value=origin and origin.id), told
            case "authors":
                yield from (
                    (("source", *rest), held, one)
                    for rest, held, one in _persons(key, told, entry.people, base)
                )
            case _:
                yield path, Outside(word="origin parts"), told


def _media(value: Sequence[Values], entry: Entry, base: str) -> Iterator[Statement]:
    """Each file and picture that a peer finds in Media RSS is one of ours."""
    held = {media.url for media in entry.enclosures} | {link.href for link in entry.links}
    held |= {entry.image.url} if entry.image else set()
    for number, one in enumerate(value):
        for place, content in enumerate(one.get("content") or ()):
            url = web_url(str(_address(content) or ""), base)
            if url:
                found = url if url in held else None
                yield ("media", number, place), Address(url=found, base=base), url
