"""Replay: what was kept, read again gives the same files, or what another config makes."""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import feeds, on_a_terminal
from planets import HOUR, Planet, Source, atom, atom_entry, item, rss

from feeds.cli.work.loading import moved
from feeds.config.load import load
from feeds.config.schema import Config
from feeds.memory import Record
from feeds.model import Withdrawal
from feeds.pipeline import open_readers
from feeds.pipeline.expiring import expire
from feeds.pipeline.replay import Replayed, Replayer
from feeds.store import What, open_new

DAY = timedelta(days=1)
OUTPUTS = """outputs:
  - {name: all, limit: 5000}
  - {name: few, limit: 4, archive: 3}
  - {name: months, limit: 2, archive: month, formats: [atom]}
  - {name: plain, limit: 5, formats: [json_feed], filters: [{drop: {title: "7"}}]}
"""


class Kept(Planet):
    """A planet that keeps what comes, with archives."""

    def __init__(self, folder: Path, sources: dict[str, Source], settings: str = "", span: str = "7 days"):
        super().__init__(folder, sources, settings)
        self.span = span

    def configure(self, *_: object) -> Config:
        super().configure()
        path = self.folder / "config.yaml"
        text = path.read_text().replace("outputs: [{name: all, limit: 5000}]\n", OUTPUTS)
        articles = self.folder / "articles"
        articles.mkdir(exist_ok=True)
        path.write_text(f"keep_documents: {self.span}\n{text}\n  - {{name: texts, path: articles}}\n")
        self.sources.setdefault("texts", lambda _: "")
        return load(path, {})

    def retract(self, name: str) -> None:
        """Withdraw an entry as ``feeds retract`` does."""
        records = self.store.find(name)
        with self.store.transaction():
            notes = [(Withdrawal(id=one.id, source="", when=self.now, reason="why"), one) for one in records]
            self.store.withdraw(notes)
            told = {"ids": sorted({one.id for one in records}), "reason": "why"}
            self.store.journal.note(What.WITHDRAWN, self.now, told)

    def lift(self, name: str) -> None:
        with self.store.transaction():
            self.store.lift([name], self.now)
            self.store.journal.note(What.LIFTED, self.now, {"ids": [name]})

    def known(self) -> list[Record]:
        return sorted(self.records(), key=lambda one: (one.source, one.id))

    def replayed(
        self, into: Path, config: Config | None = None, since: datetime | None = None
    ) -> tuple[Replayed, list[Record]]:
        """Replay into a folder, and give what was found and what is remembered there."""
        store = open_new(into)
        names = tuple(source.name for source in self.config.sources)

        async def run() -> Replayed:
            wanted = moved(config or self.config, into)
            with open_readers(wanted.read) as readers:
                replayer = Replayer(wanted, store, self.store, readers)
                return await replayer.run(since, None)

        try:
            told = asyncio.run(run())
            records = sorted(store.newest(names), key=lambda one: (one.source, one.id))
        finally:
            store.close()
        return told, records


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def grow(n: int) -> str:
    """A window of ten over items of which some have no date, and one is always new."""
    return rss(*(item(key, date=None if key % 3 else _date(key)) for key in range(max(0, n - 10), n)))


def _date(key: int) -> str:
    return f"{datetime(2026, 1, 1, tzinfo=UTC) + key * 4 * DAY:%a, %d %b %Y %H:%M:%S} GMT"


def edit(n: int) -> str:
    """Five entries whose texts change, the last of which is withdrawn for a while at the tenth poll."""
    gone = "<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' "
    gone += "ref='tag:blog.example,2026:e4' when='2026-03-01T15:00:00Z'/>"
    entries = (
        atom_entry(
            f"e{key}", title=f"Edited {n // (key + 1)} {{}}", text=f"Version {n // (key + 1)} of {{}}."
        )
        for key in range(5 - (n > 10))
    )
    return atom(*([gone] if 10 <= n < 14 else []), *entries)


def back(n: int) -> str:
    """Two entries, one of which is withdrawn at the third poll, and listed all the same."""
    gone = "<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' "
    gone += "ref='tag:blog.example,2026:b1' when='2026-03-01T14:00:00Z'/>"
    return atom(*([gone] if n == 3 else []), atom_entry("b1"), atom_entry("b2"))


def mess(n: int) -> str:
    """Now a feed, now none, now one of before."""
    return "<html>down</html>" if n % 4 == 2 else rss(*(item(f"m{key}", title=None) for key in range(n % 3)))


SOURCES: dict[str, Source] = {"grow": grow, "edit": edit, "mess": mess, "still": lambda _: rss(item("s"))}


def live(planet: Kept, polls: int, dice: random.Random) -> None:
    """Poll in any order, publish now and then, write texts, withdraw and put back."""
    withdrawn: list[str] = []
    for number in range(polls):
        names = [name for name in planet.sources if dice.random() < 0.8]
        dice.shuffle(names)
        planet.poll(names, after=dice.choice([HOUR, 7 * HOUR, 2 * DAY]))
        if dice.random() < 0.3:
            text = planet.folder / f"articles/{number}.txt"
            text.write_text(f"Text {number}\n\nIt says {dice.random()}.\n")
        shown = [one.id for one in planet.records(["grow", "edit"])]
        if dice.random() < 0.2 and shown:
            withdrawn.append(dice.choice(shown))
            planet.retract(withdrawn[-1])
        if dice.random() < 0.2 and withdrawn:
            planet.lift(withdrawn.pop())
        if dice.random() < 0.5:
            expire(planet.config, planet.store, planet.now)
            planet.emit()
    expire(planet.config, planet.store, planet.now)
    planet.emit()


SEEDS = range(100) if os.environ.get("FEEDS_CORPUS") == "all" else range(2)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_configuration_gives_the_same_bytes(seed: int, tmp_path: Path) -> None:
    settings = ", keep: 40 days" if seed % 2 else ""
    with Kept(tmp_path, dict(SOURCES), settings, span="1000 days") as planet:
        live(planet, 11, random.Random(seed))
        told, records = planet.replayed(tmp_path / "again")
        assert tree(tmp_path / "again/output") == tree(tmp_path / "output")
        assert len(list((tmp_path / "output/archive").rglob("*.atom"))) > 0
        assert records == planet.known()
        assert {one.source for one in told.unread} == {"mess"}
        assert not any(one.then for one in told.unread)
        assert (told.missing, told.before, told.unlisted) == ((), (), ())


@pytest.fixture
def planet(tmp_path: Path) -> Iterator[Kept]:
    with Kept(tmp_path, dict(SOURCES)) as made:
        yield made


def test_another_configuration_makes_other_files_of_the_same_documents(planet: Kept, tmp_path: Path) -> None:
    for _ in range(6):
        planet.poll()
        planet.emit()
    before = tree(tmp_path / "output")
    text = (tmp_path / "config.yaml").read_text()
    other = text.replace('title: "7"', 'title: "3"').replace("{name: still,", "{name: still, title: Named,")
    (tmp_path / "other.yaml").write_text(other.replace("name: mess", "name: gone"))
    told, records = planet.replayed(tmp_path / "again", load(tmp_path / "other.yaml", {}))
    again = tree(tmp_path / "again/output")
    assert (told.unlisted, told.missing) == (("mess",), ("gone",))
    titles = [one["title"] for one in json.loads(again["plain.json"])["items"]]
    assert "Item 3" not in titles
    assert "Item 3" in [one["title"] for one in json.loads(before["plain.json"])["items"]]
    assert b"Named" in again["all.atom"]
    # What is there stays as it is.
    assert tree(tmp_path / "output") == before
    assert {one.source for one in records} == {"grow", "edit", "still"}


def test_what_came_before_the_span_is_told_and_what_was_withdrawn_stays_away(
    tmp_path: Path,
) -> None:
    sources: dict[str, Source] = {"edit": edit, "grow": grow, "quiet": lambda n: rss(item("q"), item("w"))}
    sources["back"] = back
    with Kept(tmp_path, sources) as planet:
        for _ in range(12):
            planet.poll(after=HOUR)
        planet.retract("https://blog.example/w")
        for _ in range(4):
            planet.poll(after=4 * DAY)
            expire(planet.config, planet.store, planet.now)
        planet.emit()
        shown = {one.id for one in planet.known()}
        told, records = planet.replayed(tmp_path / "again")
        # Of each source the last document before the span is still there, so what it lists is all there.
        assert {one.source for one in records} == {"grow", "edit", "quiet", "back"}
        assert {one.id for one in records} <= shown
        assert {"tag:blog.example,2026:e4", "tag:blog.example,2026:b1"}.isdisjoint(one.id for one in records)
        assert [one.url for one in records if one.source == "quiet"] == ["https://blog.example/q"]
        assert set(told.before) == {"grow", "edit", "back"}
        # What each of the five sources had then, and what two of them brought.
        since, _ = planet.replayed(tmp_path / "since", since=planet.now - DAY)
        assert since.documents == 5 + 2


def test_what_was_held_back_is_held_back_and_let_through_again(tmp_path: Path) -> None:
    blog = rss(*(item(f"b{n}", date=_date(n)) for n in range(12)))
    flood = rss(*(item(f"n{n}", date="Sun, 01 Mar 2026 13:00:00 GMT") for n in range(120)))
    with Kept(tmp_path, {"a": lambda n: blog if n == 1 else flood, "still": SOURCES["still"]}) as planet:
        planet.poll()
        assert planet.poll()["a"].held == 120
        planet.emit()
        planet.replayed(tmp_path / "held")
        assert tree(tmp_path / "held/output") == tree(tmp_path / "output")
    assert feeds(tmp_path, "release", "a").stdout == "a: 120 entries\n"
    assert b"Item n7" in (tmp_path / "output/all.atom").read_bytes()
    assert feeds(tmp_path, "replay", "--into", "let").returncode == 0
    assert tree(tmp_path / "let/output") == tree(tmp_path / "output")


def test_what_is_lost_or_broken_is_told_and_the_others_go_on(planet: Kept, tmp_path: Path) -> None:
    for _ in range(3):
        planet.poll(["grow", "still"])
    (path,) = (tmp_path / "feeds.db.documents").iterdir()
    raw = bytearray(path.read_bytes())
    raw[10] ^= 255
    path.write_bytes(raw)
    told, records = planet.replayed(tmp_path / "again")
    assert [(one.then, one.problem) for one in told.unread] == [
        (True, "its bytes are lost, or not those that came")
    ]
    assert {one.source for one in records} >= {"grow"}


def test_on_the_command_line(tmp_path: Path) -> None:
    with Kept(tmp_path, dict(SOURCES)) as planet:
        for _ in range(4):
            planet.poll()
        planet.emit()
    before = tree(tmp_path)
    # There is no server any more.
    done = feeds(tmp_path, "replay", "--into", "again")
    assert (done.returncode, done.stderr.count("cannot be read (nor could it then)")) == (0, 1)
    assert "the document of 2026-03-01T14:00:00Z" in done.stderr
    assert {name: body for name, body in tree(tmp_path).items() if not name.startswith("again/")} == before
    again = tree(tmp_path / "again")
    assert {name.removeprefix("output/"): body for name, body in again.items() if "output/" in name} == tree(
        tmp_path / "output"
    )
    told = feeds(tmp_path, "--data", "again", "explain", "https://blog.example/s")
    assert (told.returncode, told.stderr) == (0, "")
    assert "published" in told.stdout
    told = feeds(tmp_path, "--data", "again", "status", "--json")
    assert {one["name"] for one in json.loads(told.stdout)["sources"]} == {*SOURCES, "texts"}
    assert feeds(tmp_path, "replay", "--into", "again").returncode == 2
    assert feeds(tmp_path, "replay", "--into", "json", "--until", "2026-03-01").returncode == 2
    report = json.loads(feeds(tmp_path, "replay", "--into", "json", "--until", "2026-03-02", "--json").stdout)
    assert (report["documents"], len(report["unread"])) == (14, 1)
    status, said = on_a_terminal(tmp_path, "replay", "--into", "seen", "--since", "2026-03-01T13:30:00Z")
    assert (status, "Replaying" in said) == (0, True)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--into", "x", "--since", "soon"), "--since: expected a day"),
        (("--into", "."), "expected a new or empty folder"),
        (("--into", "x", "--until", "2026-02-01"), "no document is kept of that time"),
        ((), "--into"),
    ],
)
def test_a_mistake_is_told(args: tuple[str, ...], words: str, tmp_path: Path) -> None:
    with Kept(tmp_path, {"grow": grow}) as planet:
        planet.poll()
    done = feeds(tmp_path, "replay", *args)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "x").exists()


def test_nothing_is_kept_unless_asked_for(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: [https://a.example/]\n")
    done = feeds(tmp_path, "replay", "--into", "x")
    assert (done.returncode, "keep_documents: 7 days" in done.stderr) == (2, True)
