"""Whatever is damaged, and whenever: the next run after the cause is gone gives correct outputs, or refuses.

Each damage is done in one of three phases, or, with ``FEEDS_FAULTS=all``, in all: everything is published;
something is stored and not yet published; something is new at a source and not yet polled. What refuses does
so in one line, with the status that says whose turn it is, and changes nothing that could be needed. Damage
of the store by bytes is in ``test_store_open``, kills and full disks at every file operation in
``test_crash``, clocks that a daemon sees set in ``test_clocks``.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest
from commands import feeds, process
from judge import errors
from servers import Raw, Reply, Route, Site
from test_clocks import FAKETIME
from test_pipeline import item, rss

EVERYTHING = os.environ.get("FEEDS_FAULTS") == "all"
PHASES = ("published", "stored", "waiting")


@dataclass
class Planet:
    """A folder with a store, outputs and a site of its own.

    Attributes:
        entries: What there is at source a; b has one entry.
        undo: What takes the cause of a damage away.
    """

    folder: Path
    site: Site
    entries: list[str] = field(default_factory=list)
    undo: list[Callable[[], object]] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def once(self) -> int:
        """Run once, as from cron; give the status, with which anything is told in one line."""
        done = feeds(self.folder, "--quiet", "once", "--all")
        assert "Traceback" not in done.stderr
        if done.returncode:
            assert done.stderr.count("\n") == 1, done.stderr
        return done.returncode

    def routes(self) -> dict[str, bytes]:
        return {"/a": rss(*map(item, self.entries)), "/b": rss(item("b"))}

    def answer(self, route: Route) -> None:
        """Let the site answer everything so, until the cause is gone."""
        self.site.routes = dict.fromkeys(self.routes(), route)
        self.undo.append(lambda: self.site.routes.update(self.routes()))

    def replace(self, name: str, body: bytes) -> None:
        """Put other bytes into a file until the cause is gone."""
        path = self.folder / name
        before = path.read_bytes()
        path.write_bytes(body)
        self.undo.append(lambda: path.write_bytes(before))

    def bring_to(self, phase: str) -> None:
        """Let there be one more entry, and do with it what the phase says."""
        self.entries.append(f"a{len(self.entries)}")
        self.site.routes.update(self.routes())
        if phase == "waiting":
            return
        kept = self.folder / "kept"
        shutil.copytree(self.output, kept)
        assert self.once() == 0
        if phase == "stored":
            # As if it had ended in between: what is on disk is older than what the store says of it.
            shutil.rmtree(self.output)
            shutil.copytree(kept, self.output)
        shutil.rmtree(kept)

    def heal(self) -> None:
        """Take the cause away, run, and see that all is well."""
        while self.undo:
            self.undo.pop()()
        assert self.once() == 0
        assert self.published() == sorted([*self.entries, "b"])
        for file in ("all.atom", "all.json"):
            assert errors((self.output / file).read_bytes(), safe=True) == []
        assert {path.name for path in self.output.iterdir()} == {
            "all.atom",
            "all.json",
            "index.html",
            "sources.opml",
        }

    def published(self) -> list[str]:
        items = json.loads((self.output / "all.json").read_bytes())["items"]
        return sorted(one["title"] for one in items)


@pytest.fixture
def planet(tmp_path: Path) -> Iterator[Planet]:
    with Site() as site:
        (tmp_path / "config.yaml").write_text(
            "fetch: {allow: [127.0.0.0/8], spacing: 0s}\noutputs: [{name: all, formats: [atom, json_feed]}]\n"
            f"sources:\n  - {{name: a, url: '{site.url('/a')}'}}\n  - {{name: b, url: '{site.url('/b')}'}}\n"
        )
        made = Planet(tmp_path, site, ["a0"])
        site.routes.update(made.routes())
        made.heal()
        yield made


def config(body: bytes) -> Callable[[Planet], None]:
    return lambda planet: planet.replace("config.yaml", body)


def answer(route: Route) -> Callable[[Planet], None]:
    return lambda planet: planet.answer(route)


def half_a_document(planet: Planet) -> None:
    routes = planet.routes()
    planet.answer(b"")
    planet.site.routes = {path: body[:-60] for path, body in routes.items()}


def half_a_config(planet: Planet) -> None:
    body = (planet.folder / "config.yaml").read_bytes()
    planet.replace("config.yaml", body[: body.rindex(b"url") + 8])


def no_config(planet: Planet) -> None:
    planet.replace("config.yaml", b"")
    (planet.folder / "config.yaml").unlink()


def a_page_of_the_store(planet: Planet) -> None:
    body = (planet.folder / "feeds.db").read_bytes()
    planet.replace("feeds.db", body[:4096] + b"\xff" * 4096 + body[8192:])


def half_a_store(planet: Planet) -> None:
    body = (planet.folder / "feeds.db").read_bytes()
    planet.replace("feeds.db", body[: len(body) // 2])


def no_byte_in_the_store(planet: Planet) -> None:
    planet.replace("feeds.db", b"")


def a_lock_of_the_dead(planet: Planet) -> None:
    (planet.folder / "feeds.db.lock").write_text("999999\n")


def a_lock_of_the_living(planet: Planet) -> None:
    lock = (planet.folder / "feeds.db.lock").open("a")
    fcntl.flock(lock, fcntl.LOCK_EX)
    planet.undo.append(lock.close)


def no_output(planet: Planet) -> None:
    shutil.rmtree(planet.output)


def no_file(planet: Planet) -> None:
    (planet.output / "all.atom").unlink()


def half_a_file(planet: Planet) -> None:
    path = planet.output / "all.json"
    path.write_bytes(path.read_bytes()[:-100])


def another_file(planet: Planet) -> None:
    path = planet.output / "all.json"
    path.write_bytes(b"x" * path.stat().st_size)


def a_folder_in_the_way(planet: Planet) -> None:
    path = planet.output / "all.atom"
    path.unlink()
    path.mkdir()
    planet.undo.append(path.rmdir)


def a_file_for_the_folder(planet: Planet) -> None:
    shutil.rmtree(planet.output)
    planet.output.write_text("in the way")
    planet.undo.append(planet.output.unlink)


def what_a_killed_run_left(planet: Planet) -> None:
    for name in ("all.atom", "all.json"):
        (planet.output / f".{name}.feeds-tmp").write_bytes(b"<feed")


def no_server(planet: Planet) -> None:
    port = planet.site.port
    body = (planet.folder / "config.yaml").read_bytes()
    planet.replace("config.yaml", body.replace(str(port).encode(), b"9"))


HEALED: Mapping[str, Callable[[Planet], None]] = MappingProxyType(
    {
        "no output folder": no_output,
        "an output deleted": no_file,
        "an output cut short": half_a_file,
        "an output overwritten": another_file,
        "left by a killed run": what_a_killed_run_left,
        "a lock of the dead": a_lock_of_the_dead,
        "no feed but a page": answer(Reply(body=b"<html><body>Accept our terms</body></html>")),
        "server error": answer(Reply(status=503)),
        "no such page": answer(Reply(status=404)),
        "an empty document": answer(b""),
        "half a document": half_a_document,
        "a connection cut": answer(Raw((b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<rss",), reset=True)),
        "no server": no_server,
    }
)
REFUSING: Mapping[str, tuple[Callable[[Planet], None], int]] = MappingProxyType(
    {
        "half a config": (half_a_config, 2),
        "no config": (no_config, 2),
        "an empty config": (config(b""), 2),
        "a config of other bytes": (config(b"\x00\xff\x00"), 2),
        "a page of the store": (a_page_of_the_store, 1),
        "half a store": (half_a_store, 1),
        "an empty store": (no_byte_in_the_store, 1),
        "a lock of the living": (a_lock_of_the_living, 75),
        "a folder in the way": (a_folder_in_the_way, 1),
        "a file for the output folder": (a_file_for_the_folder, 1),
    }
)


def phases(number: int) -> Sequence[str]:
    """Give the phases in which a damage is done: all, or one by turns."""
    return PHASES if EVERYTHING else (PHASES[number % len(PHASES)],)


def test_the_next_run_heals(planet: Planet) -> None:
    for number, (name, harm) in enumerate(HEALED.items()):
        for phase in phases(number):
            planet.bring_to(phase)
            harm(planet)
            assert planet.once() == 0, name
            # Nothing that was there is lost meanwhile.
            known = planet.entries[:-1] if phase == "waiting" else planet.entries
            assert set(planet.published()) >= {*known, "b"}, name
            planet.heal()


def test_what_could_lose_something_is_refused_in_a_line(planet: Planet) -> None:
    for number, (name, (harm, status)) in enumerate(REFUSING.items()):
        for phase in phases(number):
            planet.bring_to(phase)
            harm(planet)
            assert planet.once() == status, name
            planet.heal()


@pytest.mark.skipif(FAKETIME is None, reason="faketime is not installed")
def test_a_run_by_a_wrong_clock_spoils_nothing(planet: Planet) -> None:
    clocks = ("@1970-01-02 00:00:00", "@2039-01-01 00:00:00")
    for number, clock in enumerate(clocks if EVERYTHING else clocks[:1], start=1):
        for phase in phases(number):
            planet.bring_to(phase)
            env = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": clock}
            done = process(planet.folder, "once", "--all", env=env)
            assert "Traceback" not in done.stderr
            planet.heal()
