"""One ``feeds once`` under a profiler, all in one thread and one process, so that nothing is hidden.

python -m benchmarks.cost.profiled OUT -c config.yaml once --all
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feeds.cli import main
from feeds.config.schema import Source
from feeds.model import Document
from feeds.pipeline.readers import Readers
from feeds.sources import read


async def here(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do in this thread what would be done in another."""
    return work(*arguments)


async def read_here(_: Readers, document: Document, source: Source, authority: str) -> Any:
    """Read in this process what a worker would read."""
    return read(document, source, authority)


def show(file: Path) -> None:
    """Print where the time went."""
    for order in ("tottime", "cumulative"):
        pstats.Stats(str(file)).sort_stats(order).print_stats(45)


if __name__ == "__main__":
    asyncio.to_thread = here  # type: ignore[assignment]
    Readers.read = read_here  # type: ignore[method-assign,assignment]
    profiler = cProfile.Profile()
    try:
        profiler.runcall(main, sys.argv[2:])
    finally:
        profiler.dump_stats(sys.argv[1])
