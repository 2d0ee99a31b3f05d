"""Run ``feeds`` as the operator does, in a folder of its own.

``process`` starts one; where only what is said and done matters, ``feeds`` spares the start.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest import mock

import structlog

from feeds.cli import main

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 120.0
"""Seconds after which what a test waits for will not come, however much else the machine has to do."""

RSS = b"""<?xml version="1.0"?>
<rss version="2.0"><channel><title>Radio Alpina</title><link>http://radio.example/</link>
<description>News</description><language>en</language>
<item><title>Snow in the valley</title><link>http://radio.example/1</link><guid>http://radio.example/1</guid>
<pubDate>Mon, 02 Nov 2020 10:00:00 GMT</pubDate><description>It snowed.</description></item>
<item><title>Sun on the summit</title><link>http://radio.example/2</link><guid>http://radio.example/2</guid>
<pubDate>Tue, 03 Nov 2020 10:00:00 GMT</pubDate><description>It shone.</description></item>
</channel></rss>
"""


def until(condition: Callable[[], object]) -> None:
    """Look again and again until a condition holds; the deadline is only there so that a broken test ends."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def environment(**more: str) -> dict[str, str]:
    """Give an environment in which the caller's settings play no part."""
    kept = {
        key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "SYSTEMROOT", "TMPDIR"}
    }
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"} | more


def command(*args: str) -> list[str]:
    # Warnings are errors in every process that a test starts, as in the tests themselves.
    return [sys.executable, "-W", "error", "-m", "feeds", *args]


Done = subprocess.CompletedProcess[str]


def process(folder: Path, *args: str, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Done:
    """Run one command as a process of its own, with its output in pipes."""
    done = subprocess.run(
        command(*args),
        check=False,
        cwd=folder,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        timeout=60,
    )
    return Done(done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


def feeds(folder: Path, *args: str, env: Mapping[str, str] | None = None, stdin: bytes = b"") -> Done:
    """Run one command in this process: all the same but for the second that a start of Python costs."""
    said = (io.BytesIO(), io.BytesIO())
    out, err = (io.TextIOWrapper(stream, "utf-8", write_through=True) for stream in said)
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environment(**(env or {})), clear=True),
        mock.patch.multiple(sys, stdin=io.TextIOWrapper(io.BytesIO(stdin)), excepthook=sys.excepthook),
        logging_as_before(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            status = main(list(args))
        except SystemExit as end:  # so ends completion, which click does before anything else
            status = end.code if isinstance(end.code, int) else 1
    return Done(args, status, *(stream.getvalue().decode("utf-8") for stream in said))


@contextlib.contextmanager
def logging_as_before() -> Iterator[None]:
    """Undo what a command does to the logging of its process."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)


def planet(folder: Path, text: str) -> Path:
    """Write config.yaml into a folder, and give the folder."""
    (folder / "config.yaml").write_text(text, "utf-8")
    return folder


def on_a_terminal(
    folder: Path, *args: str, typed: bytes = b"", env: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run a command with a terminal at both ends, and give its status and all it wrote."""
    mine, its = pty.openpty()
    with subprocess.Popen(
        command(*args),
        cwd=folder,
        env=environment(TERM="xterm-256color", COLUMNS="100", **(env or {})),
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    ) as process:
        os.close(its)
        os.write(mine, typed)
        said = b""
        while True:
            try:
                piece = os.read(mine, 65536)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            said += piece
    os.close(mine)
    return process.returncode, said.decode("utf-8")
