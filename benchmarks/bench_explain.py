"""What ``feeds explain`` takes with 100,000 entries remembered: the question alone, and the whole command.

nice python benchmarks/bench_explain.py [entries]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from feeds.config.load import load
from feeds.dedupe import Changes
from feeds.memory import Record, SourceState
from feeds.model import Entry, Moment, Text, TextType
from feeds.pipeline import Emitter, explain
from feeds.store import Poll, open_store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SOURCES = 500
WORDS = ("snow", "sun", "valley", "summit", "river", "bread", "road", "council", "vote", "train")


def record(source: int, number: int, total: int) -> Record:
    place = number * SOURCES + source
    moment = Moment(instant=NOW - timedelta(minutes=place))
    page = f"https://s{source}.example/{number}"
    title = f"{WORDS[place % 10]} {WORDS[place // 10 % 10]} {place} of {total}"
    body = Text(value=f"<p>{' '.join(WORDS) * 20}</p>", type=TextType.HTML)
    entry = Entry(
        source=f"s{source}", id=page, url=page, title=Text(value=title), content=body, updated=moment
    )
    return Record(
        source=entry.source,
        id=page,
        native_id=page,
        url=page,
        entry=entry,
        first_seen=NOW,
        sort_key=moment.instant,
        fingerprint=str(place),
    )


def timed(label: str, work: Callable[[], object], times: int = 10) -> None:
    spent: list[float] = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    print(f"{label:46} {sorted(spent)[times // 2] * 1e3:8.1f} ms   worst {max(spent) * 1e3:8.1f} ms")


def configure(folder: Path, outputs: str) -> Path:
    lines = "".join(f"  - {{name: s{n}, url: 'https://s{n}.example/feed'}}\n" for n in range(SOURCES))
    path = folder / "config.yaml"
    path.write_text(f"sources:\n{lines}outputs:\n{outputs}")
    return path


def main(arguments: Sequence[str]) -> None:
    total = int(arguments[0]) if arguments else 100_000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        store = open_store("sqlite:///feeds.db", folder)
        for source in range(SOURCES):
            new = tuple(record(source, number, total) for number in range(total // SOURCES))
            store.save([Poll(state=SourceState(name=f"s{source}"), changes=Changes(new=new))])
        full = "  - {name: all}\n  - {name: snow, filters: [{keep: {title: snow}}], limit: 1000}\n"
        sparse = "  - {name: rare, filters: [{keep: {title: ' 99999 '}}]}\n"
        config = load(configure(folder, full), {})
        emitter = Emitter(config, store)
        last = total // SOURCES - 1
        old = f"https://s7.example/{last}"
        timed("find by id", lambda: store.find(old))
        timed("find by page", lambda: store.find(f"{old}?utm_source=x"))
        timed("find by title", lambda: store.titled(f"{last * SOURCES + 7} of", 10))
        timed("find nothing", lambda: store.titled("snow rivers", 10))
        timed("near titles", lambda: store.near("snow rivers", 3))
        for label, key in (("newest", "https://s7.example/0"), ("oldest", old)):
            timed(f"explain the {label}, before outputs are made", partial(told, emitter, key))
        emitter.emit_all(NOW)
        for label, key in (("newest", "https://s7.example/0"), ("oldest", old)):
            timed(f"explain the {label}, after", partial(told, emitter, key))
        edited = full.replace("{name: all}", "{name: all, filters: [{drop: {title: 'sun road'}}]}")
        edited = edited.replace("{title: snow}}]", "{title: snow}}, {drop: {title: 'bread'}}]")
        changed = Emitter(load(configure(folder, edited), {}), store)
        for label, key in (("newest", "https://s7.example/0"), ("oldest", old)):
            timed(f"explain the {label}, after an edit of config.yaml", partial(told, changed, key))
            timed(f"the {label}, the whole command", partial(command, folder, key), 3)
        timed("feeds --version, the whole command", partial(command, folder, "--version"), 3)
        few = Emitter(load(configure(folder, sparse), {}), store)
        only = store.titled(" 99999 ", 1)[0].id
        timed("explain the one entry of an output, before", partial(told, few, only), 1)
        few.emit_all(NOW)
        timed("explain the one entry of an output, after", partial(told, few, only))
        store.close()


def command(folder: Path, word: str) -> None:
    words = [word] if word.startswith("-") else ["-c", str(folder / "config.yaml"), "explain", word]
    subprocess.run([sys.executable, "-m", "feeds", *words], check=True, capture_output=True)


def told(emitter: Emitter, key: str) -> object:
    return [explain(emitter, one, NOW) for one in emitter.store.find(key)]


if __name__ == "__main__":
    main(sys.argv[1:])
