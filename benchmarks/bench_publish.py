"""What one new entry costs an output of 500, beside feedgen building all of it.

    python benchmarks/bench_publish.py [--entries 500] [--sources 25] [--rounds 9] [--profile]

In one run, in turns: feedgen makes the whole output, of entries that are in memory; and the program
publishes it after one entry came, from the store to the files in place. Both make the same formats, with the
same bytes.
Printed are medians of processor time.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cost.world import WORDS

from feeds.config.load import load
from feeds.config.schema import Config, Output
from feeds.formats import FEED_FORMATS
from feeds.memory import Record, SourceState
from feeds.model import Category, Entry, Feed, Moment, Origin, Person, Text, TextType
from feeds.pipeline import Emitter
from feeds.store import Poll, Store, open_store

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SITE = "https://planet.example/"


@dataclass(frozen=True)
class New:
    """What a poll brings."""

    new: tuple[Record, ...]
    changed: tuple[Record, ...] = ()
    renamed: tuple[tuple[str, Record], ...] = ()


def record(source: str, number: int) -> Record:
    """Make an entry as blogs have them: two or three paragraphs, an author, labels."""
    dice = random.Random(f"{source}-{number}")
    moment = START + timedelta(hours=number, seconds=dice.randint(0, 3599))

    def sentence() -> str:
        return " ".join(dice.choices(WORDS, k=dice.randint(8, 24))).capitalize() + "."

    paragraphs = (" ".join(sentence() for _ in range(dice.randint(3, 6))) for _ in range(dice.randint(2, 4)))
    page = f"https://{source}.example/posts/{number}"
    entry = Entry(
        source=source,
        id=page,
        native_id=page,
        url=page,
        title=Text(value=sentence()[:80]),
        summary=Text(value=sentence()),
        content=Text(value="".join(f"<p>{one}</p>" for one in paragraphs), type=TextType.HTML),
        published=Moment(instant=moment),
        updated=Moment(instant=moment),
        people=(Person(name=f"Author {dice.randint(1, 5)}"),),
        categories=tuple(Category(term=dice.choice(WORDS)) for _ in range(dice.randint(0, 4))),
        language="en",
        origin=Origin(
            id=f"https://{source}.example/feed",
            title=source.title(),
            self_url=f"https://{source}.example/feed",
            site_url=f"https://{source}.example/",
        ),
    )
    return Record(
        source=source,
        id=page,
        native_id=page,
        url=page,
        entry=entry,
        first_seen=moment,
        sort_key=moment,
        fingerprint="0" * 64,
    )


def planet(folder: Path, sources: int, entries: int) -> Config:
    """Write a configuration of one output."""
    lines = [f"  - {{name: s{one}, url: 'https://s{one}.example/feed'}}" for one in range(sources)]
    text = f"site: {{base_url: '{SITE}'}}\nsources:\n" + "\n".join(lines)
    path = folder / "config.yaml"
    path.write_text(f"{text}\noutputs: [{{name: all, limit: {entries}, formats: [atom, rss]}}]\n")
    return load(path, {})


def poll(source: str, *records: Record) -> Poll:
    return Poll(state=SourceState(name=source), changes=New(records))


def milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def whole(feed: Feed, output: Output) -> dict[str, bytes]:
    """Let feedgen make all of it."""
    forms = [FEED_FORMATS[word] for word in output.formats]
    paths = [f"{output.name}{form.suffix}" for form in forms]
    return {path: form.render(feed, SITE + path) for path, form in zip(paths, forms, strict=True)}


def measure(config: Config, store: Store, given: argparse.Namespace) -> None:
    """Let both of them do it in turns."""
    for number in range(given.sources):
        name = f"s{number}"
        each = given.entries // given.sources + 5
        store.save([poll(name, *(record(name, one) for one in range(each)))])
    (output,) = config.outputs
    emitter = Emitter(config, store)
    emitter.emit_all(NOW)
    theirs, ours = [], []
    profile = cProfile.Profile(time.process_time)
    for number in range(given.rounds):
        name = f"s{number % given.sources}"
        store.save([poll(name, record(name, 1000 + number))])
        if given.profile:
            profile.enable()
        ours.append(milliseconds(lambda: emitter.emit_one(output, NOW)))
        profile.disable()
        feed = emitter.gather(output, NOW)
        theirs.append(milliseconds(partial(whole, feed, output)))
        there = {path: (config.folder / "output" / path).read_bytes() for path in whole(feed, output)}
        if there != whole(feed, output):
            raise RuntimeError("what was put together has other bytes than feedgen gives")
    size = sum(map(len, there.values()))
    built, published = statistics.median(theirs), statistics.median(ours)
    print(f"{len(feed.entries)} entries, {' and '.join(output.formats)}, {size:,} bytes, the same in both")
    print(f"feedgen builds all of it:        {built:8.2f} ms")
    print(f"one new, from store to files:    {published:8.2f} ms   1/{built / published:.0f}")
    if given.profile:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("cumtime").print_stats("feeds/", 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=500)
    parser.add_argument("--sources", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        config = planet(Path(place), given.sources, given.entries)
        store = open_store(config.store, config.folder)
        with store.claim():
            measure(config, store, given)
        store.close()


if __name__ == "__main__":
    main()
