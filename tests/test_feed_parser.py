"""What feedparser is spared changes nothing of what it gives."""

from __future__ import annotations

import io
import json
import os
import xml.sax
import xml.sax.expatreader
import xml.sax.handler
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import pytest

from feeds.errors import ReadError
from feeds.sources.charset import decode
from feeds.sources.feed_parser import ENCODING, PLACES, parse
from feeds.sources.repair import local, repair, root_of

DATA = Path(__file__).parent / "data" / "feed"
SHARED = Path(__file__).parents[2] / "shared" / "corpus"
URL = "https://example.org/news/feed.xml"
LEFT_OUT = (*PLACES, "psc_chapters", "psc_chapter", "place")


def repaired(body: bytes) -> str | None:
    """Give a document as feedparser gets it; None if it does not come so far."""
    text = decode(body, {})
    root = root_of(text)
    if root is None or local(root[0]) not in {"rss", "feed", "rdf", "channel", "entry"}:
        return None
    try:
        return repair(text, *root).text
    except ReadError:
        return None


def own(text: str) -> Any:
    """Let feedparser's own parser read it, by the standard library; None if it is no XML."""
    handler = feedparser.api.StrictFeedParser(URL, None, ENCODING)
    handler.resolve_relative_uris = handler.sanitize_html = False
    reader = xml.sax.expatreader.ExpatParser()
    reader.setFeature(xml.sax.handler.feature_namespaces, True)
    reader.setContentHandler(handler)
    reader.setErrorHandler(handler)
    try:
        reader.parse(io.BytesIO(text.encode("utf-8", "replace")))
    except xml.sax.SAXException:
        return None
    except (AttributeError, LookupError, TypeError, ValueError):
        return handler  # What it stumbles over is not what is compared here.
    return handler


def plain(value: Any) -> Any:
    """Give values without what we do not ask for: read dates, places, chapters."""
    if isinstance(value, dict):
        kept = {key: plain(dict.__getitem__(value, key)) for key in dict.keys(value)}
        return {key: one for key, one in kept.items() if key not in LEFT_OUT and not key.endswith("_parsed")}
    return [plain(one) for one in value] if isinstance(value, list) else value


def differing(documents: Iterator[tuple[str, bytes]]) -> tuple[int, list[str]]:
    """Say how many documents were compared, and which of them differ."""
    compared, found = 0, list[str]()
    for name, body in documents:
        text = repaired(body)
        theirs = own(text) if text is not None else None
        if text is None or theirs is None or any(f":{one.split('_')[-1]}" in text for one in LEFT_OUT):
            continue
        try:
            ours, strict = parse(text, URL)
        except ReadError:
            continue
        compared += 1
        same = plain(ours["entries"]) == plain(theirs.entries) and plain(ours["feed"]) == plain(
            theirs.feeddata
        )
        if not (strict and same):
            found.append(name)
    return compared, found


def corpus() -> Iterator[tuple[str, bytes]]:
    """A part of the corpus; all of it with FEEDS_CORPUS=all."""
    step = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 17
    for line in (SHARED / "manifest.jsonl").read_text("utf-8").splitlines()[::step]:
        path = SHARED / json.loads(line)["path"]
        if path.stat().st_size < 300_000:
            yield path.name, path.read_bytes()


def test_our_documents_give_the_values_that_feedparser_gives() -> None:
    compared, found = differing((path.name, path.read_bytes()) for path in sorted(DATA.glob("*.xml")))
    assert compared > 50
    assert found == []


def test_others_documents_give_the_values_that_feedparser_gives() -> None:
    if not SHARED.exists():
        pytest.skip("the corpus lies beside the project, and is not here")
    compared, found = differing(corpus())
    assert compared > 50
    assert found == []


@pytest.mark.parametrize(
    "inside",
    [
        '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b></div></title>',
        '<content type="application/octet-stream">YmFzZTY0</content><title>a</title>',
        '<summary type="html">a <i>b</i> c</summary><title>b</title>',
        '<content type="xhtml" xml:base="s/" xml:lang="de"><m:math xmlns:m="http://www.w3.org/1998/Math/MathML"/></content>',
        '<source xml:lang="fr"><title>t</title><id>x</id><link href="../up"/></source><id>y</id>',
        '<link rel="ALTERNATE" href="?a=1&amp;copy;=2"/><link>rel?a=1&amp;b=2</link>',
        '<m:credit xmlns:m="http://search.yahoo.com/mrss/" role="x">who</m:credit>',
        '<x:y xmlns:x="urn:unknown" a="1" x:b="2">text</x:y><x:y xmlns:x="urn:other">t</x:y>',
        '<title>\u0093quoted\u0094 caf\u00e9</title><svg xmlns="http://www.w3.org/2000/svg"><title>s</title></svg>',
    ],
)
@pytest.mark.parametrize("around", ["feed", "rss"])
def test_rare_markup_gives_the_values_that_feedparser_gives(inside: str, around: str) -> None:
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><entry>{inside}</entry></feed>'
    rss = f'<rss version="2.0"><channel><title>c</title><item>{inside}</item></channel></rss>'
    body = (atom if around == "feed" else rss).encode()
    assert differing(iter([("one", body)])) == (1, [])
