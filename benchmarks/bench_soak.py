"""What a daemon takes that runs for a week among traps: memory, open files, threads, words in its log.

    unshare --net sh -c "ip link set lo up; python benchmarks/bench_soak.py" [--days N] [--speed N] [--good N]

A real ``feeds run`` under Debian's faketime, for which a week takes ten minutes, with the traps of
``../shared/tools/hostile.py`` (but those after which their host rests for a day) and good sources that bring
an entry an hour. Timeouts are so many seconds of ours, not of the daemon's. Printed is a line for every few
hours, and at the end by how much each figure grew a day from the second day on (least squares).
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from commands import command, environment
from servers import Asked, Site
from test_clocks import FAKETIME
from test_traps import HOSTILE, THROTTLING

DAY = 86400.0
LINE = "{:>6} {:>8} {:>5} {:>7} {:>9} {:>9} {:>9} {:>8}"


class Sample(NamedTuple):
    """The daemon at a moment: days since its start, MiB, numbers, KiB."""

    days: float
    mib: float
    files: int
    threads: int
    readers: int
    log: float
    store: float
    polls: int


def rss(*entries: int) -> bytes:
    """Write a feed."""
    items = "".join(
        f"<item><guid>http://radio.example/{number}</guid><title>Entry {number}</title>"
        f"<link>http://radio.example/{number}</link><description>{'It snowed. ' * 20}</description></item>"
        for number in entries
    )
    head = "<title>Radio</title><link>http://radio.example/</link><description>News</description>"
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{head}{items}</channel></rss>".encode()


def sample(pid: int, folder: Path, days: float, good: list[Site]) -> Sample:
    """Look at a process from outside."""
    proc = Path(f"/proc/{pid}")
    status = (proc / "status").read_text()
    children = (proc / f"task/{pid}/children").read_text().split()
    return Sample(
        days,
        int(status.partition("VmRSS:")[2].split()[0]) / 1024,
        len(list((proc / "fd").iterdir())),
        len(list((proc / "task").iterdir())),
        len(children),
        (folder / "log").stat().st_size / 1024,
        sum(one.stat().st_size for one in folder.glob("feeds.db*")) / 1024,
        sum(len(site.log) for site in good),
    )


def slope(samples: list[Sample], field: str) -> float:
    """Give by how much a figure grows in a day."""
    points = [(one.days, float(getattr(one, field))) for one in samples]
    x = sum(day for day, _ in points) / len(points)
    y = sum(value for _, value in points) / len(points)
    over = sum((day - x) ** 2 for day, _ in points)
    return sum((day - x) * (value - y) for day, value in points) / over if over else 0.0


def soak(folder: Path, days: float, speed: int, good: int) -> list[Sample]:
    """Let it run, and print a line for every few hours."""
    started = time.monotonic()

    def news(_: Asked) -> bytes:
        hour = int((time.monotonic() - started) * speed / 3600)
        return rss(*range(max(0, hour - 20), hour + 1))

    with ExitStack() as stack:
        server = stack.enter_context(
            subprocess.Popen([sys.executable, str(HOSTILE), "--port", "0"], stdout=subprocess.PIPE)
        )
        stack.callback(server.terminate)
        assert server.stdout is not None
        base = json.loads(server.stdout.readline())["base"]
        with urllib.request.urlopen(base + "/_index") as answer:
            traps = [one for one in json.load(answer) if not one["path"].startswith(THROTTLING)]
        sites = [stack.enter_context(Site({"/feed": news}, host=f"127.0.1.{n + 1}")) for n in range(good)]
        urls = [site.url("/feed") for site in sites] + [one.get("url") or base + one["path"] for one in traps]
        lines = (f"  - {{name: s{place}, url: {json.dumps(url)}}}\n" for place, url in enumerate(urls))
        (folder / "config.yaml").write_text(
            f"fetch: {{allow: [127.0.0.0/8], spacing: 0s, connect_timeout: {speed}s, read_timeout: {speed}s,"
            f" deadline: {2 * speed}s, max_bytes: 4 MB}}\nread: {{cpu: {speed}s}}\n"
            "defaults: {interval: 1h}\nsources:\n" + "".join(lines)
        )
        log = stack.enter_context((folder / "log").open("wb"))
        faked = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"+0 x{speed}"}
        env = environment(**faked)
        process = stack.enter_context(
            subprocess.Popen(command("run", "--log-json"), cwd=folder, env=env, stderr=log)
        )
        stack.callback(process.kill)
        print(f"{len(urls)} sources, {good} of them good; {days:g} days in {days * DAY / speed:.0f} seconds")
        print(LINE.format("day", "RSS MiB", "files", "threads", "processes", "log KiB", "store KiB", "polls"))
        samples: list[Sample] = []
        while (now := (time.monotonic() - started) * speed / DAY) < days and process.poll() is None:
            samples.append(sample(process.pid, folder, now, sites))
            one = samples[-1]
            row = (*(f"{value:.1f}" for value in one[:2]), *one[2:5], *(f"{v:.0f}" for v in one[5:]))
            print(LINE.format(*row), flush=True)
            time.sleep(DAY / 6 / speed)
        process.send_signal(signal.SIGTERM)
        print(f"ended with {process.wait()}; {(folder / 'log').read_text().count('Traceback')} tracebacks")
    return samples


def main() -> None:
    """Run, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--speed", type=int, default=1000)
    parser.add_argument("--good", type=int, default=20)
    options = parser.parse_args()
    if not HOSTILE.exists() or FAKETIME is None:
        parser.error(f"it needs {HOSTILE} and Debian's faketime")
    with tempfile.TemporaryDirectory() as folder:
        samples = soak(Path(folder), options.days, options.speed, options.good)
    later = [one for one in samples if one.days >= min(1.0, options.days / 2)]
    for field in ("mib", "files", "threads", "log", "store"):
        values = [float(getattr(one, field)) for one in later]
        print(f"{field:8} {min(values):9.1f} to {max(values):9.1f}, {slope(later, field):+9.2f} a day")


if __name__ == "__main__":
    main()
