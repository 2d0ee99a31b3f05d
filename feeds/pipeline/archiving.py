"""Archives (RFC 5005, section 4): what leaves the subscription document, closed page by closed page.

Every entry of an output is in one place: in a closed page, or open. All that is open is in the subscription
document, so that a page is never seen half full. docs/archives.md has the rules, and what follows from them.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from feeds import publish
from feeds.config.schema import Config, LimitStep, Output
from feeds.formats import FEED_FORMATS
from feeds.memory import Record
from feeds.model import Feed, Link
from feeds.pipeline.choosing import Choosing, Fate
from feeds.store import Archive, Page, Shelf, Store

MOST = 500
"""Entries in a page of a month; a fuller month has several."""

Rule = Literal["month"] | int


def cut(
    opened: Sequence[Record], horizon: datetime | None, rule: Rule, limit: int, taken: Collection[str]
) -> tuple[str, Sequence[Record]] | None:
    """Choose what the next page takes: always the oldest that is open.

    Args:
        opened: What is in no page, newest first.
        horizon: Greatest sort key in a page. What is below it came late, and waits for the next page.
        rule: Pages of a month in UTC, or of so many entries.
        limit: So many of the newest stay open.
        taken: Names that pages have.

    Returns:
        A name and the entries, newest first; None if it is not time yet.
    """
    beyond = len(opened) - limit
    if rule != "month":
        return (str(len(taken) + 1), opened[-rule:]) if beyond >= rule else None
    if beyond <= 0:
        return None
    timely = [record for record in opened[limit:] if horizon is None or record.sort_key >= horizon]
    size = 0
    if timely:
        month = _month(timely[-1])
        size = next(len(opened) - n for n, one in enumerate(opened) if _month(one) <= month)
    if not timely or size > beyond:
        # The month is not over, or goes on among the newest: only if there is too much of it.
        size = MOST if beyond >= MOST else 0
    if not size:
        return None
    page = opened[-min(size, MOST) :]
    name, number = _month(page[0]), 1
    while name in taken:
        number += 1
        name = f"{_month(page[0])}-{number}"
    return name, page


def pieces(
    opened: Sequence[Record], archive: Archive, rule: Rule, limit: int
) -> Iterator[tuple[str, Sequence[Record]]]:
    """Give the pages that are to be closed now, one after the other: name and entries, newest first.

    Args:
        opened: What is in no page, newest first.
        archive: As it is.
        rule: As for ``cut``.
        limit: Likewise.
    """
    horizon, taken = archive.horizon, {page.name for page in archive.pages}
    while piece := cut(opened, horizon, rule, limit, taken):
        yield piece
        name, records = piece
        taken.add(name)
        newest = records[0].sort_key
        horizon = newest if horizon is None else max(horizon, newest)
        opened = opened[: -len(records)]


def _month(record: Record) -> str:
    return f"{record.sort_key:%Y-%m}" if record.sort_key.year > 999 else f"{record.sort_key.year:04}-01"


@dataclass(frozen=True, kw_only=True, slots=True)
class Hands:
    """What an archive of one output needs done by others.

    Attributes:
        now: The moment.
        choosing: A fresh pass over the records of the output, without a limit.
        compose: Makes the feed of these records, with their texts as they are to be published.
        put: Renders a page in a format, checks it and puts it in place; gives the SHA-256 (hex) of its bytes,
            None if it cannot be published.
        put_again: Puts these bytes in the place of a page.
        remove: Removes a file that has these bytes, by their SHA-256.
    """

    now: datetime
    choosing: Choosing
    compose: Callable[[Sequence[Record]], Feed]
    put: Callable[[Feed, str, str], str | None]
    put_again: Callable[[str, bytes], None]
    remove: Callable[[str, str], None]


class Archivist:
    """Keeps the archives of one configuration.

    Args:
        config: The configuration in force.
        store: Open and claimed.
        shelf: Where archives are remembered; a draft to see what would become of them.
    """

    def __init__(self, config: Config, store: Store, shelf: Shelf) -> None:
        self.config = config
        self.shelf = shelf
        self.store = store
        self.folder: Path = config.folder / config.site.folder
        self.base = config.site.base_url or ""

    def stands(self, output: Output) -> bool:
        """Say whether all pages of an output are there; what is in them is looked at only when forced."""
        pages = self.shelf.archive(output.name).pages if output.archive else ()
        return all(
            page.base == self.base and path in page.files and publish.there(self.folder, path)
            for page in pages
            for path in self._paths(output, page)
        )

    def feed(self, output: Output, rule: Rule, hands: Hands, *, force: bool) -> Feed:
        """Bring an archive up to date, and give the subscription document."""
        archive = self.shelf.archive(output.name)
        pages = list(self._mended(output, archive, hands, force=force))
        seen = self.shelf.newest_number()
        after = None if self.config.keep_documents is None else self.store.journal.newest()
        opened = self.opened(output, hands.choosing, archive)
        horizon = archive.horizon
        for name, records in pieces(opened, archive, rule, output.limit):
            number = len(pages) + 1
            page = Page(number=number, name=name, base=self.base, files={}, closed=hands.now, after=after)
            written = self._written(output, page, hands.compose(records), hands)
            if written is None:
                break
            self.shelf.save_page(output.name, written, records)
            pages.append(written)
            newest = records[0].sort_key
            horizon = newest if horizon is None else max(horizon, newest)
            opened = opened[: -len(records)]
        late = tuple(one.id for one in opened if horizon is not None and one.sort_key < horizon)
        self.shelf.save(
            output.name,
            Archive(choice=self._choice(output), seen=seen, horizon=horizon, late=late, pages=tuple(pages)),
        )
        feed = hands.compose(opened)
        return replace(feed, complete=not pages)

    def links(self, output: Output, suffix: str, number: int | None = None) -> tuple[Link, ...]:
        """Give the links of a page, or with None of the subscription document, to others of its format.

        None leads to a newer page: the page would have to change when that is closed.
        """
        pages = self.shelf.archive(output.name).pages
        before = [page for page in pages if number is None or page.number < number]
        kind = next(form.media_type for form in FEED_FORMATS.values() if form.suffix == suffix)

        def link(rel: str, path: str) -> Link:
            return Link(href=f"{self.base}{path}", rel=rel, type=kind)

        own = f"{output.name}{suffix}"
        found = [] if number is None else [link("current", own), link("first", own)]
        if before:
            path = _path(output, before[-1].name, suffix)
            found += [link("prev-archive", path), link("next", path)]
            found.append(link("last", _path(output, pages[0].name, suffix)))
        return tuple(found)

    def gone(self) -> list[tuple[str, str, str]]:
        """Give output, path and hash of the pages of outputs that have no archive any more."""
        wanted = {output.name for output in self.config.outputs if output.archive is not None}
        return [
            (name, path, sha)
            for name in self.shelf.outputs()
            if name not in wanted
            for page in self.shelf.archive(name).pages
            for path, sha in page.files.items()
        ]

    def remove_gone(self) -> Iterator[tuple[str, str]]:
        """Remove those pages, and forget their archives; give output and path of each file that went."""
        gone = self.gone()
        yield from ((name, path) for name, path, sha in gone if publish.remove(self.folder, path, sha))
        wanted = {output.name for output in self.config.outputs if output.archive is not None}
        for name in self.shelf.outputs():
            if name not in wanted:
                self.shelf.forget(name)

    def opened(self, output: Output, choosing: Choosing, archive: Archive) -> Sequence[Record]:
        """Give what is in no page, newest first and without texts; ``choosing`` is a pass without a limit."""
        counts = any(isinstance(step, LimitStep) or _ages(step) for step in self._steps(output))
        whole = counts or self._choice(output) != archive.choice
        found: dict[str, Record] = {}
        for standing in choosing.standings(self.store.newest(tuple(choosing.members), choosing.sated)):
            record = standing.record
            if not whole and archive.horizon is not None and record.sort_key < archive.horizon:
                break
            if standing.fate is Fate.PUBLISHED:
                found[record.id] = replace(record, entry=None)
        for record in () if whole else self.shelf.arrivals(archive, choosing.members):
            if choosing.alone(record).fate is Fate.BEYOND_LIMIT:
                found[record.id] = replace(record, entry=None)
        closed = self.shelf.placed(output.name, found)
        rest = (record for record in found.values() if record.id not in closed)
        by_id = sorted(rest, key=lambda one: one.id)
        newest_first = sorted(by_id, key=lambda one: one.sort_key, reverse=True)
        return _no_more_of_each(newest_first, output.per_source)

    def _written(self, output: Output, page: Page, feed: Feed, hands: Hands) -> Page | None:
        """Write the files of a page; None if one of them cannot be published."""
        files: dict[str, str] = {}
        for path, word in self._paths(output, page).items():
            links = self.links(output, FEED_FORMATS[word].suffix, page.number)
            whole = replace(feed, archive=True, withdrawn=(), links=(*feed.links, *links))
            sha = hands.put(whole, path, word)
            if sha is None:
                return None
            files[path] = sha
        return replace(page, files=files)

    def _mended(self, output: Output, archive: Archive, hands: Hands, *, force: bool) -> Iterator[Page]:
        """Take out of pages what was withdrawn, and mend those that are lost, or moved with the site."""
        withdrawn = self.shelf.withdrawn(output.name)
        for page in archive.pages:
            gone: tuple[str, ...] = withdrawn.get(page.number, ())
            paths = self._paths(output, page)
            old = [(path, sha) for path, sha in page.files.items() if path not in paths]
            after: Page | None = page
            if not self.whole(output, page, looking=force and not gone):
                records = self.shelf.contents(output.name, page.number)
                feed = hands.compose(records)
                after = self._written(output, replace(page, base=self.base), feed, hands)
                # What it had and has no text any more, or is not chosen now, is in no page then.
                there = {entry.id for entry in feed.entries}
                lost = () if after is None else (one.id for one in records if one.id not in there)
                gone = (*gone, *lost)
            elif gone or page.base != self.base:
                after = self._revised(page, paths, gone, hands)
            elif old:
                after = replace(page, files={path: page.files[path] for path in paths})
            if after is not None and after != page:
                self.shelf.save_page(output.name, after)
            # The file first: a run that ends in between takes them out once more.
            self.shelf.take_out(output.name, gone)
            for path, sha in old:
                hands.remove(path, sha)
            yield after or page

    def whole(self, output: Output, page: Page, *, looking: bool) -> bool:
        """Say whether a page has all its files, and if ``looking``, as they were written.

        Else it is made again from what is remembered.
        """
        paths = self._paths(output, page)
        if looking and page.base == self.base:
            return all(publish.digest(self.folder, path) == page.files.get(path) for path in paths)
        return all(path in page.files and publish.there(self.folder, path) for path in paths)

    def _revised(self, page: Page, paths: Mapping[str, str], gone: Collection[str], hands: Hands) -> Page:
        files: dict[str, str] = {}
        for path, word in paths.items():
            move = None if page.base == self.base else (page.base, self.base)
            body = FEED_FORMATS[word].revise(publish.read(self.folder, path), gone, move)
            hands.put_again(path, body)
            files[path] = hashlib.sha256(body).hexdigest()
        return replace(page, base=self.base, files=files)

    def _paths(self, output: Output, page: Page) -> dict[str, str]:
        return {_path(output, page.name, FEED_FORMATS[word].suffix): word for word in output.formats}

    def _steps(self, output: Output) -> list[object]:
        return [*output.filters, *(step for one in self.config.members(output) for step in one.filters)]

    def _choice(self, output: Output) -> str:
        """Hash what decides which entries an output has, but for the entries."""
        told = [
            [step.model_dump(mode="json", fallback=str) for step in output.filters],
            output.per_source,
            [
                (
                    one.name,
                    one.url,
                    [step.model_dump(mode="json", fallback=str) for step in one.filters],
                    one.warm_up,
                )
                for one in self.config.members(output)
            ],
        ]
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()


def _no_more_of_each(records: Sequence[Record], most: int | None) -> Sequence[Record]:
    """Leave out what is beyond ``per_source``: late entries were not counted with the others."""
    if most is None:
        return records
    met: Counter[str] = Counter()
    kept: list[Record] = []
    for record in records:
        met[record.source] += 1
        if met[record.source] <= most:
            kept.append(record)
    return kept


def _ages(step: object) -> bool:
    match = getattr(step, "keep", None) or getattr(step, "drop", None)
    return match is not None and match.age is not None


def _path(output: Output, name: str, suffix: str) -> str:
    return f"archive/{output.name}/{name}{suffix}"
