"""The store as the rest of the program sees it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, null, select, update

from feeds.cadence import Pace
from feeds.config.schema import Keep
from feeds.memory import FullText, Heading, Known, Record, Robots, SourceState, Spacing, Spare
from feeds.model import Entry, Withdrawal
from feeds.store import (
    codec,
    finding,
    merging,
    moving,
    recalling,
    saving,
    shifting,
    staying,
    texts,
    withdrawing,
)
from feeds.store.database import Database
from feeds.store.journal import Journal
from feeds.store.merging import batches
from feeds.store.ripening import Ripening
from feeds.store.saving import Poll
from feeds.store.segments import Segments
from feeds.store.shelf import Shelf
from feeds.store.tables import ENTRIES, HOSTS, NOTES, OUTPUTS, PACE, ROBOTS, SOURCES, SPARED, TEXTS


@dataclass(frozen=True, kw_only=True, slots=True)
class Emitted:
    """What we wrote for an output.

    Attributes:
        signature: Hash of all it was rendered from.
        files: Path relative to the output folder, to SHA-256 (hex) of the bytes.
        seen: Likewise, to how the file system described the file with these bytes; of files of which that is
            known.
    """

    signature: str
    files: Mapping[str, str]
    seen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What stands in an output.

    Attributes:
        entries: Of each, in order: id, source, and a hash of how it stands there.
        settings: What of config.yaml the output was made with, as text.
    """

    entries: tuple[tuple[str, str, str], ...]
    settings: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What a run leaves for others to read.

    Attributes:
        at: When it was written.
        said: As JSON has it.
    """

    at: datetime
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paced:
    """What the requests to a source follow from; the fields as in ``SourceState``."""

    name: str
    polled: datetime
    failures: int
    status: int | None
    wait: float | None
    rhythm: str | None


class Store:
    """Remembers entries and the state of sources. Made by ``open_store``.

    Any thread may call it; one at a time is served. All methods raise StoreError if the database fails, and
    have then changed nothing.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine
        self._turn = threading.RLock()
        self.shelf = Shelf(self._reading, self._writing)
        self.journal = Journal(self._reading, self._writing, Segments(database.documents))
        self._ripening = Ripening()
        self._current: Connection | None = (
            None  # Of the transaction that is open in the thread whose turn it is.
        )

    def close(self) -> None:
        """Close the database; the store is of no use afterwards."""
        with self._turn, self._database.told():
            self._engine.dispose()

    def claim(self) -> AbstractContextManager[None]:
        """Hold the store for this run alone; raise StoreBusy if another run holds it."""
        return self._database.held()

    def holder(self) -> tuple[bool, int | None]:
        """Say whether a run holds the store, and as which process; not knowing counts as no."""
        return self._database.holder()

    def states(self, names: Collection[str] | None = None, *, bare: bool = False) -> dict[str, SourceState]:
        """Give what is remembered of these sources, or of all; a source never polled is not in it.

        ``bare``: without what they say of themselves, which takes most of the time.
        """
        columns = [null().label("feed") if bare and one is SOURCES.c.feed else one for one in SOURCES.c]
        with self._reading() as connection:
            statement = select(*columns).order_by(SOURCES.c.name)
            if names is None:
                rows = connection.execute(statement).mappings().all()
            else:
                rows = [
                    row
                    for some in batches(sorted(set(names)))
                    for row in connection.execute(statement.where(SOURCES.c.name.in_(some))).mappings()
                ]
        return {row["name"]: codec.state(row) for row in rows}

    def headings(self, names: Collection[str] | None = None) -> dict[str, Heading]:
        """Give what stands on the outside of these sources, or of all."""
        columns = (SOURCES.c.name, SOURCES.c.revision, SOURCES.c.kind, SOURCES.c.feed)
        statement = select(*columns)
        asked = (
            [statement]
            if names is None
            else [statement.where(SOURCES.c.name.in_(some)) for some in batches(sorted(set(names)))]
        )
        with self._reading() as connection:
            rows = [row for each in asked for row in connection.execute(each).all()]
        return {name: codec.heading(*told) for name, *told in rows}

    def due(self, names: Collection[str], now: datetime, limit: int) -> tuple[SourceState, ...]:
        """Give the sources of these names that may be polled now, the longest due first.

        One that is not remembered is due, and so is one polled in the future: then the clock went back, and
        its due time is of no use. Both come first.
        """
        with self._reading() as connection:
            ripe = self._ripening.ripe(connection, names, codec.micros(now), limit)
        states = self.states(ripe)
        return tuple(states.get(name) or SourceState(name=name) for name in ripe)

    def enlist(self, names: Collection[str]) -> None:
        """Learn which sources config.yaml lists: the others stay, but cost ``due`` nothing."""
        with self._writing() as connection:
            self._ripening.enlist(connection, names)

    def waits(self) -> dict[str, tuple[datetime, datetime]]:
        """Give when each source was polled last and when it is due, of those whose last poll worked."""
        columns = (SOURCES.c.name, SOURCES.c.polled, SOURCES.c.due)
        known = (SOURCES.c.failures == 0) & SOURCES.c.polled.is_not(None) & SOURCES.c.due.is_not(None)
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(known)).all()
        return {name: (codec.instant(polled), codec.instant(due)) for name, polled, due in rows}

    def answered(self) -> datetime | None:
        """Say when a source was polled last to which some server answered; None if none ever did."""
        latest = select(func.max(SOURCES.c.polled)).where(SOURCES.c.status.is_not(None))
        with self._reading() as connection:
            moment = connection.execute(latest).scalar_one()
        return None if moment is None else codec.instant(moment)

    def hasten(self, dues: Mapping[str, datetime]) -> None:
        """Let sources be due at other moments than were chosen after their last poll."""
        with self._writing() as connection:
            for name, due in dues.items():
                moment = codec.micros(due)
                connection.execute(update(SOURCES).where(SOURCES.c.name == name).values(due=moment))

    def latest_poll(self) -> datetime | None:
        """Give when the last poll of a listed source began; None before the first."""
        latest = select(func.max(SOURCES.c.polled)).where(SOURCES.c.away.is_(None))
        with self._reading() as connection:
            found = connection.scalar(latest)
        return None if found is None else codec.instant(found)

    def shift(self, by: timedelta, *, after: datetime | None = None) -> None:
        """Move all polls and due times because the clock was set; only of those polled ``after``."""
        with self._writing() as connection:
            since = None if after is None else codec.micros(after)
            shifting.shift(connection, by // codec.MICROSECOND, since)

    def bring_back(self, now: datetime) -> None:
        """Put entries that were met in the future, by a clock that was wrong, to now; before ``shift``."""
        with self._writing() as connection:
            shifting.bring_back(connection, now)

    def notes(self) -> dict[str, Note]:
        """Give what runs noted, by what it is about."""
        with self._reading() as connection:
            rows = connection.execute(select(NOTES)).all()
        return {name: Note(at=codec.instant(at), said=json.loads(said)) for name, at, said in rows}

    def note(self, name: str, note: Note | None) -> None:
        """Leave a note, or take it away."""
        with self._writing() as connection:
            if note is None:
                connection.execute(delete(NOTES).where(NOTES.c.name == name))
                return
            row = {"name": name, "at": codec.micros(note.at), "said": json.dumps(dict(note.said))}
            saving.upsert(connection, NOTES, ("name",), [row])

    def resume(self, name: str) -> None:
        """Let a source be asked at once, where it is listed, as if it had never moved, failed or gone."""
        cleared = {"due": None, "trust": None, "failures": 0, "error": None, "error_class": None}
        with self._writing() as connection:
            connection.execute(update(SOURCES).where(SOURCES.c.name == name).values(cleared))

    def pace(self) -> Pace | None:
        """Give the price of requests in force; None before one was set."""
        with self._reading() as connection:
            row = connection.execute(select(PACE).where(PACE.c.name == codec.PACE_NAME)).mappings().first()
        return None if row is None else codec.pace(row)

    def save_pace(self, pace: Pace) -> None:
        """Put a price of requests in force."""
        with self._writing() as connection:
            saving.upsert(connection, PACE, ("name",), [codec.pace_row(pace)])

    def count_requests(self, number: int) -> None:
        """Note that so many requests were made at the price in force."""
        with self._writing() as connection:
            connection.execute(update(PACE).values(requests=PACE.c.requests + number))

    def paced(self) -> tuple[Paced, ...]:
        """Give of each source that was polled what its share of the requests follows from."""
        columns = [SOURCES.c[name] for name in ("name", "polled", "failures", "status", "wait", "rhythm")]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(SOURCES.c.polled.is_not(None))).all()
        return tuple([Paced(name, codec.instant(polled), *rest) for name, polled, *rest in rows])

    def recall(
        self,
        source: str,
        entries: Sequence[Entry],
        spared: Callable[[str], bool] = lambda _: False,
        also: Iterable[str] = (),
    ) -> tuple[Record, ...]:
        """Give all records of a source that could be one of these entries, expired ones too.

        Those with an id that is ``spared`` are left out where nothing but a date speaks for them; those with
        one of the ids in ``also`` are among them.
        """
        with self._reading() as connection:
            return recalling.recall(connection, source, entries, spared, also)

    def spare(self, source: str) -> Spare | None:
        """Give what of a source need not be read again; None if nothing, or if its entries changed since."""
        with self._reading() as connection:
            row = connection.execute(recalling.known_by(), {"own": source}).first()
        return None if row is None else Spare(context=row[0], packed=row[1])

    def save_spare(self, source: str, spare: Spare | None) -> None:
        """Remember what of a source need not be read again while its entries are as they are now."""
        with self._writing() as connection:
            saving.put_spare(connection, source, spare)

    def holders(self, ids: Collection[str], source: str) -> tuple[Record, ...]:
        """Give the records of other sources that have one of these ids, or whose source gave it to them."""
        with self._reading() as connection:
            return recalling.holders(connection, ids, source)

    def revisions(self) -> dict[str, int]:
        """Give the revision of each source (``SourceState.revision``), and nothing else of it."""
        with self._reading() as connection:
            rows = connection.execute(select(SOURCES.c.name, SOURCES.c.revision)).all()
        return {row.name: row.revision for row in rows}

    def shared(self, ids: Collection[str]) -> frozenset[str]:
        """Give those of these ids that several sources have."""
        with self._reading() as connection:
            return recalling.shared(connection, ids)

    def save(self, polls: Sequence[Poll]) -> None:
        """Write what polls leave, all of it or nothing, in the order given."""
        with self._writing() as connection:
            for poll in polls:
                saving.save(connection, poll)

    def save_asked(self, states: Sequence[SourceState]) -> None:
        """Write what a poll leaves of which nothing was read: all but what only reading tells."""
        with self._writing() as connection:
            saving.save_asked(connection, states)

    def newest(
        self,
        sources: Sequence[str],
        done: Callable[[str], bool] = merging.never,
        before: datetime | None = None,
    ) -> Iterator[Record]:
        """Give the entries of these sources by sort key (newest first), id, source; each with its text.

        With ``before``, those of a later sort key are passed over. Read as far as it is asked for, and of a
        source no further once it is ``done``. What is saved in between is in it if its turn is still to come.
        """
        start = None if before is None else codec.micros(before)
        return merging.newest(self._reading, sources, done, start)

    def merged(
        self,
        sources: Sequence[str],
        done: Callable[[str], bool],
        known: Callable[[str, str], bool],
        most: int,
    ) -> Iterator[Record | Known]:
        """Give them likewise; of those whose source and id are ``known``, only that it is their turn.

        ``most``: Nearly always no more than so many are asked for.
        """
        return merging.merged(
            self._reading, sources, done, known, first=max(1, min(most, merging.MOST_ENTRIES))
        )

    def places(self, source: str, most: int) -> tuple[datetime, ...]:
        """Give the sort keys of the newest entries of a source that are not held back, newest first."""
        with self._reading() as connection:
            return staying.places(connection, source, most)

    def held(self) -> dict[str, int]:
        """Give how many entries of each source are held back; a source without any is not in it."""
        with self._reading() as connection:
            return staying.held(connection)

    def release(self, source: str) -> int:
        """Let through what is held back of a source, and say how many entries that is."""
        with self._writing() as connection:
            return staying.release(connection, source)

    def find(self, what: str) -> tuple[Record, ...]:
        """Give all records with that id, ours or their source's own, or with that page."""
        with self._reading() as connection:
            return finding.find(connection, what)

    def titled(self, words: str, most: int) -> tuple[Record, ...]:
        """Give records whose title has these words, whatever their case; those met last come first."""
        with self._reading() as connection:
            return finding.titled(connection, words, most)

    def near(self, words: str, most: int) -> tuple[str, ...]:
        """Give titles, in lower case, that are like these words."""
        with self._reading() as connection:
            return finding.near(connection, words, most)

    def prune(self, source: str, keep: Keep, now: datetime) -> int:
        """Let entries beyond ``keep`` expire, and say how many."""
        with self._writing() as connection:
            return staying.prune(connection, source, keep, now)

    def withdraw(self, pairs: Iterable[tuple[Withdrawal, Record]]) -> tuple[Record, ...]:
        """Note withdrawals, hide their records from every output, and say which were not hidden before."""
        with self._writing() as connection:
            return withdrawing.withdraw(connection, pairs)

    def lift(self, ids: Collection[str], now: datetime) -> int:
        """Undo the withdrawals of these entries; say how many records have their text again."""
        with self._writing() as connection:
            return withdrawing.lift(connection, ids, now)

    def withdrawals(self, ids: Collection[str]) -> tuple[Withdrawal, ...]:
        """Give the withdrawals of these ids that are in force."""
        with self._reading() as connection:
            return withdrawing.in_force(connection, ids)

    def withdrawn(self, sources: Sequence[str], since: datetime) -> tuple[tuple[Withdrawal, Record], ...]:
        """Give what of these sources was withdrawn since then and is of no other of them, newest first."""
        with self._reading() as connection:
            return withdrawing.shown(connection, sources, since)

    def retracted(self) -> tuple[Withdrawal, ...]:
        """Give the operator's withdrawals that are in force."""
        with self._reading() as connection:
            return withdrawing.retracted(connection)

    def marks(self, before: datetime) -> tuple[withdrawing.Mark, ...]:
        """Give all marks of entries that were met before then, also those that were undone."""
        with self._reading() as connection:
            return withdrawing.marks(connection, before)

    def seed(self, marks: Sequence[withdrawing.Mark], now: datetime) -> None:
        """Take over marks of another store as they were then; what they are about is not here yet."""
        with self._writing() as connection:
            withdrawing.seed(connection, marks, now)

    def marked(self, since: datetime) -> frozenset[str]:
        """Give the sources of which something was withdrawn since then."""
        with self._reading() as connection:
            return withdrawing.marked(connection, since)

    def let_go(self, before: datetime) -> None:
        """Forget the texts of entries that were withdrawn before then."""
        with self._writing() as connection:
            withdrawing.let_go(connection, before)

    def forget(self, name: str) -> None:
        """Remove a source and all its entries."""
        with self._writing() as connection:
            connection.execute(delete(ENTRIES).where(ENTRIES.c.source == name))
            connection.execute(delete(SPARED).where(SPARED.c.source == name))
            connection.execute(delete(TEXTS).where(TEXTS.c.source == name))
            connection.execute(delete(SOURCES).where(SOURCES.c.name == name))
            # Under the same name, another source may come to the same revision.
            connection.execute(update(OUTPUTS).values(pieces=None, signature=""))
            self._ripening.forget()

    def spacings(self) -> tuple[Spacing, ...]:
        """Give what hosts taught us."""
        with self._reading() as connection:
            rows = connection.execute(select(HOSTS).order_by(HOSTS.c.host)).mappings().all()
        return tuple(codec.spacing(row) for row in rows)

    def save_spacings(self, spacings: Mapping[str, Spacing | None]) -> None:
        """Remember what hosts taught us; None: there is nothing more to remember of that host."""
        rows = [codec.spacing_row(taught) for taught in spacings.values() if taught is not None]
        with self._writing() as connection:
            for some in batches([host for host, taught in spacings.items() if taught is None]):
                connection.execute(delete(HOSTS).where(HOSTS.c.host.in_(some)))
            saving.upsert(connection, HOSTS, ("host",), rows)

    def robots(self, origin: str) -> Robots | None:
        """Give what a site asks of programs; None if it was never asked."""
        with self._reading() as connection:
            row = connection.execute(select(ROBOTS).where(ROBOTS.c.origin == origin)).mappings().first()
        return None if row is None else codec.robots(row)

    def save_robots(self, found: Iterable[Robots]) -> None:
        """Remember what sites ask of programs."""
        with self._writing() as connection:
            saving.upsert(connection, ROBOTS, ("origin",), [codec.robots_row(one) for one in found])

    def texts(self, source: str, ids: Sequence[str]) -> dict[str, FullText]:
        """Give what is known of the full texts of these entries of a source, by their ids."""
        with self._reading() as connection:
            return texts.texts(connection, source, ids)

    def texts_due(self, source: str, now: datetime, most: int) -> tuple[FullText, ...]:
        """Give the full texts of a source that are to be tried again now, the longest due first."""
        with self._reading() as connection:
            return texts.due(connection, source, now, most)

    def save_texts(self, source: str, found: Iterable[FullText]) -> None:
        """Remember full texts, and which are to be tried again."""
        with self._writing() as connection:
            texts.save(connection, source, found)

    def emitted(self) -> dict[str, Emitted]:
        """Give what we wrote for each output."""
        with self._reading() as connection:
            columns = (OUTPUTS.c.name, OUTPUTS.c.signature, OUTPUTS.c.files, OUTPUTS.c.seen)
            rows = connection.execute(select(*columns).order_by(OUTPUTS.c.name)).all()
        return {
            name: Emitted(
                signature=signature,
                files=codec.decode_pairs(files),
                seen={} if seen is None else codec.decode_pairs(seen),
            )
            for name, signature, files, seen in rows
        }

    def listed(self, output: str) -> Listing | None:
        """Give what stands in an output since it was emitted last; None if that is not known."""
        columns = (OUTPUTS.c.entries, OUTPUTS.c.settings)
        with self._reading() as connection:
            row = connection.execute(select(*columns).where(OUTPUTS.c.name == output)).first()
        if row is None or row[0] is None or row[1] is None:
            return None
        return Listing(entries=codec.decode_listed(row[0]), settings=row[1])

    def pieces(self, output: str) -> str | None:
        """Give what was saved as the pieces of an output; None if nothing was."""
        with self._reading() as connection:
            return connection.execute(select(OUTPUTS.c.pieces).where(OUTPUTS.c.name == output)).scalar()

    def save_emitted(
        self,
        output: str,
        signature: str,
        files: Mapping[str, str],
        listing: Listing | None = None,
        *,
        seen: Mapping[str, str] | None = None,
        pieces: str | None = None,
    ) -> None:
        """Remember what we wrote for an output; the name is empty for what belongs to the site.

        Without a listing, the one that is remembered stays.
        """
        row = {
            "name": output,
            "signature": signature,
            "files": codec.encode_pairs(dict(files)),
            "seen": codec.encode_pairs(dict(seen or {})),
            "pieces": pieces,
        }
        if listing is not None:
            row |= {"entries": codec.encode_listed(listing.entries), "settings": listing.settings}
        with self._writing() as connection:
            saving.upsert(connection, OUTPUTS, ("name",), [row])

    def save_seen(self, output: str, seen: Mapping[str, str]) -> None:
        """Remember how the file system describes the files of an output."""
        told = codec.encode_pairs(dict(seen))
        with self._writing() as connection:
            connection.execute(update(OUTPUTS).where(OUTPUTS.c.name == output).values(seen=told))

    def forget_emitted(self, output: str) -> None:
        """Forget an output."""
        with self._writing() as connection:
            connection.execute(delete(OUTPUTS).where(OUTPUTS.c.name == output))

    def housekeep(self) -> None:
        """Check the whole store for damage, and bring the database's statistics up to date."""
        with self._turn, self._database.told():
            self._database.keep_house()

    def vacuum(self) -> None:
        """Give the space of what is gone back to the disk; needs as much again while it runs."""
        with self._turn, self._database.told():
            self._database.vacuum()

    def backup(self, path: Path) -> None:
        """Copy the store as it is now into a new file; also while another process writes to it."""
        with self._turn, self._database.told():
            self._database.backup(path)

    def end(self) -> moving.End:
        """Give what moving all of it needs."""
        return moving.End(self._reading, self._writing, self.journal.segments)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make one transaction of all calls inside: all of their changes are kept, or none.

        Other threads wait. ``housekeep``, ``vacuum`` and ``backup`` have no place in it.
        """
        with self._writing():
            yield

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._turn:
            if self._current is not None:
                yield self._current
                return
            with self._database.told(), self._database.transaction(writes=True) as connection:
                self._current = connection
                try:
                    yield connection
                finally:
                    self._current = None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._turn:
            if self._current is not None:
                yield self._current
                return
            with self._database.told(), self._database.transaction() as connection:
                yield connection
