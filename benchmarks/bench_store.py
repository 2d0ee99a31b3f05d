"""How long the store takes at size: the first 60 entries of 500 sources out of 2,000, and the rest of a run.

    python benchmarks/bench_store.py [--entries 1000000] [--sources 2000] [--folder FOLDER]

The comparison, in the same run over the same file, is the query that one writes first: ``WHERE source IN
(...) ORDER BY sort_key DESC LIMIT 60``, with the same indexes and the same rows read back.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from feeds.memory import Record, SourceState
from feeds.model import Entry, Moment, Text, TextType
from feeds.store import Poll, Store, open_store
from feeds.store.codec import decode_entry

START = datetime(2026, 1, 1, tzinfo=UTC)
BODY = "<p>" + "What happened, where, and who says so. " * 40 + "</p>"
FIRST = 60


@dataclass(frozen=True)
class New:
    """What a first poll brings."""

    new: tuple[Record, ...]
    changed: tuple[Record, ...] = ()
    renamed: tuple[tuple[str, Record], ...] = ()


def record(source: str, number: int, seconds: int) -> Record:
    moment = START + timedelta(seconds=seconds)
    entry = Entry(
        source=source,
        id=f"https://{source}.example/{number}",
        native_id=f"https://{source}.example/{number}",
        url=f"https://{source}.example/{number}",
        title=Text(value=f"Entry {number} of {source}"),
        content=Text(value=BODY, type=TextType.HTML),
        published=Moment(instant=moment),
        updated=Moment(instant=moment),
    )
    return Record(
        source=source,
        id=entry.id,
        native_id=entry.native_id,
        url=entry.url,
        entry=entry,
        first_seen=moment,
        sort_key=moment,
        fingerprint="0" * 64,
    )


def polls(sources: int, entries: int) -> Iterator[Poll]:
    """Entries of all sources interleaved in time, as of a year's polling."""
    each = entries // sources
    for place in range(sources):
        name = f"source-{place:05}"
        records = tuple(
            record(name, number, (number * sources + place * 7919 % sources) * 30) for number in range(each)
        )
        yield Poll(state=SourceState(name=name, polled=START, due=START), changes=New(records))


def fill(store: Store, sources: int, entries: int) -> None:
    group: list[Poll] = []
    for poll in polls(sources, entries):
        group.append(poll)
        if len(group) == 20:
            store.save(group)
            group = []
    store.save(group)


def naive(database: Path, names: list[str]) -> list[str]:
    connection = sqlite3.connect(database)
    marks = ",".join("?" * len(names))
    rows = connection.execute(
        f"SELECT entry FROM entries WHERE source IN ({marks}) AND entry IS NOT NULL"
        f" ORDER BY sort_key DESC, id LIMIT {FIRST}",
        names,
    ).fetchall()
    connection.close()
    return [decode_entry(text).id for (text,) in rows]


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Give the median of several runs after one that warms up."""
    work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def measure(folder: Path, sources: int, entries: int) -> None:
    store = open_store("sqlite:///bench.db", folder)
    database = folder / "bench.db"
    start = time.perf_counter()
    fill(store, sources, entries)
    filled = time.perf_counter() - start
    size = database.stat().st_size / 1e6
    print(f"{entries:,} entries of {sources:,} sources, {size:,.0f} MB, {entries / filled:,.0f} a second")
    names = [f"source-{place:05}" for place in range(0, sources, max(1, sources // 500))][:500]

    def merged() -> list[str]:
        return [one.id for one in islice(store.newest(names), FIRST)]

    assert merged() == naive(database, names), "both give the same entries"
    ours = milliseconds(merged, 20)
    theirs = milliseconds(lambda: naive(database, names), 3)
    print(
        f"first {FIRST} of {len(names)} sources: {ours:.1f} ms, naive {theirs:.1f}, ratio {theirs / ours:.0f}"
    )
    places = milliseconds(lambda: list(islice(store.merged(names, never, always, FIRST), FIRST)), 50)
    print(f"the same, places only: {places:.2f} ms, ratio {theirs / places:.0f}")
    known = [one.entry for one in islice(store.newest(names[:1]), 50) if one.entry]
    everything = [f"source-{place:05}" for place in range(sources)]
    later = START + timedelta(days=1)
    for label, work, times in (
        ("due, of all sources", lambda: store.due(everything, later, 64), 10),
        ("recall of 50 known entries", lambda: store.recall(names[0], known), 20),
        ("save of 64 polls that bring nothing", lambda: save_nothing(store, everything[:64]), 10),
        ("open", lambda: open_store("sqlite:///bench.db", folder).close(), 10),
    ):
        print(f"{label}: {milliseconds(work, times):.1f} ms")
    store.close()


def never(_source: str) -> bool:
    return False


def always(_source: str, _id: str) -> bool:
    return True


def save_nothing(store: Store, names: list[str]) -> None:
    store.save([Poll(state=SourceState(name=name, polled=START), changes=New(())) for name in names])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--sources", type=int, default=2_000)
    parser.add_argument(
        "--folder", type=Path, help="where to make the store; a temporary folder unless given"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        measure(Path(folder), given.sources, given.entries)


if __name__ == "__main__":
    main()
