"""Whether polling goes on, and what a running daemon refused, as ``feeds status`` tells it."""

from __future__ import annotations

import json
import signal
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from commands import RSS, command, environment, feeds, until
from servers import Site

from feeds.cli.work.health import SILENT, health
from feeds.config.schema import Source
from feeds.memory import SourceState
from feeds.store import Note, open_store

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOURCES = (Source(name="a", url="https://a.example/"), Source(name="b", url="https://b.example/"))


def state(name: str, ago: int, wait: int) -> SourceState:
    polled = NOW - ago * MINUTE
    return SourceState(name=name, polled=polled, due=polled + wait * MINUTE)


def healthy(*states: SourceState, held: bool = False, **notes: Note) -> bool:
    known = {state.name: state for state in states}
    return not health(SOURCES, known, notes, NOW, held=held).complaints


def test_two_intervals_without_a_poll_are_too_many_unless_another_was_polled() -> None:
    assert healthy()
    assert healthy(state("a", 19, 10))
    assert not healthy(state("a", 21, 10))
    assert healthy(state("a", 21, 10), state("b", 0, 60)), "it is late, but polling goes on"
    assert not healthy(state("a", 31, 10), state("b", 12, 60))


def test_runs_from_cron_are_an_interval_too() -> None:
    rare = Note(at=NOW - 59 * MINUTE, said={"gap": 3600.0})
    assert healthy(state("a", 59, 5), once=rare)
    assert not healthy(state("a", 59, 5), once=Note(at=NOW - 59 * MINUTE, said={"gap": 300.0}))


def test_a_daemon_has_to_give_signs_of_life() -> None:
    alive = Note(at=NOW - MINUTE, said={"pid": 1, "refused": []})
    assert healthy(held=True, daemon=alive)
    assert not healthy(held=False, daemon=alive)
    assert not healthy(held=True, daemon=Note(at=NOW - SILENT - MINUTE, said={}))


def layers() -> bytes:
    """Give a bomb: each line is twice the one before."""
    lines = [b"a: &a [x,x]\n"] + [b"%c: &%c [*%c,*%c]\n" % (c, c, c - 1, c - 1) for c in range(98, 122)]
    return b"".join(lines)


A = b"sources:\n- {name: a, url: 'https://a.example/'"
BAD = MappingProxyType(
    {
        "syntax": (b"sources: [", "config.yaml:"),
        "unknown key": (b"sourcs: []\n", "config.yaml:1:1"),
        "the same name twice": (A + b"}\n- {name: a, url: 'https://b.example/'}\n", "config.yaml:3:"),
        "address": (b"sources:\n- {name: a, url: 'htp:/x'}\n", "config.yaml:2:"),
        "cron": (A + b", interval: {cron: '99 7 * * *'}}\n", "config.yaml:2:"),
        "half written": (A[:-3], "config.yaml:2:"),
        "nothing": (b"", "config.yaml:1:1"),
        "a byte order mark": (b"\xef\xbb\xbfsourcs: []\n", "config.yaml:1:1"),
        "another encoding": ("sources: []".encode("utf-16"), "config.yaml:1:1"),
        "tabs": (b"sources:\n\t- x\n", "config.yaml:2:"),
        "bomb": (layers(), "config.yaml:"),
        "python": (b"sources: !!python/object/apply:os.system ['true']\n", "config.yaml:1:"),
    }
)


def test_a_wrong_config_is_refused_named_and_shown_until_a_good_one_comes(tmp_path: Path) -> None:
    with Site({"/feed": RSS}) as site:
        good = f"fetch: {{allow: [127.0.0.0/8]}}\nsources: [{{name: radio, url: '{site.url('/feed')}'}}]\n"
        path, log = tmp_path / "config.yaml", tmp_path / "log"
        path.write_text(good)
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command("run", "--log-json"), cwd=tmp_path, env=environment(), stderr=stream
            )
        try:
            until((tmp_path / "output/all.atom").exists)

            def refusals() -> list[str]:
                events = [json.loads(line) for line in log.read_text().splitlines() if line.endswith("}")]
                return [one["problem"] for one in events if one["event"] == "config_refused"]

            for body, place in BAD.values():
                before = len(refusals())
                half = tmp_path / "half"
                half.write_bytes(body)
                half.replace(path)
                process.send_signal(signal.SIGHUP)  # It would be seen without, but only at the second look.
                until(lambda: any(place in problem for problem in refusals()[before:]))  # noqa: B023 called at once
            before = len(refusals())
            path.unlink()
            until(lambda: len(refusals()) > before)
            path.write_text("sources: [")

            kept = "refused config.yaml and goes on with the one before"
            until(lambda: kept in feeds(tmp_path, "status").stderr)
            path.write_text(good)
            until(lambda: not json.loads(feeds(tmp_path, "status", "--json").stdout)["refused"])
            assert json.loads(feeds(tmp_path, "status", "--json").stdout)["healthy"]
            process.send_signal(signal.SIGKILL)
            process.wait()
            dead = json.loads(feeds(tmp_path, "status", "--json").stdout)
            assert not dead["healthy"]
            assert "ended without being told" in dead["complaints"][0]
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in log.read_text()
    assert len(site.asked("/feed")) == 1


@pytest.mark.parametrize("body", [body for body, _ in BAD.values()], ids=list(BAD))
def test_a_wrong_config_at_the_start_is_status_2(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "config.yaml").write_bytes(body)
    done = feeds(tmp_path, "run")
    assert done.returncode == 2
    assert "config.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def test_once_keeps_house_once_a_week(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: []\n")
    assert feeds(tmp_path, "once").returncode == 0
    with closing(open_store("sqlite:///feeds.db", tmp_path)) as store:
        first = store.notes()["house"]
        assert feeds(tmp_path, "once").returncode == 0
        assert store.notes()["house"] == first
        store.note("house", Note(at=first.at - timedelta(days=8), said={}))
    assert feeds(tmp_path, "once").returncode == 0
    with closing(open_store("sqlite:///feeds.db", tmp_path)) as store:
        assert store.notes()["house"].at > first.at
