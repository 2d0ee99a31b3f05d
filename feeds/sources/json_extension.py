"""``_feeds``: what our own JSON Feeds say beyond the standard (``formats.json_feed``), read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from feeds.model import Credit, Entry, Link, Media, Moment, Origin, Person, Podcast, Role, TitleOrigin
from feeds.normalize import language
from feeds.normalize.dates import parse
from feeds.normalize.urls import is_uri, web_url
from feeds.sources import parts

Values = dict[str, Any]

EPISODE_TYPES = frozenset({"full", "trailer", "bonus"})
KINDS = frozenset({"agency", "photo", "source"})


def extended(entry: Entry, item: Values, base: str, zone: ZoneInfo) -> Entry:
    """Add to an entry what its ``_feeds`` says; of a stranger's nothing is trusted more than the rest.

    Args:
        entry: As the standard's members tell it.
        item: The item.
        base: Absolute address that addresses are relative to.
        zone: For a day without a zone.
    """
    told = members(item, "_feeds")
    if not told:
        return entry
    issued = parse(text(told, "issued"), zone) if text(told, "issued") else None
    contributors = (_person(one, base, Role.CONTRIBUTOR) for one in listed(told, "contributors"))
    links = (_link(one, base) for one in listed(told, "links"))
    derived = entry.title is not None and text(told, "title_origin") == TitleOrigin.DERIVED
    return replace(
        entry,
        links=tuple(dict.fromkeys((*entry.links, *filter(None, links))))[: parts.MANY],
        title_origin=TitleOrigin.DERIVED if derived else entry.title_origin,
        published=issued or entry.published,
        people=parts.once((*entry.people, *contributors)),
        credits=tuple(filter(None, (_credit(one) for one in listed(told, "credits")))),
        image=_image(entry.image, members(told, "image")),
        rights=parts.plain_text(text(told, "rights")),
        license=web_url(text(told, "license"), base),
        comments_url=web_url(text(told, "comments_url"), base),
        in_reply_to=reply if is_uri(reply := text(told, "in_reply_to")) else None,
        podcast=_podcast(members(told, "podcast"), base),
        origin=_origin(members(told, "source"), base, zone),
        extra=tuple(sorted(dict(_extra(told)).items())),
    )


def members(told: Values, key: str) -> Values:
    """Give a member that is an object; empty if it is none."""
    found = told.get(key)
    return found if isinstance(found, dict) else {}


def text(told: Values, key: str) -> str:
    """Give a member that is a text; empty if it is none."""
    found = told.get(key)
    return found.strip() if isinstance(found, str) else ""


def listed(told: Values, key: str) -> Iterator[Values]:
    """Give the objects of a list."""
    found = told.get(key)
    yield from (
        one for one in (found if isinstance(found, list) else [])[: parts.MANY] if isinstance(one, dict)
    )


def role(person: Person, told: Values) -> Person:
    """Give a person the role that ``_feeds`` of an author names."""
    name = text(members(told, "_feeds"), "role")
    written = parts.line(members(told, "_feeds").get("role_written"))
    known = Role(name) if name in set(Role) else person.role
    return replace(person, role=known, role_raw=written or person.role_raw)


def moment(told: Values, key: str, zone: ZoneInfo) -> Moment | None:
    return parse(text(told, key), zone) if text(told, key) else None


def _person(told: Values, base: str, otherwise: Role) -> Person | None:
    made = parts.named(told.get("name"), None, told.get("url"), base)
    return made and role(replace(made, role=otherwise), told)


def _link(told: Values, base: str) -> Link | None:
    href = web_url(text(told, "href"), base)
    if href is None:
        return None
    return Link(
        href=href,
        rel=parts.line(told.get("rel"), 200) or "related",
        type=parts.media_type(told.get("type")),
        hreflang=language.tag(text(told, "hreflang")),
        title=parts.line(told.get("title")),
        length=parts.number(told.get("length")),
    )


def _credit(told: Values) -> Credit | None:
    name, kind = parts.line(told.get("name")), text(told, "kind")
    if name is None or kind not in KINDS:
        return None
    return Credit(kind=kind, code=parts.line(told.get("code"), 40), name=name)


def _image(image: Media | None, told: Values) -> Media | None:
    return image and replace(
        image,
        type=parts.media_type(told.get("type")),
        width=parts.number(told.get("width")),
        height=parts.number(told.get("height")),
        title=parts.line(told.get("title")),
        credit=parts.line(told.get("credit")),
    )


def _podcast(told: Values, base: str) -> Podcast | None:
    kind, explicit = text(told, "episode_type"), told.get("explicit")
    made = Podcast(
        duration=parts.seconds(told.get("duration")),
        episode=parts.number(told.get("episode")),
        season=parts.number(told.get("season")),
        episode_type=kind if kind in EPISODE_TYPES else None,
        explicit=explicit if isinstance(explicit, bool) else None,
        transcript=web_url(text(told, "transcript"), base),
        chapters=web_url(text(told, "chapters"), base),
    )
    return None if made == Podcast() else made


def _origin(told: Values, base: str, zone: ZoneInfo) -> Origin | None:
    own = text(told, "id")
    if not is_uri(own):
        return None
    updated = moment(told, "updated", zone)
    return Origin(
        id=own,
        title=parts.line(told.get("title")),
        self_url=web_url(text(told, "feed_url"), base),
        site_url=web_url(text(told, "home_page_url"), base),
        icon=web_url(text(told, "icon"), base),
        updated=updated.instant if updated else None,
        language=language.tag(text(told, "language")),
        rights=parts.line(told.get("rights")),
    )


def _extra(told: Values) -> Iterator[tuple[str, str]]:
    for one in listed(told, "extra"):
        name, value = parts.line(one.get("name"), 100), parts.line(one.get("value"), 10_000)
        if name and value:
            yield name, value
