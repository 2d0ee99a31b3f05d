"""What a source lets us show of an entry, and how an entry says where it is from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from judge import errors
from servers import Site
from strategies import entries as any_entries
from test_pipeline import configure, emit, item, poll, rss

from feeds.config.load import load
from feeds.errors import ConfigError
from feeds.model import Entry, Link, Origin, Text, TextType
from feeds.normalize.html import sanitize
from feeds.normalize.provenance import credited, excerpted, headline
from feeds.normalize.text import shown
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = Origin(id="https://a.example/", title="A & B", site_url='https://a.example/?a=1&b="2"')
LONG = " ".join(f"word{number}" for number in range(100))
SECRET = "word99"


def entry(**fields: object) -> Entry:
    return Entry(**{"source": "a", "id": "https://a.example/1", "origin": ORIGIN, **fields})  # type: ignore[arg-type]  # fields of an entry


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("how", "title", "told"),
    [
        ("none", Text(value="1 < 2"), "1 < 2"),
        ("prefix", Text(value="1 < 2"), "A & B: 1 < 2"),
        ("suffix", Text(value="1 < 2"), "1 < 2 (A & B)"),
        ("prefix", Text(value="<em>x</em>", type=TextType.HTML), "A &amp; B: <em>x</em>"),
        ("suffix", Text(value="<em>x</em>", type=TextType.HTML), "<em>x</em> (A &amp; B)"),
    ],
)
def test_the_name_of_the_source_stands_with_the_title(how: str, title: Text, told: str) -> None:
    shown_title = credited(entry(title=title), how).title
    assert shown_title is not None
    assert (shown_title.value, shown_title.type) == (told, title.type)


@pytest.mark.parametrize(
    ("language", "word"),
    [("de-CH", "Quelle"), ("fr", "Source"), ("ru", "Источник"), (None, "Source"), ("ja", "Source")],
)
def test_a_line_below_the_text_names_and_links_the_source(language: str | None, word: str) -> None:
    told = credited(entry(content=Text(value="a < b"), language=language), "line").content
    assert told is not None
    href = "https://a.example/?a=1&amp;b=%222%22"
    assert (
        told.value
        == f'<p>a &lt; b</p><p>{word}: <a href="{href}" rel="noopener noreferrer">A &amp; B</a></p>'
    )
    assert told.type is TextType.HTML


def test_the_line_stands_where_the_text_is() -> None:
    short = credited(entry(summary=Text(value="<p>s</p>", type=TextType.HTML)), "line")
    assert short.content is None
    assert short.summary is not None
    assert short.summary.value.startswith("<p>s</p><p>Source")
    both = credited(entry(summary=Text(value="s"), content=Text(value="c")), "line")
    assert both.summary == Text(value="s")
    assert "Source" in shown(both.content)
    assert "Source" in shown(credited(entry(), "line").content)


@given(any_entries())
def test_what_is_added_is_clean_html_again(value: Entry) -> None:
    told = credited(value, "line")
    text = told.content or told.summary
    if told != value and text is not None:
        line = text.value[text.value.rindex("<p>") :]
        assert sanitize(line, None) == line


@given(any_entries())
def test_no_more_than_a_headline_is_left(value: Entry) -> None:
    left = headline(value)
    assert left.summary is None
    assert (left.enclosures, left.image) == ((), None)
    assert (left.content is None) == (left.url is not None)
    assert (left.id, left.url, left.title, left.rights) == (value.id, value.url, value.title, value.rights)


@given(any_entries())
def test_no_more_words_than_allowed_are_left(value: Entry) -> None:
    left = excerpted(value, 5)
    assert len((shown(left.summary) + " " + shown(left.content)).replace(" …", "").split()) <= 5
    assert left.summary is None or left.content is None


@pytest.mark.parametrize("policy", ["headline", "{excerpt: 20}"])
def test_no_format_and_no_page_shows_more_than_a_source_allows(
    site: Site, store: Store, tmp_path: Path, policy: str
) -> None:
    body = rss(item("a1", text=LONG), item("a2", text=f"&lt;p&gt;{LONG}&lt;/p&gt;"))
    site.routes["/a"] = body.replace(
        b"<pubDate>", f"<content:encoded>{LONG}</content:encoded><pubDate>".encode()
    ).replace(b"<rss ", b'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" ')
    config = configure(tmp_path, f"sources:\n  - {{name: a, url: '{site.url('/a')}', republish: {policy}}}\n")
    poll(config, store)
    emit(config, store)
    for path in (tmp_path / "output").iterdir():
        assert SECRET not in path.read_text(), path.name
        if path.suffix in {".atom", ".rss", ".json"}:
            assert errors(path.read_bytes(), safe=True) == []
    config = configure(tmp_path, f"sources:\n  - {{name: a, url: '{site.url('/a')}'}}\n")
    emit(config, store)
    assert SECRET in (tmp_path / "output/all.atom").read_text()


def test_an_output_names_sources_in_every_format(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = rss(item("a1"), title="A & B".replace("&", "&amp;"))
    config = configure(
        tmp_path,
        f"sources:\n  - {{name: a, url: '{site.url('/a')}'}}\n"
        "outputs:\n  - {name: p, provenance: prefix}\n  - {name: l, provenance: line}\n",
    )
    poll(config, store)
    emit(config, store)
    folder = tmp_path / "output"
    for suffix in ("atom", "rss"):
        assert feedparser.parse((folder / f"p.{suffix}").read_bytes()).entries[0].title in {
            "A & B: a1",
            "A &amp; B: a1",
        }
        assert 'href="https://blog.example/"' in str(
            feedparser.parse((folder / f"l.{suffix}").read_bytes()).entries[0]
        )
    assert json.loads((folder / "p.json").read_text())["items"][0]["title"] == "A & B: a1"
    assert 'href="https://blog.example/"' in (folder / "l.json").read_text().replace('\\"', '"')
    for path in folder.glob("*.*"):
        if path.suffix in {".atom", ".rss", ".json"}:
            assert errors(path.read_bytes(), safe=True) == []


@pytest.mark.parametrize("wrong", ["some", "{excerpt: 0}", "{words: 3}", "[full]"])
def test_a_mistyped_policy_is_told(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"sources: [{{url: 'https://a.example/', republish: {wrong}}}]\n")
    with pytest.raises(ConfigError, match="republish"):
        load(path, {})


def test_a_link_is_kept() -> None:
    links = (Link(href="https://b.example/", rel="via"),)
    assert headline(entry(links=links)).links == links
