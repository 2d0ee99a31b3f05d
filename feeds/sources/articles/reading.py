"""The document of a folder -> a feed: one entry a text."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from feeds.config.front_matter import FrontMatterError, front_matter
from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import (
    Category,
    Decision,
    Document,
    Entry,
    Feed,
    LanguageOrigin,
    Media,
    Moment,
    Person,
    Text,
    TextType,
    TitleOrigin,
)
from feeds.normalize import language
from feeds.normalize.article import Article, article, derived_title, merged
from feeds.normalize.chars import clean, one_line, visible
from feeds.normalize.dates import inferred, parse
from feeds.normalize.fields import named
from feeds.normalize.ids import choose
from feeds.normalize.people import bylines, person, split_people
from feeds.normalize.urls import web_url
from feeds.sources.articles.folder import COUNT_LIMIT, FILE_LIMIT, SKIPPED
from feeds.sources.articles.markdown import SIGNS, SIGNS_AT_ONCE, markdown, within
from feeds.sources.articles.page import page
from feeds.sources.charset import decode
from feeds.sources.finish import distinct, feed_id, origin_of
from feeds.sources.parts import TEXT, categories, category, files, line, media_type, number, once

MARKDOWN = frozenset((".md", ".markdown", ".mdown", ".mkd"))
HTML = frozenset((".html", ".htm", ".xhtml"))
DATED_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)")
DENIED = frozenset(("false", "no", "off"))
GRANTED = frozenset(("true", "yes", "on", "1"))

LINES = 100_000
"""Lines of a text that are read: Markdown takes a hundred microseconds for each."""
LONG = f"the text is longer than {TEXT} characters; what stands behind is cut off"
MANY_LINES = f"the text has more than {LINES} lines; what stands behind is cut off"
MANY_SIGNS = (
    f"the text has more than {SIGNS} signs of Markdown, or {SIGNS_AT_ONCE} in one paragraph; "
    "what stands behind is cut off"
)

Fields = Mapping[str, object]


def read(document: Document, source: Source, authority: str) -> Feed:
    """Read the document that ``load`` made.

    Args:
        document: Its body is a tar archive of texts.
        source: ``language`` counts for texts that name none, ``timezone`` for dates without a zone.
        authority: Under which ids are minted.

    Returns:
        The entries in the order of their paths. What was left out, and why, is in ``decisions``;
        ``truncated`` then says that entries may be missing.

    Raises:
        ReadError: This is no such document, or it holds texts and not one can be read.
    """
    feed = Feed(
        id=feed_id(None, source, authority),
        title=Text(value=source.title) if source.title else None,
        language=language.tag(source.language) if source.language else None,
    )
    origin = origin_of(feed, source)
    entries: list[Entry] = []
    left_out: list[Decision] = []
    for name, body in _members(document.body):
        found = _skipped(body) if name == SKIPPED else _entry(name, body, source, authority)
        if isinstance(found, Entry):
            entries.append(replace(found, origin=origin))
        else:
            left_out += [Decision(topic="file", reason=reason) for reason in found]
    if left_out and not entries and not all("draft" in decision.reason for decision in left_out):
        raise ReadError(f"no text of source {source.name} can be read; {left_out[0].reason}")
    missing = any("draft" not in decision.reason for decision in left_out)
    decisions = tuple(sorted(left_out, key=lambda decision: decision.reason))
    return replace(feed, entries=distinct(entries, authority), decisions=decisions, truncated=missing)


def _members(body: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as archive:
            for count, member in enumerate(archive):
                if count > COUNT_LIMIT:
                    break
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None:
                    yield member.name, content.read(FILE_LIMIT)
    except (tarfile.TarError, EOFError, ValueError, OverflowError, OSError) as error:
        raise ReadError(f"the document is no folder of texts: {error}") from error


def _skipped(body: bytes) -> tuple[str, ...]:
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    pairs = listed.items() if isinstance(listed, dict) else ()
    return tuple(f"{name} is left out: {reason}" for name, reason in pairs)


def _entry(name: str, body: bytes, source: Source, authority: str) -> Entry | tuple[str, ...]:
    """Read one text; sentences instead of an entry say why there is none."""
    suffix = PurePosixPath(name).suffix.lower()
    text = decode(body, {})[:TEXT].replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        return (f"{name} is left out: it is no text",)
    decisions = [Decision(topic="text", reason=LONG)] if len(body) > TEXT and len(text) == TEXT else []
    if text.count("\n") > LINES:
        text = "\n".join(text.split("\n", LINES)[:LINES])
        decisions.append(Decision(topic="text", reason=MANY_LINES))
    settings: Fields = {}
    try:
        settings, text = front_matter(text) if suffix not in HTML else ({}, text)
    except FrontMatterError as error:
        text = error.body
        decisions.append(Decision(topic="text", reason=str(error)))
    if _is_draft(settings):
        return (f"{name} is left out: it is a draft",)
    # "published: true" is Jekyll's word for "no draft", and no date.
    given = named({key: value for key, value in settings.items() if value not in ("true", "false")})
    url = web_url(one_line(str(given.get("url", ""))), None)
    if suffix in HTML:
        found = page(text, source.timezone, url)
    elif suffix in MARKDOWN:
        few = within(text)
        if few != text:
            decisions.append(Decision(topic="text", reason=MANY_SIGNS))
        found = markdown(few, source.timezone, url)
    else:
        found = article(text, source.timezone)
    fields = {**found.fields, **given}
    if not found.content and not visible(str(fields.get("title", found.title) or "")):
        return (f"{name} is left out: there is no text in it",)
    entry = _made(name, replace(found, fields=fields), source, authority)
    return replace(entry, decisions=(*decisions, *entry.decisions))


def _is_draft(settings: Fields) -> bool:
    draft, published = (str(settings.get(key, "")).strip().lower() for key in ("draft", "published"))
    return draft in GRANTED or published in DENIED


def _made(name: str, found: Article, source: Source, authority: str) -> Entry:
    """Put the parts of a text, and what its head says of them, into an entry."""
    fields = found.fields
    native = line(fields.get("id"), 2000)
    url = web_url(one_line(str(fields.get("url", ""))), None)
    chosen, id_origin, reason = choose(
        authority=authority, source=source.name, native_id=native, url=url, path=name, text=found.text
    )
    title = _text(fields.get("title")) or _text(found.title)
    tongue, told = _language(found, source)
    persons, credited = split_people(_people(fields.get("author")) or found.people)
    picture = _media(fields.get("image"), url)
    reasons = [("id", reason)] if id_origin != "declared" else []
    reasons += [] if title else [("title", "the text has no title, so its first sentence is taken")]
    reasons += [("language", "the text names no language, so it is detected")] if told == "detected" else []
    return Entry(
        source=source.name,
        id=chosen,
        native_id=native,
        id_origin=id_origin,
        url=url,
        title=title or derived_title(found.lede or found.text),
        title_origin=TitleOrigin.DECLARED if title else TitleOrigin.DERIVED,
        summary=_text(fields.get("summary")) or _text(found.lede),
        content=Text(value=found.content, type=TextType.HTML) if found.content else None,
        published=_moment(fields.get("published"), source) or found.published or _from_name(name, source),
        updated=_moment(fields.get("updated"), source) or found.updated,
        people=once(persons),
        credits=merged((*credited, *found.credits)),
        categories=_categories(fields.get("tags")),
        language=tongue,
        language_origin=told,
        enclosures=files(_media(one, url) for one in _listed(fields.get("enclosures"))),
        image=picture,
        rights=_text(fields.get("rights")),
        license=web_url(one_line(str(fields.get("license", ""))), url),
        decisions=tuple(Decision(topic=topic, reason=why) for topic, why in reasons),
    )


def _text(value: object) -> Text | None:
    shown = one_line(clean(value)) if isinstance(value, str) else ""
    return Text(value=shown) if visible(shown) else None


def _moment(value: object, source: Source) -> Moment | None:
    return parse(value, source.timezone) if isinstance(value, str) else None


def _from_name(name: str, source: Source) -> Moment | None:
    """Read the day in a name like ``2025-12-27-snow.md`` or ``2025-12-27/snow.md``."""
    match = DATED_NAME.match(PurePosixPath(name).name) or DATED_NAME.search(name)
    return inferred(parse(match[1], source.timezone)) if match else None


def _language(found: Article, source: Source) -> tuple[str | None, LanguageOrigin | None]:
    """Take what the text says, then what the operator says of the folder, then what it looks like."""
    declared = language.tag(str(found.fields.get("language", "")))
    if declared:
        return declared, LanguageOrigin.DECLARED
    if source.language:
        return language.tag(source.language) or source.language, LanguageOrigin.CONFIGURED
    detected = language.detect(f"{found.title or ''}\n{found.text}")
    return detected, LanguageOrigin.DETECTED if detected else None


def _listed(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _people(value: object) -> tuple[Person, ...]:
    """Read one author or several: texts, or mappings with name, email and url."""
    found: list[Person] = []
    for one in _listed(value):
        if isinstance(one, dict):
            known = person(str(one.get("name") or one.get("email") or ""))
            page_of = web_url(str(one.get("url") or one.get("uri") or ""), None)
            email = line(one.get("email"))
            found += [replace(known, email=email or known.email, uri=page_of or known.uri)] if known else []
        elif isinstance(one, str):
            several = bylines(f"By {one}")
            single = person(one)
            found += several if len(several) > 1 else [single] if single else []
    return tuple(found)


def _categories(value: object) -> tuple[Category, ...]:
    terms = re.split(r"\s*[,;]\s*", value) if isinstance(value, str) else _listed(value)
    words = (part for term in terms for part in (term.split(",") if isinstance(term, str) else ()))
    return categories(category(word.strip().lstrip("#")) for word in words)


def _media(value: object, base: str | None) -> Media | None:
    """Read an address, or a mapping with url, type and length (bytes)."""
    if isinstance(value, dict):
        url = web_url(one_line(str(value.get("url") or value.get("src") or value.get("path") or "")), base)
        kind, length = media_type(value.get("type")), number(value.get("length"))
        return Media(url=url, type=kind, length=length, title=line(value.get("title"))) if url else None
    url = web_url(one_line(value), base) if isinstance(value, str) else None
    return Media(url=url) if url else None
