"""What is published: 999 of 1000 where one is bad, the same bytes everywhere, whole at any moment."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from commands import environment, feeds
from judge import errors
from lxml import etree
from planets import Planet, Source, atom, atom_entry, item, rss
from store_values import opened, poll, record

from feeds.config.load import load
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Verdict

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER_PYTHONS = ("python3.12", "python3.13", "python3.14")
PUBLICATIONS = 1000 if os.environ.get("FEEDS_CORPUS") == "all" else 40


def output(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def test_one_poisoned_entry_among_a_thousand_stays_out_and_status_says_why(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "sources: [{name: a, url: 'https://a.example/'}]\noutputs: [{name: all, limit: 2000}]\n"
    )
    store = opened(tmp_path)
    good = [record("a", number, hours=number) for number in range(999)]
    # No source can bring it; a program that wrote to the store, or an older one of ours, might have.
    bad = record("a", 5000, hours=500, id="not a URI")
    store.save([poll(*good, bad)])
    store.close()
    done = feeds(tmp_path, "publish")
    assert (done.returncode, "not a URI left out" in done.stderr) == (0, True), done.stderr
    # RSS can carry such an id: each format is without what it cannot carry, and without nothing else.
    for name, number in (("all.atom", 999), ("all.rss", 1000)):
        body = (tmp_path / "output" / name).read_bytes()
        assert errors(body) == []
        assert len(feedparser.parse(body).entries) == number
    told = feeds(tmp_path, "status")
    assert told.returncode == 0
    assert re.search(r"all\.atom: a: not a URI left out: .+", told.stderr)
    said = json.loads(feeds(tmp_path, "status", "--json").stdout)["left_out"]
    assert list(said) == ["all.atom"]
    # Once it is gone, so is what was said of it.
    store = opened(tmp_path)
    store.save([poll(state=SourceState(name="a"), changed=(replace(bad, entry=None),))])
    store.close()
    assert feeds(tmp_path, "publish").returncode == 0
    assert json.loads(feeds(tmp_path, "status", "--json").stdout)["left_out"] == {}


def documents() -> dict[str, bytes]:
    """Nine documents that share ids, entries, and an upstream planet's copies, in three formats."""
    found = {}
    for number in range(6):
        shared = item("same", guid="https://blog.example/same", link="https://blog.example/same")
        odd = item(f"x{number % 2}", guid="post {}", title=f"Other {number}", text=f"Of {number}.")
        undated = item(f"u{number}", date=None)
        found[f"r{number}"] = rss(item(f"{number}-1"), shared, odd, undated).encode()
    for number in range(3):
        entries = (
            atom_entry(f"e{key}", title=f"Entry {{}} of {number % 2}") for key in range(number, number + 3)
        )
        found[f"a{number}"] = atom(*entries, feed_id=f"tag:blog.example,2026:f{number}").encode()
    return found


def planet_of(folder: Path, names: list[str], groups: list[list[str]], found: dict[str, bytes]) -> bytes:
    """Poll these sources, as listed and in these groups, all at one moment, and give what is published."""
    folder.mkdir()

    def source(name: str) -> Source:
        return lambda _: found[name]

    with Planet(folder, {name: source(name) for name in names}) as planet:
        for group in groups:
            assert {one.error for one in planet.poll(group, after=timedelta()).values()} == {None}
        planet.emit()
        # The port of a server is none of our doing.
        port = planet.site.url("").rpartition(":")[2].encode()
        files = [(folder / f"output/all{suffix}").read_bytes() for suffix in (".atom", ".rss", ".json")]
        return b"\n".join(files).replace(b":" + port, b":80")


@pytest.mark.parametrize("seed", range(50) if os.environ.get("FEEDS_CORPUS") == "all" else range(2))
def test_the_order_of_sources_and_of_polls_shows_nowhere(seed: int, tmp_path: Path) -> None:
    """Promise 6: the same documents, listed and polled in any order, one by one or all at once."""
    found, dice = documents(), random.Random(seed)
    names = sorted(found)
    straight = planet_of(tmp_path / "straight", names, [names], found)
    dice.shuffle(names)
    some = dice.randrange(1, len(names))
    listed = dice.sample(names, len(names))
    assert planet_of(tmp_path / "other", listed, [names[:some], names[some:]], found) == straight


def others() -> list[str]:
    """Give other Pythons to run on: those of FEEDS_OTHER_PYTHONS, or that are found; and this one."""
    named = os.environ.get("FEEDS_OTHER_PYTHONS")
    return [sys.executable, *(named.split(os.pathsep) if named else OTHER_PYTHONS)]


@pytest.mark.parametrize("python", others())
def test_another_python_machine_seed_zone_and_locale_give_the_same_bytes(python: str, tmp_path: Path) -> None:
    """What came here is replayed there: read, normalized, merged and published, at the times of then."""
    path = shutil.which(python)
    needs = "import feedparser, feedgen, lxml, nh3, sqlalchemy, alembic, httpx, pydantic, click, rich"
    if path is None or subprocess.run([path, "-c", needs], check=False, capture_output=True).returncode:
        pytest.skip(f"{python} is not here, or has not what feeds stands on")
    fixtures = sorted((Path(__file__).parent / "data/feed").glob("*.xml"))[::5]

    def source(place: Path) -> Source:
        return lambda _: place.read_bytes()

    with Planet(tmp_path, {place.stem.replace("_", "-"): source(place) for place in fixtures}) as planet:
        text = (tmp_path / "config.yaml").read_text()
        (tmp_path / "config.yaml").write_text(f"keep_documents: 7 days\n{text}")
        planet.config = load(tmp_path / "config.yaml", {})
        outcomes = planet.poll().values()
        assert sum(one.new > 0 for one in outcomes) > len(fixtures) / 2
        planet.emit()
    elsewhere = environment(PYTHONHASHSEED="77", TZ="Asia/Kathmandu", LC_ALL="C")
    command = [path, "-W", "error", "-m", "feeds", "replay", "--into", "there"]
    done = subprocess.run(command, check=False, cwd=tmp_path, env=elsewhere, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert output(tmp_path / "there/output") == output(tmp_path / "output")


def test_a_reader_finds_a_whole_feed_at_any_moment_of_a_thousand_publications(tmp_path: Path) -> None:
    """Every file, also each page of the archive, is there, whole, and never older than it was."""
    (tmp_path / "config.yaml").write_text(
        "site: {base_url: 'https://p.example/', formats: []}\nsources: [{name: a, url: 'https://a.example/'}]\n"
        "outputs: [{name: all, limit: 2, archive: 2, formats: [atom, json_feed]}]\n"
    )
    config = load(tmp_path / "config.yaml", {})
    store = opened(tmp_path)
    emitter = Emitter(config, store)

    def publish(number: int) -> None:
        store.save([poll(record("a", number, hours=-number))])
        assert Verdict.REFUSED not in {one.verdict for one in emitter.emit_all(NOW)}

    publish(0)
    stop = threading.Event()
    problems: list[str] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        newest = -1
        while not stop.is_set():
            told = json.loads((tmp_path / "output/all.json").read_bytes())
            number = int(told["items"][0]["id"].rpartition(":")[2])
            if number < newest:
                problems.append(f"{number} after {newest}")
            newest = number
            root = etree.fromstring((tmp_path / "output/all.atom").read_bytes())
            for link in root.findall("{*}link[@rel='prev-archive']"):
                page = tmp_path / "output" / link.attrib["href"].removeprefix("https://p.example/")
                etree.fromstring(page.read_bytes())
            reads += 1

    def watch() -> None:
        try:
            read()
        except Exception as error:  # noqa: BLE001  it is what the test is about
            problems.append(repr(error))

    reader = threading.Thread(target=watch)
    reader.start()
    for number in range(1, PUBLICATIONS):
        publish(number)
    stop.set()
    reader.join()
    store.close()
    assert problems == []
    assert reads > PUBLICATIONS / 20


def test_a_source_that_leaves_takes_its_entries_along_and_brings_them_back(tmp_path: Path) -> None:
    """README, Good to know: it leaves the outputs, and its entries stay in the store."""
    sources: dict[str, Source] = {"a": lambda _: rss(item("a1")), "b": lambda _: rss(item("b1"))}
    with Planet(tmp_path, sources) as planet:
        planet.poll()
        both = planet.items()
        before = output(tmp_path / "output")
        config = planet.config
        planet.config = config.model_copy(update={"sources": config.sources[:1]})
        assert [one.title for one in planet.items()] == ["Item a1"]
        assert b"Item b1" not in b"".join(output(tmp_path / "output").values())
        planet.config = config
        assert planet.items() == both
        assert output(tmp_path / "output") == before


def test_a_limit_drops_the_oldest_in_every_format_and_names_its_own_address(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "site: {base_url: 'https://p.example/sub/'}\nsources: [{name: a, url: 'https://a.example/'}]\n"
        "outputs: [{name: all, limit: 3}]\n"
    )
    store = opened(tmp_path)
    store.save([poll(*(record("a", number, hours=number) for number in range(9)))])
    store.close()
    assert feeds(tmp_path, "publish").returncode == 0
    wanted = [f"tag:planet.example,2026:a:{number}" for number in range(3)]
    found = json.loads((tmp_path / "output/all.json").read_bytes())
    assert ([one["id"] for one in found["items"]], found["feed_url"]) == (
        wanted,
        "https://p.example/sub/all.json",
    )
    for suffix in (".atom", ".rss"):
        told = feedparser.parse((tmp_path / f"output/all{suffix}").read_bytes())
        assert [one.id for one in told.entries] == wanted
        assert [link.href for link in told.feed.links if link.rel == "self"] == [
            f"https://p.example/sub/all{suffix}"
        ]


def test_a_new_name_of_the_folder_leaves_no_stale_file_of_ours(tmp_path: Path) -> None:
    """An output that is renamed leaves no file under its old name, in no format; a file of yours stays."""
    text = "sources: [{name: a, url: 'https://a.example/'}]\noutputs: [{name: old}, {name: other}]\n"
    (tmp_path / "config.yaml").write_text(text)
    store = opened(tmp_path)
    store.save([poll(record("a"))])
    store.close()
    assert feeds(tmp_path, "publish").returncode == 0
    (tmp_path / "output/mine.atom").write_text("mine")
    (tmp_path / "config.yaml").write_text(text.replace("name: old", "name: new"))
    assert feeds(tmp_path, "publish").returncode == 0
    assert set(output(tmp_path / "output")) == {
        *(f"{name}.{suffix}" for name in ("new", "other") for suffix in ("atom", "rss", "json")),
        *("index.html", "sources.opml", "mine.atom"),
    }
