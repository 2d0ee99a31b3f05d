"""The commands that change config.yaml: what they write and refuse, and that the file keeps its looks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from commands import RSS, feeds, on_a_terminal, planet
from jsonschema import Draft202012Validator
from servers import Reply, Site

CONFIG = """\
# My planet.
site: {title: "Alpine planet"}   # a comment
fetch: {allow: [127.0.0.0/8]}

sources:
  # the first
  - name: 'old'
    url: https://old.example/feed.xml
    tags: [news, "ch"]   # two
  - https://bare.example/rss
"""

PAGE = b"""<!doctype html><html><head><title>Blog</title>
<link rel="stylesheet" href="/x.css">
<link rel="alternate" type="application/rss+xml" title="Posts" href="/feed">
<link rel="alternate" type="application/atom+xml" title="Comments\x1b[31m" href="comments.atom">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" hreflang="de" href="/de"></head><body>Hello</body></html>"""


@pytest.fixture
def site() -> Iterator[Site]:
    page = Reply(headers=(("Content-Type", "text/html"),), body=PAGE)
    with Site({"/feed": RSS, "/blog/": page}) as site:
        yield site


def text(folder: Path) -> str:
    return (folder / "config.yaml").read_text("utf-8")


def test_init_makes_a_folder_that_works_at_once(tmp_path: Path) -> None:
    said = feeds(tmp_path, "init", "planet")
    assert (said.returncode, said.stderr) == (0, "")
    folder = tmp_path / "planet"
    assert (folder / "output").is_dir()
    assert feeds(folder, "check").returncode == 0
    said = feeds(folder, "once")
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert (folder / "output" / "all.atom").exists()
    schema = json.loads((folder / "feeds.schema.json").read_text())
    assert schema == json.loads(feeds(folder, "schema").stdout)


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    planet(tmp_path, "sources: [https://mine.example/]\n")
    said = feeds(tmp_path, "init")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr == "feeds: config.yaml: is there already; nothing was written\n"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_add_looks_first_and_says_what_it_is(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, CONFIG)
    said = feeds(
        tmp_path,
        "add",
        site.url("/feed"),
        "--name",
        "radio",
        "--tag",
        "news",
        "--tag",
        "ch",
        "--interval",
        "30m",
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "Added radio: Radio Alpina, 2 entries\n"
    listed = json.loads(feeds(tmp_path, "list", "--json").stdout)["sources"]
    assert listed[-1]["name"] == "radio"
    assert listed[-1]["tags"] == ["news", "ch"]
    assert listed[-1]["interval"] == 1800.0


@pytest.mark.parametrize("start", [CONFIG, "sources:\n- https://a.example/\n", "sources: []\n", "sources:\n"])
def test_add_and_remove_give_the_same_bytes(start: str, tmp_path: Path, site: Site) -> None:
    planet(tmp_path, start)
    assert feeds(tmp_path, "add", "--no-check", site.url("/feed"), "--name", "radio").returncode == 0
    assert "radio" in text(tmp_path)
    assert feeds(tmp_path, "remove", "radio").returncode == 0
    assert text(tmp_path) == start


def test_the_starter_takes_a_source_and_gives_it_back(tmp_path: Path, site: Site) -> None:
    feeds(tmp_path, "init")
    before = text(tmp_path)
    assert feeds(tmp_path, "add", "--no-check", site.url("/feed"), "--name", "radio").returncode == 0
    assert feeds(tmp_path, "list").stdout.startswith("radio\t")
    assert feeds(tmp_path, "remove", "radio").returncode == 0
    assert text(tmp_path) == before


def test_a_page_offers_the_feeds_it_names(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, CONFIG)
    said = feeds(tmp_path, "add", site.url("/blog/"))
    assert (said.returncode, said.stdout) == (1, "")
    assert f"feeds add {site.url('/feed')}" in said.stderr
    assert f"feeds add {site.url('/blog/comments.atom')}" in said.stderr
    assert "javascript" not in said.stderr
    assert text(tmp_path) == CONFIG
    said = feeds(tmp_path, "add", site.url("/blog/"), "--yes", "--name", "radio")
    assert (said.returncode, said.stdout) == (0, "Added radio: Radio Alpina, 2 entries\n")
    assert json.loads(feeds(tmp_path, "list", "--json").stdout)["sources"][-1]["url"] == site.url("/feed")


def test_on_a_terminal_a_page_is_asked_about(tmp_path: Path, site: Site) -> None:
    site.routes["/blog/comments.atom"] = RSS.replace(b"Radio Alpina", b"Comments")
    planet(tmp_path, CONFIG)
    status, said = on_a_terminal(tmp_path, "add", site.url("/blog/"), typed=b"2\n")
    assert status == 0
    assert f"  1  {site.url('/feed')} (Posts)" in said
    assert f"  2  {site.url('/blog/comments.atom')} (Comments[31m)" in said
    assert ": Comments, 2 entries" in said
    assert text(tmp_path).endswith(f"  - {site.url('/blog/comments.atom')}\n")


def test_an_address_with_a_secret_is_written_as_it_was_given(tmp_path: Path, site: Site) -> None:
    planet(tmp_path, CONFIG)
    address = site.url("/feed") + "?key=${RADIO_KEY}"
    said = feeds(tmp_path, "add", address, "--name", "radio", env={"RADIO_KEY": "s3cret-t0ken"})
    assert (said.returncode, said.stderr) == (0, "")
    assert address in text(tmp_path)
    assert site.log[-1].target == "/feed?key=s3cret-t0ken"
    missing = feeds(tmp_path, "add", site.url("/no?key=${RADIO_KEY}"), env={"RADIO_KEY": "s3cret-t0ken"})
    assert missing.returncode == 1
    assert "s3cret-t0ken" not in missing.stdout + missing.stderr + text(tmp_path)


@pytest.mark.parametrize(
    ("args", "status", "part"),
    [
        (("add", "https://old.example/feed.xml?utm_source=x"), 2, "listed already, as 'old'"),
        (("add", "nonsense"), 2, "expected an address"),
        (("add", "http://127.0.0.1:9/feed"), 1, "allow_ports"),
        (("add", "http://127.0.0.1:59999/feed"), 1, "127.0.0.1"),
        (("add", "--no-check", "https://new.example/", "--name", "old"), 2, "old"),
        (("add", "--no-check", "https://new.example/", "--interval", "soon"), 2, "30m"),
        (("add", "--no-check", "https://new.example/?key=${NO_SUCH_VARIABLE}"), 2, "NO_SUCH_VARIABLE"),
        (("remove", "odl"), 2, "did you mean 'old'?"),
        (("pause", "old", "nobody"), 2, "there is no source 'nobody'"),
        (("tag", "old", "-sports"), 2, "no tag 'sports'"),
        (("tag", "old", "+"), 2, "+TAG"),
    ],
)
def test_what_cannot_be_is_refused_and_the_file_stays(
    args: tuple[str, ...], status: int, part: str, tmp_path: Path
) -> None:
    planet(tmp_path, CONFIG)
    said = feeds(tmp_path, *args)
    assert (said.returncode, said.stdout) == (status, "")
    assert part in said.stderr
    assert "Traceback" not in said.stderr
    assert text(tmp_path) == CONFIG


def test_a_folder_of_texts_can_be_added(tmp_path: Path) -> None:
    planet(tmp_path, CONFIG)
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "first.md").write_text("# A first text\n\nHello, reader.\n")
    said = feeds(tmp_path, "add", "articles/", "--name", "texts", "--language", "en")
    assert (said.returncode, said.stderr) == (0, "")
    assert "1 entry" in said.stdout
    source = json.loads(feeds(tmp_path, "list", "--json").stdout)["sources"][-1]
    assert (source["kind"], source["path"], source["language"]) == ("articles", "articles", "en")


def test_tags_come_and_go(tmp_path: Path) -> None:
    planet(tmp_path, CONFIG)
    assert feeds(tmp_path, "tag", "old").stdout == "old: news, ch\n"
    assert feeds(tmp_path, "tag", "old", "+sports", "-news").stdout == "old: ch, sports\n"
    assert feeds(tmp_path, "tag", "old", "--add", "news", "--remove", "sports").stdout == "old: ch, news\n"
    assert feeds(tmp_path, "-v", "tag", "old", "-v").stdout == "old: ch, news\n"
    assert "# the first" in text(tmp_path)


def test_a_paused_source_is_not_polled_and_comes_back(tmp_path: Path, site: Site) -> None:
    planet(
        tmp_path,
        f"fetch: {{allow: [127.0.0.0/8]}}\nsources:\n  - {{name: radio, url: '{site.url('/feed')}'}}\n",
    )
    before = text(tmp_path)
    assert feeds(tmp_path, "pause", "radio").stdout == "radio is paused\n"
    assert feeds(tmp_path, "pause", "radio").stdout == "radio is paused already\n"
    assert feeds(tmp_path, "once", "--all").returncode == 0
    assert site.log == []
    assert feeds(tmp_path, "status").stdout.startswith("radio\tpaused\t")
    assert feeds(tmp_path, "resume", "radio").stdout == "radio is polled again\n"
    assert text(tmp_path) == before
    assert feeds(tmp_path, "once").returncode == 0
    assert len(site.log) == 1


def test_export_and_import_make_the_round_trip(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    planet(one, CONFIG)
    planet(two, "sources:\n  - https://bare.example/rss\n")
    assert feeds(one, "export", "../list.opml").returncode == 0
    assert (tmp_path / "list.opml").read_text() == feeds(one, "export").stdout
    dry = feeds(two, "import", "--dry-run", "../list.opml")
    assert dry.returncode == 0
    assert text(two) == "sources:\n  - https://bare.example/rss\n"
    said = feeds(two, "import", "../list.opml")
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.splitlines()[-1] == "1 source added, 1 known already"
    listed = {one["url"]: one for one in json.loads(feeds(two, "list", "--json").stdout)["sources"]}
    assert listed["https://old.example/feed.xml"]["name"] == "old"
    assert set(listed["https://old.example/feed.xml"]["tags"]) == {"news", "ch"}
    again = feeds(two, "import", "-", stdin=(tmp_path / "list.opml").read_bytes())
    assert again.stdout == "0 sources added, 2 known already\n"


def test_import_of_something_else_is_refused(tmp_path: Path) -> None:
    planet(tmp_path, CONFIG)
    (tmp_path / "page.html").write_bytes(PAGE)
    said = feeds(tmp_path, "import", "page.html")
    assert said.returncode in {1, 2}
    assert len(said.stderr.splitlines()) == 1
    assert text(tmp_path) == CONFIG
    assert feeds(tmp_path, "import", "nowhere.opml").returncode == 2


def test_the_schema_takes_the_starter_and_refuses_a_mistyped_word(tmp_path: Path) -> None:
    said = feeds(tmp_path, "schema")
    assert (said.returncode, said.stderr) == (0, "")
    checker = Draft202012Validator(json.loads(said.stdout))
    feeds(tmp_path, "init")
    assert list(checker.iter_errors(yaml.safe_load(text(tmp_path)))) == []
    assert list(checker.iter_errors({"sources": [{"url": "https://a.example/", "intervall": "1h"}]})) != []
