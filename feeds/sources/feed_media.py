"""The files, the picture and the podcast words of an entry: enclosures, Media RSS, itunes, podcast."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from feeds.model import Link, Media, Podcast
from feeds.sources import parts
from feeds.sources.elements import Element

PICTURES = ("itunes:image", "googleplay:image", "image")
# What programs that show a transcript beside the sound can use best.
TRANSCRIPTS = ("text/vtt", "application/x-subrip", "application/srt", "application/json", "text/html")
EPISODE_TYPES = frozenset({"full", "trailer", "bonus"})
EXPLICIT: Mapping[str, bool] = MappingProxyType(
    {"yes": True, "true": True, "explicit": True, "no": False, "false": False, "clean": False}
)


def media(holder: Element) -> tuple[tuple[Media, ...], Media | None]:
    """Give the files and the picture of an entry; a file that several elements name is one.

    The picture: the one that is said to be it; else the first that is among the files; else the widest
    thumbnail; else an enclosure that is a picture.
    """
    enclosed = tuple(_enclosures(holder))
    contents = [(one, file) for one, group in _contents(holder) if (file := _content(one, group, holder))]
    pictures = [file for one, file in contents if _is_picture(one, file)]
    others = [file for one, file in contents if not _is_picture(one, file)]
    thumbs = sorted(_thumbnails(holder), key=lambda one: -(one.width or 0))
    own = [_file(one, one.url("href", "url") or _inner_url(one)) for one in holder.all(*PICTURES)]
    kept = parts.files((*enclosed, *others, *_alternates(holder)))
    candidates = [*own, *pictures, *thumbs, *_sets(holder)]
    candidates += [file for file in kept if (file.type or "").startswith("image/")]
    first = next((one for one in candidates if one), None)
    return kept, first and _completed(first, candidates)


def _completed(picture: Media, candidates: list[Media | None]) -> Media:
    """Add what other elements say of the same picture."""
    same = [one for one in candidates if one and one.url == picture.url]
    return parts.files((picture, *same))[0]


def _enclosures(holder: Element) -> Iterator[Media | None]:
    for one in holder.parts:
        if one.name == "enclosure" or (one.name == "link" and (one.get("rel") or "").lower() == "enclosure"):
            yield _file(one, one.url("url", "href", "uri"))
        elif one.name == "enc:enclosure":
            yield _file(one, one.url("rdf:resource", "url"))
        elif one.name == "content" and one.get("src"):
            yield _file(one, one.url("src"))


def _contents(holder: Element) -> Iterator[tuple[Element, Element]]:
    """Give each ``media:content`` with what it stands in."""
    for group in (holder, *holder.all("media:group")):
        for one in group.all("media:content"):
            yield one, group


def _content(one: Element, group: Element, holder: Element) -> Media | None:
    file = _file(one, one.url("url"))
    around = (one, group) if group is holder else (one, group, holder)
    credits_ = (around_it.first("media:credit") for around_it in around)
    title = one.first("media:title") or (group.first("media:title") if group is not holder else None)
    credit = next((found for told in credits_ if (found := parts.line(told))), None)
    return file and replace(file, title=file.title or parts.line(title), credit=credit)


def _is_picture(one: Element, file: Media) -> bool:
    return (one.get("medium") or "").lower() == "image" or (file.type or "").startswith("image/")


def _thumbnails(holder: Element) -> Iterator[Media]:
    groups = (holder, *holder.all("media:group"), *(one for one, _ in _contents(holder)))
    for group in groups:
        for one in group.all("media:thumbnail"):
            made = _file(one, one.url("url") or one.address())
            if made is not None:
                yield made


def _alternates(holder: Element) -> Iterator[Media | None]:
    """Give the same episode in other forms: the first address of each that a browser can open."""
    for one in holder.all("podcast:alternateenclosure"):
        sources = [url for part in one.all("podcast:source") if (url := part.url("uri"))]
        yield _file(one, next(iter(sources), None))


def _sets(holder: Element) -> Iterator[Media | None]:
    """Give the pictures of ``podcast:images``: a list of addresses with their widths."""
    for one in holder.all("podcast:images"):
        for candidate in (one.get("srcset") or "").split(","):
            address, _, width = candidate.strip().partition(" ")
            made = one._replace(attributes={"url": address, "width": width.strip().removesuffix("w")})
            yield _file(made, made.url("url"))


def _inner_url(one: Element) -> str | None:
    """Give the address of an RSS picture, which is an element in it, or its text."""
    inner = next((part.address() for part in one.all("url") if part.text), None)
    return inner or (None if one.parts else one.address())


def _file(one: Element, address: str | None) -> Media | None:
    if address is None:
        return None
    return Media(
        url=address,
        type=parts.media_type(one.get("type", "enc:type")),
        length=parts.number(one.get("length", "filesize", "enc:length")),
        width=parts.number(one.get("width") or one.first("width")),
        height=parts.number(one.get("height") or one.first("height")),
        duration=parts.seconds(one.get("duration")),
        title=parts.line(one.get("title") or one.first("title")),
    )


def podcast(holder: Element) -> Podcast | None:
    """Give what podcast apps look for; None if nothing of it is told."""
    kind = (holder.first("itunes:episodetype") or "").lower()
    explicit = (holder.first("itunes:explicit", "googleplay:explicit") or "").lower()
    transcripts = sorted(holder.all("podcast:transcript"), key=_usefulness)
    told = Podcast(
        duration=parts.seconds(holder.first("itunes:duration")),
        episode=parts.number(holder.first("itunes:episode", "podcast:episode")),
        season=parts.number(holder.first("itunes:season", "podcast:season")),
        episode_type=kind if kind in EPISODE_TYPES else None,
        explicit=EXPLICIT.get(explicit),
        transcript=next((url for one in transcripts if (url := one.url("url"))), None),
        chapters=next((url for one in holder.all("podcast:chapters") if (url := one.url("url"))), None),
    )
    return None if told == Podcast() else told


def _usefulness(transcript: Element) -> int:
    kind = parts.media_type(transcript.get("type")) or ""
    return TRANSCRIPTS.index(kind) if kind in TRANSCRIPTS else len(TRANSCRIPTS)


def players(holder: Element) -> Iterator[Link]:
    """Give pages that play a film of the entry (``media:player``)."""
    for group in (holder, *holder.all("media:group"), *(one for one, _ in _contents(holder))):
        for one in group.all("media:player"):
            href = one.url("url") or one.address()
            if href:
                yield Link(href=href, rel="related", title=parts.line(one.get("title")))
