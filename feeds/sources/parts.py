"""Parts of an entry, made alike from any format: texts, persons, links, media, categories, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from feeds.model import Category, Decision, Media, Person, Text, TextType
from feeds.normalize.chars import unjoined
from feeds.normalize.html import looks_like_html, plain, sanitize
from feeds.normalize.people import person
from feeds.normalize.text import clean, excerpt, one_line, visible
from feeds.normalize.urls import scheme_of, web_url

NAME = 300
ESCAPED = 5
MANY = 100
"""How many categories, persons, links or files one entry may have; the first ones count."""
TEXT = 2_000_000

SHOWS = re.compile(r"<(?:img|video|audio|picture)\b")
EMPTY_LINE = re.compile(r"\r?\n[ \t]*\r?\n\s*")
PARTED = re.compile(
    r"<(?!/?(?:a|abbr|b|cite|code|em|i|img|q|s|small|span|strong|sub|sup|u)[\s/>])[/a-z!?]", re.IGNORECASE
)
"""A tag that is more than a word's dress: where one stands, the source has written HTML, lines and all."""
LETTER = re.compile(r"(?:\A|>)\s*[A-Za-z0-9\u00c0-\u024f]")
DIGITS = re.compile(r"\+?(\d{1,15})(?:\.\d*)?\s*\Z")
CLOCK = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,6}):)?(\d{1,9}(?:[.,]\d{1,6})?)\s*s?\Z")
TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}\Z")


def html_text(value: str, base: str | None, language: str | None = None) -> Text | None:
    """Make a text of a fragment of HTML; one without any markup left becomes plain, its line breaks kept."""
    safe = sanitize(value, base)
    if "<" not in safe:
        return plain_text(plain(safe.replace("\n", "<br>")), language)
    if not SHOWS.search(safe) and not LETTER.search(safe) and not visible(plain(safe)):
        return None
    return Text(value=safe, type=TextType.HTML, language=language)


def plain_text(value: str, language: str | None = None) -> Text | None:
    """Make a text that is shown literally."""
    cleaned = unjoined(clean(value[:TEXT])).strip()
    return Text(value=cleaned, language=language) if visible(cleaned) else None


def guessed_text(value: str, base: str | None, language: str | None = None) -> Text | None:
    """Make a text of what does not say whether it is HTML (RSS), so that nothing is escaped twice or lost."""
    if looks_like_html(value):
        return html_text(_with_paragraphs(value), base, language)
    return plain_text(value, language)


def _with_paragraphs(value: str) -> str:
    """Keep the lines of what is a plain text but for a link or two: no block parts them, empty lines do."""
    if EMPTY_LINE.search(value) is None or PARTED.search(value):
        return value
    paragraphs = (part.strip().replace("\n", "<br>") for part in EMPTY_LINE.split(value.strip()))
    return "".join(f"<p>{part}</p>" for part in paragraphs if part)


def unread_date(raw: str) -> Decision:
    """Say that what stands in the place of a date is none; its words are kept, as far as they go."""
    return Decision(topic="date", reason=f"its date {raw.strip()[:100]!r} cannot be read")


def line(value: object, limit: int = NAME) -> str | None:
    """Read a short plain text: a name, a label. None if it is no text or there is nothing to see."""
    if not isinstance(value, str):
        return None
    folded = value
    # Escaped twice, or escaped in CDATA: a name is no place for tags, whatever they were meant to be.
    for _ in range(ESCAPED):
        if not looks_like_html(folded):
            break
        folded = plain(folded)
    folded = unjoined(one_line(folded))
    return excerpt(folded, limit) if visible(folded) else None


def named(name: object, email: object = None, uri: object = None, base: str | None = None) -> Person | None:
    """Make a person of what a source says; None if nothing is left that names somebody.

    ``name`` may hold an address too, in any of the usual orders.
    """
    whole = line(name)
    one = person(whole) if whole else None
    mail = line(email)
    address = uri.strip() if isinstance(uri, str) else ""
    if mail is None and scheme_of(address) == "mailto":
        mail = address.partition(":")[2].partition("?")[0] or None
    if mail is not None and not re.fullmatch(r"[^\s@<>\"]+@[^\s@<>\"]+", mail):
        mail = None
    page = web_url(address, base) if address else None
    one = one or (Person() if mail or page else None)
    return one and replace(one, email=one.email or mail, uri=page or one.uri)


def once(persons: Iterable[Person | None]) -> tuple[Person, ...]:
    """Leave out nobodies, and who is named twice in one role; what the copies add to each other is kept."""
    kept: dict[str, Person] = {}
    for one in persons:
        if one is None:
            continue
        key = f"{one.role}:{(one.name or one.email or one.uri or '').casefold()}"
        known = kept.get(key, one)
        kept[key] = replace(known, email=known.email or one.email, uri=known.uri or one.uri)
        if len(kept) == MANY:
            break
    return tuple(kept.values())


def categories(found: Iterable[Category | None]) -> tuple[Category, ...]:
    """Leave out empty and repeated categories."""
    kept: dict[tuple[str, str | None], Category] = {}
    for category in found:
        if category is not None:
            kept.setdefault((category.term, category.scheme), category)
        if len(kept) == MANY:
            break
    return tuple(kept.values())


def category(term: object, scheme: object = None, label: object = None) -> Category | None:
    """Make a category; a label may stand in for a missing term."""
    name, shown = line(term), line(label)
    if name is None and shown is None:
        return None
    kept = scheme.strip() if isinstance(scheme, str) and re.fullmatch(r"\s*[!-~]{1,500}\s*", scheme) else None
    if kept is not None and scheme_of(kept) in {"javascript", "vbscript", "data"}:
        kept = None
    return Category(term=name or shown or "", scheme=kept, label=shown if shown != name else None)


def media_type(value: object) -> str | None:
    """Read a media type (RFC 6838); parameters are left out."""
    text = value.partition(";")[0].strip().lower() if isinstance(value, str) else ""
    return text if TYPE.match(text) else None


def number(value: object) -> int | None:
    """Read a whole number above zero; sources write 0 where they do not know."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float) and not 0 < value < 1e15:
        return None
    match = DIGITS.match(str(value).strip()[:40])
    return int(match[1]) or None if match else None


def seconds(value: object) -> float | None:
    """Read a duration: seconds, ``MM:SS`` or ``HH:MM:SS``; None if it is none or zero."""
    if isinstance(value, bool) or value is None:
        return None
    match = CLOCK.match(str(value).strip()[:40])
    if match is None:
        return None
    total = int(match[1] or 0) * 3600 + int(match[2] or 0) * 60 + float(match[3].replace(",", "."))
    return total or None


def files(found: Iterable[Media | None]) -> tuple[Media, ...]:
    """Leave out files that are named twice; what the copies add to each other is kept."""
    kept: dict[str, Media] = {}
    for media in found:
        if media is None:
            continue
        known = kept.get(media.url)
        kept[media.url] = media if known is None else _both(known, media)
        if len(kept) == MANY:
            break
    return tuple(kept.values())


def _both(one: Media, other: Media) -> Media:
    return Media(
        url=one.url,
        type=one.type or other.type,
        length=one.length or other.length,
        width=one.width or other.width,
        height=one.height or other.height,
        duration=one.duration or other.duration,
        title=one.title or other.title,
        credit=one.credit or other.credit,
    )


def paragraphs(*texts: Text | None) -> Iterator[str]:
    """Give texts as a reader sees them."""
    for text in texts:
        if text is not None:
            yield plain(text.value) if text.type is TextType.HTML else text.value
