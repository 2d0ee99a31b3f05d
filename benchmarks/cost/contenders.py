"""Who polls: ours, others, and a bare client; each as a process of its own, over a folder of its own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READER = ("reader==3.26", "sgmllib3k", "feedparser==6.0.14")
AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a process took: seconds of processor time, with its children, and seconds by the clock."""

    cpu: float
    wall: float


class Contender:
    """Somebody who polls.

    Attributes:
        name: As it stands in the table.
    """

    name = ""

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        """List the sources, in an empty folder."""
        (folder / "urls").write_text("\n".join(urls))

    def command(self, folder: Path, step: str) -> list[str]:
        """Give what polls them all once; the step is the one that it is for."""
        raise NotImplementedError

    def entries(self, folder: Path) -> int | None:
        """Count what is remembered; None if nothing is meant to be."""
        del folder
        return None


class Ours(Contender):
    name = "feeds"

    def __init__(self, options: str = "") -> None:
        self.options = options

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        # More at once than by default: others have no such limit, and each source has a host of its own.
        text = f"fetch: {{allow: [127.0.0.0/8], concurrency: {AT_ONCE}}}\n{self.options}sources:"
        lines = "".join(f"\n  - {url}" for url in urls) or " []"
        (folder / "config.yaml").write_text(f"{text}{lines}\n")

    def command(self, folder: Path, step: str) -> list[str]:
        del step
        return [sys.executable, "-m", "feeds", "-c", str(folder / "config.yaml"), "--quiet", "once", "--all"]

    def entries(self, folder: Path) -> int | None:
        return _counted(folder / "feeds.db", "select count(*) from entries")


class Profiled(Ours):
    """Ours, with one step under a profiler, which writes to a file."""

    def __init__(self, step: str, file: Path) -> None:
        super().__init__()
        self.step = step
        self.file = file

    def command(self, folder: Path, step: str) -> list[str]:
        usual = super().command(folder, step)
        if step != self.step:
            return usual
        return [sys.executable, "-m", "benchmarks.cost.profiled", str(self.file), *usual[3:]]


class Reader(Contender):
    name = "reader"

    def __init__(self, python: Path) -> None:
        self.python = python

    def command(self, folder: Path, step: str) -> list[str]:
        del step
        new = [] if (folder / "reader.db").exists() else ["--add"]
        return [str(self.python), str(HERE / "reading.py"), str(folder), *new]

    def entries(self, folder: Path) -> int | None:
        return _counted(folder / "reader.db", "select count(*) from entries")


class Sfeed(Contender):
    name = "sfeed"

    def prepare(self, folder: Path, urls: Sequence[str]) -> None:
        (folder / "found").mkdir()
        lines = "\n".join(f"feed 's{place}' '{url}'" for place, url in enumerate(urls))
        (folder / "sfeedrc").write_text(f"sfeedpath={folder / 'found'}\nfeeds() {{\n:\n{lines}\n}}\n")

    def command(self, folder: Path, step: str) -> list[str]:
        del step
        return ["sfeed_update", str(folder / "sfeedrc")]

    def entries(self, folder: Path) -> int | None:
        return sum(one.read_bytes().count(b"\n") for one in (folder / "found").iterdir())


class Bare(Contender):
    name = "bare client"

    def command(self, folder: Path, step: str) -> list[str]:
        del step
        return [sys.executable, "-m", "benchmarks.cost.bare", str(folder / "urls")]


def found(venv: Path, wanted: Sequence[str]) -> list[Contender]:
    """Give those of the others that are here, or can be made; say who is missing, on stderr."""
    others: list[Contender] = []
    if "reader" in wanted:
        python = _made(venv)
        if python is not None:
            others.append(Reader(python))
    if "sfeed" in wanted and shutil.which("sfeed_update"):
        others.append(Sfeed())
    elif "sfeed" in wanted:
        print("sfeed is not installed: left out", file=sys.stderr)
    return others


def _made(venv: Path) -> Path | None:
    """Give the interpreter of an environment with ``reader``, which is made if it is not there."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        installed = subprocess.run([str(python), "-m", "pip", "install", "-q", *READER], check=False)
        if installed.returncode:
            shutil.rmtree(venv)
            print("reader cannot be installed: left out", file=sys.stderr)
            return None
    return python


def run(command: Sequence[str]) -> Cost:
    """Run a command to its end, and count what it took.

    Raises:
        RuntimeError: It failed.
    """
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    # What is installed is compiled once: without this, ours would be at each start, and nobody else's.
    compiling = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**compiling, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    # Its own time and that of all children it waited for.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        message = f"{command[0]} ended with {process.returncode}: {said.decode()[-2000:]}"
        raise RuntimeError(message)
    return Cost(cpu=used.ru_utime + used.ru_stime, wall=os.times().elapsed - before.elapsed)


def _counted(file: Path, query: str) -> int:
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file)) as connection:
        number: int = connection.execute(query).fetchone()[0]
    return number
