"""What a source lets us show of an entry, and how an entry says where it is from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge import errors
from servers import Site
from strategies import entries as any_entries
from test_pipeline import configure, emit, item, poll, rss

from feeds.config.load import load
from feeds.errors import ConfigError
from feeds.model import Entry, Link, Origin, Text, TextType, TitleOrigin
from feeds.normalize.html import from_text, sanitize
from feeds.normalize.provenance import LABEL, beginning, credited, excerpted, headline, words
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
    assert (left.id, left.url, left.rights) == (value.id, value.url, value.rights)
    assert left.title == value.title or words(shown(left.title).removesuffix(" …")) == LABEL


TEXTS = st.builds(
    Text, value=st.text("ab谷雪ไทย \u200b\xa0&<", min_size=1, max_size=80), type=st.sampled_from(TextType)
)


@given(any_entries(), st.one_of(st.none(), TEXTS), st.integers(1, 9))
def test_no_more_words_than_allowed_are_left(value: Entry, text: Text | None, most: int) -> None:
    if text is not None:
        clean = sanitize(text.value, None) if text.type is TextType.HTML else text.value
        value = replace(value, summary=None, content=Text(value=clean or "x", type=text.type))
    left = excerpted(value, most)
    told = shown(left.summary) + shown(left.content)
    assert words(told.removesuffix(" …")) <= most
    assert left.summary is None or left.content is None
    assert all(one is None or one.type is TextType.PLAIN for one in (left.summary, left.content))
    if value.title is not None and value.title_origin is TitleOrigin.DERIVED:
        assert words(shown(left.title).removesuffix(" …")) <= most
    beside = [link.title for link in left.links] + [file.title for file in left.enclosures]
    beside += [one.raw for one in left.credits]
    assert all(words(one or "") <= most for one in beside)
    assert all(words(item) <= most for name, item in left.extra if not name.startswith("georss:"))
    shown_html = from_text(told)
    assert sanitize(shown_html, None) == shown_html


@pytest.mark.parametrize(
    ("text", "most", "left"),
    [
        ("one two three", 3, "one two three"),
        ("one two, three", 2, "one two …"),
        ("谷に雪が降る。山は晴れ", 4, "谷に雪が …"),
        ("x" * 70, 2, "x" * 60 + " …"),
        ("a\xa0b c", 2, "a\xa0b …"),
    ],
)
def test_words_are_counted_in_every_writing(text: str, most: int, left: str) -> None:
    assert beginning(text, most) == left


@pytest.mark.parametrize(("policy", "provenance"), [("headline", "line"), ("{excerpt: 20}", "suffix")])
def test_no_format_and_no_page_shows_more_than_a_source_allows(
    site: Site, store: Store, tmp_path: Path, policy: str, provenance: str
) -> None:
    """Not in a feed, on the page or in an archive; not with a filter, without a title, or beside a file."""
    media = f"<enclosure url='https://a.example/1.mp3' type='audio/mpeg'/><media:title>{LONG}</media:title>"
    bare = f"<item><guid>tag:a.example,2026:3</guid><description>{LONG}</description>{media}</item>"
    body = rss(item("a1", text=LONG), item("a2", text=f"&lt;p&gt;{LONG}&lt;/p&gt;"), bare)
    modules = (
        "xmlns:content='http://purl.org/rss/1.0/modules/content/' xmlns:media='http://search.yahoo.com/mrss/'"
    )
    site.routes["/a"] = body.replace(
        b"<pubDate>", f"<content:encoded>{LONG}</content:encoded><pubDate>".encode()
    ).replace(b"<rss ", f"<rss {modules} ".encode())
    config = configure(
        tmp_path,
        f"sources:\n  - {{name: a, url: '{site.url('/a')}', republish: {policy}, filters: [untrack]}}\n"
        "outputs:\n"
        f"  - {{name: all, provenance: {provenance}, filters: [{{keep: {{text: {SECRET}}}}}]}}\n"
        f"  - {{name: old, provenance: {provenance}, limit: 1, archive: 1}}\n",
    )
    poll(config, store)
    emit(config, store)
    written = [path for path in (tmp_path / "output").rglob("*.*") if path.is_file()]
    assert len([path for path in written if "archive" in path.parts]) == 6
    assert len(json.loads((tmp_path / "output/all.json").read_text())["items"]) == 3
    for path in written:
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
