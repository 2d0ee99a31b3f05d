"""A daemon that runs for long grows in nothing: files, threads, processes, objects, words in its log.

``benchmarks/bench_soak.py`` does the same for a week, among all the traps, and looks at memory, too.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from commands import until
from servers import STALL, Asked, Raw, Reply, Route, Site
from test_clocks import FAKETIME, daemon
from test_daemon import configure, serving, sources
from test_pipeline import item, rss

WARM, LONG = 6, 10
"""Rounds until everything was done once, and rounds after which nothing may have become more."""
SLACK = 1000
"""Objects: libraries keep some, and those weakly referenced come and go. A poll makes thousands."""
SPEED = 200
"""Seconds for the daemon in each that passes."""


def routes() -> dict[str, Route]:
    """Give sources that bring news, nothing, and trouble."""
    number = itertools.count()

    def fresh(_: Asked) -> bytes:
        last = next(number)
        return rss(*(item(f"entry-{one}") for one in range(max(0, last - 10), last)))

    return {
        "/fresh": fresh,
        "/same": rss(item("same")),
        "/down": Reply(status=500),
        "/page": Reply(body=b"<html><body>Hello</body></html>"),
        "/cut": Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",)),
        "/stalls": Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", STALL)),
        "/bomb": Reply(headers=(("Content-Encoding", "gzip"),), body=b"\x1f\x8b\x08\x00" + bytes(100)),
        "/moved": Reply(status=302, headers=(("Location", "/same"),)),
    }


def objects() -> Counter[str]:
    gc.collect()
    return Counter(str(type(one).__module__) for one in gc.get_objects())


def ours(counts: Counter[str]) -> Counter[str]:
    return Counter({room: number for room, number in counts.items() if room.startswith("feeds")})


def test_polls_and_reloads_leave_no_objects_behind(tmp_path: Path) -> None:
    async def check() -> None:
        asked = {path: route for path, route in routes().items() if path != "/stalls"}
        with Site(asked) as site:
            text = sources(**{path[1:]: site.url(path) for path in asked})
            async with serving(tmp_path, text, fetch="spacing: 0s") as run:
                names = {path[1:] for path in asked}
                counts: list[Counter[str]] = []
                for number in range(WARM + LONG):
                    run.now += timedelta(days=2)
                    run.daemon.reload_now()
                    await run.until(lambda: run.store.states().keys() == names)
                    await run.until(lambda: not run.store.due(sorted(names), run.now, 1))
                    await run.wait("in_force")
                    run.events.clear()
                    site.log.clear()
                    if number in {WARM - 1, WARM + LONG - 1}:
                        # A publication, or a configuration that retires, may be under way.
                        before, now = objects(), Counter[str]()
                        while ours(now) != ours(before):
                            before = now
                            await asyncio.sleep(0.1)
                            now = objects()
                        counts.append(now)
        first, last = counts
        assert ours(first) == ours(last)
        assert last.total() - first.total() < SLACK, last - first

    asyncio.run(check())


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


@pytest.mark.skipif(FAKETIME is None, reason="faketime is not installed")
def test_hours_leave_no_file_and_no_thread_open(tmp_path: Path) -> None:
    with Site(routes()) as site:
        text = "defaults: {interval: 60s}\n" + sources(**{path[1:]: site.url(path) for path in site.routes})
        # Seconds for the daemon: some of ours, however busy the machine is.
        configure(tmp_path, text, fetch="spacing: 0s, deadline: 100s, read_timeout: 100s")
        faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"+0 x{SPEED}"}

        def polled(times: int) -> bool:
            return len(site.asked("/fresh")) >= times

        with daemon(tmp_path, **faked) as process:
            until(lambda: polled(WARM))
            quiet = 10**6
            end = time.monotonic() + 2.0
            while time.monotonic() < end:
                quiet = min(quiet, descriptors(process.pid))
                time.sleep(0.01)
            until(lambda: polled(WARM + LONG))
            # Between two polls it has no more open than it had between two others.
            until(lambda: descriptors(process.pid) <= quiet)
            # Those for lookups, and signals; the pools of the loop and of the readers have their limits.
            assert threads(process.pid) < 2 * (os.cpu_count() or 1) + 16
            process.send_signal(signal.SIGTERM)
            process.wait()
    lines = (tmp_path / "log").read_bytes().splitlines()
    assert b"Traceback" not in b"".join(lines)
    # With -v, one for each poll, two for what it changed.
    assert len(lines) < 3 * len(site.log) + 50
