"""Every kind of source keeps the family's contract, on friendly and on hostile bytes."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import AUTHORITY, DATA, SOURCE, document, feed_of

from feeds.config.schema import Source
from feeds.config.selectors import Fields, Selector
from feeds.errors import ReadError
from feeds.model import Document, Entry, Feed, Validators
from feeds.normalize.chars import clean
from feeds.normalize.html import sanitize
from feeds.normalize.urls import is_uri, web_url
from feeds.sources import KINDS, read
from feeds.validity import absolute_iri

FEED = b"<rss version='2.0'><channel><title>T</title><item><title>a</title></item></channel></rss>"
SITEMAP = b"<urlset><url><loc>https://hill.example/a-title</loc></url></urlset>"
JSON_FEED = (
    b'{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{"id": "1", "title": "a"}]}'
)


@pytest.fixture
def samples(tmp_path: Path) -> dict[str, Document]:
    """One document of each kind."""
    (tmp_path / "a.txt").write_text("A title\n\nA text that stands in a file.\n", encoding="utf-8")
    folder = KINDS["articles"].load
    assert folder is not None
    loaded = folder(Source(name="texts", path=str(tmp_path)), tmp_path, Validators())
    assert isinstance(loaded, Document)
    page = document(b"<!doctype html><ul><li class=event><h3>A title</h3></ul>")
    return {
        "feed": document(FEED),
        "json_feed": document(JSON_FEED),
        "articles": loaded,
        "page": page,
        "sitemap": document(SITEMAP),
    }


def source_of(word: str) -> Source:
    """Give a source of that kind; config.yaml has to name those that cannot be recognised."""
    told: dict[str, dict[str, object]] = {
        "articles": {"url": None, "path": "texts"},
        "sitemap": {"kind": "sitemap"},
        "page": {"kind": "page", "entry": "li.event", "fields": Fields(title=Selector(css="h3"))},
    }
    return SOURCE.model_copy(update=told.get(word, {}))


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_is_recognised_and_reads_its_own(word: str, samples: dict[str, Document]) -> None:
    used, feed = read(samples[word], source_of(word), AUTHORITY)
    assert used == word
    assert feed == KINDS[word].read(samples[word], source_of(word), AUTHORITY)
    assert len(feed.entries) == 1
    keeps_the_contract(feed)


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_refuses_what_is_not_its_own(word: str, samples: dict[str, Document]) -> None:
    foreign = [body.body for other, body in samples.items() if other != word]
    for body in (b"", b"\0", b"<", b"{", b"null", b"\xff\xfe\x00", b"[" * 100_000, *foreign):
        with pytest.raises(ReadError, match=r"\A[^\n]{10,300}\Z"):
            KINDS[word].read(Document(url="https://a.example/", body=body), source_of(word), AUTHORITY)


@pytest.mark.parametrize("kind", ["text/html", "application/json", "application/octet-stream", ""])
def test_the_document_counts_not_its_content_type(kind: str) -> None:
    headers = {"content-type": kind}
    assert read(document(b"\n " + FEED, headers), SOURCE, AUTHORITY)[0] == "feed"
    assert read(document(b"\xef\xbb\xbf" + JSON_FEED, headers), SOURCE, AUTHORITY)[0] == "json_feed"


def test_a_configured_kind_is_not_second_guessed() -> None:
    with pytest.raises(ReadError):
        read(document(FEED), SOURCE.model_copy(update={"kind": "json_feed"}), AUTHORITY)


def test_a_private_source_is_not_named_in_an_error() -> None:
    page = '<html><link rel="alternate" type="application/rss+xml" href="/feed?token=secret"></html>'
    with pytest.raises(ReadError) as caught:
        feed_of(page, SOURCE.model_copy(update={"private": True}))
    assert "secret" not in str(caught.value)


def texts(value: object) -> Iterator[str]:
    """Give every text in a value of the model."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from texts(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            if name != "raw":
                yield from texts(getattr(value, name))


def addresses(entry: Entry) -> Iterator[str]:
    files = (*entry.enclosures, *((entry.image,) if entry.image else ()))
    links = (entry.url, entry.comments_url, entry.license, *(link.href for link in entry.links))
    yield from (url for url in (*links, *(file.url for file in files)) if url)


def may_be_an_id(text: str) -> bool:
    """Say whether it may stand in atom:id, by our own judgement and by that of ``validity``."""
    return is_uri(text) and absolute_iri(text)


def keeps_the_contract(feed: Feed) -> None:
    """What every stage behind the door relies on."""
    assert may_be_an_id(feed.id), feed.id
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    for entry in feed.entries:
        assert may_be_an_id(entry.id), entry.id
        assert entry.origin is not None
        assert may_be_an_id(entry.origin.id), entry.origin.id
        assert all(web_url(url, None) == url for url in addresses(entry))
        for text in (entry.title, entry.summary, entry.content, entry.rights):
            assert text is None or (text.value.strip() and clean(text.value) == text.value)
            if text is not None and text.type == "html":
                assert sanitize(text.value, None) == text.value
        assert not any(re.search("[\x00-\x08\ud800-\udfff]", text) for text in texts(entry))


def read_or_refused(body: bytes) -> str:
    """Read a document and check the contract; give the sentence if it is refused, else an empty text."""
    try:
        keeps_the_contract(feed_of(body))
    except ReadError as error:
        return str(error)
    return ""


def bodies() -> list[Path]:
    return sorted([*(DATA / "feed").glob("*.xml"), *(DATA / "json_feed").glob("*.feed.json")])


@pytest.mark.parametrize("path", bodies(), ids=lambda path: path.name)
def test_fixtures_keep_the_contract(path: Path) -> None:
    assert bool(read_or_refused(path.read_bytes())) == path.name.startswith("not_")


SEEDS = tuple(path.read_bytes() for path in bodies() if path.stat().st_size < 5000)
WORDS = (
    *(
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<item>",
        b"</item>",
        b"<entry ",
        b"&#x110000;",
        b"&#55357;",
        b"&x;",
    ),
    *(
        b"<!DOCTYPE a [<!ENTITY b '",
        b"'>]>",
        b"<id>",
        b"</channel>",
        b"<svg>",
        b"\xff\xfe",
        b"\x00",
        b"\xc3",
        b"&",
    ),
    *(
        b"xml:base='http://[' ",
        b"<link href='",
        b"<g:where xmlns:g='http://www.georss.org/georss'>",
        b"{",
        b"\x80",
    ),
    *(
        b"<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>",
        b"<author/>",
        b"<source>",
        b"1e999",
        b'"',
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a small feed with pieces cut out, doubled, swapped and put in."""
    body = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        piece = draw(st.sampled_from((b"", body[start:end] * 2, *WORDS)) | st.binary(max_size=6))
        body = body[:start] + piece + body[min(end, start + draw(st.integers(0, 40))) :]
    return body


@settings(max_examples=200, deadline=None)
@given(mutated())
def test_mutated_feeds_are_read_or_refused(body: bytes) -> None:
    refusal = read_or_refused(body)
    assert "\n" not in refusal


CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
EVERY = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 20
NOTORIOUS = re.compile(r"geo/|gml|xxe|bomb|charref|entity|illformed|truncat")
SECONDS = 10


def corpus() -> Iterator[Path]:
    lines = (CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    paths = [json.loads(line)["path"] for line in lines]
    yield from (CORPUS / path for n, path in enumerate(paths) if n % EVERY == 0 or NOTORIOUS.search(path))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of documents is not beside the project")
def test_the_corpus_is_read_or_refused_and_every_id_is_valid() -> None:
    read_well = 0
    for path in corpus():
        start = time.process_time()
        refusal = read_or_refused(path.read_bytes())
        read_well += not refusal
        assert "\n" not in refusal, path
        assert time.process_time() - start < SECONDS, path
    assert read_well > 100
