"""Elements of our own documents in XML -> parts of the model, as they are said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from lxml import etree

from feeds.model import (
    Category,
    Credit,
    DateOrigin,
    Link,
    Media,
    Moment,
    Origin,
    Person,
    Podcast,
    Precision,
    Text,
)
from feeds.normalize import dates, language
from feeds.normalize.dialect import NAMESPACE, UNKNOWN_LANGUAGE
from feeds.normalize.html import plain
from feeds.normalize.text import shown, visible
from feeds.normalize.urls import is_uri, web_url
from feeds.sources import parts
from feeds.sources.ours_parts import category_of, credit_of, person_of, rel_of, words

ATOM = "{http://www.w3.org/2005/Atom}"
OWN = f"{{{NAMESPACE}}}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
GEORSS = "{http://www.georss.org/georss}"
SCHEMA = "{http://schema.org/}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
UTC = ZoneInfo("UTC")
PLACES = ("point", "line", "polygon", "box")

Word = TypeVar("Word", bound=StrEnum)


def value_of(holder: etree._Element, name: str) -> str | None:
    text = holder.findtext(name)
    return text.strip() if text and visible(text) else None


def web(raw: str | None) -> str | None:
    return web_url(raw, None) if raw else None


def tongue_of(element: etree._Element) -> str | None:
    return language.tag(element.get(LANG, UNKNOWN_LANGUAGE))


def word_of(element: etree._Element | None, key: str, words: type[Word], otherwise: Word) -> Word:
    told = None if element is None else element.get(f"{OWN}{key}")
    return next((word for word in words if word == told), otherwise)


def text_of(element: etree._Element | None, kind: str | None = None) -> Text | None:
    """Read a text; ``kind`` is what it is unless it says otherwise."""
    if element is None or not element.text:
        return None
    told = element.get(f"{OWN}type")
    tongue = tongue_of(element)
    if told == "text" and kind == "html":
        return parts.plain_text(plain(element.text), tongue)
    if (kind or element.get("type")) == "html":
        return parts.html_text(element.text, None, tongue)
    return parts.plain_text(element.text, tongue)


def exact(holder: etree._Element, name: str) -> Text | None:
    return text_of(holder.find(name))


def moment_of(element: etree._Element | None) -> Moment | None:
    read = dates.parse(element.text or "", UTC) if element is not None else None
    return read and replace(
        read,
        precision=word_of(element, "precision", Precision, Precision.SECOND),
        origin=word_of(element, "origin", DateOrigin, DateOrigin.DECLARED),
    )


def links_of(holder: etree._Element, *names: str) -> Iterator[Link]:
    for one in holder.iterchildren(*names):
        href, rel = web(one.get("href")), rel_of(one.get("rel", "alternate"))
        if href is None or rel is None:
            continue
        yield Link(
            href=href,
            rel=rel,
            type=parts.media_type(one.get("type")),
            hreflang=language.tag(one.get("hreflang", "")),
            title=words(one.get("title")),
            length=parts.number(one.get("length")),
        )


def people_of(holder: etree._Element, name: str) -> Iterator[Person]:
    for one in holder.findall(name):
        if one.get(f"{OWN}origin") == "source":
            continue
        if name.startswith(ATOM):
            told = value_of(one, f"{ATOM}name"), value_of(one, f"{ATOM}email"), value_of(one, f"{ATOM}uri")
            role, job = value_of(one, f"{SCHEMA}roleName"), value_of(one, f"{SCHEMA}jobTitle")
        else:
            told = one.text, one.get(f"{OWN}email"), one.get(f"{OWN}uri")
            role, job = one.get(f"{OWN}role"), one.get(f"{OWN}job")
        if person := person_of(*told, role, job):
            yield person


def atom_categories(holder: etree._Element) -> Iterator[Category | None]:
    for one in holder.findall(f"{ATOM}category"):
        yield category_of(one.get("term"), one.get("scheme"), one.get("label"))


def rss_categories(holder: etree._Element) -> Iterator[Category | None]:
    for one in holder.findall("category"):
        term = one.get(f"{OWN}term")
        yield category_of(term or one.text, one.get("domain"), one.text if term else None)


def credits_of(holder: etree._Element) -> Iterator[Credit]:
    for one in holder.iterchildren(f"{DC}source", f"{MEDIA}credit"):
        kind = "photo" if one.tag == f"{MEDIA}credit" else one.get(f"{OWN}kind", "source")
        if made := credit_of(kind, one.text, one.get(f"{OWN}code"), one.get(f"{OWN}raw")):
            yield made


def enclosed(element: etree._Element) -> Iterator[Media]:
    if url := web(element.get("url")):
        yield Media(
            url=url,
            type=parts.media_type(element.get("type")),
            length=parts.number(element.get("length")),
        )


def _content(element: etree._Element) -> Media | None:
    url = web(element.get("url"))
    if url is None:
        return None
    return Media(
        url=url,
        type=parts.media_type(element.get("type")),
        length=parts.number(element.get("fileSize")),
        width=parts.number(element.get("width")),
        height=parts.number(element.get("height")),
        duration=parts.seconds(element.get("duration")),
        title=words(element.findtext(f"{MEDIA}title")),
        credit=words(element.findtext(f"{MEDIA}credit")),
    )


def files_of(holder: etree._Element, enclosed: list[Media]) -> tuple[Media, ...]:
    """Give the files; what Media RSS says of one is all that is known of it."""
    files = {one.url: one for one in enclosed}
    for element in holder.findall(f"{MEDIA}content"):
        if element.get(f"{OWN}of") is None and (media := _content(element)):
            files[media.url] = media
    return tuple(files.values())[: parts.MANY]


def image_of(holder: etree._Element) -> Media | None:
    for element in holder.findall(f"{MEDIA}content"):
        if element.get(f"{OWN}of") and (media := _content(element)):
            return media
    found = (_content(element) for element in holder.findall(f"{MEDIA}thumbnail"))
    return next((media for media in found if media), None)


def podcast_of(holder: etree._Element) -> Podcast | None:
    length = holder.find(f"{ITUNES}duration")
    kind = value_of(holder, f"{ITUNES}episodeType")
    transcript, chapters = holder.find(f"{PODCAST}transcript"), holder.find(f"{PODCAST}chapters")
    told = Podcast(
        duration=None if length is None or length.get(f"{OWN}of") else parts.seconds(length.text),
        episode=parts.number(value_of(holder, f"{ITUNES}episode")),
        season=parts.number(value_of(holder, f"{ITUNES}season")),
        episode_type=kind if kind in {"full", "trailer", "bonus"} else None,
        explicit={"true": True, "false": False}.get(value_of(holder, f"{ITUNES}explicit") or ""),
        transcript=None if transcript is None else web(transcript.get("url")),
        chapters=None if chapters is None else web(chapters.get("url")),
    )
    return None if told == Podcast() else told


def extra_of(holder: etree._Element) -> Iterator[tuple[str, str]]:
    for place in PLACES:
        for one in holder.findall(f"{GEORSS}{place}"):
            if value := words(one.text, parts.TEXT):
                yield f"georss:{place}", value
    for one in holder.findall(f"{OWN}extra"):
        name, value = words(one.get(f"{OWN}name"), 100), words(one.text, parts.TEXT)
        if name and value:
            yield name, value


def origin_of(element: etree._Element | None) -> Origin | None:
    if element is None:
        return None
    links = tuple(links_of(element, f"{ATOM}link"))
    updated = moment_of(element.find(f"{ATOM}updated"))
    title = text_of(element.find(f"{ATOM}title"))
    rights = text_of(element.find(f"{ATOM}rights"))
    inherited = (tongue_of(one) for one in (element, *element.iterancestors()) if LANG in one.attrib)
    own = value_of(element, f"{ATOM}id") or ""
    self_url = next((link.href for link in links if link.rel == "self"), None)
    identity = own if is_uri(own) else self_url
    if identity is None:
        return None
    return Origin(
        id=identity,
        title=words(shown(title)),
        self_url=self_url,
        site_url=next((link.href for link in links if link.rel == "alternate"), None),
        icon=web(value_of(element, f"{ATOM}icon")),
        updated=updated.instant if updated else None,
        language=next(inherited, None),
        rights=words(shown(rights)),
    )
