"""Records, polls and stores for the tests of the store and of dedupe: only what a test is about is named."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from feeds.memory import Record, SourceState
from feeds.model import DateOrigin, Entry, Moment, Text
from feeds.store import Poll, Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Changed:
    """What dedupe would decide, said by hand."""

    new: tuple[Record, ...] = ()
    changed: tuple[Record, ...] = ()
    renamed: tuple[tuple[str, Record], ...] = ()


def at(hours: float = 0) -> datetime:
    """Give the moment so many hours before NOW."""
    return NOW - hours * HOUR


def record(
    source: str = "a", number: int = 1, *, hours: float = 0, live: bool = True, **given: Any
) -> Record:
    key = given.pop("id", f"tag:planet.example,2026:{source}:{number}")
    moment = Moment(instant=at(hours), origin=DateOrigin.FIRST_SEEN)
    values: dict[str, Any] = {"native_id": f"{number}", "url": f"https://{source}.example/{number}"} | given
    entry = Entry(source=source, id=key, updated=moment, title=Text(value=f"Title {number}"), **values)
    return Record(
        source=source,
        id=key,
        native_id=entry.native_id,
        url=entry.url,
        entry=entry if live else None,
        first_seen=NOW,
        sort_key=at(hours),
        fingerprint=f"{number}",
    )


def poll(*new: Record, source: str = "a", state: SourceState | None = None, **changes: Any) -> Poll:
    state = state or SourceState(name=new[0].source if new else source, polled=NOW)
    return Poll(state=state, changes=Changed(new=new, **changes))


def opened(folder: Path) -> Store:
    return open_store("sqlite:///feeds.db", folder)


def filled(folder: Path, records: Sequence[Record]) -> None:
    """Make a store with these records, and close it."""
    store = opened(folder)
    for source in sorted({one.source for one in records}):
        store.save([poll(*(one for one in records if one.source == source))])
    store.close()


def content(store: Store) -> list[Record]:
    return list(store.newest(tuple(store.states())))


def retitled(one: Record, title: str) -> Record:
    assert one.entry is not None
    return replace(one, entry=replace(one.entry, title=Text(value=title)), fingerprint=title)


def in_child(work: Callable[[], object]) -> int:
    """Do it in another process, and give its exit status: 0 done, 70 an exception, else what it left with."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
    except BaseException:  # noqa: BLE001 whatever it is must not run on in a copy of pytest
        traceback.print_exc()
        os._exit(70)
    os._exit(0)
