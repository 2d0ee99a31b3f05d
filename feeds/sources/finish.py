"""What every entry gets, whatever format it came in: its own id, a title, a language, credits, an origin."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from feeds.config.schema import Source
from feeds.model import Decision, Entry, Feed, IdOrigin, LanguageOrigin, Link, Origin, Text, TitleOrigin
from feeds.normalize import language
from feeds.normalize.agencies import agency_credits
from feeds.normalize.article import merged, unfolded
from feeds.normalize.dialect import in_order
from feeds.normalize.ids import choose, digest, mint
from feeds.normalize.people import split_people
from feeds.normalize.text import first_sentence, same_text, shown
from feeds.normalize.urls import canonical, is_uri, web_url
from feeds.sources.parts import paragraphs

DATED = re.compile(r"\s*date\b", re.IGNORECASE)
UNKNOWN = ""
"""The id of an entry that has none yet."""
FEW = 12
"""Up to so many entries under one id are compared word by word; of more, only equal ones are one."""


def identify(entry: Entry, authority: str) -> Entry:
    """Give an entry its id from what the source declared of it."""
    chosen, origin, reason = choose(
        authority=authority,
        source=entry.source,
        native_id=entry.native_id,
        url=entry.url,
        text=None if entry.native_id or entry.url else _whole(entry) or _rest(entry),
    )
    entry = replace(entry, id=chosen, id_origin=origin)
    return entry if origin is IdOrigin.DECLARED else _decided(entry, "id", reason)


def _whole(entry: Entry) -> str:
    return "\n".join(paragraphs(entry.title, entry.summary, entry.content))


def _rest(entry: Entry) -> str:
    """Spell what is declared of an entry that has no text, so that two such entries are not one."""
    dates = (moment.raw or "" for moment in (entry.published, entry.updated) if moment)
    names = (person.name or person.email or person.uri or "" for person in entry.people)
    addresses = (part.href for part in entry.links), (part.url for part in entry.enclosures)
    terms = (one.term for one in entry.categories)
    unread = (one.reason for one in entry.decisions if one.topic == "date")
    return "\n".join((*dates, *names, *addresses[0], *addresses[1], *terms, *unread))


def complete(entry: Entry, source: Source, declared: str | None, home: Origin | None = None) -> Entry:
    """Add what can be told from the entry itself: title, language, and who has the credits.

    Args:
        entry: As declared.
        source: Its configured language outranks the declared one, because whoever lists a source has seen it,
            while feeds carry the language of their software's installation.
        declared: Language of the whole feed; None if it tells none.
        home: Where it comes from if it tells nothing else.
    """
    body = next(paragraphs(entry.content, entry.summary), "")
    tongue, told = _language(entry, source, declared, body)
    entry = replace(entry, language=tongue, language_origin=told, origin=entry.origin or home)
    if told is LanguageOrigin.DETECTED:
        entry = _decided(entry, "language", "the source names no language, so it is detected")
    if DATED.match(body):
        entry = unfolded(entry, source.timezone)
    if entry.title is None and (derived := first_sentence(body)):
        entry = replace(entry, title=Text(value=derived), title_origin=TitleOrigin.DERIVED)
        entry = _decided(entry, "title", "the source gives no title, so the first sentence is taken")
    people, credited = split_people(entry.people)
    return replace(
        entry,
        links=tuple(link for link in entry.links if not _leads_to_comments(link, entry)),
        title=_bare(entry.title, tongue),
        summary=_bare(entry.summary, tongue),
        content=_bare(entry.content, tongue),
        people=in_order(people),
        credits=merged((*entry.credits, *credited, *agency_credits(body))),
    )


def _leads_to_comments(link: Link, entry: Entry) -> bool:
    """Say whether a link only repeats ``comments_url``; its title is often a counter ("3 Comments")."""
    return link.rel == "replies" and link.href == entry.comments_url and link.type in (None, "text/html")


def _language(
    entry: Entry, source: Source, declared: str | None, body: str
) -> tuple[str | None, LanguageOrigin | None]:
    if source.language:
        return language.tag(source.language) or source.language, LanguageOrigin.CONFIGURED
    if entry.language_origin is LanguageOrigin.DECLARED:
        # Said of the entry itself, even if it is that nobody knows: what the feed says is not asked.
        return entry.language, LanguageOrigin.DECLARED if entry.language else None
    if entry.language or declared:
        return entry.language or declared, LanguageOrigin.DECLARED
    detected = language.detect(f"{shown(entry.title)}\n{body}")
    return detected, LanguageOrigin.DETECTED if detected else None


def _bare(text: Text | None, tongue: str | None) -> Text | None:
    """Drop the language of a text that is the entry's own."""
    return replace(text, language=None) if text is not None and text.language == tongue else text


def distinct(entries: Sequence[Entry], authority: str) -> tuple[Entry, ...]:
    """Make the ids of one document's entries unique.

    The same id twice with the same page and title, or with nearly the same text, is one entry: of its
    versions the one updated last counts, else the first. An id that different entries share tells nothing:
    each of them gets an id minted from it and from its page or text, none keeps it (who came first would
    change with the next poll), and ``native_id`` is forgotten.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.id].append(entry)
    resolved = {key: _apart(versions, authority) for key, versions in groups.items() if len(versions) > 1}
    kept: dict[str, Entry] = {}
    for entry in entries:
        for one in resolved.pop(entry.id, ()) if len(groups[entry.id]) > 1 else (entry,):
            kept.setdefault(one.id, one)
    return tuple(kept.values())


def _apart(versions: Sequence[Entry], authority: str) -> tuple[Entry, ...]:
    clusters: list[list[Entry]] = []
    places: dict[tuple[str, ...], int] = {}
    for entry in versions:
        keys = (
            ("page", canonical(entry.url or ""), shown(entry.title)),
            ("text", *paragraphs(entry.title, entry.summary, entry.content)),
        )
        place = next((places[key] for key in keys if key in places), None)
        if place is None and len(versions) <= FEW:
            place = next((n for n, cluster in enumerate(clusters) if same_text(entry, cluster[0])), None)
        if place is None:
            place = len(clusters)
            clusters.append([])
        clusters[place].append(entry)
        places.update(dict.fromkeys(keys, place))
    newest = [max(cluster, key=_version) for cluster in clusters]
    if len(newest) == 1:
        reason = f"listed {len(versions)} times under this id; the version updated last is taken"
        return (_decided(newest[0], "id", reason),)
    pages = [canonical(entry.url or "") for entry in newest]
    return tuple(
        _minted(entry, page, authority, alone=bool(page) and pages.count(page) == 1)
        for entry, page in zip(newest, pages, strict=True)
    )


def _version(entry: Entry) -> float:
    moment = entry.updated or entry.published
    return moment.instant.timestamp() if moment else float("-inf")


def _minted(entry: Entry, page: str, authority: str, *, alone: bool) -> Entry:
    text = "" if alone else digest(_whole(entry))[:32]
    parts = tuple(part for part in (entry.native_id or "", page, text) if part)
    reason = f"different entries of the document share the id {(entry.native_id or entry.id)[:100]!r}"
    return replace(
        _decided(entry, "id", reason),
        id=mint(authority, entry.source, *parts),
        id_origin=IdOrigin.NATIVE if entry.native_id else IdOrigin.TEXT,
        native_id=None,
    )


def _decided(entry: Entry, topic: str, reason: str) -> Entry:
    return replace(entry, decisions=(*entry.decisions, Decision(topic=topic, reason=reason)))


def feed_id(declared: str | None, source: Source, authority: str) -> str:
    """Give the feed's permanent URI: its own if it is one, else one minted from the source's name.

    The id of a private source is never taken: it is often the address, with the secret in it.
    """
    native = (declared or "").strip()
    return native if is_uri(native) and not source.private else mint(authority, "source", source.name)


def origin_of(feed: Feed, source: Source) -> Origin:
    """Say where the feed's entries come from, for ``atom:source``; addresses of a private source stay out."""
    title = source.title or shown(feed.title) or source.name
    return Origin(
        id=feed.id,
        title=title,
        self_url=None if source.private or not source.offers_feed else _self(feed, source),
        site_url=None if source.private else feed.link("alternate"),
        icon=None if source.private else feed.icon or feed.logo,
        updated=feed.updated.instant if feed.updated else None,
        language=feed.language,
        rights=shown(feed.rights) or None,
    )


def _self(feed: Feed, source: Source) -> str | None:
    return feed.link("self") or web_url(source.url or "", None)


def finished(feed: Feed, entries: Iterable[Entry], source: Source, authority: str) -> Feed:
    """Complete all entries of a document and put them into their feed, in the document's order."""
    if source.title:
        feed = replace(feed, title=Text(value=source.title))
    home = origin_of(feed, source)
    with_origin = [complete(identify(entry, authority), source, feed.language, home) for entry in entries]
    # With another's id, or from another feed, an entry changes what becomes of its neighbours.
    apart = len({entry.id for entry in with_origin}) == len(with_origin)
    home_made = all(entry.origin is home for entry in with_origin)
    separable = feed.separable and apart and home_made
    return replace(feed, entries=distinct(with_origin, authority), separable=separable)
