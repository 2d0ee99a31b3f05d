"""XML elements that Atom and RSS share: the words of Media RSS, Dublin Core, iTunes, Podcasting 2.0, threads.

Which word says what, because none of these vocabularies was made for all of it:

- a date that is only a day, month or year: ``dcterms:issued`` (W3CDTF), beside the full date a format needs;
- a person's role: ``schema:roleName`` (editor, photographer, ...) and ``schema:jobTitle`` (as written);
- an agency, or another source of the material: ``dc:source``; who took the photo: ``media:credit``;
- the picture of an entry: ``media:thumbnail``, and ``media:content`` if more than its size is known;
- how long an episode is, and the like: ``itunes:`` and ``podcast:``, in Atom too;
- where it is: ``georss:``, as the source said it;
- how a word is meant, where no vocabulary can say it: attributes of ours (``normalize.dialect``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from lxml import etree

from feeds.model import DateOrigin, Entry, Media, Moment, Person, Podcast, Precision, Role
from feeds.normalize import dialect
from feeds.normalize.chars import WORD_JOINER
from feeds.normalize.dates import w3cdtf

NAMESPACES: Mapping[str, str] = MappingProxyType(
    {
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "feeds": dialect.NAMESPACE,
        "georss": "http://www.georss.org/georss",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "podcast": "https://podcastindex.org/namespace/1.0",
        "schema": "http://schema.org/",
        "thr": "http://purl.org/syndication/thread/1.0",
    }
)
TAG = re.compile(r"<(?=[A-Za-z/!?])")
HARMLESS = re.compile(
    r"</?(?:abbr|b|bdi|br|cite|code|del|dfn|em|i|ins|kbd|q|s|small|strong|sub|sup|u|var)\s*/?>"
)
ATOM = "http://www.w3.org/2005/Atom"
XML = "{http://www.w3.org/XML/1998/namespace}"
COUNTERS = frozenset({"slash:comments", "thr:total"})
"""With each of them a file would change for nothing that its readers want to know."""
PLACES = frozenset({"georss:point", "georss:line", "georss:polygon", "georss:box"})
COARSE = frozenset({Precision.YEAR, Precision.MONTH, Precision.DAY})
# Not from the mimetypes module: what it knows depends on the machine and on the version of Python.
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "aac": "audio/aac",
        "avif": "image/avif",
        "epub": "application/epub+zip",
        "flac": "audio/flac",
        "gif": "image/gif",
        "htm": "text/html",
        "html": "text/html",
        "ico": "image/x-icon",
        "jpeg": "image/jpeg",
        "jpg": "image/jpeg",
        "json": "application/json",
        "m4a": "audio/mp4",
        "m4b": "audio/mp4",
        "m4v": "video/mp4",
        "mov": "video/quicktime",
        "mp3": "audio/mpeg",
        "mp4": "video/mp4",
        "oga": "audio/ogg",
        "ogg": "audio/ogg",
        "ogv": "video/ogg",
        "opus": "audio/ogg",
        "pdf": "application/pdf",
        "png": "image/png",
        "srt": "application/x-subrip",
        "svg": "image/svg+xml",
        "torrent": "application/x-bittorrent",
        "txt": "text/plain",
        "vtt": "text/vtt",
        "wav": "audio/wav",
        "webm": "video/webm",
        "webp": "image/webp",
        "zip": "application/zip",
    }
)


def tag(name: str) -> str:
    """Write ``dc:creator`` as lxml wants it.

    >>> tag("dc:creator")
    '{http://purl.org/dc/elements/1.1/}creator'
    """
    prefix, _, local = name.partition(":")
    return f"{{{ATOM if prefix == 'atom' else NAMESPACES[prefix]}}}{local}"


def add(
    parent: etree._Element, name: str, text: str | None = None, **attributes: str | float | None
) -> etree._Element:
    """Append an element; attributes that are None are left out."""
    element = etree.SubElement(parent, tag(name) if ":" in name else name)
    element.text = text
    for key, value in attributes.items():
        if value is not None:
            element.set(key, value if isinstance(value, str) else f"{value:.0f}")
    return element


def mark(element: etree._Element, **words: str | None) -> etree._Element:
    """Say in words of ours how an element is meant; words that are None are left out."""
    for key, value in words.items():
        if value is not None:
            element.set(tag(f"feeds:{key}"), value)
    return element


def mark_date(element: etree._Element, moment: Moment) -> None:
    """Say of a date how much of it was told, and that it was not declared."""
    mark(
        element,
        precision=None if moment.precision is Precision.SECOND else moment.precision,
        origin=None if moment.origin is DateOrigin.DECLARED else moment.origin,
    )


def guess(url: str, fallback: str = "application/octet-stream") -> str:
    """Guess a media type from an address where a format does not take "unknown" for an answer."""
    return MEDIA_TYPES.get(urlsplit(url).path.rpartition(".")[2].lower(), fallback)


def literal(text: str) -> str:
    """Write a plain text so that a reader that takes it for HTML shows it literally too, and runs nothing.

    One that shows tags of more weight than ``<b>`` gets an invisible word joiner behind each "<".
    """
    return TAG.sub(f"<{WORD_JOINER}", text) if TAG.search(HARMLESS.sub("", text)) else text


def set_language(element: etree._Element, language: str | None) -> None:
    """Set ``xml:lang``; None leaves it to be inherited."""
    if language:
        element.set(f"{XML}lang", language)


def issued(parent: etree._Element, moment: Moment | None) -> None:
    """Say a date as coarsely as it was told, if that is coarser than the format's own date element.

    To be called before that element: feedparser, and what is built on it, takes both for the same, and keeps
    the last.
    """
    if moment and moment.precision in COARSE:
        add(parent, "dcterms:issued", w3cdtf(moment))


def role(element: etree._Element, person: Person) -> None:
    """Say what a person did, unless it is what an author does anyway."""
    if person.role is not Role.AUTHOR:
        add(element, "schema:roleName", person.role)
    if person.role_raw:
        add(element, "schema:jobTitle", person.role_raw)


def describe(parent: etree._Element, entry: Entry) -> None:
    """Append all that Atom and RSS say in the same words."""
    for credit in entry.credits:
        photo = credit.kind == "photo"
        made = (
            add(parent, "media:credit", credit.name, role="photographer", scheme="urn:ebu")
            if photo
            else add(parent, "dc:source", credit.name)
        )
        mark(made, kind=None if photo else credit.kind, code=credit.code, raw=credit.raw)
    if entry.in_reply_to:
        add(parent, "thr:in-reply-to", ref=entry.in_reply_to)
    if entry.image:
        picture(parent, entry.image)
    episode(parent, entry)
    for name, value in entry.extra:
        if name in PLACES and value:
            add(parent, name, value)
        elif name not in COUNTERS:
            mark(add(parent, "feeds:extra", value), name=name)


def picture(parent: etree._Element, image: Media) -> None:
    """Append the picture that stands for the entry."""
    if image.type or image.length is not None or image.title or image.credit or image.duration:
        mark(content(parent, image, medium="image"), of="entry")
    add(parent, "media:thumbnail", url=image.url, width=image.width, height=image.height)


def detailed(media: Media) -> bool:
    """Say whether more is known of a file than an enclosure can tell."""
    return any(
        value is not None for value in (media.width, media.height, whole(media.duration), media.credit)
    )


def whole(seconds: float | None) -> int | None:
    """Round a duration, because the words for it know whole seconds; None if nothing is left."""
    return None if seconds is None else round(seconds) or None


def content(parent: etree._Element, media: Media, medium: str | None = None) -> etree._Element:
    """Append a file in the words of Media RSS."""
    kind = (media.type or guess(media.url)).partition("/")[0]
    element = add(
        parent,
        "media:content",
        url=media.url,
        type=media.type,
        fileSize=media.length,
        width=media.width,
        height=media.height,
        duration=whole(media.duration),
        medium=medium or (kind if kind in ("audio", "video", "image") else None),
    )
    if media.title:
        add(element, "media:title", literal(media.title), type="plain")
    if media.credit:
        add(element, "media:credit", media.credit)
    return element


def episode(parent: etree._Element, entry: Entry) -> None:
    """Append what podcast apps look for."""
    podcast = entry.podcast or Podcast()
    seconds = whole(podcast.duration)
    if seconds is None:
        file = next((found for one in entry.enclosures if (found := whole(one.duration))), None)
        if file is not None:
            mark(add(parent, "itunes:duration", f"{file}"), of="enclosure")
    words = (
        ("itunes:duration", None if seconds is None else f"{seconds}"),
        ("itunes:episode", None if podcast.episode is None else f"{podcast.episode}"),
        ("itunes:season", None if podcast.season is None else f"{podcast.season}"),
        ("itunes:episodeType", podcast.episode_type),
        ("itunes:explicit", None if podcast.explicit is None else str(podcast.explicit).lower()),
    )
    for name, value in words:
        if value is not None:
            add(parent, name, value)
    if entry.podcast and entry.image:
        add(parent, "itunes:image", href=entry.image.url)
    if podcast.transcript:
        kind = guess(podcast.transcript, "text/plain")
        add(parent, "podcast:transcript", url=podcast.transcript, type=kind)
    if podcast.chapters:
        add(parent, "podcast:chapters", url=podcast.chapters, type="application/json+chapters")
