"""Outputs by tag and by source: one block of config.yaml, many files."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import RSS, feeds, planet
from hypothesis import given, settings
from hypothesis import strategies as st
from servers import Site
from store_values import HOUR, NOW, poll, record
from worlds import configured, fill, fresh, published

from feeds import publish
from feeds.config.load import load
from feeds.config.names import tag_name
from feeds.errors import ConfigError
from feeds.model import Withdrawal
from feeds.pipeline import Emitter, Fate, Verdict, explain
from feeds.store import Store

TAGS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=90)
ODD = st.sampled_from(
    [
        "News",
        "news",
        "NEWS",
        "swiss-news",
        "..",
        ".",
        "../x",
        "con",
        "NUL",
        "a.b",
        "index",
        "archive",
        "sources",
        "C",
        "C++",
        "C#",
        "Zürich",
        "zurich",
        "-",
        "x-",
        "swiss news",
        "Swiss News",
        "zu\u0308rich",
        "a" * 61,
    ]
)
SAFE = set("abcdefghijklmnopqrstuvwxyz0123456789-_/")


def names(tags: set[str], pattern: str = "{tag}") -> dict[str, str]:
    """Give the names of the outputs that these tags make, through config.yaml as it is written."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "config.yaml"
        sources = [
            {"name": f"s{number}", "url": f"https://{number}.example/", "tags": [tag]}
            for number, tag in enumerate(sorted(tags))
        ]
        path.write_text(json.dumps({"sources": sources, "outputs": [{"name": pattern, "each": "tag"}]}))
        return {one.of: one.name for one in load(path, {}).outputs}  # type: ignore[attr-defined]


@settings(max_examples=60, deadline=None)
@given(tags=st.sets(TAGS | ODD, min_size=1, max_size=12), more=st.sets(TAGS | ODD, max_size=4))
def test_files_of_any_tags_are_safe_and_their_own_and_no_other_tag_renames_them(
    tags: set[str], more: set[str]
) -> None:
    tags, more = ({" ".join(tag.split()) for tag in some} - {""} for some in (tags, more))
    tags = {tag for tag in tags if "${" not in tag and max(tag) < "\ufdd0"}
    more = {tag for tag in more if "${" not in tag and max(tag) < "\ufdd0"}
    if not tags:
        return
    found = names(tags)
    assert set(found) == tags
    assert len({name.casefold() for name in found.values()}) == len(tags)
    for tag, name in found.items():
        assert set(name) <= SAFE
        assert "/" not in name
        assert len(name) <= 80
        assert name.split(".")[0] not in {"index", "archive", "sources", "con", "nul", "prn", "aux"}
        # publish puts a file there: it refuses whatever leads out of the folder.
        with tempfile.TemporaryDirectory() as place:
            publish.put(Path(place), f"{name}.atom", b"x")
            assert [one.name for one in Path(place).iterdir()] == [f"{name}.atom"], tag
    assert names(tags | more).items() >= found.items()


def test_a_plain_tag_is_the_name_of_its_file() -> None:
    assert [tag_name(tag) for tag in ("news", "swiss-news", "2026", "a_b")] == [
        "news",
        "swiss-news",
        "2026",
        "a_b",
    ]
    # What looks like a name with a hash gets a hash, too, or it could be the name of another tag.
    assert tag_name(tag_name("News")) != tag_name("News")


@pytest.fixture
def site() -> Iterator[Site]:
    other = RSS.replace(b"radio.example", b"wire.example").replace(b"Radio Alpina", b"The wire")
    with Site({"/radio": RSS, "/wire": other}) as site:
        yield site


CONFIG = """\
site: {{title: Planet, base_url: 'https://planet.example/'}}
fetch: {{allow: [127.0.0.0/8]}}
sources:
  - {{name: radio, url: '{radio}', tags: [news, Zürich]}}
  - {{name: wire, url: '{wire}', tags: [news]}}
  - {{name: quiet, url: 'https://quiet.example/', paused: true, tags: [culture]}}
outputs:
  - {{name: all}}
  - {{name: 'tags/{{tag}}', each: tag, title: 'Planet: {{tag}}', archive: 1, limit: 1}}
  - {{name: 'by/{{source}}', each: source, from: {{tags: news}}, formats: json_feed}}
"""


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    return planet(tmp_path, CONFIG.format(radio=site.url("/radio"), wire=site.url("/wire")))


def written(folder: Path) -> set[str]:
    output = folder / "output"
    return {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}


def document(folder: Path, name: str) -> Any:
    return json.loads((folder / "output" / f"{name}.json").read_text())


def test_one_block_makes_an_output_of_each_tag_and_of_each_source(folder: Path) -> None:
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("formats: json_feed", "formats: [json_feed]"))
    feeds(folder, "once")
    zurich = tag_name("Zürich")
    made = {f"tags/{tag}.{end}" for tag in ("culture", "news", zurich) for end in ("atom", "rss", "json")}
    made |= {"by/radio.json", "by/wire.json", "index.html", "sources.opml"}
    made |= {f"all.{end}" for end in ("atom", "rss", "json")}
    assert {path for path in written(folder) if not path.startswith("archive/")} == made
    assert document(folder, "tags/news")["title"] == "Planet: news"
    assert document(folder, f"tags/{zurich}")["title"] == "Planet: Zürich"
    assert document(folder, f"tags/{zurich}")["feed_url"] == f"https://planet.example/tags/{zurich}.json"
    assert [item["url"] for item in document(folder, f"tags/{zurich}")["items"]] == ["http://radio.example/2"]
    # A source's output is called as the source calls itself.
    assert document(folder, "by/wire")["title"] == "Planet – The wire"
    assert len(document(folder, "by/wire")["items"]) == 2
    # Walking the chain of a tag gives all of it.
    assert f"archive/tags/{zurich}/1.atom" in written(folder)
    page = (folder / "output" / "index.html").read_text()
    assert f'href="tags/{zurich}.atom"' in page
    assert '<span dir="auto">The wire</span>' in page
    head = page.partition("</head>")[0]
    assert 'href="all.atom"' in head
    assert "tags/" not in head


@pytest.mark.sqlite
def test_a_tag_that_vanishes_takes_its_files_and_pages_along(folder: Path) -> None:
    config = folder / "config.yaml"
    text = config.read_text().replace("formats: json_feed", "formats: [json_feed]")
    config.write_text(text)
    feeds(folder, "once")
    before = written(folder)
    zurich = tag_name("Zürich")
    foreign = folder / "output" / "tags" / f"{zurich}.rss"
    foreign.write_text("the operator's own")
    config.write_text(text.replace("[news, Zürich]", "[news]").replace("name: wire,", "name: cable,"))
    planned = feeds(folder, "plan").stdout
    assert f"tags/{zurich}" in planned
    feeds(folder, "publish")
    gone = before - written(folder)
    assert gone == {path for path in before if zurich in path and path != f"tags/{zurich}.rss"} | {
        "by/wire.json"
    }
    assert foreign.read_text() == "the operator's own"
    assert zurich not in (folder / "output" / "index.html").read_text()
    # Back again, it is as it was.
    config.write_text(text)
    feeds(folder, "publish")
    assert before == written(folder)


def test_only_the_outputs_of_a_source_are_made_again_when_it_brings_something(tmp_path: Path) -> None:
    tags = ", ".join(f"t{number}" for number in range(30))
    lines = [
        f"  - {{name: {name}, url: 'https://{name}.example/', tags: [{name}-x, {tags}]}}" for name in "bc"
    ]
    text = "sources:\n  - {name: a, url: 'https://a.example/', tags: [only, x]}\n" + "\n".join(lines)
    text += "\noutputs:\n  - {name: 'tags/{tag}', each: tag, formats: [json_feed]}\n"
    store = fresh(tmp_path)
    fill(store, [record(name, hours=1, id=f"https://{name}.example/1") for name in "abc"])
    emitter = Emitter(configured(tmp_path, text), store)
    assert len(emitter.emit_all(NOW)) == 34 + 2
    fill(store, [record("a", hours=2, id="https://a.example/2")])
    verdicts = {one.path: one.verdict for one in emitter.emit_all(NOW)}
    assert {path for path, verdict in verdicts.items() if verdict is Verdict.WRITTEN} == {
        "tags/only.json",
        "tags/x.json",
    }
    store.close()


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (
            "[{name: news, each: tag}]",
            "3:18: outputs[0].name: expected {tag} in the name of an output for each",
        ),
        ("[{name: 'tags/{tag}'}]", "expected each: tag beside it, found {tag} in the name"),
        ("[{name: 'tags/{tag}', each: source}]", "expected each: tag beside it"),
        ("[{name: '../{tag}', each: tag}]", "outputs[0].name: expected 1 to 100 letters"),
        ("[{name: /etc/x}]", "outputs[0].name: expected 1 to 100 letters"),
        ("[{name: archive/x}]", "expected another name than archive, index, sources"),
        ("[{name: x}, {name: '{tag}', each: tag}]", "found 'x' for the tag 'x', which outputs[0] has"),
        ("[{name: '{tag}', each: tag}, {name: X}]", "found 'X' for this output, which outputs[0] has"),
        ("[{name: '{tag}', each: tag}, {name: '{source}', each: source}]", "found 'x' for the source 'x'"),
        ("[{name: '{tag}', each: tag, of: x}]", "of"),
    ],
)
def test_a_wrong_name_is_told_with_its_place(tmp_path: Path, outputs: str, message: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(
        f"sources:\n  - {{name: x, url: 'https://a.example/', tags: [x, y]}}\noutputs: {outputs}\n"
    )
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    assert message in str(caught.value)


@pytest.mark.sqlite
def test_explain_names_the_outputs_of_each_that_take_it_and_counts_the_others(folder: Path) -> None:
    config = folder / "config.yaml"
    config.write_text(config.read_text().replace("formats: json_feed", "formats: [json_feed]"))
    config.write_text(config.read_text().replace("archive: 1, limit: 1", "limit: 9"))
    feeds(folder, "once")
    shown = feeds(folder, "explain", "http://wire.example/2").stdout
    assert "tags/news: published, place 2" in shown
    assert "by/wire: published, place 1, in by/wire.json" in shown
    assert "tags/culture" not in shown
    assert "tags/{tag}: not in the other 2 outputs that it stands for" in shown
    told = json.loads(feeds(folder, "explain", "http://wire.example/2", "--json").stdout)["entries"][0]
    outcomes = {one["output"]: one["outcome"] for one in told["outputs"]}
    assert len(outcomes) == 1 + 3 + 2
    assert outcomes["tags/culture"] == outcomes["by/radio"] == "source_not_in_output"


def flooded(folder: Path, others: int = 3) -> Store:
    """Make a store in which one source has 2,000 newer entries than all the others."""
    store = fresh(folder)
    fill(store, [record("a", n, hours=n / 100) for n in range(2000)])
    some = [record(name, n, hours=100 + n) for name in "bc" for n in range(others)]
    fill(store, some)
    return store


PER_SOURCE = """\
site: {{base_url: 'https://planet.example/'}}
sources:
  - {{name: a, url: 'https://a.example/'}}
  - {{name: b, url: 'https://b.example/'}}
  - {{name: c, url: 'https://c.example/'}}
outputs: [{{name: all, limit: 9, per_source: 2, formats: [json_feed]{more}}}]
"""


def test_no_source_floods_an_output_and_what_it_has_too_much_of_is_not_read(tmp_path: Path) -> None:
    store = flooded(tmp_path)
    text = PER_SOURCE.format(more="}, {name: alone, limit: 9, per_source: 2, from: {sources: [a]}")
    emitter = Emitter(configured(tmp_path, text), store)
    emitter.emit_all(NOW)
    shown = published(tmp_path, "all")
    assert [key.split(":")[2] for key in shown] == ["a", "a", "b", "c", "b", "c"]
    output = emitter.config.outputs[0]
    choosing = emitter.choosing(output, NOW, limit=9)
    standings = list(choosing.standings(emitter.records(choosing)))
    assert len(standings) < 200
    # What was not read has its outcome all the same.
    for number, fate in ((1, Fate.PUBLISHED), (2, Fate.SOURCE_FULL), (1999, Fate.SOURCE_FULL)):
        (one,) = store.find(f"tag:planet.example,2026:a:{number}")
        assert [told.standing.fate for told in explain(emitter, one, NOW)] == [fate, fate]
    store.close()


def test_no_source_floods_an_archive_neither_by_what_comes_late(tmp_path: Path) -> None:
    store = fresh(tmp_path)
    config = configured(tmp_path, PER_SOURCE.format(more=", archive: 4").replace("limit: 9", "limit: 1"))
    emitter = Emitter(config, store)
    for day in range(6):
        some = [record(name, 100 * day + n, hours=240 - 24 * day - n) for name in "abc" for n in range(2)]
        flood = [record("a", 1000 + 100 * day + n, hours=300 + n) for n in range(30)]
        fill(store, [*some, *(flood if day % 2 else [])])
        emitter.emit_all(NOW)
        assert Counter(key.split(":")[2] for key in published(tmp_path, "all")).most_common(1)[0][1] <= 2
    pages = [json.loads(path.read_text()) for path in (tmp_path / "output/archive/all").glob("*.json")]
    assert len(pages) > 3
    for page in pages:
        assert max(Counter(item["id"].split(":")[2] for item in page["items"]).values()) <= 2
    closed = [item["id"] for page in pages for item in page["items"]]
    assert len(closed) == len(set(closed))
    store.close()


def test_a_withdrawal_concerns_only_the_outputs_of_its_source(
    tmp_path: Path,
) -> None:
    names = [f"s{number}" for number in range(40)]
    lines = [f"  - {{name: {name}, url: 'https://{name}.example/', tags: [t-{name}]}}" for name in names]
    outputs = "outputs: [{name: 'tags/{tag}', each: tag, formats: [atom]}]\n"
    store = fresh(tmp_path)
    store.save([poll(record(name, hours=1)) for name in names])
    emitter = Emitter(configured(tmp_path, f"{outputs}sources:\n" + "\n".join(lines)), store)
    emitter.emit_all(NOW)
    assert store.marked(NOW - HOUR) == frozenset()
    (gone,) = store.find("tag:planet.example,2026:s7:1")
    store.withdraw([(Withdrawal(id=gone.id, source="", when=NOW), gone)])
    assert store.marked(NOW - HOUR) == {"s7"}
    assert store.marked(NOW + HOUR) == frozenset()
    written = {one.path for one in emitter.emit_all(NOW) if one.verdict is Verdict.WRITTEN}
    assert written == {"tags/t-s7.atom"}
    assert "deleted-entry" in (tmp_path / "output/tags/t-s7.atom").read_text()
    # Put back, it is as it was before.
    store.lift([gone.id], NOW)
    assert store.marked(NOW - HOUR) == frozenset()
    written = {one.path for one in emitter.emit_all(NOW) if one.verdict is Verdict.WRITTEN}
    assert written == {"tags/t-s7.atom"}
    store.close()
