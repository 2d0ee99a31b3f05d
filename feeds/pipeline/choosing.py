"""Choose: what becomes of every entry in one output, and why.

The one place where that is decided. ``emit`` publishes what is chosen here, ``explain`` and ``plan`` tell it.
Records come newest first; each gets exactly one standing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Protocol

from feeds.config.schema import Config, LimitStep, Output, Source, Step
from feeds.dedupe import remoteness
from feeds.filters import Filter, build, chain
from feeds.memory import Known, Record
from feeds.model import Entry, Withdrawal
from feeds.normalize import urls

GROUP = 100
"""Records that are looked at together, so that one query finds the ids they share with other sources."""


class Remembered(Protocol):
    """What is asked of the store."""

    def shared(self, ids: Collection[str]) -> Collection[str]:
        """Give those of these ids that several sources have."""

    def holders(self, ids: Collection[str], source: str) -> Iterable[Record]:
        """Give the records of all sources but that one that have one of these ids."""

    def withdrawals(self, ids: Collection[str]) -> Collection[Withdrawal]:
        """Give the withdrawals of these ids that are in force."""


class Fate(StrEnum):
    """What became of an entry in an output."""

    PUBLISHED = "published"
    ARCHIVED = "archived"
    """It left the output's feed for a closed page of its archive, or goes there at the next publication."""
    BEYOND_LIMIT = "beyond_limit"
    """The output was full before it: it is older than the oldest that is shown."""
    SOURCE_FULL = "beyond_limit_per_source"
    """The output has as many of its source as ``per_source`` says, all newer."""
    FILTERED = "filtered"
    ELSEWHERE = "shown_from_another_source"
    EXPIRED = "expired"
    """``keep`` let its text go."""
    WITHDRAWN = "withdrawn"
    """Its source, or the operator, took it back."""
    HELD = "held"
    """It came in a flood of entries that cannot be new."""
    WARM_UP = "older_than_warm_up"
    """Its source's first document brought newer ones, as many as ``warm_up`` lets in."""
    NOT_TAKEN = "source_not_in_output"
    UNLISTED = "source_not_in_config"
    INVALID = "not_valid"
    """Chosen, but no format of the output can carry it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """Which step of config.yaml dropped an entry.

    Attributes:
        source: Whose filters; None: those of the output.
        number: Which of them, from 1.
        step: As config.yaml says.
        entry: As it came to that step.
    """

    source: str | None
    number: int
    step: Step
    entry: Entry


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What became of one record in one output.

    Attributes:
        record: As it is remembered.
        fate: In a word.
        entry: Behind all filters; None unless it is published or beyond the limit.
        place: From 1, the newest; None unless published.
        dropped: The step that dropped it; None unless filtered.
        shown: The record of the same id that is shown in its stead; None unless there is one.
        mark: What withdrew it; None unless it was withdrawn.
        page: Name of the closed page that it is in, or the one shown in its stead; None if there is none.
        closed: Whether that page is closed already.
    """

    record: Record
    fate: Fate
    entry: Entry | None = None
    place: int | None = None
    dropped: Dropped | None = None
    shown: Record | None = None
    mark: Withdrawal | None = None
    page: str | None = None
    closed: bool = False


def owns(source: Source, record: Record) -> bool:
    """Say whether an entry's id names the site of a source."""
    return source.url is not None and urls.same_site(record.id, source.url)


def barred(record: Record, source: Source) -> Fate | None:
    """Say what keeps an entry out of every output of its source; None if nothing does."""
    if record.held:
        return Fate.HELD
    old = record.backlog is not None and source.warm_up is not None and record.backlog >= source.warm_up
    return Fate.WARM_UP if old else None


def _before(one: Record, other: Record) -> bool:
    """Say whether a record stands before another in every output."""
    if one.sort_key != other.sort_key:
        return one.sort_key > other.sort_key
    return (one.id, one.source) < (other.id, other.source)


class Choosing:
    """One pass over the records of an output, newest first: it counts, so each pass is a new one.

    Args:
        config: The configuration in force.
        output: One of its outputs.
        store: Knows who else has an id, and what was withdrawn.
        now: For filters by age.
        limit: How many entries are taken; None: all.
    """

    def __init__(
        self, config: Config, output: Output, store: Remembered, now: datetime, limit: int | None
    ) -> None:
        self.output = output
        self.now = now
        self.limit = limit
        self.members: Mapping[str, Source] = {source.name: source for source in config.members(output)}
        self._config = config
        self._store = store
        self._taken: dict[str, int] = {}
        self._count = 0
        self._last = [(None, n, step, build(step, now)) for n, step in enumerate(output.filters, 1)]
        self._chains: dict[str, list[tuple[str | None, int, Step, Filter]]] = {}

    @property
    def full(self) -> bool:
        """Whether no further entry is taken. From then on standings depend on nothing that came before."""
        return self.limit is not None and self._count >= self.limit

    def standings(self, records: Iterable[Record]) -> Iterator[Standing]:
        """Give what becomes of each record, one after the other, as far as it is asked for."""
        rest = iter(records)
        while group := list(islice(rest, GROUP)):
            rivals = self._rivals(group)
            for record in group:
                yield self._judge(record, rivals.get(record.id, ()), counting=True)

    def taken(self, ones: Iterable[Record | Known]) -> Iterator[Standing | Known]:
        """Give what is published of these, until the output is full; the others are passed over.

        What is ``Known`` passed all filters before, and would again; it is looked at only if others have its
        id.
        """
        rest = iter(ones)
        while not self.full and (group := list(islice(rest, max(GROUP, self.limit or 0)))):
            rivals = self._rivals(group)
            for one in group:
                others = rivals.get(one.id, ())
                if self.full:
                    return
                if isinstance(one, Known) and not others:
                    if self._let_in(one.source):
                        yield one
                    continue
                # One of which only its place was read is among those that share its id.
                own = (other for other in others if other.source == one.source)
                record = next(own, None) if isinstance(one, Known) else one
                if record is not None:
                    standing = self._judge(record, others, counting=True)
                    if standing.fate is Fate.PUBLISHED:
                        yield standing

    def standing(self, record: Record, records: Callable[[], Iterable[Record]]) -> Standing:
        """Give what becomes of one record, with no more of the pass than that takes.

        Args:
            record: Of any source.
            records: Gives all records of the members, newest first; asked for only if places count.
        """
        alone = self.alone(record)
        if self.settled(alone):
            return alone
        for standing in self.standings(records()):
            if (standing.record.source, standing.record.id) == (record.source, record.id):
                return standing
            if _before(record, standing.record) and self.sated(record.source):
                return Standing(record=record, fate=Fate.SOURCE_FULL)
            if self.full:
                return alone
        return self.passed_by(alone)

    def sated(self, name: str) -> bool:
        """Say whether the output has all of a source that ``per_source`` lets in, so that no more is read."""
        most = self.output.per_source
        return most is not None and self._taken.get(name, 0) >= most and not self.counts(name)

    def passed_by(self, alone: Standing) -> Standing:
        """Give what becomes of a record that an ended pass did not come by."""
        full = alone.fate is Fate.BEYOND_LIMIT and self.sated(alone.record.source)
        return Standing(record=alone.record, fate=Fate.SOURCE_FULL) if full else alone

    def alone(self, record: Record) -> Standing:
        """Give what becomes of a record if the output is full before it."""
        return self._judge(record, self._rivals([record]).get(record.id, ()), counting=False)

    def settled(self, alone: Standing) -> bool:
        """Say whether what becomes of a record alone holds, however many come before it."""
        return alone.fate is not Fate.BEYOND_LIMIT and not (
            alone.fate is Fate.FILTERED and self.counts(alone.record.source)
        )

    def counts(self, name: str) -> bool:
        """Say whether a filter for entries of that source depends on how many came before."""
        return any(isinstance(step, LimitStep) for _, _, step, _ in self.steps(name))

    def _judge(self, record: Record, rivals: Iterable[Record], *, counting: bool) -> Standing:
        """Decide. Not ``counting``, or once the output is full, nothing is counted and nothing is full."""
        out, entry = self._out(record), record.entry
        if out is not None or entry is None:
            return out or Standing(record=record, fate=Fate.EXPIRED)
        shown = self._shown_instead(record, rivals)
        if shown is not None:
            return Standing(record=record, fate=Fate.ELSEWHERE, shown=shown)
        counting = counting and not self.full
        for owner, number, step, passes in self.steps(record.source):
            if isinstance(step, LimitStep) and not counting:
                continue
            after = passes(entry)
            if after is None:
                dropped = Dropped(source=owner, number=number, step=step, entry=entry)
                return Standing(record=record, fate=Fate.FILTERED, dropped=dropped)
            entry = after
        if not counting:
            return Standing(record=record, fate=Fate.BEYOND_LIMIT, entry=entry)
        if not self._let_in(record.source):
            return Standing(record=record, fate=Fate.SOURCE_FULL)
        return Standing(record=record, fate=Fate.PUBLISHED, entry=entry, place=self._count)

    def _let_in(self, name: str) -> bool:
        """Count one more of a source, unless the output has all of it that it takes."""
        most, taken = self.output.per_source, self._taken.get(name, 0)
        if most is not None and taken >= most:
            return False
        self._taken[name] = taken + 1
        self._count += 1
        return True

    def _out(self, record: Record) -> Standing | None:
        """Say why a record is none that the output chooses from; None if it is one."""
        if record.source not in self.members:
            listed = any(source.name == record.source for source in self._config.sources)
            return Standing(record=record, fate=Fate.NOT_TAKEN if listed else Fate.UNLISTED)
        if record.entry is None:
            mark = self.mark(record)
            return Standing(record=record, fate=Fate.WITHDRAWN if mark else Fate.EXPIRED, mark=mark)
        bar = barred(record, self.members[record.source])
        return None if bar is None else Standing(record=record, fate=bar)

    def mark(self, record: Record) -> Withdrawal | None:
        """Give the withdrawal of a record that is in force; None if it is not withdrawn."""
        marks = {note.source: note for note in self._store.withdrawals([record.id])}
        own = marks.get("") or marks.get(record.source)
        sources = {source.name: source for source in self._config.sources}
        at_home = record.source in sources and owns(sources[record.source], record)
        others = (note for name, note in sorted(marks.items()) if name in sources and not at_home)
        return own or next((note for note in others if owns(sources[note.source], record)), None)

    def steps(self, name: str) -> Sequence[tuple[str | None, int, Step, Filter]]:
        """Give the filters of a source's entries, in order: whose, which of them, as config.yaml says."""
        source = self.members.get(name)
        if source is None:
            return ()
        if name not in self._chains:
            own = [(name, n, step, build(step, self.now)) for n, step in enumerate(source.filters, 1)]
            self._chains[name] = [*own, *self._last]
        return self._chains[name]

    def _rivals(self, group: Sequence[Record | Known]) -> dict[str, list[Record]]:
        """Find, for every id of a group, the records of the members that have it, where there are several."""
        found: dict[str, list[Record]] = {}
        shared = self._store.shared({record.id for record in group})
        for record in self._store.holders(shared, "") if shared else ():
            if record.source in self.members and record.entry is not None:
                found.setdefault(record.id, []).append(record)
        return {key: records for key, records in found.items() if len(records) > 1}

    def _shown_instead(self, record: Record, rivals: Iterable[Record]) -> Record | None:
        """Find the record of the same post that stands for this one.

        Of entries that share an id (the same post, polled from several sources) one is given: that of the
        source whose host the id names, else the one nearest to its home, else the one with the oldest sort
        key, else of the smaller name.
        """

        def at_home(name: str, uri: str) -> bool:
            address = self.members[name].url
            return address is not None and urls.same_site(uri, address)

        def rank(one: Record) -> tuple[bool, int, datetime, str]:
            away = remoteness(one, at_home)
            return (not owns(self.members[one.source], one), away, one.sort_key, one.source)

        better = (
            one
            for one in rivals
            if rank(one) < rank(record)
            and barred(one, self.members[one.source]) is None
            and self.passed(one) is not None
        )
        return min(better, key=rank, default=None)

    def passed(self, record: Record) -> Entry | None:
        """Give an entry behind all filters but those that count; None if one drops it."""
        source = self.members.get(record.source)
        if source is None or record.entry is None:
            return None
        steps = (*source.filters, *self.output.filters)
        return chain(tuple(step for step in steps if not isinstance(step, LimitStep)), self.now)(record.entry)
