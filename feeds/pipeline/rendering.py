"""Render one output in one format, without the entries that this format cannot carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from feeds import validity
from feeds.config.schema import Excerpt, Output, Source
from feeds.formats import FEED_FORMATS, SITE_FORMATS, SitePage
from feeds.model import Entry, Feed
from feeds.normalize.provenance import credited, excerpted, headline
from feeds.normalize.titles import untitled


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One file as it is to be.

    Attributes:
        path: Relative to the site's folder.
        body: Its bytes; None if the document as a whole is not valid.
        entries: What is in it.
        problems: Why it is refused, or which entries were left out and why.
    """

    path: str
    body: bytes | None
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()


def paths(output: Output) -> dict[str, str]:
    """Give the files of an output, and the format of each."""
    return {f"{output.name}{FEED_FORMATS[word].suffix}": word for word in output.formats}


def _dated(entry: Entry) -> Entry:
    """Give an entry's origin a date where the feed told none: that of the entry, which was in it by then.

    A complete ``atom:source`` has one (RFC 4287, 4.2.11).
    """
    if entry.origin is None or entry.origin.updated is not None or entry.updated is None:
        return entry
    return replace(entry, origin=replace(entry.origin, updated=entry.updated.instant))


def dressed(entry: Entry, source: Source, output: Output) -> Entry:
    """Give an entry as an output shows it: no more of it than its source allows, with its provenance."""
    entry = untitled(_dated(entry), output.untitled)
    if isinstance(source.republish, Excerpt):
        entry = excerpted(entry, source.republish.excerpt)
    elif source.republish == "headline":
        entry = headline(entry)
    return credited(entry, output.provenance)


def render_site(page: SitePage, word: str) -> Rendered:
    """Render a file of the site as a whole."""
    form = SITE_FORMATS[word]
    body = form.render(page)
    problems = validity.check(form.media_type, body)
    return Rendered(path=form.file, body=None if problems else body, entries=(), problems=problems)


def render(feed: Feed, path: str, word: str, base: str) -> Rendered:
    """Render a feed in the format of that word; ``base`` is where the site's folder is served from."""
    form = FEED_FORMATS[word]
    body = form.render(feed, base + path)
    problems = validity.check(form.media_type, body)
    if problems:
        # One entry that a format cannot carry must not hold back the others: it alone stays out.
        reasons = {place: invalid(feed, entry, word, base + path) for place, entry in enumerate(feed.entries)}
        left_out = tuple(
            left_out_because(entry, reasons[place])
            for place, entry in enumerate(feed.entries)
            if reasons[place]
        )
        good = tuple(entry for place, entry in enumerate(feed.entries) if not reasons[place])
        feed, problems = replace(feed, entries=good), left_out or problems
        body = form.render(feed, base + path)
        still = validity.check(form.media_type, body)
        if still:
            return Rendered(path=path, body=None, entries=(), problems=still)
    return Rendered(path=path, body=body, entries=feed.entries, problems=problems)


def left_out_because(entry: Entry, reasons: Iterable[str]) -> str:
    """Say why an entry is not in a file."""
    return f"{entry.source}: {entry.id} left out: {'; '.join(reasons)}"


def invalid(feed: Feed, entry: Entry, word: str, address: str) -> tuple[str, ...]:
    """Say why a format cannot carry an entry; nothing if it can."""
    form = FEED_FORMATS[word]
    return validity.check(form.media_type, form.render(replace(feed, entries=(entry,)), address))


def carried(rendered: Iterable[Rendered]) -> frozenset[str]:
    """Give the ids that are in at least one of the files."""
    return frozenset(entry.id for one in rendered for entry in one.entries)
