"""``full_text``: the text of a new entry is taken from its page, instead of what its source says.

Once for each entry, and once more when the source says something else of it. What could not be had is tried a
few times later; meanwhile, and for good if it cannot be had, the entry is as its source says.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from feeds.config.schema import Access, Config, Source
from feeds.config.secrets import redact
from feeds.errors import HostRests, ReadError, SourceError
from feeds.fetch import Client
from feeds.memory import FullText
from feeds.model import Decision, Document, Entry, Feed, NotModified, Text
from feeds.normalize.text import fingerprint, shown, words
from feeds.pipeline.patience import Patience
from feeds.pipeline.readers import ReaderBroke, Readers
from feeds.sources import FULL_TEXT
from feeds.store import Store

AT_ONCE = 20
"""Pages that are asked for in one poll, the newest entries first."""
WAITS = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""After how long one that could not be had is tried again; then it is given up."""
ENOUGH = 3
"""Pages of one host that cannot be had, after which no more of them are asked for in a poll."""
SHORTER = 0.8
"""A text that was found with so many of the source's words, or fewer, does not take their place."""
TOPIC = "full text"
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What came of the full texts at one poll.

    Attributes:
        feed: Its entries with their full texts; None if no document was read.
        texts: What is to be remembered of them.
        later: Entries of earlier polls, as remembered but with the text that was now found.
        surprise: How a page's reading ended that nobody expected; its entry is as its source says.
    """

    feed: Feed | None
    texts: tuple[FullText, ...] = ()
    later: tuple[Entry, ...] = ()
    surprise: Exception | None = None


class FullTexts:
    """Takes full texts.

    Args:
        config: The configuration in force.
        store: Knows what was taken before.
        client: Asks for pages.
        readers: Read them.
    """

    def __init__(self, config: Config, store: Store, client: Client, readers: Readers) -> None:
        self.config = config
        self.store = store
        self.client = client
        self.readers = readers

    async def taken(self, source: Source, feed: Feed | None, now: datetime, *, backlog: bool) -> Taken:
        """Give the entries of a document their full texts, and try those again that are due.

        Args:
            source: With ``full_text``.
            feed: What its document says; None if that was not read.
            now: The moment of the poll.
            backlog: Whether nothing of it was met before: then of all its entries only the newest are new.
        """
        entries = () if feed is None else feed.entries
        known, met, due, lost = await asyncio.to_thread(self._known, source, entries, now)
        wanted = [one for one in entries if one.url and _wanted(one, known.get(one.id), met, now)]
        wanted.sort(key=_date, reverse=True)
        here = {entry.id for entry in entries}
        again = [entry for entry in due if entry.id not in here]
        asked = (*wanted, *again)[:AT_ONCE]
        found, surprise = await self._ask(source, asked, known, now, frozenset(entry.id for entry in again))
        beyond = () if backlog else wanted[AT_ONCE:]
        waiting = [FullText(id=one.id, said=fingerprint(one), due=now) for one in beyond]
        after = {**known, **{one.id: one for one in found}}
        if feed is not None:
            feed = replace(feed, entries=tuple(_with_text(one, after.get(one.id), source) for one in entries))
        texts = {one.id: one.text for one in found}
        later = tuple(
            _with_text(one, after[one.id], source) for one in again if texts.get(one.id) is not None
        )
        return Taken(feed=feed, texts=(*found, *waiting, *lost), later=later, surprise=surprise)

    def _known(
        self, source: Source, entries: Sequence[Entry], now: datetime
    ) -> tuple[dict[str, FullText], frozenset[str], tuple[Entry, ...], tuple[FullText, ...]]:
        """Give what is known of full texts, which entries were met before, and those that are due again.

        Last what need not be tried any more, because its entry has left, or was withdrawn.
        """
        due = self.store.texts_due(source.name, now, AT_ONCE)
        known = self.store.texts(source.name, [entry.id for entry in entries])
        known |= {one.id: one for one in due}
        met = {record.id for record in self.store.recall(source.name, entries)} if entries else set()
        records = (record for one in due for record in self.store.find(one.id) if record.id == one.id)
        again = tuple(one.entry for one in records if one.source == source.name and one.entry is not None)
        there = {entry.id for entry in (*entries, *again)}
        lost = tuple(replace(one, due=None) for one in due if one.id not in there)
        return known, frozenset(met), again, lost

    async def _ask(
        self,
        source: Source,
        entries: Iterable[Entry],
        known: dict[str, FullText],
        now: datetime,
        again: frozenset[str],
    ) -> tuple[tuple[FullText, ...], Exception | None]:
        """Ask for the pages of entries, one after the other: mostly they are of one host.

        Gives what became of each, and the last surprise. Those tried ``again`` are as they are remembered, so
        what their source says of them is known.
        """
        # Only its own site may see what opens the source's door.
        stranger = source.model_copy(update={"fetch": source.fetch.elsewhere()})
        patience = {True: Patience(self.client, source, now), False: Patience(self.client, stranger, now)}
        found: list[FullText] = []
        failed = Counter[str]()
        surprise: Exception | None = None
        for entry in entries:
            url = entry.url or ""
            before = known.get(entry.id)
            said = before.said if before is not None and entry.id in again else fingerprint(entry)
            tries = before.tries if before is not None and before.said == said else 0
            host = urlsplit(url).netloc
            if failed[host] == ENOUGH:
                found.append(FullText(id=entry.id, said=said, tries=tries, due=now + WAITS[0]))
                continue
            try:
                reply = await patience[_origin(url) == _origin(source.url or "")].ask(url)
                text = await self._read(reply, source, url)
            except HostRests:
                found.append(FullText(id=entry.id, said=said, tries=tries, due=now))
            except (SourceError, ReaderBroke) as error:
                # What a page does to whoever looks for its text must not keep an entry from its readers.
                surprise = error if isinstance(error, ReaderBroke) else surprise
                failed[host] += not isinstance(error, ReadError | ReaderBroke)
                due = now + WAITS[tries] if tries < len(WAITS) else None
                problem = redact(str(error), self.config.secrets)
                one = FullText(id=entry.id, said=said, tries=tries + 1, due=due, problem=problem)
                found.append(one)
            else:
                found.append(_judged(entry, said, text, source))
        return tuple(found), surprise

    async def _read(self, reply: Document | NotModified, source: Source, url: str) -> Text | None:
        assert isinstance(reply, Document)  # It was asked for without conditions.
        page = source.model_copy(update={"kind": FULL_TEXT, "url": url, "fetch": Access()})
        _, feed = await self.readers.read(reply, page, self.config.authority)
        return feed.entries[0].content


def _date(entry: Entry) -> datetime:
    moment = entry.published or entry.updated
    return moment.instant if moment else EARLIEST


def _same(entry: Entry, before: FullText) -> bool:
    """Say whether an entry is as it was when its text was asked for; one from the store is."""
    return before.said == fingerprint(entry)


def _wanted(entry: Entry, before: FullText | None, met: frozenset[str], now: datetime) -> bool:
    """Say whether the page of an entry is to be asked for: it is new, another than before, or due again."""
    if before is None:
        return entry.id not in met
    if not _same(entry, before):
        return True
    return before.text is None and before.due is not None and before.due <= now


def _judged(entry: Entry, said: str, text: Text | None, source: Source) -> FullText:
    """Take a text, but not one that is shorter than what the source says, if nobody named its place."""
    named = source.full_text is not None and source.full_text.select is not None
    own = max(words(shown(one)) for one in (entry.content, entry.summary))
    found = words(shown(text))
    if text is None or (not named and own and found <= SHORTER * own):
        problem = "what its page holds is shorter"
        return FullText(id=entry.id, said=said, problem=problem)
    return FullText(id=entry.id, said=said, text=text)


def _with_text(entry: Entry, found: FullText | None, source: Source) -> Entry:
    """Give an entry its full text, and say where it is from; why there is none, if it was looked for."""
    if found is None or source.full_text is None:
        return entry
    decisions = tuple(one for one in entry.decisions if one.topic != TOPIC)
    if found.text is None:
        if found.problem is None:
            return entry
        reason = f"it is the source's own: {found.problem}"
        return replace(entry, decisions=(*decisions, Decision(topic=TOPIC, reason=reason)))
    how = f"by {source.full_text.select}" if source.full_text.select else "as its main text"
    host = urlsplit(entry.url or "").hostname or "its site"
    reason = f"it is from the entry's page at {host}, found {how}"
    return replace(
        entry,
        summary=entry.summary or entry.content,
        content=found.text,
        decisions=(*decisions, Decision(topic=TOPIC, reason=reason)),
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()
