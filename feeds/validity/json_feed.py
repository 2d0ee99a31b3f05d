"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/): types, what must be there, addresses and dates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from feeds.validity.terms import absolute_iri, language_tag, media_type, rfc3339, shown, twice

VERSION = "https://jsonfeed.org/version/1.1"
EXTENSION = re.compile(r"_[A-Za-z][^.]*\Z")
SURROGATE = re.compile("[\ud800-\udfff]")

Check = Callable[[object], bool]


class _UnfitError(ValueError):
    """JSON that Python reads and others do not."""


def _text(value: object) -> bool:
    return isinstance(value, str)


def _full(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _address(value: object) -> bool:
    return isinstance(value, str) and absolute_iri(value)


def _date(value: object) -> bool:
    return isinstance(value, str) and rfc3339(value) is not None


def _language(value: object) -> bool:
    return isinstance(value, str) and language_tag(value)


def _kind(value: object) -> bool:
    return isinstance(value, str) and media_type(value)


def _count(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _list(value: object) -> bool:
    return isinstance(value, list)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


FEED: Mapping[str, Check] = MappingProxyType(
    {
        "version": lambda value: value == VERSION,
        "title": _text,
        "home_page_url": _address,
        "feed_url": _address,
        "description": _text,
        "user_comment": _text,
        "next_url": _address,
        "icon": _address,
        "favicon": _address,
        "authors": _list,
        "language": _language,
        "expired": lambda value: isinstance(value, bool),
        "hubs": _list,
        "items": _list,
    }
)
ITEM: Mapping[str, Check] = MappingProxyType(
    {
        "id": _full,
        "url": _address,
        "external_url": _address,
        "title": _text,
        "content_html": _text,
        "content_text": _text,
        "summary": _text,
        "image": _address,
        "banner_image": _address,
        "date_published": _date,
        "date_modified": _date,
        "authors": _list,
        "tags": _texts,
        "language": _language,
        "attachments": _list,
    }
)
AUTHOR: Mapping[str, Check] = MappingProxyType({"name": _text, "url": _address, "avatar": _address})
HUB: Mapping[str, Check] = MappingProxyType({"type": _text, "url": _address})
ATTACHMENT: Mapping[str, Check] = MappingProxyType(
    {
        "url": _address,
        "mime_type": _kind,
        "title": _text,
        "size_in_bytes": _count,
        "duration_in_seconds": _count,
    }
)


def reasons(body: bytes) -> Iterator[str]:
    """Give every reason why this is no JSON Feed to publish."""
    try:
        text = body.decode("utf-8")
        feed = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        yield f"no JSON that everybody reads: {error}"
        return
    if SURROGATE.search(json.dumps(feed, ensure_ascii=False)):
        yield "half a surrogate pair stands in a text"
    yield from _members(feed, "the feed", FEED, ("version", "title", "items"))
    if not isinstance(feed, dict):
        return
    yield from _each(feed, "authors", "the feed", AUTHOR, ())
    yield from _each(feed, "hubs", "the feed", HUB, ("type", "url"))
    items = feed.get("items")
    if not isinstance(items, list):
        return
    for number, item in enumerate(items):
        place = f"items[{number}]"
        yield from _members(item, place, ITEM, ("id",))
        if not isinstance(item, dict):
            continue
        if "content_html" not in item and "content_text" not in item:
            yield f"{place} has neither content_html nor content_text"
        yield from _each(item, "authors", place, AUTHOR, ())
        yield from _each(item, "attachments", place, ATTACHMENT, ("url", "mime_type"))
    yield from twice((item["id"] for item in items if isinstance(item, dict) and _text(item.get("id"))), "id")


def _members(value: object, place: str, known: Mapping[str, Check], needed: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{place}: expected an object, found {shown(str(value))}"
        return
    yield from (f"{place} has no {name}" for name in needed if name not in value)
    for name, member in value.items():
        if name in known:
            if not known[name](member):
                yield f"{place}: {name}: unfit value {shown(str(member))}"
        elif not EXTENSION.match(name):
            yield f"{place}: unknown member {shown(name)}"
        elif not isinstance(member, dict):
            yield f"{place}: {shown(name)}: expected an object, as in every extension"


def _each(
    owner: dict[str, object], name: str, place: str, known: Mapping[str, Check], needed: tuple[str, ...]
) -> Iterator[str]:
    members = owner.get(name)
    for number, member in enumerate(members if isinstance(members, list) else ()):
        yield from _members(member, f"{place}: {name}[{number}]", known, needed)
        if not member:
            yield f"{place}: {name}[{number}] is empty"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _UnfitError("a name stands twice in an object")
    return members


def _no_constant(name: str) -> object:
    raise _UnfitError(f"{name} is no number in JSON")
