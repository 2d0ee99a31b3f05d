"""Falls into the traps of ``../shared/tools/hostile.py``: polls, stores and publishes what they give.

A program, so that the memory of the process and all that it writes are those of ``feeds`` alone:

    python traps.py FOLDER < plan.json > ends.json

The plan is a list of groups, a group a list of addresses. All traps stand on one host, which is asked for
one thing at a time; so each group has a client and a store of its own, and some groups run beside each other.
Each source is polled twice, two days apart. Of each address comes what both polls brought, and what ``feeds
status`` would say.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from feeds import __version__
from feeds.config.load import load
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Outcome, Poller, Readers, Result, open_readers
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = timedelta(days=2)
"""Longer than any server may ask us to stay away."""
BESIDE = 3
"""Groups at a time."""
CONFIG = """\
site: {title: Planet, base_url: "https://planet.example.org/", authority: "planet.example.org,2026"}
fetch:
  allow: [127.0.0.1]
  contact: https://planet.example.org/about
  spacing: 0s
  connect_timeout: 4s
  read_timeout: 4s
  deadline: 6s
  max_bytes: 4 MB
sources:
"""
Rows = dict[str, dict[str, Any]]


async def fall(plan: list[list[str]], folder: Path) -> Rows:
    """Poll each group's traps in a folder of its own, and publish what came."""
    slots = asyncio.Semaphore(BESIDE)
    told: Rows = {}

    async def one(place: int, urls: list[str], readers: Readers) -> None:
        async with slots:
            told.update(await _group(urls, folder / str(place), readers))

    first = _written(plan[0], folder)
    with open_readers(load(first, {}).read) as readers:
        async with asyncio.TaskGroup() as tasks:
            for place, urls in enumerate(plan):
                tasks.create_task(one(place, urls, readers))
    return told


def _written(urls: list[str], folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    lines = (f"  - {{name: t{place}, url: {json.dumps(url)}}}\n" for place, url in enumerate(urls))
    path = folder / "config.yaml"
    path.write_text(CONFIG + "".join(lines))
    return path


async def _group(urls: list[str], folder: Path, readers: Readers) -> Rows:
    config = load(_written(urls, folder), {})
    store = open_store("sqlite:///feeds.db", folder)
    told: Rows = {url: {} for url in urls}
    try:
        async with open_client(config.fetch, __version__) as client:
            poller = Poller(config, store, client, readers)
            for now, wanted in ((NOW, "first"), (NOW + LATER, "again")):
                names = [source.name for source in config.sources]
                known = store.states(names)
                # What failed is asked once: the second time is about what was remembered.
                states = [
                    known.get(name) or SourceState(name=name)
                    for name in names
                    if name not in known or not known[name].failures
                ]
                for outcome in await poller.refresh_all(states, now):
                    told[urls[int(outcome.source[1:])]][wanted] = _word(outcome, store)
        for now in (NOW, NOW + LATER):
            await asyncio.to_thread(_published, Emitter(config, store), now)
        for name, state in store.states([source.name for source in config.sources]).items():
            told[urls[int(name[1:])]]["says"] = state.error
    finally:
        store.close()
    return told


def _word(outcome: Outcome, store: Store) -> str:
    """Say in a word how a poll ended."""
    if outcome.surprise is not None:
        raise outcome.surprise
    if outcome.result is Result.FAILED:
        return str(store.states([outcome.source])[outcome.source].error_class)
    if outcome.result is Result.NEW:
        return f"{outcome.new} new" if outcome.new else f"{outcome.changed} changed"
    return str(outcome.result)


def _published(emitter: Emitter, now: datetime) -> None:
    for emission in emitter.emit_all(now):
        if emission.problems:
            raise AssertionError(f"{emission.path}: {emission.problems}")


def _peak_mib() -> int:
    """Most memory that this process ever held, in MiB.

    Not ``ru_maxrss``: that one is inherited, so it is also the size of whoever started this program.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def main() -> None:
    """Read a plan, fall, and tell."""
    told = asyncio.run(fall(json.load(sys.stdin), Path(sys.argv[1])))
    json.dump({"ends": told, "mib": _peak_mib()}, sys.stdout)


if __name__ == "__main__":
    main()
