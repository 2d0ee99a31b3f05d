"""Who made an entry, in the words of RSS, Atom, Dublin Core, iTunes, podcasts and Media RSS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from feeds.model import Credit, Link, Person, Role
from feeds.normalize.agencies import agencies
from feeds.normalize.roles import role_of
from feeds.sources import parts
from feeds.sources.elements import Element

AUTHORS = ("author", "dc:creator", "dc:author", "dcterms:creator", "prism:author")
STAND_INS = ("itunes:author", "googleplay:author")
"""In most podcasts the name of the show; it counts where nobody else is named."""
CONTRIBUTORS = ("contributor", "dc:contributor", "dcterms:contributor")
PUBLISHERS = ("dc:publisher", "dcterms:publisher", "itunes:owner", "googleplay:owner")
ADDRESS = re.compile(r"https?:|//|/\S*\Z", re.IGNORECASE)
PHOTO = frozenset({"photo", "photographer", "photography", "picture"})
# https://podcasttaxonomy.com, for the roles that are not words of bylines.
PODCAST: Mapping[str, Role] = MappingProxyType(
    {"host": Role.AUTHOR, "co-host": Role.AUTHOR, "guest host": Role.AUTHOR, "author": Role.AUTHOR}
)


def people_of(holder: Element) -> tuple[Person, ...]:
    """Give everybody that an entry, or a feed, names: authors first, in the document's order."""
    authors = [_person(one) for name in AUTHORS for one in holder.all(name)]
    if not any(authors):
        authors = [_person(one) for one in holder.all(*STAND_INS)]
    editors = [_person(one, Role.EDITOR) for one in holder.all("managingeditor")]
    others = [
        *(_person(one, Role.CONTRIBUTOR) for one in holder.all(*CONTRIBUTORS)),
        *(_on_air(one) for one in holder.all("podcast:person")),
        *(_credited(one) for one in _media_credits(holder)),
        *(_person(one, Role.PUBLISHER) for one in holder.all(*PUBLISHERS)),
    ]
    known = {_called(one): one for one in (*authors, *editors) if one}
    # Who is an author already is not named again for the part that a module gives him.
    rest = (one and _as_known(one, known) for one in others)
    return parts.once((*authors, *editors, *rest))


def _called(one: Person) -> str:
    return (one.name or one.email or one.uri or "").casefold()


def _as_known(one: Person, known: Mapping[str, Person]) -> Person:
    same = known.get(_called(one))
    return one if same is None else replace(one, role=same.role, role_raw=same.role_raw)


def _person(one: Element, role: Role = Role.AUTHOR) -> Person | None:
    """Read a person, from elements of its own or from one text; ``schema:`` is what we write ourselves."""
    name = one.first("name", "itunes:name", "googleplay:name")
    email = one.first("email", "itunes:email", "googleplay:email")
    uri = next((part.address() for part in one.all("uri", "url", "homepage") if part.text), None)
    made = parts.named(name or (None if email or uri else one.text), email, uri, one.base)
    if made is None:
        return None
    told = one.first("schema:rolename")
    written = parts.line(one.first("schema:jobtitle"))
    known = Role(told) if told in set(Role) else made.role if made.role is not Role.AUTHOR else role
    return replace(made, role=known, role_raw=written or made.role_raw)


def _on_air(one: Element) -> Person | None:
    """Read ``podcast:person``, who is a host unless it says otherwise."""
    made = parts.named(one.text, None, one.get("href"), one.base)
    written = one.get("role") or "host"
    role = PODCAST.get(written.lower()) or role_of(written) or Role.CONTRIBUTOR
    return made and replace(made, role=role, role_raw=parts.line(one.get("role")))


def _media_credits(holder: Element) -> Iterator[Element]:
    for group in (holder, *holder.all("media:group")):
        yield from group.all("media:credit")


def _credited(one: Element) -> Person | None:
    """Read a ``media:credit`` that says what the person did, but for the photo (``credits_of``)."""
    written = one.get("role")
    if written is None or written.lower() in PHOTO or agencies(one.text):
        return None
    made = parts.named(one.text, None, None, one.base)
    role = role_of(written) or Role.CONTRIBUTOR
    return made and replace(made, role=role, role_raw=parts.line(written))


def credits_of(holder: Element) -> tuple[Credit, ...]:
    """Give agencies and sources (``dc:source``), and who took the photo (``media:credit``)."""
    found: list[Credit] = []
    for one in holder.all("dc:source", "dcterms:source"):
        name = parts.line(one.text)
        if name and not ADDRESS.match(one.text):
            found += agencies(name) or (Credit(kind="source", name=name, raw=name),)
    for one in _media_credits(holder):
        name = parts.line(one.text)
        if name and (one.get("role") or "").lower() in PHOTO:
            found.append(Credit(kind="photo", name=name, raw=name))
    return tuple(dict.fromkeys(found))


def sources_of(holder: Element) -> Iterator[Link]:
    """Give the addresses that an entry names as what it was made from (RFC 4287: ``via``)."""
    for one in holder.all("dc:source", "dcterms:source"):
        if ADDRESS.match(one.text) and (href := one.address()):
            yield Link(href=href, rel="via")
