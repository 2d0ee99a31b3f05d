"""How much good sources are held up by the worst ones: completion of 50 alone, and beside traps.

    python benchmarks/bench_traps.py [--rounds N] [--good N]

The good sources stand on loopback addresses of their own, each with a small feed. The traps are those of
``../shared/tools/hostile.py`` that take most time, bytes or memory, so that it has to be there. Printed are
the percentiles of the moments at which good sources are done, in milliseconds since the start of the run, for
each kind of run the best of its rounds, and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from commands import RSS
from servers import Site

from feeds import __version__
from feeds.config.load import load
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Outcome, Poller, open_readers
from feeds.store import open_store

HOSTILE = Path(__file__).resolve().parents[2] / "shared" / "tools" / "hostile.py"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORST = (
    *("/infinite-body", "/gzip-bomb", "/deflate-bomb", "/endless-headers", "/hang", "/slow-headers"),
    *("/slow-body", "/redirect/slow", "/feed/many-links", "/feed/html-comment", "/feed/deep-html"),
    *("/feed/10k-entries", "/feed/many-namespaces", "/endless-1xx", "/chunked-ext"),
)
CONFIG = (
    "fetch: {allow: [127.0.0.0/8], spacing: 0s, deadline: 3s, read_timeout: 1s, max_bytes: 4 MB}\nsources:\n"
)


async def completions(urls: list[str], good: int, folder: Path) -> list[float]:
    """Poll all once; give the moments at which the first ``good`` are done, ascending, in milliseconds."""
    lines = (f"  - {{name: s{place}, url: '{url}'}}\n" for place, url in enumerate(urls))
    (folder / "config.yaml").write_text(CONFIG + "".join(lines))
    config = load(folder / "config.yaml", {})
    store = open_store("sqlite:///feeds.db", folder)
    loop = asyncio.get_running_loop()
    ends: dict[str, float] = {}
    async with open_client(config.fetch, __version__) as client:
        with open_readers(config.read) as readers:
            poller = Poller(config, store, client, readers)
            start = loop.time()

            def done(outcome: Outcome) -> None:
                ends[outcome.source] = (loop.time() - start) * 1000

            states = [SourceState(name=source.name) for source in config.sources]
            await poller.refresh_all(states, NOW, done)
    store.close()
    return sorted(ends[f"s{place}"] for place in range(good))


def percentile(values: list[float], share: float) -> float:
    """Give the value below which a share of ascending values lies."""
    return values[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    """Run, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--good", type=int, default=50)
    options = parser.parse_args()
    if not HOSTILE.exists():
        parser.error(f"{HOSTILE} is not here")
    with ExitStack() as stack:
        command = [sys.executable, str(HOSTILE), "--port", "0"]
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        stack.callback(server.terminate)
        assert server.stdout is not None
        base = json.loads(server.stdout.readline())["base"]
        sites = [
            stack.enter_context(Site({"/feed": RSS}, host=f"127.0.1.{n + 1}")) for n in range(options.good)
        ]
        good = [site.url("/feed") for site in sites]
        best: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for kind, urls in (("alone", good), ("beside traps", [*good, *(base + path for path in WORST)])):
                with tempfile.TemporaryDirectory() as folder:
                    told = asyncio.run(completions(urls, options.good, Path(folder)))
                if kind not in best or percentile(told, 0.99) < percentile(best[kind], 0.99):
                    best[kind] = told
    for kind, told in best.items():
        print(f"{kind:14} p50 {percentile(told, 0.5):7.1f} ms   p99 {percentile(told, 0.99):7.1f} ms")
    p99 = [percentile(told, 0.99) for told in best.values()]
    print(f"ratio of p99   {p99[1] / p99[0]:.3f}")


if __name__ == "__main__":
    main()
