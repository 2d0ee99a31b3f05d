"""``replay`` what was kept: read -> dedupe -> store -> publish again, into another store and folder.

No network is needed. Documents come in the order in which they were saved, each with the time of its poll as
``now``; so do withdrawals, and what ``keep`` let go. An archive closes its pages at the places in that order
where they were closed then. The same configuration gives the same bytes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from feeds.config.schema import Config, Output, Source
from feeds.errors import ReadError
from feeds.memory import SourceState
from feeds.model import Document, Feed, Withdrawal
from feeds.pipeline.emission import Emission
from feeds.pipeline.emit import Emitter
from feeds.pipeline.expiring import DOCUMENTS
from feeds.pipeline.keeping import Answer, Keeper, Result, was_read
from feeds.pipeline.readers import ReaderBroke, Readers
from feeds.pipeline.refresh import answered, settings_hash
from feeds.store import Event, Page, Store, What

GROUP, GROUP_BYTES = 50, 8 * 1024 * 1024
"""Documents that are saved together: at most so many, and at most so many bytes before the last of them."""
ENDS = ("once", DOCUMENTS)
"""The notes that say when a run looked after all that time changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """A document that gives no entries today.

    Attributes:
        source: Whose it is.
        at: When it came.
        then: Whether it could be read then.
        problem: Why it cannot be now, in a sentence.
    """

    source: str
    at: datetime
    then: bool
    problem: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What a replay found.

    Attributes:
        documents: How many there were. new: How many entries they brought.
        begun, ended: When the first and the last of them came; None if there was none.
        unread: Those that cannot be read, or are lost.
        unlisted: Sources with documents that are not in config.yaml any more.
        missing: Sources of which no document is kept.
        before: Sources that had entries before their first document here.
        emissions: What became of each published file.
    """

    documents: int
    new: int
    begun: datetime | None
    ended: datetime | None
    unread: tuple[Unread, ...]
    unlisted: tuple[str, ...]
    missing: tuple[str, ...]
    before: tuple[str, ...]
    emissions: tuple[Emission, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """A document as it is read today: a feed, or the reason why it gives none."""

    event: Event
    source: Source
    document: Document
    kind: str = ""
    feed: Feed | None = None
    problem: str = ""


class Replayer:
    """Plays what one store kept into another.

    Args:
        config: The configuration in force; its store and folder are those to write to.
        store: Open, claimed and empty.
        origin: The store whose journal is played; nothing is written to it.
        readers: From ``open_readers``.
    """

    def __init__(self, config: Config, store: Store, origin: Store, readers: Readers) -> None:
        # What is replayed is not kept once more.
        self.config = config.model_copy(update={"keep_documents": None})
        self.store = store
        self.origin = origin
        self.readers = readers
        self.sources = {source.name: source for source in config.sources}
        self.keeper = Keeper(self.config, store)
        self.emitter = Emitter(self.config, store)
        self._begun: datetime | None = None
        self._ended: datetime | None = None
        self._first: dict[str, datetime] = {}
        self._unlisted: set[str] = set()
        self._unread: list[Unread] = []
        self._documents = self._new = 0

    async def run(
        self, since: datetime | None, until: datetime | None, done: Callable[[str], None] = lambda _: None
    ) -> Replayed:
        """Play all that was kept of a span, and publish; ``done`` hears of the source of each document.

        Args:
            since: From when on; of each source the last document before counts too. None: from the first.
            until: To when; None: to the last.
            done: Called once a document.

        Raises:
            StoreError: One of the stores failed.
            PublishError: A file could not be put in place.
        """
        closings = deque(self._closings(since, until))
        group: list[_Read] = []
        size = 0
        async for event, read in self._read_ahead(self.origin.journal.events(since, until)):
            if self._begun is None:
                await asyncio.to_thread(self._seed, since, event.at)
            closing = bool(closings) and closings[0][0] < event.number
            document = event.what is What.DOCUMENT
            if closing or not document or len(group) >= GROUP or size > GROUP_BYTES:
                await asyncio.to_thread(self._take, group)
                group, size = [], 0
            while closings and closings[0][0] < event.number:
                _, at, output = closings.popleft()
                await asyncio.to_thread(self.emitter.emit_one, output, at)
            self._begun, self._ended = self._begun or event.at, event.at
            if not document:
                await asyncio.to_thread(self._apply, event)
                continue
            self._count(event)
            done(event.source or "")
            if read is not None:
                group.append(read)
                size += len(read.document.body)
        await asyncio.to_thread(self._take, group)
        for _, at, output in closings:
            await asyncio.to_thread(self.emitter.emit_one, output, at)
        return await asyncio.to_thread(self._end, until)

    def _closings(self, since: datetime | None, until: datetime | None) -> list[tuple[int, datetime, Output]]:
        """Give where in the order of events pages of archives were closed, when, and of which output."""
        found: dict[tuple[int, str], tuple[int, datetime, Output]] = {}
        for output in self.config.outputs:
            pages: tuple[Page, ...] = self.origin.shelf.archive(output.name).pages if output.archive else ()
            for page in pages:
                at, after = page.closed, page.after
                if at is None or after is None or (since and at < since) or (until and at > until):
                    continue
                found.setdefault((after, output.name), (after, at, output))
        return [found[key] for key in sorted(found)]

    async def _read_ahead(self, events: Iterable[Event]) -> AsyncIterator[tuple[Event, _Read | None]]:
        """Read documents, a few at once, and give them in their order; what is none needs no reading."""
        waiting: deque[tuple[Event, asyncio.Task[_Read | None]]] = deque()
        rest = iter(events)
        try:
            while True:
                while len(waiting) <= self.readers.workers:
                    event = await asyncio.to_thread(next, rest, None)
                    if event is None:
                        break
                    waiting.append((event, asyncio.create_task(self._read(event))))
                if not waiting:
                    return
                event, task = waiting.popleft()
                yield event, await task
        finally:
            for _, task in waiting:
                task.cancel()

    async def _read(self, event: Event) -> _Read | None:
        """Read one document as config.yaml has it today; None for what is none, or of no listed source."""
        source = self.sources.get(event.source or "")
        if event.what is not What.DOCUMENT or source is None:
            return None
        body = await asyncio.to_thread(self.origin.journal.body, event)
        told = event.told
        document = Document(
            url=told.get("url") or source.url or "",
            headers=told.get("headers") or {},
            body=body or b"",
            status=told.get("status") or 200,
        )
        if body is None:
            problem = "its bytes are lost, or not those that came"
            return _Read(event=event, source=source, document=document, problem=problem)
        try:
            kind, feed = await self.readers.read(document, source, self.config.authority)
        except (ReadError, ReaderBroke) as error:
            return _Read(event=event, source=source, document=document, problem=str(error))
        return _Read(event=event, source=source, document=document, kind=kind, feed=feed)

    def _count(self, event: Event) -> None:
        self._documents += 1
        name = event.source or ""
        if name in self.sources:
            self._first.setdefault(name, event.at)
        else:
            self._unlisted.add(name)

    def _take(self, group: Iterable[_Read]) -> None:
        """Decide on documents and save them, one after the other, as if they had just come."""
        with self.store.transaction():
            for one in group:
                if one.feed is None:
                    event = one.event
                    self._unread.append(
                        Unread(source=one.source.name, at=event.at, then=event.read, problem=one.problem)
                    )
                else:
                    self._take_one(one, one.feed)

    def _take_one(self, one: _Read, feed: Feed) -> None:
        source, now = one.source, one.event.at
        state = self.store.states([source.name]).get(source.name) or SourceState(name=source.name)
        reading = settings_hash(source)
        after = answered(state, one.document, reading, now)
        fresh: Feed | None = None
        if state.reading != reading or state.body_hash != one.event.hash:
            fresh = feed
            after = was_read(after, source, one.kind, feed, one.event.hash)
        answer = Answer(
            source=source,
            state=after,
            feed=fresh,
            result=Result.UNCHANGED,
            now=now,
            headers=one.document.headers,
        )
        (outcome,) = self.keeper.keep([answer])
        assert outcome is not None  # A replay reads whole documents.
        self._new += outcome.new

    def _apply(self, event: Event) -> None:
        """Let happen again what was no document."""
        ids = tuple(event.told.get("ids") or ())
        if event.what is What.EXPIRED:
            self._expire(event.at)
        elif event.what is What.WITHDRAWN:
            why = event.told.get("reason")
            self._withdraw(Withdrawal(id=one, source="", when=event.at, reason=why) for one in ids)
        elif event.what is What.LIFTED:
            self.store.lift(ids, event.at)
        elif event.what is What.RELEASED:
            for name in event.told.get("sources") or ():
                self.store.release(name)
        elif event.what is What.BROUGHT_BACK:
            self.store.bring_back(event.at)

    def _expire(self, now: datetime) -> None:
        for source in self.config.sources:
            if source.keep is not None:
                self.store.prune(source.name, source.keep, now)

    def _withdraw(self, notes: Iterable[Withdrawal]) -> None:
        by_id = {note.id: note for note in notes}
        records = self.store.holders(tuple(by_id), "")
        self.store.withdraw([(by_id[one.id], one) for one in records if one.id in by_id])

    def _seed(self, since: datetime | None, first: datetime) -> None:
        """Let what was withdrawn before stay away, though no document that is played says so.

        Args:
            since: As asked.
            first: When the first document came that is played.
        """
        pruned = self.origin.notes().get(DOCUMENTS)
        told = pruned.said.get("since") if pruned is not None else None
        whole = [first, *([since] if since else []), *([datetime.fromisoformat(told)] if told else [])]
        self.store.seed(self.origin.marks(max(whole)), max(whole))

    def _end(self, until: datetime | None) -> Replayed:
        """Do what the last run did after all polls, publish, and say what was found."""
        # Whatever the operator withdrew since is not brought to light again.
        self._withdraw(self.origin.retracted())
        ends = [note.at for name, note in self.origin.notes().items() if name in ENDS]
        if ends and until is None:
            self._expire(max(ends))
        moments = [moment for moment in (*ends, self._ended) if moment is not None]
        last = until or max(moments, default=None)
        states = self.origin.states(tuple(self.sources))
        return Replayed(
            documents=self._documents,
            new=self._new,
            begun=self._begun,
            ended=self._ended,
            unread=tuple(self._unread),
            unlisted=tuple(sorted(self._unlisted)),
            missing=tuple(name for name in self.sources if name not in self._first),
            before=tuple(
                name
                for name, first in self._first.items()
                if (state := states.get(name)) is not None and state.begun is not None and state.begun < first
            ),
            emissions=self.emitter.emit_all(last) if last is not None and self._documents else (),
        )
