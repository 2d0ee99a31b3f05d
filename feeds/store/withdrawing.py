"""Withdrawn entries: hidden from every output at once, and never taken in again.

Its record stays, so that the entry is known and does not come back as new; its text moves to ``withheld``,
where nothing but an undoing looks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, literal, or_, select, update

from feeds.memory import Record
from feeds.model import Withdrawal
from feeds.store import codec, saving
from feeds.store.merging import batches
from feeds.store.tables import ENTRIES, WITHDRAWN


@dataclass(frozen=True, slots=True)
class Mark:
    """A withdrawal, and when the operator undid it; None: it is in force."""

    note: Withdrawal
    lifted: datetime | None


def withdraw(connection: Connection, pairs: Iterable[tuple[Withdrawal, Record]]) -> tuple[Record, ...]:
    """Note withdrawals, and hide the records that they are about.

    Returns:
        The records that were not hidden before. What the operator put back is not hidden by a source's word.
    """
    hidden = []
    for note, record in pairs:
        if not _note(connection, note):
            continue
        own = (ENTRIES.c.source == record.source) & (ENTRIES.c.id == record.id)
        row = connection.execute(select(ENTRIES.c.entry, ENTRIES.c.withheld).where(own)).first()
        if row is None or row.withheld is not None:
            continue
        text = func.coalesce(ENTRIES.c.entry, literal(""))
        connection.execute(update(ENTRIES).where(own).values(withheld=text, entry=None))
        saving.count(connection, record.source, 0 if row.entry is None else -1)
        hidden.append(record)
    return tuple(hidden)


def _note(connection: Connection, note: Withdrawal) -> bool:
    """Note a withdrawal, and say whether it is in force."""
    key = (WITHDRAWN.c.id == note.id) & (WITHDRAWN.c.source == note.source)
    row = connection.execute(select(WITHDRAWN.c.lifted).where(key)).first()
    values = {"at": codec.micros(note.when), "reason": note.reason, "lifted": None}
    if row is None:
        connection.execute(WITHDRAWN.insert(), {"id": note.id, "source": note.source, **values})
    elif not note.source:
        # What a source says at every poll is noted once; the operator may have another reason by now.
        connection.execute(update(WITHDRAWN).where(key).values(values))
    return row is None or row.lifted is None or not note.source


def lift(connection: Connection, ids: Collection[str], now: datetime) -> int:
    """Undo the withdrawals of these entries, also against their sources; say how many have their text again.

    A text that was let go since stays lost: then the entry is only known not to be new.
    """
    restored = 0
    for some in batches(sorted(ids)):
        marks = WITHDRAWN.c.id.in_(some)
        connection.execute(update(WITHDRAWN).where(marks).values(lifted=codec.micros(now)))
        columns = (ENTRIES.c.number, ENTRIES.c.source, ENTRIES.c.sort_key, ENTRIES.c.withheld)
        held = and_(ENTRIES.c.id.in_(some), ENTRIES.c.withheld.is_not(None))
        for number, source, sort_key, text in connection.execute(select(*columns).where(held)).all():
            values = {"entry": text or None, "withheld": None}
            connection.execute(update(ENTRIES).where(ENTRIES.c.number == number).values(values))
            if text:
                restored += 1
                saving.count(connection, source, 1, sort_key)
    return restored


def in_force(connection: Connection, ids: Collection[str]) -> tuple[Withdrawal, ...]:
    """Give the withdrawals of these ids that nobody undid, by id and source."""
    rows: list[RowMapping] = []
    for some in batches(sorted(set(ids))):
        statement = select(WITHDRAWN).where(WITHDRAWN.c.id.in_(some), WITHDRAWN.c.lifted.is_(None))
        rows.extend(connection.execute(statement).mappings())
    return tuple(sorted((_withdrawal(row) for row in rows), key=lambda one: (one.id, one.source)))


def retracted(connection: Connection) -> tuple[Withdrawal, ...]:
    """Give the operator's withdrawals that are in force, by id."""
    statement = select(WITHDRAWN).where(WITHDRAWN.c.source == "", WITHDRAWN.c.lifted.is_(None))
    return tuple(map(_withdrawal, connection.execute(statement.order_by(WITHDRAWN.c.id)).mappings()))


def marks(connection: Connection, before: datetime) -> tuple[Mark, ...]:
    """Give the marks of entries that were met before then, each with when it was undone."""
    met = select(ENTRIES.c.id).where(ENTRIES.c.first_seen < codec.micros(before))
    statement = select(WITHDRAWN).where(WITHDRAWN.c.id.in_(met)).order_by(WITHDRAWN.c.id, WITHDRAWN.c.source)
    return tuple(
        Mark(_withdrawal(row), None if row["lifted"] is None else codec.instant(row["lifted"]))
        for row in connection.execute(statement).mappings()
    )


def seed(connection: Connection, some: Iterable[Mark], now: datetime) -> None:
    """Note marks as they were at a moment; what was undone later is in force."""
    for mark in some:
        lifted = mark.lifted if mark.lifted is not None and mark.lifted <= now else None
        note = mark.note
        row = {
            "id": note.id,
            "source": note.source,
            "at": codec.micros(note.when),
            "reason": note.reason,
            "lifted": None if lifted is None else codec.micros(lifted),
        }
        connection.execute(WITHDRAWN.insert(), row)


def shown(
    connection: Connection, sources: Sequence[str], since: datetime
) -> tuple[tuple[Withdrawal, Record], ...]:
    """Give what of these sources was withdrawn since then, with the record as it was, newest mark first.

    The record's entry is None if its text is lost. An id that another of the sources still has is left out.
    """
    wanted = frozenset(sources)
    lasting = (WITHDRAWN.c.lifted.is_(None), WITHDRAWN.c.at >= codec.micros(since))
    order = (WITHDRAWN.c.at.desc(), WITHDRAWN.c.id, WITHDRAWN.c.source)
    marks = [
        _withdrawal(row)
        for row in connection.execute(select(WITHDRAWN).where(*lasting).order_by(*order)).mappings()
    ]
    held: dict[str, list[RowMapping]] = {}
    for some in batches(sorted({mark.id for mark in marks})):
        statement = select(ENTRIES).where(
            ENTRIES.c.id.in_(some), or_(ENTRIES.c.withheld.is_not(None), ENTRIES.c.entry.is_not(None))
        )
        for row in connection.execute(statement.order_by(ENTRIES.c.source)).mappings():
            if row["source"] in wanted:
                held.setdefault(row["id"], []).append(row)
    found: dict[str, tuple[Withdrawal, Record]] = {}
    for mark in marks:
        rows = held.get(mark.id, [])
        if rows and all(row["entry"] is None for row in rows) and mark.id not in found:
            found[mark.id] = (mark, codec.record({**rows[0], "entry": rows[0]["withheld"] or None}))
    return tuple(found.values())


def marked(connection: Connection, since: datetime) -> frozenset[str]:
    """Give the sources of which ``shown`` may have something: one look for all of them."""
    marks = select(WITHDRAWN.c.id).where(WITHDRAWN.c.lifted.is_(None), WITHDRAWN.c.at >= codec.micros(since))
    statement = select(ENTRIES.c.source).where(ENTRIES.c.withheld.is_not(None), ENTRIES.c.id.in_(marks))
    return frozenset(connection.execute(statement.distinct()).scalars())


def let_go(connection: Connection, before: datetime) -> None:
    """Forget the texts of what was withdrawn before then, for good."""
    old = select(WITHDRAWN.c.id).where(WITHDRAWN.c.at < codec.micros(before))
    kept = and_(ENTRIES.c.withheld.is_not(None), ENTRIES.c.withheld != "")
    connection.execute(update(ENTRIES).where(kept, ENTRIES.c.id.in_(old)).values(withheld=""))


def _withdrawal(row: RowMapping) -> Withdrawal:
    return Withdrawal(id=row["id"], source=row["source"], when=codec.instant(row["at"]), reason=row["reason"])
