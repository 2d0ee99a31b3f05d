"""The commands that only look: lines for a pipe, one document for a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from commands import RSS, feeds, planet
from servers import Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/feed": RSS}) as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    return planet(
        tmp_path,
        f"""\
fetch: {{allow: [127.0.0.0/8]}}
sources:
  - {{name: radio, url: '{site.url("/feed")}', tags: [news, ch], interval: 90m}}
  - {{name: down, url: '{site.url("/missing")}', tags: [sports]}}
  - {{name: early, url: 'https://a.example/', interval: {{cron: "0 7 * * mon-fri"}}, paused: true}}
""",
    )


def test_list_is_a_line_a_source_with_tabs(folder: Path, site: Site) -> None:
    rows = [line.split("\t") for line in feeds(folder, "list").stdout.splitlines()]
    assert rows == [
        ["radio", "90 min", "auto", "news, ch", site.url("/feed")],
        ["down", "auto", "auto", "sports", site.url("/missing")],
        ["early", "paused", "auto", "", "https://a.example/"],
    ]
    assert [line.split("\t")[0] for line in feeds(folder, "list", "--tag", "sports").stdout.splitlines()] == [
        "down"
    ]


def test_status_tells_how_each_source_fares(folder: Path) -> None:
    states = [line.split("\t")[:2] for line in feeds(folder, "status").stdout.splitlines()]
    assert states == [["radio", "new"], ["down", "new"], ["early", "paused"]]
    feeds(folder, "once")
    rows = [line.split("\t") for line in feeds(folder, "status").stdout.splitlines()]
    assert [row[1] for row in rows] == ["ok", "failing", "paused"]
    assert datetime.fromisoformat(rows[0][2]) < datetime.fromisoformat(rows[0][3])
    assert rows[0][4:6] == ["0", "2"]
    assert "404" in rows[1][6]
    failing = feeds(folder, "status", "--failing")
    assert [line.split("\t")[0] for line in failing.stdout.splitlines()] == ["down"]
    assert feeds(folder, "status", "early").stdout.splitlines() == ["early\tpaused\t\t\t0\t0\t"]


def test_status_as_json(folder: Path) -> None:
    feeds(folder, "once")
    document = json.loads(feeds(folder, "status", "--json").stdout)
    words = {"ok": 1, "failing": 1, "gone": 0, "new": 0, "paused": 1}
    assert document["totals"] == {"sources": 3, **words, "entries": 2}
    assert document["store"]["held"] is False
    by_name = {source["name"]: source for source in document["sources"]}
    assert by_name["radio"]["title"] == "Radio Alpina"
    assert by_name["down"]["error_class"] == "BadStatus"
    assert by_name["down"]["status"] == 404


def test_check_is_brief_when_all_is_well(folder: Path) -> None:
    said = feeds(folder, "check")
    assert (said.returncode, said.stdout, said.stderr) == (
        0,
        "config.yaml is right: 3 sources, 1 output\n",
        "",
    )
    assert feeds(folder, "check", "--quiet").stdout == ""


def test_check_online_asks_each_source_and_keeps_nothing(folder: Path, site: Site) -> None:
    site.routes["/early"] = RSS
    text = (folder / "config.yaml").read_text().replace("https://a.example/", site.url("/early"))
    planet(folder, text)
    said = feeds(folder, "check", "--online")
    assert said.returncode == 1
    assert "radio\tfeed\t2 entries\tRadio Alpina\n" in said.stdout
    assert said.stderr.startswith("feeds: down: ")
    document = json.loads(feeds(folder, "check", "--online", "--json").stdout)
    assert document["ok"] is False
    assert [one["error"] is None for one in document["sources"]] == [True, False, True]
    assert not (folder / "feeds.db").exists()
    assert not (folder / "output").exists()


def test_check_as_json_holds_every_problem_with_its_place(tmp_path: Path) -> None:
    planet(tmp_path, "sources:\n  - {name: a, url: 'https://a.example/', intervall: 1h}\n  - {name: a}\n")
    said = feeds(tmp_path, "check", "--json")
    assert said.returncode == 2
    document = json.loads(said.stdout)
    assert document["ok"] is False
    assert len(document["problems"]) >= 2
    assert {problem["line"] for problem in document["problems"]} == {2, 3}
    assert all(problem["column"] for problem in document["problems"])


@pytest.mark.parametrize("what", ["radio", "URL", "saved.xml"])
def test_preview_of_a_name_an_address_and_a_file(what: str, folder: Path, site: Site) -> None:
    (folder / "saved.xml").write_bytes(RSS)
    said = feeds(folder, "preview", site.url("/feed") if what == "URL" else what)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == (
        "Radio Alpina · feed · 2 entries\n"
        "\n"
        "Snow in the valley\n"
        "  2020-11-02 10:00:00 +00:00 · en\n"
        "  http://radio.example/1\n"
        "  It snowed.\n"
        "\n"
        "Sun on the summit\n"
        "  2020-11-03 10:00:00 +00:00 · en\n"
        "  http://radio.example/2\n"
        "  It shone.\n"
    )
    assert not (folder / "feeds.db").exists()


def test_preview_needs_no_configuration(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "one.md").write_text("# One\n\nFirst words.\n")
    said = feeds(tmp_path, "preview", "texts")
    assert (said.returncode, said.stderr) == (0, "")
    assert "One\n" in said.stdout
    assert feeds(tmp_path, "preview", "texts/one.md").returncode == 0


def test_preview_as_json_and_its_limit(folder: Path) -> None:
    document = json.loads(feeds(folder, "preview", "radio", "--json", "--limit", "1").stdout)
    assert (document["kind"], document["feed"]["title"]["value"]) == ("feed", "Radio Alpina")
    (entry,) = document["entries"]
    assert entry["title"]["value"] == "Snow in the valley"
    assert entry["published"]["instant"] == "2020-11-02T10:00:00Z"
    assert len(json.loads(feeds(folder, "preview", "radio", "--json", "--limit", "0").stdout)["entries"]) == 2


def test_preview_of_nothing_known_says_so(folder: Path) -> None:
    said = feeds(folder, "preview", "radoi")
    assert (said.returncode, said.stdout) == (2, "")
    assert "did you mean 'radio'?" in said.stderr


def test_completion_knows_the_sources(folder: Path) -> None:
    env = {"_FEEDS_COMPLETE": "bash_complete", "COMP_WORDS": "feeds pause ra", "COMP_CWORD": "2"}
    assert feeds(folder, env=env).stdout.split() == ["plain,radio"]
    planet(folder, "sources: {")
    assert feeds(folder, env=env).stdout.split() == []
