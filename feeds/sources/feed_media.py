"""The files, the picture and the podcast words of an entry: enclosures, Media RSS, itunes, podcast."""

from __future__ import annotations

from dataclasses import replace

from feeds.model import Media, Podcast
from feeds.sources import parts
from feeds.sources.feed_values import Reading, Values, attributes, items, value, web


def media(holder: Values, reading: Reading) -> tuple[tuple[Media, ...], Media | None]:
    """Give the files and the picture of an entry: enclosures, Media RSS, itunes:image."""
    enclosed = [link for link in items(holder, "links") if link.get("rel") == "enclosure"]
    files = [_file(link, link.get("href"), link.get("length"), reading) for link in enclosed]
    pictures: list[Media | None] = []
    credit = next((parts.line(one.get("content")) for one in items(holder, "media_credit")), None)
    for one in items(holder, "media_content"):
        media = _file(one, one.get("url"), one.get("filesize"), reading)
        if one.get("medium") == "image" or (media and (media.type or "").startswith("image/")):
            pictures.append(media and replace(media, credit=credit))
        else:
            files.append(media)
    thumbs = [_file(one, one.get("url"), None, reading) for one in items(holder, "media_thumbnail")]
    image = attributes(holder, "image")
    own = _file(image, image.get("href") or image.get("url"), None, reading)
    kept = parts.files(files)
    candidates = [own, *pictures, *sorted(filter(None, thumbs), key=lambda one: -(one.width or 0))]
    candidates += [media for media in kept if (media.type or "").startswith("image/")]
    contents = [one for one in items(holder, "content") if isinstance(one.get("src"), str)]
    out_of_line = [_file(one, one.get("src"), None, reading) for one in contents]
    return parts.files((*kept, *out_of_line)), next((one for one in candidates if one), None)


def _file(told: Values, url: object, length: object, reading: Reading) -> Media | None:
    address = web(url, reading)
    if address is None:
        return None
    kind = parts.media_type(told.get("type"))
    return Media(
        url=address,
        type=None if kind == "text/html" else kind,
        length=parts.number(length),
        width=parts.number(told.get("width")),
        height=parts.number(told.get("height")),
        duration=parts.seconds(told.get("duration")),
        title=parts.line(told.get("title")),
    )


def podcast(holder: Values, reading: Reading) -> Podcast | None:
    explicit = (value(holder, "itunes_xexplicit") or "").strip().lower()
    kind = (value(holder, "itunes_episodetype") or "").strip().lower()
    told = Podcast(
        duration=parts.seconds(value(holder, "itunes_duration")),
        episode=parts.number(value(holder, "itunes_episode") or value(holder, "podcast_episode")),
        season=parts.number(value(holder, "itunes_season") or value(holder, "podcast_season")),
        episode_type=kind if kind in {"full", "trailer", "bonus"} else None,
        explicit={
            "yes": True,
            "true": True,
            "explicit": True,
            "no": False,
            "false": False,
            "clean": False,
        }.get(explicit),
        transcript=web(attributes(holder, "podcast_transcript").get("url"), reading),
        chapters=web(attributes(holder, "podcast_chapters").get("url"), reading),
    )
    return None if told == Podcast() else told
