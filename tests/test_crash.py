"""Killed, torn, without power or space at any file operation of a poll and publish: nothing is lost."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from crash.sweep import MODES, Forked, Fresh, Sweep, build
from servers import Site

from feeds import validity
from feeds.formats import FEED_FORMATS

SOURCES = 5
ENTRIES = 6
CONFIG = """\
site: {{title: Sweep, base_url: https://planet.example.org/, authority: "planet.example.org,2026"}}
fetch: {{allow: [127.0.0.0/8]}}
keep_documents: 7 days
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
def site() -> Iterator[Site]:
    with Site({f"/{n}": body(n, ENTRIES) for n in range(SOURCES)}) as running:
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


def documents_of(folder: Path) -> list[str]:
    """Give the sources whose documents are kept whole, each once; one that is not is told."""
    with sqlite3.connect(folder / "feeds.db") as database:
        rows = database.execute("select source, segment, place, size, hash from journal").fetchall()
    database.close()
    found = set()
    for source, segment, place, size, digest in rows:
        packed = (folder / "feeds.db.documents" / segment).read_bytes()[place : place + size]
        try:
            whole = hashlib.sha256(zlib.decompress(packed)).hexdigest() == digest
        except zlib.error:
            whole = False
        found.add(source if whole else f"{source} damaged")
    return sorted(found)


def arguments(folder: Path) -> tuple[str, ...]:
    return ("--config", str(folder / "config.yaml"), "once", "--all")


@pytest.fixture(scope="module")
def sweep(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    if sys.platform != "linux" or not shutil.which("gcc"):
        pytest.skip("the shim needs Linux and gcc")
    base = tmp_path_factory.mktemp("crash")
    pristine, work, scratch = base / "pristine", base / "work", base / "scratch"
    pristine.mkdir()
    scratch.mkdir()
    listed = "\n".join(
        f"  - {{name: s{n}, url: '{site.base}/{n}', tags: [{'odd' if n % 2 else 'even'}]}}"
        for n in range(SOURCES)
    )
    (pristine / "config.yaml").write_text(CONFIG.format(sources=listed))
    expected: dict[str, bytes] = {}

    def right(folder: Path) -> str | None:
        rows = entries_of(folder)
        if rows != sorted(f"s{s}-{n}" for s in range(SOURCES) for n in range(ENTRIES)):
            return f"the store holds {rows}"
        kept = documents_of(folder)
        if kept != [f"s{n}" for n in range(SOURCES)]:
            return f"the documents of {kept} are kept"
        found = published(folder)
        if not expected:
            expected.update(found)
        if found != expected:
            return f"published files differ: {sorted(n for n, _ in found.items() ^ expected.items())}"
        left = [path.name for path in (folder / "output").glob(".*feeds*")]
        return f"left behind: {left}" if left else None

    with Forked(arguments(work), build(scratch)) as run:
        yield Sweep(run=run, pristine=pristine, work=work, scratch=scratch, whole=torn, right=right)


def test_any_disturbance_of_a_poll_is_repaired_by_the_next_run(sweep: Sweep) -> None:
    """A sample; FEEDS_CRASH_POINTS=0 sweeps every operation in every mode."""
    most = int(os.environ.get("FEEDS_CRASH_POINTS", "4"))
    modes = os.environ.get("FEEDS_CRASH_MODES", ",".join(MODES)).split(",")
    runs, failures = sweep.sample(modes, most, seed=int(os.environ.get("FEEDS_CRASH_SEED", "1")))
    print(json.dumps({"runs": runs, "failures": len(failures)}))
    assert runs >= len(modes)
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
        run=Fresh(command=(sys.executable, "-c", script), shim=build(tmp_path)),
        pristine=pristine,
        work=work,
        scratch=tmp_path,
        whole=lambda folder: None if (folder / "feed").read_text().endswith("END") else "torn",
        right=lambda folder: None if (folder / "feed").read_text().startswith("new") else "lost",
    )
    _, failures = careless.sample(("kill", "torn"), 0, seed=1)
    assert any("torn" in failure.why for failure in failures)


def test_killed_at_any_moment_the_next_run_completes_the_work(sweep: Sweep) -> None:
    """As the sweep, but by the clock: a real SIGKILL wherever the process happens to be."""
    work, points = sweep.work, int(os.environ.get("FEEDS_KILL_POINTS", "6"))

    def start() -> subprocess.Popen[bytes]:
        command = (sys.executable, "-m", "feeds", *arguments(work))
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def fresh() -> None:
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(sweep.pristine, work)

    fresh()
    begun = time.monotonic()
    assert start().wait(60) == 0
    whole = time.monotonic() - begun
    assert sweep.right(work) is None
    killed = 0
    for point in range(points):
        fresh()
        process = start()
        try:
            # The work comes after the imports: most of the moments are taken from the later half.
            process.wait(whole * (0.3 + 0.7 * point / points))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.wait(60)
        assert sweep.whole(work) is None, point
        assert start().wait(60) == 0, point
        assert sweep.right(work) is None, point
    assert killed > 0
