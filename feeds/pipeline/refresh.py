"""``refresh`` one source: fetch -> sources.<kind>.read -> dedupe -> store.

The only place that catches a ``SourceError``: it becomes a longer wait and a sentence in ``feeds status``,
and the others go on.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from feeds import cadence, trust
from feeds.config.schema import Config, Source
from feeds.config.secrets import redact
from feeds.errors import BadStatus, Gone, HostRests, Offline, ReadError, SourceError, StoreError, TooLarge
from feeds.fetch import Client
from feeds.memory import SourceState, Trust
from feeds.model import Document, Feed, NotModified, Validators
from feeds.pipeline.collecting import Collector
from feeds.pipeline.full_texts import FullTexts, Taken
from feeds.pipeline.keeping import Answer, Keeper, Outcome, Result, was_read
from feeds.pipeline.look import ask_again
from feeds.pipeline.outage import Outage
from feeds.pipeline.places import Places
from feeds.pipeline.readers import Readers
from feeds.pipeline.sparing import Part, Sparing
from feeds.store import Raw, Store

READING = "3"
"""Raise it when reading gives other entries for the same bytes: every source is then read anew."""

OF_KINDS: Mapping[str, Sequence[str]] = MappingProxyType({"page": ("entry", "fields"), "sitemap": ("match",)})
"""Settings that decide on how sources of one kind are read."""


def settings_hash(source: Source) -> str:
    """Hash what decides how a source's bytes are read; another hash makes it be read anew."""
    wanted: dict[str, Any] = dict.fromkeys(
        ("name", "kind", "url", "path", "title", "language", "timezone"), True
    )
    wanted |= dict.fromkeys(OF_KINDS.get(source.kind, ()), True)
    shown = source.model_dump(mode="json", include={**wanted, "fetch": {"charset"}}, fallback=str)
    return hashlib.sha256(f"{READING}:{sorted(shown.items())}".encode()).hexdigest()[:16]


def answered(
    state: SourceState,
    reply: Document | NotModified,
    reading: str,
    now: datetime,
    believed: Trust | None = None,
) -> SourceState:
    """Note that a source gave an answer that can be used; ``believed``: from now on, if that changed."""
    return replace(
        state,
        validators=reply.validators,
        trust=state.trust if believed is None else believed,
        reading=reading,
        polled=now,
        succeeded=now,
        failures=0,
        error=None,
        error_class=None,
        status=304 if isinstance(reply, NotModified) else reply.status,
    )


def hasten(config: Config, store: Store) -> int:
    """Bring forward what is due later than config.yaml now says, and say how many sources that is.

    Due times are chosen after a poll; without this an interval that was made shorter would count only from
    the next poll on. A wait that a failure or a source asked for stays.
    """
    sooner: dict[str, datetime] = {}
    sources = {source.name: source for source in config.sources}
    waits = store.waits()
    auto = [
        n for n, (polled, due) in waits.items() if n in sources and due - polled > sources[n].max_interval
    ]
    feeds = {name: state.feed for name, state in store.states(auto).items()}
    for name, (polled, due) in waits.items():
        source = sources.get(name)
        if source is None or (source.interval == "auto" and name not in feeds):
            continue
        # What the server asked for at the last poll is not known any more, but it was within the bound.
        chosen = (
            cadence.latest(source, polled, feeds.get(name))
            if source.interval == "auto"
            else cadence.next_due(source, polled)
        )
        if chosen < due:
            sooner[name] = chosen
    if sooner:
        store.hasten(sooner)
    return len(sooner)


class Poller:
    """Polls sources of one configuration into one store.

    Network and reading of many sources overlap; what touches the store is done by one writer at a time, a
    whole group of finished polls in one transaction (a commit costs an fsync, so a group shares it).

    Args:
        config: The configuration in force.
        store: Open and, for more than looking, claimed.
        client: From ``fetch.open_client``.
        readers: From ``open_readers``.
    """

    def __init__(self, config: Config, store: Store, client: Client, readers: Readers) -> None:
        self.config = config
        self.store = store
        self.client = client
        self.readers = readers
        self.sources = {source.name: source for source in config.sources}
        self.keeper = Keeper(config, store)
        self.collector = Collector(config, store)
        self.outage = Outage(store.answered)
        self.sparing = Sparing(config, store, readers)
        self.texts = FullTexts(config, store, client, readers)
        client.hosts.recall(store.spacings())
        client.robots.recall(store.robots)
        self._waiting: list[tuple[Answer, asyncio.Future[Outcome | None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def refresh(self, state: SourceState, now: datetime, *, begun: float | None = None) -> Outcome:
        """Poll one source and remember what came.

        Args:
            state: As the store gave it.
            now: The moment of the poll, aware.
            begun: What the loop's clock said at that moment; None: it is now. What a server asks for counts
                from its answer, which may come long after.

        Raises:
            StoreError: Nothing of this poll was saved.
        """
        source = self.sources[state.name]
        start = _stopwatch() if begun is None else begun
        came: list[Raw] = []
        try:
            answer = await self._ask(source, state, now, timedelta(seconds=_stopwatch() - start), came)
        except HostRests as rest:
            due = replace(state, due=rest.until)
            answer = Answer(source=source, state=due, feed=None, result=Result.POSTPONED, now=now)
        except SourceError as failure:
            if isinstance(failure, BadStatus | TooLarge | ReadError) and source.url is not None:
                self.outage.heard(now)
            error = self.outage.judged(failure, state)
            answer = self._failed(source, state, error, now, timedelta(seconds=_stopwatch() - start))
        else:
            if source.url is not None:
                self.outage.heard(now)
        outcome = await self._saved(replace(answer, kept=tuple(came)) if came else answer)
        if outcome is None:
            outcome = await self._saved(await self._again(answer, state))
        assert outcome is not None  # Only what was read in part has to be read again.
        return outcome

    async def give_up(self, state: SourceState, error: Exception, now: datetime) -> Outcome:
        """Remember a poll that ended in a way nobody expected, as a failure like others: it waits longer.

        Args:
            state: As it was given to ``refresh``.
            error: What came out of it; for whoever calls to show with its traceback.
            now: The moment of the poll.

        Raises:
            StoreError: It could not be remembered.
        """
        name = type(error).__name__
        sentence = SourceError(f"feeds itself failed ({name}); the log tells where, please report it")
        answer = self._failed(self.sources[state.name], state, sentence, now)
        outcome = await self._saved(replace(answer, state=replace(answer.state, error_class=name)))
        assert outcome is not None
        return replace(outcome, surprise=error)

    async def settle(self) -> None:
        """Wait until every answer is saved, also those whose poll was cancelled in the meantime."""
        while self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer])

    async def refresh_all(
        self, states: Iterable[SourceState], now: datetime, done: Callable[[Outcome], None] = lambda _: None
    ) -> tuple[Outcome, ...]:
        """Poll many sources, ``fetch.concurrency`` at once (``Places``); ``done`` hears of each as it ends.

        A surprise with one source does not end the others; it stands in that source's outcome.

        Raises:
            StoreError: The store does not take what was polled; the others are ended too.
        """
        begun = _stopwatch()
        room = asyncio.Event()
        places = Places(room.set)

        async def one(state: SourceState) -> Outcome:
            try:
                outcome = await self.refresh(state, now, begun=begun)
            except StoreError:
                raise
            except Exception as error:  # noqa: BLE001  it is shown by whoever gets the outcome
                outcome = await self.give_up(state, error, now)
            finally:
                places.leave(state.name)
            done(outcome)
            return outcome

        wanted = tuple(states)
        tasks: dict[str, asyncio.Task[Outcome]] = {}
        async with asyncio.TaskGroup() as group:
            for state in self._by_turns(wanted):
                while places.free(self.config.fetch.concurrency) < 1:
                    room.clear()
                    await room.wait()
                places.take(state.name)
                tasks[state.name] = group.create_task(one(state))
        return tuple(tasks[state.name].result() for state in wanted)

    def _by_turns(self, states: Iterable[SourceState]) -> list[SourceState]:
        """Put those that failed last, and sources of one host apart, so that nobody has to wait for them."""
        turns: Counter[str | None] = Counter()
        ordered: list[tuple[bool, int, int, SourceState]] = []
        for place, state in enumerate(states):
            url = self.sources[state.name].url
            host = urlsplit(url).hostname if url else None
            ordered.append((state.failures > 0, turns[host], place, state))
            turns[host] += 1
        return [state for *_, state in sorted(ordered, key=lambda one: one[:3])]

    async def _ask(
        self, source: Source, state: SourceState, now: datetime, late: timedelta, came: list[Raw]
    ) -> Answer:
        """Ask, and read what comes; what is to be kept of it is left in ``came``, also if that fails."""
        reading = settings_hash(source)
        same = state.reading == reading
        known = state.validators if same else Validators()
        doubted = same and not trust.conditional(state.trust, now)
        before = Validators() if doubted or self.collector.lacks(source.name) else known
        address = trust.address(state.trust, source.url)
        reply = await ask_again(self.client, source, self.config.folder, before, now + late, address=address)
        read: tuple[str, Feed, Part | None] | None = None
        digest = ""
        if isinstance(reply, NotModified):
            result = Result.NOT_MODIFIED
            believed = trust.not_modified(state.trust)
        else:
            result = Result.UNCHANGED
            digest = hashlib.sha256(reply.body).hexdigest()
            same_body = digest == state.body_hash
            same_tag = reply.validators == known
            believed = trust.modified(
                state.trust, now, doubted=doubted, same_tag=same_tag, same_body=same_body
            )
            unread = not same or not same_body
            came += await self.collector.kept(source, reply, now, read=not unread, known=same_body)
            if unread:
                read = await self.sparing.read(reply, source, state, reading)
                came[:] = [replace(one, read=True) for one in came]
            plain = address is not None and address.startswith("https:") and reply.url.startswith("http:")
            believed = replace(believed, plain=plain)
        believed = trust.settled(believed, source.url, reply.moved_to, now)
        after = answered(state, reply, reading, now, believed)
        feed: Feed | None = None
        part: Part | None = None
        if read is not None:
            kind, feed, part = read
            after = was_read(after, source, kind, feed, digest)
        taken = Taken(feed=feed)
        if source.full_text is not None:
            taken = await self.texts.taken(source, feed, now + late, backlog=state.changed is None)
        return Answer(
            source=source,
            state=after,
            feed=taken.feed,
            part=part,
            result=result,
            now=now,
            headers=reply.headers,
            texts=taken.texts,
            later=taken.later,
            surprise=taken.surprise,
        )

    async def _again(self, answer: Answer, state: SourceState) -> Answer:
        """Read the whole of a document, because a part of it was not enough."""
        assert answer.part is not None
        try:
            kind, feed, part = await self.sparing.again(answer.part, answer.source)
        except SourceError as error:
            kept = tuple(replace(one, read=False) for one in answer.kept)
            return replace(self._failed(answer.source, state, error, answer.now), kept=kept)
        after = was_read(answer.state, answer.source, kind, feed, answer.state.body_hash or "")
        return replace(answer, state=after, feed=feed, part=part)

    def _failed(
        self,
        source: Source,
        state: SourceState,
        error: SourceError,
        now: datetime,
        late: timedelta = timedelta(),
    ) -> Answer:
        ours = isinstance(error, Offline)
        failures = state.failures + (not ours)
        believed = state.trust
        if not ours:
            believed = trust.failed(believed, now, failures=failures, gone=isinstance(error, Gone))
        after = replace(
            state,
            polled=now,
            failures=failures,
            error=redact(str(error), self.config.secrets),
            error_class=type(error).__name__,
            status=error.status if isinstance(error, BadStatus) else None,
            trust=believed,
        )
        asked = error.retry_after if isinstance(error, BadStatus) else None
        asked = None if asked is None else asked + late
        return Answer(source=source, state=after, feed=None, result=Result.FAILED, now=now, retry_after=asked)

    async def _saved(self, answer: Answer) -> Outcome | None:
        """Hand an answer to the writer and wait until it is durable; None if the whole has to be read."""
        future: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
            self._writer.add_done_callback(self._ended)
        # A poll that is cancelled while it waits is written all the same: the writer is its own task.
        return await future

    def _ended(self, writer: asyncio.Task[None]) -> None:
        """Tell those who wait what ended the writer, should it end before it came to them."""
        error = None if writer.cancelled() else writer.exception()
        if error is not None:
            group, self._waiting = self._waiting, []
            for _, future in group:
                if not future.done():
                    future.set_exception(error)

    async def _write(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            try:
                await self._write_group(group)
            except Exception as error:  # noqa: BLE001  whatever it is, nobody must wait for ever
                for _, future in group:
                    if not future.done():
                        future.set_exception(error)

    async def _write_group(self, group: list[tuple[Answer, asyncio.Future[Outcome | None]]]) -> None:
        try:
            outcomes = await asyncio.to_thread(self._keep, [answer for answer, _ in group])
        except Exception as error:  # noqa: BLE001  whatever it is belongs to those who wait for it
            if len(group) > 1 and not isinstance(error, StoreError):
                # Nothing was saved. One of them is to blame, so each is tried by itself.
                for one in group:
                    await self._write_group([one])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
        else:
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if not future.done():
                    future.set_result(outcome)

    def _keep(self, answers: list[Answer]) -> list[Outcome | None]:
        """Save a group in one transaction, and what its hosts taught us."""
        with self.store.transaction():
            if spacings := self.client.hosts.learned():
                self.store.save_spacings(spacings)
            if robots := self.client.robots.learned():
                self.store.save_robots(robots.values())
            outcomes = self.keeper.keep(answers)
        self.collector.took(one for answer in answers for one in answer.kept)
        return outcomes


def _stopwatch() -> float:
    """Read the loop's clock: it has no date, and never goes back."""
    return asyncio.get_running_loop().time()
