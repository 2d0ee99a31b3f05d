"""What the most expensive documents cost: processor time, memory, and what becomes of them.

    python benchmarks/bench_bounds.py [--size MIB] [--limit SECONDS] [NAME ...]

Each monster of ``tests/monsters.py`` is read twice, in a process of its own each time: by us (as a worker
does, but for the limits) and, as the comparison, by feedparser alone with what it does by itself. Who takes
longer than the limit is ended. Memory is the peak of what the process holds, less what it held before.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import feedparser
from monsters import MIB, MONSTERS

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Document
from feeds.normalize import language
from feeds.sources import read

SOURCE = Source(name="m", url="https://m.example/feed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """Seconds of processor time, MiB, and what came of it."""

    seconds: float
    memory: float
    result: str


def ours(body: bytes) -> str:
    try:
        _, feed = read(Document(url="https://m.example/feed", body=body), SOURCE, "m.example,2026")
    except ReadError as error:
        return f"ReadError: {error}"
    return f"{len(feed.entries)} entries{' (truncated)' if feed.truncated else ''}"


def theirs(body: bytes) -> str:
    return f"{len(feedparser.parse(io.BytesIO(body)).entries)} entries"


def peak() -> int:
    """KiB that this process held at most since the mark was reset; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def measured(work: Callable[[bytes], str], body: bytes) -> dict[str, object]:
    mark = Path("/proc/self/clear_refs")
    if mark.exists():
        mark.write_text("5")
    held, begun = peak(), time.process_time()
    try:
        result = work(body)
    except Exception as error:  # noqa: BLE001  that a peer breaks is a result
        result = f"{type(error).__name__}: {error}"
    return {"seconds": time.process_time() - begun, "memory": (peak() - held) / 1024, "result": result}


def cost(work: Callable[[bytes], str], body: bytes, limit: float) -> Cost:
    """Let a fork of this process do it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        signal.setitimer(signal.ITIMER_PROF, limit)
        with os.fdopen(writing, "w") as answer:
            json.dump(measured(work, body), answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        told = answer.read()
    _, status = os.waitpid(pid, 0)
    if told and not status:
        return Cost(**json.loads(told))
    ended = f"ended after {limit:g} s" if os.WTERMSIG(status) == signal.SIGPROF else f"died ({status})"
    return Cost(seconds=limit, memory=float("nan"), result=ended)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--size", type=float, default=1.0, help="MiB of each document")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds of processor time")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    asked = parser.parse_args()
    language.detect("Which language this text is written in is asked once, so that its model is there.")
    print(f"{'monster':22} {'bytes':>10} {'ours':>8} {'peak':>8} {'feedparser':>10} {'peak':>8} {'ratio':>7}")
    worst = Cost(seconds=0, memory=0, result="")
    total = [0.0, 0.0]
    for name in asked.names or MONSTERS:
        body = MONSTERS[name](int(asked.size * MIB))
        own, other = cost(ours, body, asked.limit), cost(theirs, body, asked.limit)
        total = [total[0] + own.seconds, total[1] + other.seconds]
        worst = Cost(
            seconds=max(worst.seconds, own.seconds), memory=max(worst.memory, own.memory), result=worst.result
        )
        ratio = other.seconds / max(own.seconds, 0.001)
        print(
            f"{name:22} {len(body):>10} {own.seconds:>6.2f} s {own.memory:>4.0f} MiB {other.seconds:>8.2f} s"
            f" {other.memory:>4.0f} MiB {ratio:>7.1f}  {own.result[:70]} | {other.result[:40]}",
            flush=True,
        )
    print(
        f"worst of ours {worst.seconds:.2f} s, {worst.memory:.0f} MiB; all {total[0]:.0f} s, {total[1]:.0f} s"
    )


if __name__ == "__main__":
    main()
