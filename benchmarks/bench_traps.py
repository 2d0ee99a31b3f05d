"""How much good sources are held up by the worst ones: completion of many alone, and beside traps.

    python benchmarks/bench_traps.py [--rounds N] [--good N] [--all] [--hanging N [--again]]

The good sources stand on loopback addresses of their own, each with a small feed, and are served by a process
of their own, as are the traps of ``../shared/tools/hostile.py``, which has to be there: those that take most
time, bytes or memory, or all that answer over HTTP (``--all``). With ``--hanging`` there are instead so many
servers, each on an address of its own and before the good ones in the list, that take a request and never
answer; ``--again`` says that they did so the last time, too.

Runs of both kinds follow each other in turn, each in a process of its own. Of each are printed the medians
over its rounds: the moments at which good sources are done, in milliseconds since the start of the run; the
processor time that the event loop's thread took until then (which does not depend on what else the machine
does); the longest time for which one step of anybody's held the loop, in processor time. Then their ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from feeds import __version__
from feeds.config.load import load
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.model import Document
from feeds.pipeline import Outcome, Poller, Result, open_readers
from feeds.store import open_store

HERE = Path(__file__).resolve()
HOSTILE = HERE.parents[2] / "shared" / "tools" / "hostile.py"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORST = (
    *("/infinite-body", "/gzip-bomb", "/deflate-bomb", "/endless-headers", "/hang", "/slow-headers"),
    *("/slow-body", "/redirect/slow", "/feed/many-links", "/feed/html-comment", "/feed/deep-html"),
    *("/feed/10k-entries", "/feed/many-namespaces", "/endless-1xx", "/chunked-ext"),
)
CONFIG = (
    "fetch: {allow: [127.0.0.0/8], spacing: 0s, deadline: 20s, read_timeout: 9s, max_bytes: 4 MB,"
    " concurrency: 64}\nsources:\n"
)
ITEMS = "".join(
    f"<item><title>Post {n}</title><guid>https://a.example/{n}</guid><link>https://a.example/{n}</link>"
    f"<description>{'Some words. ' * 40}</description></item>"
    for n in range(20)
)
RSS = f'<?xml version="1.0"?><rss version="2.0"><channel><title>A</title>{ITEMS}</channel></rss>'.encode()
HEAVY = Document(url="https://a.example/", body=RSS + b" " * 200_000)
BEAT = 0.002
"""Seconds between two looks at the processor time of the event loop's thread."""
MEASURES = ("p50 ms", "p99 ms", "loop ms", "step ms")
Run = dict[str, float]


async def serve() -> None:
    """Serve the small feed on every loopback address; the port is the first line on stdout."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if asked.startswith(b"GET /hang "):
            await reader.read()
        # Entries of its own: what hundreds of sources publish under one id is compared with all of them.
        host = asked.lower().partition(b"host: ")[2].partition(b":")[0]
        body = RSS.replace(b"a.example", host.replace(b".", b"-") + b".example")
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        writer.write(head % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def completions(urls: list[str], good: int, folder: Path, failures: int = 0) -> Run:
    """Poll all once; measure until the ``good`` ones among them are done, which end in ``/feed``."""
    lines = (f"  - {{name: s{place}, url: '{url}'}}\n" for place, url in enumerate(urls))
    (folder / "config.yaml").write_text(CONFIG + "".join(lines))
    config = load(folder / "config.yaml", {})
    store = open_store("sqlite:///feeds.db", folder)
    names = {source.name for source in config.sources if str(source.url).endswith("/feed")}
    loop = asyncio.get_running_loop()
    ends: list[float] = []
    spent = 0.0
    async with open_client(config.fetch, __version__) as client:
        with open_readers(config.read) as readers:
            poller = Poller(config, store, client, readers)
            # To start a worker costs more than to read hundreds of small feeds, and both kinds need them.
            await asyncio.gather(*(readers.read(HEAVY, config.sources[0], "") for _ in range(4)))
            beating = asyncio.create_task(beat(steps := [0.0]))
            start, cpu = loop.time(), time.thread_time()

            def done(outcome: Outcome) -> None:
                nonlocal spent
                if outcome.source in names:
                    assert outcome.result is Result.NEW, outcome
                    ends.append((loop.time() - start) * 1000)
                    spent = (time.thread_time() - cpu) * 1000
                    if len(ends) == good:
                        polling.cancel()

            states = [
                SourceState(name=source.name, failures=0 if source.name in names else failures)
                for source in config.sources
            ]
            polling = asyncio.create_task(poller.refresh_all(states, NOW, done))
            await asyncio.wait({polling})
            beating.cancel()
            await poller.settle()
    store.close()
    p50, p99 = (ends[min(good - 1, int(share * good))] for share in (0.5, 0.99))
    return dict(zip(MEASURES, (p50, p99, spent, max(steps) * 1000), strict=True))


async def beat(steps: list[float]) -> None:
    """Note how much processor time passes on the loop's thread between two beats."""
    while True:
        before = time.thread_time()
        await asyncio.sleep(BEAT)
        steps.append(time.thread_time() - before)


def one_run(urls: list[str], good: int, failures: int) -> Run:
    """Poll in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, str(HERE), "--run", folder, str(good), str(failures)]
        told = subprocess.run(words, input=json.dumps(urls).encode(), stdout=subprocess.PIPE, check=True)
    result: Run = json.loads(told.stdout)
    return result


def traps(base: str, everything: bool) -> list[str]:
    """Give the addresses of the traps."""
    if not everything:
        return [base + path for path in WORST]
    listed = subprocess.run([sys.executable, str(HOSTILE), "--list"], stdout=subprocess.PIPE, check=True)
    paths = [json.loads(line)["path"] for line in listed.stdout.splitlines()]
    return [base + path for path in paths if path.startswith("/")]


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--good", type=int, default=100)
    parser.add_argument("--all", action="store_true", help="all traps over HTTP, not the fifteen worst")
    parser.add_argument("--hanging", type=int, default=0, help="so many servers that never answer, instead")
    parser.add_argument("--again", action="store_true", help="they failed the last time, too")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if not HOSTILE.exists():
        parser.error(f"{HOSTILE} is not here")
    return chosen


def measured(chosen: argparse.Namespace) -> dict[str, list[Run]]:
    """Run both kinds in turn."""
    told: dict[str, list[Run]] = {"alone": [], "beside traps": []}
    with ExitStack() as stack:

        def started(*words: str) -> Any:
            process = stack.enter_context(
                subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            )
            stack.callback(process.terminate)
            assert process.stdout is not None
            return json.loads(process.stdout.readline())

        base: str = started(str(HOSTILE), "--port", "0")["base"]
        port = started(str(HERE), "--serve")
        good = [f"http://127.0.{1 + n // 250}.{1 + n % 250}:{port}/feed" for n in range(chosen.good)]
        both = [*good, *traps(base, chosen.all)]
        if chosen.hanging:
            hanging = range(chosen.hanging)
            both = [*(f"http://127.1.{1 + n // 250}.{1 + n % 250}:{port}/hang" for n in hanging), *good]
        failures = int(chosen.again)
        for _ in range(chosen.rounds):
            told["alone"].append(one_run(good, chosen.good, failures))
            told["beside traps"].append(one_run(both, chosen.good, failures))
    return told


def main() -> None:
    """Run, and print."""
    chosen = options()
    if chosen.serve:
        asyncio.run(serve())
    if chosen.run:
        folder, good, failures = chosen.run
        ran = completions(json.load(sys.stdin), int(good), Path(folder), int(failures))
        print(json.dumps(asyncio.run(ran)))
        return
    medians: list[list[float]] = []
    for kind, runs in measured(chosen).items():
        medians.append([statistics.median(run[name] for run in runs) for name in MEASURES])
        shown = "   ".join(f"{name} {value:8.1f}" for name, value in zip(MEASURES, medians[-1], strict=True))
        print(f"{kind:14} {shown}")
    ratios = (beside / alone for alone, beside in zip(*medians, strict=True))
    print(
        f"{'ratio':14} "
        + "   ".join(f"{name} {value:8.3f}" for name, value in zip(MEASURES, ratios, strict=True))
    )


if __name__ == "__main__":
    main()
