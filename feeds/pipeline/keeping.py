"""What a poll got, into the store: dedupe -> store, and when to poll again. One transaction for a group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from feeds import cadence, dedupe
from feeds.config.schema import Config, Source
from feeds.errors import Offline
from feeds.memory import FullText, Record, SourceState
from feeds.model import Entry, Feed
from feeds.normalize import urls
from feeds.pipeline import outage
from feeds.pipeline.pacing import Pacing
from feeds.pipeline.sparing import Differs, Part, differences
from feeds.store import Poll, Raw, Store

SAID = 200
"""Entries of a source whose ids of late are remembered: such as came under others than ours."""
MOST_REISSUES = 10
LOOKED_AT = 1000
"""Entries by which it is judged what is usual for a source, the newest."""


class Result(StrEnum):
    """What a poll brought."""

    NEW = "new"
    UNCHANGED = "unchanged"
    """A document came, and nothing in it was new."""
    NOT_MODIFIED = "not_modified"
    POSTPONED = "postponed"
    """Nothing was asked: the host rests, as it wished."""
    FAILED = "failed"


IM_USED = 226
"""The status of an answer to ``A-IM`` (RFC 3229, 10.4.1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one poll.

    Attributes:
        source: Its name.
        result: In a word.
        new, changed: How many entries were added, and how many were stored anew.
        held: How many were added that are held back from outputs, as a flood.
        error: One sentence if it failed, without secrets.
        title: What the source calls itself.
        due: From when it may be polled again.
        surprise: What nobody expected, to be shown with its traceback; None but after ``give_up``, if a part
            of a document said what the whole of it does not, or if the page of an entry could not be read so.
    """

    source: str
    result: Result
    new: int = 0
    changed: int = 0
    held: int = 0
    error: str | None = None
    title: str | None = None
    due: datetime | None = None
    surprise: Exception | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one poll got, before it meets the store.

    Attributes:
        feed: What the document says; without the entries of it that were not read.
        part: Which part of the document was read; None: all of it, whatever comes of that.
        texts: What is to be remembered of full texts.
        later: Entries of earlier polls with a full text that was found now.
        surprise: What nobody expected with a full text.
    """

    source: Source
    state: SourceState
    feed: Feed | None
    result: Result
    now: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: timedelta | None = None
    kept: tuple[Raw, ...] = ()
    part: Part | None = None
    texts: tuple[FullText, ...] = ()
    later: tuple[Entry, ...] = ()
    surprise: Exception | None = None


def was_read(state: SourceState, source: Source, kind: str, feed: Feed, digest: str) -> SourceState:
    """Note what a source says of itself; ``digest`` is that of the body."""
    # What a private source says of its own address holds the same secret.
    links = () if source.private else feed.links
    bare = replace(feed, entries=(), withdrawn=(), links=links, separable=False)
    return replace(state, kind=kind, feed=bare, body_hash=digest)


def _watched(state: SourceState, changes: dedupe.Changes) -> SourceState:
    """Note whether a source calls its entries by other ids than before."""
    before, said = dict(state.said), dict(changes.said)
    both = before.keys() & said.keys()
    settled = bool(both) and 2 * sum(before[key] == said[key] for key in both) > len(both)
    again = bool(said) and 2 * len(said) >= changes.matched and not settled
    reissues = min(state.reissues + 2, MOST_REISSUES) if again else max(state.reissues - 1, 0)
    return replace(state, reissues=reissues, said=changes.said[:SAID])


class Keeper:
    """Decides on what polls got, and saves it; who calls has the store to itself meanwhile.

    Args:
        config: The configuration in force.
        store: Open and claimed.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.sources = {source.name: source for source in config.sources}
        self.pacing = Pacing(config, store)

    def keep(self, answers: Sequence[Answer]) -> list[Outcome | None]:
        """Decide and save a group in one transaction, one after the other, so that each sees those before.

        Returns:
            None for one of which nothing is saved yet, because the whole of its document has to be read.

        Raises:
            StoreError: Nothing of the group was saved.
        """
        with self.store.transaction():
            self.pacing.begin(max(answer.now for answer in answers))
            # Of most there is nothing but that they were asked: that is written for all of them at once.
            asked: list[SourceState] = []
            outcomes = [self._keep_one(answer, asked) for answer in answers]
            self.store.save_asked(asked)
            # In the order in which they were decided on; one of which nothing is saved yet comes again.
            saved = (answer for answer, outcome in zip(answers, outcomes, strict=True) if outcome is not None)
            self.store.journal.keep([one for answer in saved for one in answer.kept])
            made = (
                answer.source
                for answer, outcome in zip(answers, outcomes, strict=True)
                if outcome is not None and answer.result is not Result.POSTPONED
            )
            self.pacing.count(made)
        return outcomes

    def _owns(self, name: str, uri: str) -> bool:
        """Say whether an id names the host of a source; of one that left config.yaml, nothing does."""
        source = self.sources.get(name)
        return source is not None and source.url is not None and urls.same_site(uri, source.url)

    def _scheduled(self, answer: Answer, state: SourceState, new: Sequence[Record]) -> SourceState:
        """Learn from a poll, and choose the next."""
        source, now, pacing = answer.source, answer.now, self.pacing
        if answer.result is Result.POSTPONED:
            return state
        if answer.result is Result.FAILED and state.error_class == Offline.__name__:
            due = now + outage.wait(source.name)
        elif answer.result is Result.FAILED:
            due = pacing.after_failure(source, state, now, answer.retry_after)
            if state.trust.ended:
                due = now + 100 * cadence.NEVER
        else:
            read = len(answer.feed.entries) if answer.feed is not None else 0
            read += len(answer.part.spared) if answer.part is not None else 0
            if state.status == IM_USED:
                # It holds only what is new, so it does not tell how far back a document reaches.
                read = 0
            rhythm = pacing.learned(source, state, now, new, read=read)
            choice = pacing.choose(source, now, rhythm, feed=state.feed, headers=answer.headers)
            due = choice.due
            learned = pacing.kept(rhythm, choice)
            return replace(state, due=due, wait=(due - now).total_seconds(), rhythm=learned)
        return replace(state, due=due, wait=(due - now).total_seconds())

    def _decided(self, answer: Answer, feed: Feed) -> dedupe.Changes | None:
        """Decide what entries are; None if those that were not read would have to be known."""
        source, part = answer.source, answer.part
        spared = None if part is None else dedupe.Spared(number=len(part.spared), places=part.places)
        if part is None or part.spare is None:
            ours = [ours for ours, _ in answer.state.said]
            known = self.store.recall(source.name, feed.entries, also=ours)
        else:
            away = part.away()
            known = self.store.recall(source.name, feed.entries, away)
            # Since it was read, another source's poll may have renamed an entry of this one.
            if self.store.spare(source.name) != part.spare or not dedupe.harmless(feed.entries, known, away):
                return None
            known = tuple(record for record in known if not away(record.id))
        others = self.store.holders([entry.id for entry in feed.entries], source.name)
        return dedupe.decide(
            feed.entries,
            known,
            others,
            now=answer.now,
            source=source,
            authority=self.config.authority,
            owns=self._owns,
            backlog=answer.state.changed is None,
            unstable=answer.state.unstable,
            said={theirs: ours for ours, theirs in answer.state.said},
            spared=spared,
        )

    def _compared(
        self, answer: Answer, changes: dedupe.Changes
    ) -> tuple[Answer, dedupe.Changes, Exception | None]:
        """Take what the whole of a document says if it was read too, and tell if that is not the same."""
        part, feed = answer.part, answer.feed
        if part is None or feed is None or part.whole is None:
            return answer, changes, None
        state = was_read(answer.state, answer.source, "feed", part.whole, answer.state.body_hash or "")
        whole = replace(answer, feed=part.whole, state=state, part=part.all_read())
        after = self._decided(whole, part.whole)
        assert after is not None
        if told := differences((feed, changes), (part.whole, after)):
            reason = f"{answer.source.name}: read in part, its document differs in {', '.join(told)}; read: "
            return replace(whole, part=None), after, Differs(f"{reason}{{only_new: false}} avoids that")
        return answer, changes, None

    def _keep_one(self, answer: Answer, asked: list[SourceState]) -> Outcome | None:
        """Decide on one, and save it; where only the state of its source is new, leave that in ``asked``."""
        changes, surprise = dedupe.Changes(), answer.surprise
        if answer.feed is not None:
            decided = self._decided(answer, answer.feed)
            if decided is None:
                return None
            answer, changes, differing = self._compared(answer, decided)
            surprise = differing or surprise
        source, state, feed, now = answer.source, answer.state, answer.feed, answer.now
        if feed is not None:
            state = _watched(state, changes)
            changes = replace(changes, new=self._admitted(answer, changes, unstable=state.unstable))
        changes = self._texted(answer, changes)
        touched = bool(changes.new or changes.changed)
        if touched:
            state = replace(state, changed=now)
        # A flood tells nothing about when a source posts.
        state = self._scheduled(answer, state, [record for record in changes.new if not record.held])
        if feed is None and not touched:
            asked.append(state)
        else:
            self.store.save([Poll(state=state, changes=changes)])
        if answer.texts:
            self.store.save_texts(source.name, answer.texts)
        gone = () if feed is None else self._withdraw(source.name, feed, changes.new, now)
        if touched and source.keep is not None:
            self.store.prune(source.name, source.keep, now)
        if feed is not None and self.config.read.only_new:
            known = None if answer.part is None else answer.part.known(feed, changes)
            self.store.save_spare(source.name, known)
        return Outcome(
            source=source.name,
            result=Result.NEW if touched or gone else answer.result,
            new=len(
                {record.id for record in changes.new if not record.held} - {record.id for record in gone}
            ),
            changed=len(changes.changed),
            held=sum(bool(record.held) for record in changes.new),
            error=state.error if answer.result is Result.FAILED else None,
            title=state.feed.title.value if state.feed and state.feed.title else None,
            due=state.due,
            surprise=surprise,
        )

    def _texted(self, answer: Answer, changes: dedupe.Changes) -> dedupe.Changes:
        """Add the entries of earlier polls whose full text was found only now."""
        if not answer.later:
            return changes
        source = answer.source
        # What was decided here stays with the record, and is not to be said twice.
        later = [
            replace(one, decisions=tuple(said for said in one.decisions if said.topic not in dedupe.OURS))
            for one in answer.later
        ]
        known, ids = self.store.recall(source.name, later), {record.id for record in changes.changed}
        found = dedupe.decide(
            later, known, (), now=answer.now, source=source, authority=self.config.authority
        ).changed
        return replace(changes, changed=(*changes.changed, *(one for one in found if one.id not in ids)))

    def _admitted(self, answer: Answer, changes: dedupe.Changes, *, unstable: bool) -> tuple[Record, ...]:
        """Give what is new with its rank, if it is the source's backlog, and a flood in it held back."""
        source, now = answer.source, answer.now
        if answer.state.changed is None:
            return dedupe.ranked(changes.new)
        if source.flood == "pass" or len(changes.new) < dedupe.FEW:
            return changes.new
        last = self.store.states([source.name])[source.name].succeeded or now
        places = self.store.places(source.name, LOOKED_AT)
        known = changes.known + len(changes.changed)
        return dedupe.dammed(changes.new, known, places, now - last, unstable=unstable)

    def _withdraw(self, source: str, feed: Feed, new: Sequence[Record], now: datetime) -> tuple[Record, ...]:
        """Hide what a source took back, and what it brings although it was withdrawn; give what is hidden."""
        names = {name for record in new for name in (record.id, record.native_id) if name is not None}
        gone = dedupe.unwelcome(new, self.store.withdrawals(names), self._owns) if names else ()
        if feed.withdrawn:
            marked = self.store.holders([mark.id for mark in feed.withdrawn], "")
            gone += dedupe.withdrawn(feed, marked, source, self._owns, now)
        return self.store.withdraw(gone) if gone else ()
