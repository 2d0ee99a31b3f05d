"""What ``cadence`` learns and decides, between a poll and the store: rhythms, prices, due times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

from feeds import cadence
from feeds.cadence import Choice, Pace, Plan, Rhythm
from feeds.config.schema import Config, Source
from feeds.fetch.manners import service
from feeds.memory import Record, SourceState
from feeds.model import DateOrigin, Entry, Feed, Precision
from feeds.store import Store

HISTORY = 100
"""Entries of the store to learn from, of a source that was polled before anything was learned."""
THROTTLED = 429
NEVER_WORKED = timedelta(days=8)
"""Failures in a row reach the wait of a day within so many of them; from then on each is a day."""
BRIEF = timedelta(hours=6)
"""Who fails and waits less than that is reckoned with as if it worked: it may do so again at once, and so may
all of them, as after a network that answered everything with a page of its own. At a price for sources of
which none answers, each would then be polled as often as it may be, until the price is set anew."""
EXACT = frozenset({Precision.MINUTE, Precision.SECOND})


class Pacing:
    """Spends the budget of ``fetch.budget`` on the sources with interval ``auto``.

    Args:
        config: The configuration in force.
        store: Remembers the rhythm of each source, and the price.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self.store = store
        self._hosts = {
            source.name: host_of(source) for source in config.sources if learns(source) and not source.paused
        }
        self._sources = {source.name: source for source in config.sources if source.name in self._hosts}
        self._budget = config.fetch.budget.an_hour(len(self._hosts))
        self._pace: Pace | None = None

    def begin(self, now: datetime) -> None:
        """Take up the price in force, and set it anew if an hour has passed.

        Raises:
            StoreError: It cannot be read or kept.
        """
        if not self._hosts:
            return
        moment = cadence.hours(now)
        # Another run may have set it: once from cron, beside a daemon that was stopped.
        self._pace = self.store.pace()
        if cadence.step_due(self._pace, moment, self._budget):
            self._pace = self._stepped(self._pace, moment)
            self.store.save_pace(self._pace)

    def count(self, polled: Iterable[Source]) -> None:
        """Note requests that were made out of the budget."""
        number = sum(source.name in self._hosts for source in polled)
        if number:
            self.store.count_requests(number)

    def price(self, source: Source) -> float | None:
        """Give what a request to a source has to be worth; None where that does not matter."""
        if self._pace is None or source.name not in self._hosts:
            return None
        return self._pace.at_host(self._hosts[source.name])

    def learned(
        self, source: Source, state: SourceState, now: datetime, new: Sequence[Record], *, read: int
    ) -> Rhythm | None:
        """Say what is known of a source's rhythm after a poll that worked.

        Args:
            source: The source.
            state: As it was before, or is after that poll.
            now: The moment of the poll.
            new: Its entries that were not known.
            read: How many entries its document holds; 0 if it was not read.

        Returns:
            None for a source whose waits are not learned.
        """
        if not learns(source):
            return None
        moment = cadence.hours(now)
        before = cadence.decode(state.rhythm)
        dates = [_told(record.entry) for record in new]
        if before is None or before.at > moment:
            if not dates:
                known = islice(self.store.newest((source.name,)), HISTORY)
                dates = [_told(record.entry) for record in known]
            return cadence.first(moment, dates, window=read)
        window = max(read, before.window) if read else 0
        return cadence.learn(before, moment, dates, window=window, lost=0 < read <= len(dates))

    def choose(
        self,
        source: Source,
        now: datetime,
        rhythm: Rhythm | None,
        *,
        feed: Feed | None,
        headers: Mapping[str, str],
    ) -> Choice:
        """Choose the next poll after one that worked."""
        return cadence.choose(
            source, now, feed=feed, headers=headers, rhythm=rhythm, price=self.price(source)
        )

    def kept(self, rhythm: Rhythm | None, choice: Choice) -> str | None:
        """Give what is to be remembered of a rhythm, with what the choice found."""
        if rhythm is None:
            return None
        asked = choice.asked / cadence.HOUR
        return cadence.encode(replace(rhythm, asked=asked, evenness=choice.evenness, reason=choice.reason))

    def after_failure(
        self, source: Source, state: SourceState, now: datetime, retry_after: timedelta | None
    ) -> datetime:
        """Choose the next poll after one that failed; ``state`` counts that failure."""
        worked = state.succeeded
        silent = now - worked if worked else timedelta(days=state.failures) - NEVER_WORKED
        return cadence.after_failure(
            source,
            now,
            state.failures,
            retry_after,
            feed=state.feed,
            rhythm=cadence.decode(state.rhythm),
            price=self.price(source),
            silent=silent,
        )

    def _stepped(self, pace: Pace | None, moment: float) -> Pace:
        """Set the price from what is known of all sources, those never polled as well."""
        plans: list[Plan] = []
        throttling: set[str] = set()
        unknown = dict(self._sources)
        for row in self.store.paced():
            source = unknown.pop(row.name, None)
            if source is None:
                continue
            host = self._hosts[row.name]
            if row.failures and row.wait and row.wait >= BRIEF.total_seconds():
                plans.append(Plan(rate=0.0, least=row.wait / 3600.0, most=row.wait / 3600.0, host=host))
            else:
                plans.append(cadence.plan(source, cadence.decode(row.rhythm), host))
            if row.status == THROTTLED and (pace is None or cadence.hours(row.polled) >= pace.at):
                throttling.add(host)
        plans.extend(cadence.plan(source, None, self._hosts[name]) for name, source in unknown.items())
        # Each host teaches how far apart it wants to be asked; a request takes its time besides.
        room = {
            taught.host: timedelta(hours=1) / taught.gap for taught in self.store.spacings() if taught.gap
        }
        return cadence.step(pace, plans, self._budget, moment, throttling, room=room)


def learns(source: Source) -> bool:
    """Say whether a source's waits are learned: a folder is read when it pleases us, it disturbs nobody."""
    return source.interval == "auto" and source.url is not None


def host_of(source: Source) -> str:
    """Give the host, or the service it belongs to, whose price counts for a source; empty without address."""
    return service(urlsplit(source.url or "").hostname or "")


def _told(entry: Entry | None) -> float | None:
    """Say when an entry came, in hours as in ``cadence``; None if the source did not say it exactly."""
    if entry is None or entry.published is None:
        return None
    told = entry.published
    exact = told.origin is DateOrigin.DECLARED and told.precision in EXACT
    return cadence.hours(told.instant) if exact else None
