"""Run ``feeds`` as the operator does: another process, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

RSS = b"""<?xml version="1.0"?>
<rss version="2.0"><channel><title>Radio Alpina</title><link>http://radio.example/</link>
<description>News</description><language>en</language>
<item><title>Snow in the valley</title><link>http://radio.example/1</link><guid>http://radio.example/1</guid>
<pubDate>Mon, 02 Nov 2026 10:00:00 GMT</pubDate><description>It snowed.</description></item>
<item><title>Sun on the summit</title><link>http://radio.example/2</link><guid>http://radio.example/2</guid>
<pubDate>Tue, 03 Nov 2026 10:00:00 GMT</pubDate><description>It shone.</description></item>
</channel></rss>
"""


def environment(**more: str) -> dict[str, str]:
    """Give an environment in which the caller's settings play no part."""
    kept = {
        key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "SYSTEMROOT", "TMPDIR"}
    }
    return kept | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"} | more


def command(*args: str) -> list[str]:
    # Warnings are errors in every process that a test starts, as in the tests themselves.
    return [sys.executable, "-W", "error", "-m", "feeds", *args]


def feeds(
    folder: Path, *args: str, env: Mapping[str, str] | None = None, stdin: bytes = b""
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, with its output in pipes."""
    done = subprocess.run(
        command(*args),
        check=False,
        cwd=folder,
        env=environment(**(env or {})),
        input=stdin,
        capture_output=True,
        timeout=60,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
    )


def planet(folder: Path, text: str) -> Path:
    """Write config.yaml into a folder, and give the folder."""
    (folder / "config.yaml").write_text(text, "utf-8")
    return folder
