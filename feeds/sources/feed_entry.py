"""One entry as feedparser gives it -> an entry of the model."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from time import struct_time

from feeds.model import (
    Entry,
    Link,
    Moment,
    Origin,
    Person,
    Role,
    Text,
    TextType,
)
from feeds.normalize import dates, language
from feeds.normalize.ids import mint
from feeds.normalize.text import shown, visible
from feeds.normalize.titles import shortened, title_of
from feeds.normalize.urls import canonical, is_uri, web_url
from feeds.sources import parts
from feeds.sources.feed_media import media, podcast
from feeds.sources.feed_values import Reading, Values, attributes, items, value, web
from feeds.sources.finish import UNKNOWN

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
OWN_RELS = frozenset({"enclosure", "license", "self", "edit", "edit-media", "service.edit", "service.post"})


def read_entry(holder: Values, reading: Reading) -> Entry:
    """Read one entry; its id, and what is derived from its texts, is left to ``finish``."""
    url = page(holder, reading)
    title = _title(holder, url, reading)
    summary, content = _texts(holder, url, reading)
    enclosures, image = media(holder, reading)
    links = tuple(_links(holder, url, reading))
    origin, inherited = _origin(holder, reading)
    return Entry(
        source=reading.source,
        id=UNKNOWN,
        native_id=native_id(holder),
        url=url,
        links=links[: parts.MANY],
        title=title_of(title),
        summary=summary,
        content=content,
        published=_published(holder, reading),
        updated=moment(holder, "updated", reading),
        people=people(holder, reading) or inherited,
        categories=parts.categories(
            parts.category(tag.get("term"), tag.get("scheme"), tag.get("label"))
            for tag in items(holder, "tags")
        ),
        language=_language(holder),
        enclosures=enclosures,
        image=image,
        rights=text_of(holder, "rights", url, reading),
        license=license_of(holder, reading),
        comments_url=web(value(holder, "comments"), reading),
        in_reply_to=_in_reply_to(holder, reading),
        podcast=podcast(holder, reading),
        origin=origin,
        extra=tuple(_extra(holder)),
        decisions=shortened(title),
    )


def native_id(holder: Values) -> str | None:
    """Give what the source calls it, byte for byte but for spaces around it."""
    own = value(holder, "xid") or value(holder, "id") or value(holder, "dc_identifier")
    return own.strip() if own and visible(own) else None


def page(holder: Values, reading: Reading) -> str | None:
    """Choose the page to open: the link before a feed service rewrote it, else the first alternate.

    A permalink guid serves where RSS gives no link. An Atom id never does, though feedparser says so.
    """
    links = [link for link in items(holder, "links") if link.get("rel") == "alternate"]
    pages = [link for link in links if link.get("type") in HTML_TYPES]
    candidates = [value(holder, "feedburner_origlink"), *(link.get("href") for link in (*pages, *links))]
    if value(holder, "xpermalink"):
        # A relative guid is no link: resolved, it would be an invented one.
        own = native_id(holder) or ""
        candidates.append(own if web_url(own, None) else None)
    found = (web(candidate, reading) for candidate in candidates)
    return next((url for url in found if url), None)


def base_of(detail: Values, url: str | None, reading: Reading) -> str:
    """Choose what relative addresses in a text are relative to: ``xml:base``; in RSS the entry's page."""
    declared = detail.get("base")
    if isinstance(declared, str) and declared != reading.url and (base := web_url(declared, reading.url)):
        return base
    return url or reading.url if not reading.is_atom else reading.url


def read_text(detail: Values, url: str | None, reading: Reading) -> Text | None:
    """Read a text construct. Atom says what it is; in RSS it is HTML if it looks so."""
    raw, kind = detail.get("value"), detail.get("type") or "text/html"
    if not isinstance(raw, str) or not raw.strip():
        return None
    declared = language.tag(detail.get("language") or "")
    base = base_of(detail, url, reading)
    if reading.is_atom and kind not in HTML_TYPES:
        return parts.plain_text(raw, declared) if kind.startswith("text/") else None
    text = (parts.html_text if reading.is_atom else parts.guessed_text)(raw, base, declared)
    if text is not None and url and text.type is TextType.HTML:
        # A link to a note of the same text means the text's page, not the feed's document.
        text = replace(text, value=text.value.replace(f'href="{reading.url}#', f'href="{url}#'))
    return text


def text_of(holder: Values, key: str, url: str | None, reading: Reading) -> Text | None:
    """Read the text construct of that name; None if the source gave none."""
    detail = attributes(holder, f"{key}_detail")
    return read_text(detail, url, reading) if detail else None


def _title(holder: Values, url: str | None, reading: Reading) -> Text | None:
    title = text_of(holder, "title", url, reading)
    if title is None and (other := value(holder, "itunes_xtitle") or value(holder, "media_xtitle")):
        title = parts.guessed_text(other, reading.url)
    return title


def _texts(holder: Values, url: str | None, reading: Reading) -> tuple[Text | None, Text | None]:
    """Give summary and content. feedparser copies a content into a missing summary, without a detail."""
    detail = attributes(holder, "summary_detail")
    summary = read_text(detail, url, reading) if detail else None
    contents = [text for one in items(holder, "content")[:10] if (text := read_text(one, url, reading))]
    content = max(contents, key=lambda text: (text.type is TextType.HTML, len(text.value)), default=None)
    if summary is None and (other := _other_summary(holder)):
        summary = parts.guessed_text(other, url or reading.url)
    if content is None and summary is not None and url is None:
        # "An item may also be complete in itself" (RSS 2.0): without a page to go to, this is all there is.
        return None, summary
    if summary is not None and content is not None and _alike(summary, content):
        summary = None
    if content is not None and summary is not None and len(summary.value) > 2 * len(content.value):
        summary, content = content, summary
    return summary, content


def _alike(summary: Text, content: Text) -> bool:
    """Say whether a summary only repeats the content, with or without its markup."""
    if summary.value == content.value:
        return True
    return summary.type is not content.type and shown(summary) == shown(content)


def _other_summary(holder: Values) -> str | None:
    names = ("itunes_xsummary", "media_xdescription", "itunes_xsubtitle")
    return next((text for name in names if (text := value(holder, name))), None)


def moment(holder: Values, key: str, reading: Reading) -> Moment | None:
    """Read a date as written; where only feedparser can (Korean, Greek, Hungarian), take its reading."""
    raw = value(holder, key)
    if raw is None:
        return None
    read = dates.parse(raw, reading.zone)
    if read is not None:
        return read
    parsed = dict.get(holder, f"{key}_parsed")
    if not isinstance(parsed, struct_time):
        return None
    try:
        return Moment(instant=datetime.fromtimestamp(calendar.timegm(parsed), UTC), raw=raw)
    except (ValueError, OverflowError, OSError):  # A year that no calendar here knows.
        return None


def _published(holder: Values, reading: Reading) -> Moment | None:
    found = (moment(holder, key, reading) for key in ("published", "dc_xdate", "created"))
    return next((one for one in found if one), None)


def people(holder: Values, reading: Reading) -> tuple[Person, ...]:
    """Give authors, contributors and publisher; ``authors`` is the list, ``author_detail`` only the last."""
    persons = [
        parts.named(one.get("name"), one.get("email"), one.get("href"), reading.url)
        for one in items(holder, "authors")
    ]
    others = [
        (Role.CONTRIBUTOR, parts.named(one.get("name"), one.get("email"), one.get("href"), reading.url))
        for one in items(holder, "contributors")
    ]
    return parts.once((*persons, *(one and replace(one, role=role) for role, one in others)))


def _language(holder: Values) -> str | None:
    """Give what the entry says of its language, at the entry or at its texts."""
    details = (
        *items(holder, "content"),
        attributes(holder, "summary_detail"),
        attributes(holder, "title_detail"),
    )
    told = (value(holder, "language"), *(detail.get("language") for detail in details))
    return next((tag for raw in told if isinstance(raw, str) and (tag := language.tag(raw))), None)


def _links(holder: Values, url: str | None, reading: Reading) -> Iterator[Link]:
    seen = {canonical(url, fragment=True)} if url else set()
    for link in items(holder, "links"):
        made = read_link(link, reading)
        if made is None or made.rel in OWN_RELS or canonical(made.href, fragment=True) in seen:
            continue
        seen.add(canonical(made.href, fragment=True))
        yield made
    replies = web(value(holder, "wfw_commentrss"), reading)
    if replies and canonical(replies, fragment=True) not in seen:
        yield Link(href=replies, rel="replies", type="application/rss+xml")


def read_link(link: Values, reading: Reading) -> Link | None:
    """Read a link; None if it leads nowhere.

    feedparser puts "text/html" (or Atom's type, for rel=self) where no type was declared, so these are not
    taken as declared.
    """
    href = web(link.get("href"), reading)
    if href is None:
        return None
    rel = str(link.get("rel") or "alternate").strip()
    rel = rel.removeprefix("http://www.iana.org/assignments/relation/").lower() or "alternate"
    invented = "application/atom+xml" if rel == "self" else "text/html"
    kind = parts.media_type(link.get("type"))
    return Link(
        href=href,
        rel=rel if re.fullmatch(r"[!-~]{1,200}", rel) else "related",
        type=None if kind == invented else kind,
        hreflang=language.tag(str(link.get("hreflang") or "")),
        title=parts.line(link.get("title")),
        length=parts.number(link.get("length")),
    )


def license_of(holder: Values, reading: Reading) -> str | None:
    """Give the licence's address (RFC 4946, Creative Commons' modules)."""
    links = (link.get("href") for link in items(holder, "links") if link.get("rel") == "license")
    return next((url for raw in links if (url := web(raw, reading))), None)


def _in_reply_to(holder: Values, reading: Reading) -> str | None:
    told = attributes(holder, "thr_in-reply-to")
    reference = told.get("ref")
    if isinstance(reference, str) and is_uri(reference.strip()):
        return reference.strip()
    return web(told.get("href"), reading)


def _origin(holder: Values, reading: Reading) -> tuple[Origin | None, tuple[Person, ...]]:
    """Read ``atom:source`` or RSS ``source``; and its authors, who are the entry's if it names none."""
    told = attributes(holder, "source")
    links = [made for link in items(told, "links") if (made := read_link(link, reading))]
    own = value(told, "xid") or value(told, "id") or ""
    self_url = next((link.href for link in links if link.rel == "self"), None) or web(
        told.get("href"), reading
    )
    site_url = next((link.href for link in links if link.rel == "alternate"), None)
    title, rights = (text_of(told, key, None, reading) for key in ("title", "rights"))
    name = parts.line(shown(title)) or parts.line(told.get("title"))
    identity = own.strip() if is_uri(own.strip()) else self_url or site_url or name
    if identity is None:
        return None, ()
    updated = moment(told, "updated", reading)
    return (
        Origin(
            id=identity if is_uri(identity) else mint(reading.authority, "origin", identity),
            title=name,
            self_url=self_url,
            site_url=site_url,
            icon=web(value(told, "icon") or value(told, "logo"), reading),
            updated=updated.instant if updated else None,
            language=language.tag(value(told, "language") or ""),
            rights=parts.line(shown(rights)),
        ),
        people(told, reading),
    )


def _extra(holder: Values) -> Iterator[tuple[str, str]]:
    """Give what the model has no word for, sorted by name: where it is, on Earth."""
    where = attributes(holder, "where")
    place = where.get("coordinates")
    if where.get("type") == "Point" and isinstance(place, tuple) and len(place) >= 2:
        # feedparser gives GeoJSON's order; GeoRSS writes latitude first.
        yield "georss:point", f"{place[1]:g} {place[0]:g}"
        return
    latitude, longitude = value(holder, "geo_lat"), value(holder, "geo_long")
    if (
        latitude
        and longitude
        and all(re.fullmatch(r"-?\d{1,3}(\.\d{1,12})?", one.strip()) for one in (latitude, longitude))
    ):
        yield "georss:point", f"{latitude.strip()} {longitude.strip()}"
