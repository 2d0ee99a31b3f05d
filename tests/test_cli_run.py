"""``feeds run`` as an operator's init system meets it: lines on stderr, and an end when asked to."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import RSS, command, environment, planet, until
from servers import Site


@contextmanager
def daemon(folder: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command("run", *args),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("log_json", [False, True])
def test_it_polls_publishes_and_ends_when_asked_to(log_json: bool, tmp_path: Path) -> None:
    with Site({"/feed": RSS}) as site:
        planet(
            tmp_path,
            "fetch: {allow: [127.0.0.0/8]}\nsources:\n"
            f"  - {{name: radio, url: '{site.url('/feed')}?key=${{TOKEN:-open}}'}}\n"
            f"  - {{name: down, url: '{site.url('/missing')}'}}\n",
        )
        with daemon(tmp_path, *(("--log-json",) if log_json else ())) as process:
            until((tmp_path / "output" / "all.atom").exists)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=15)
    assert (process.returncode, out) == (0, b"")
    lines = err.decode("utf-8").splitlines()
    assert len(lines) >= 2
    if log_json:
        events = [json.loads(line) for line in lines]
        assert all({"time", "level", "event"} <= set(event) for event in events)
        assert "down" in {event.get("source") for event in events}
    else:
        assert all(line.startswith("time=2") and " level=" in line and " event=" in line for line in lines)
        assert any(" source=down" in line for line in lines)


def test_a_wrong_configuration_at_the_start_is_status_2(tmp_path: Path) -> None:
    planet(tmp_path, "sources: [{nam: x}]\n")
    done = subprocess.run(
        command("run"), check=False, cwd=tmp_path, env=environment(), capture_output=True, timeout=30
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"config.yaml:1:" in done.stderr
