"""Killed, torn, without power or without space at any file operation of one poll and publish: nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crash.sweep import MODES, Sweep, build
from servers import Answer, Server

from feeds import validity
from feeds.formats import FEED_FORMATS

SOURCES = 5
ENTRIES = 6
CONFIG = """\
site: {{title: Sweep, base_url: https://planet.example.org/, authority: "planet.example.org,2026"}}
fetch: {{allow: [127.0.0.0/8]}}
sources:
{sources}
outputs:
  - name: all
  - name: odd
    from: {{tags: [odd]}}
"""


def body(source: int, entries: int) -> bytes:
    """A feed whose entries carry dates of their own, so that two runs at different times give the same."""
    items = "".join(
        f"<item><guid isPermaLink='false'>s{source}-{n}</guid><title>Entry {n} of {source}</title>"
        f"<link>https://s{source}.example/{n}</link><description>Text {n} of source {source}.</description>"
        f"<pubDate>{n + 1:02} Mar 2026 1{source}:00:00 GMT</pubDate></item>"
        for n in range(entries)
    )
    return (
        f"<rss version='2.0'><channel><title>Source {source}</title><link>https://s{source}.example/</link>"
        f"<description>d</description>{items}</channel></rss>"
    ).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    routes = {f"/{n}": Answer(body=body(n, ENTRIES), content_type="application/rss+xml") for n in range(SOURCES)}
    with Server(routes) as running:
        yield running


def published(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "output").glob("[!.]*"))}


def torn(folder: Path) -> str | None:
    """Say which published file is not whole at this very moment."""
    types = {form.suffix: form.media_type for form in FEED_FORMATS.values()}
    for name, found in published(folder).items():
        if Path(name).suffix in types:
            problems = validity.check(types[Path(name).suffix], found)
            if problems:
                return f"{name}: {problems}"
    return None


def entries_of(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "feeds.db") as database:
        verdict = database.execute("pragma integrity_check").fetchone()[0]
        if verdict != "ok":
            return [verdict]
        rows = sorted(row[0] for row in database.execute("select native_id from entries"))
    database.close()
    return rows


@pytest.fixture(scope="module")
def sweep(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("the shim needs Linux and gcc")
    base = tmp_path_factory.mktemp("crash")
    pristine, work, scratch = base / "pristine", base / "work", base / "scratch"
    pristine.mkdir()
    scratch.mkdir()
    listed = "\n".join(
        f"  - {{name: s{n}, url: '{server.url}/{n}', tags: [{'odd' if n % 2 else 'even'}]}}" for n in range(SOURCES)
    )
    (pristine / "config.yaml").write_text(CONFIG.format(sources=listed))
    command = (sys.executable, "-m", "feeds", "--config", str(work / "config.yaml"), "once", "--all")
    expected: dict[str, bytes] = {}

    def right(folder: Path) -> str | None:
        rows = entries_of(folder)
        if rows != sorted(f"s{s}-{n}" for s in range(SOURCES) for n in range(ENTRIES)):
            return f"the store holds {rows}"
        found = published(folder)
        if not expected:
            expected.update(found)
        if found != expected:
            return f"published files differ: {[n for n in found.keys() | expected.keys() if found.get(n) != expected.get(n)]}"
        left = [path.name for path in (folder / "output").glob(".*feeds*")]
        return f"left behind: {left}" if left else None

    return Sweep(command=command, pristine=pristine, work=work, scratch=scratch, whole=torn, right=right)


def test_any_disturbance_of_a_poll_is_repaired_by_the_next_run(sweep: Sweep) -> None:
    """A sample; FEEDS_CRASH_POINTS=0 sweeps every operation in every mode."""
    most = int(os.environ.get("FEEDS_CRASH_POINTS", "2"))
    shim = build(sweep.scratch)
    runs, failures = sweep.sample(shim, MODES, most, seed=int(os.environ.get("FEEDS_CRASH_SEED", "1")))
    print(json.dumps({"runs": runs, "failures": len(failures)}))
    assert runs >= len(MODES)
    assert not failures, "\n".join(map(str, failures))


def test_the_sweep_notices_a_program_that_writes_in_place(tmp_path: Path) -> None:
    """The check itself must be able to fail."""
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("the shim needs Linux and gcc")
    pristine, work = tmp_path / "pristine", tmp_path / "work"
    pristine.mkdir()
    (pristine / "feed").write_text("old END")
    script = f"open({str(work / 'feed')!r}, 'w').write('new' * 50 + ' END')"
    careless = Sweep(
        command=(sys.executable, "-c", script),
        pristine=pristine,
        work=work,
        scratch=tmp_path,
        whole=lambda folder: None if (folder / "feed").read_text().endswith("END") else "torn",
        right=lambda folder: None if (folder / "feed").read_text().startswith("new") else "lost",
    )
    _, failures = careless.sample(build(tmp_path), ("kill", "torn"), 0, seed=1)
    assert any("torn" in failure.why for failure in failures)
