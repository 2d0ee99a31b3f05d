"""What memory polling takes at size, round after round, nearly all of them "not modified".

    python benchmarks/bench_memory.py [--sources 300] [--rounds 12] [--every 4]

The server of ``benchmarks.cost`` serves sources of 30 entries each. A process of its own does what a daemon
does, round after round: asks for what is due, polls it, publishes what came. Every so many rounds each source
has a new entry. Printed is the resident memory of that process and of its readers, in MiB.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cost.__main__ import Server, Step, served
from cost.contenders import ROOT, Ours

from feeds import __version__
from feeds.config.load import load
from feeds.fetch import open_client
from feeds.pipeline import Emitter, Poller, open_readers
from feeds.store import open_store

GROUP = 64
ENTRIES = 30
START = datetime(2026, 11, 1, tzinfo=UTC)
ROUND = timedelta(days=2)
"""Longer than any wait, so that everything is due again."""


def resident(pid: int) -> float:
    """Give the memory of a process, in MiB."""
    lines = Path("/proc", str(pid), "status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def told(label: str) -> None:
    pid = os.getpid()
    children = Path("/proc", str(pid), "task", str(pid), "children").read_text().split()
    readers = sum(resident(int(child)) for child in children)
    print(f"{label:>12} {resident(pid):8.1f} {readers:8.1f}", flush=True)


async def work(folder: Path, port: int, given: argparse.Namespace) -> None:
    """Poll and publish, round after round."""
    told("imported")
    config = load(folder / "config.yaml", {})
    told("configured")
    store = open_store(config.store, folder)
    names = [source.name for source in config.sources]
    with store.claim():
        store.enlist(names)
        emitter = Emitter(config, store)
        async with open_client(config.fetch, __version__) as client:
            with open_readers(config.read) as readers:
                poller = Poller(config, store, client, readers)
                for number in range(given.rounds):
                    now = START + number * ROUND
                    Server(port).set(Step(name="memory", entries=ENTRIES, new=number // given.every))
                    while states := store.due(names, now, GROUP):
                        await poller.refresh_all(states, now, lambda _outcome: None)
                    await asyncio.to_thread(emitter.emit_all, now)
                    told(f"round {number + 1}")
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--every", type=int, default=4, help="rounds after which each has a new entry")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(Path(given.work[0]), int(given.work[1]), given))
        return
    with served() as server, tempfile.TemporaryDirectory() as folder:
        Ours().prepare(Path(folder), server.urls(given.sources, ENTRIES))
        print(
            f"{given.sources} sources of {ENTRIES} entries\n{'':>12} {'process':>8} {'readers':>8}",
            flush=True,
        )
        options = ["--rounds", str(given.rounds), "--every", str(given.every)]
        command = [sys.executable, __file__, *options]
        subprocess.run([*command, "--work", folder, str(server.port)], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
