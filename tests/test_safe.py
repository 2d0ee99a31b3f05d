"""Nothing that a source writes acts in what we publish (CHECKS.md, E1 to E5)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import html5lib
import pytest
from commands import feeds, planet
from judge import judge
from judge_safety import ACTIVE, json_dangers, xml_dangers
from lxml import etree
from payloads import PAYLOADS, WRITERS, fragments, outline, strangers, trees
from reading import feed_of
from servers import Site

from feeds.errors import ReadError
from feeds.formats import FEED_FORMATS, SITE_FORMATS, OutputPage, SitePage
from feeds.formats.feedgen_extension import html
from feeds.model import Feed
from feeds.normalize.html import sanitize

SELF = "https://planet.example/all"
BASE = "https://b.example/p/q"


EVERY = os.environ.get("FEEDS_CORPUS") == "all"


def some(step: int) -> dict[str, str]:
    """Give every so many payloads, where other tests have seen all of them; all with FEEDS_CORPUS=all."""
    return dict(list(PAYLOADS.items())[:: 1 if EVERY else step])


def published(feed: Feed) -> dict[str, bytes]:
    return {word: form.render(feed, SELF) for word, form in FEED_FORMATS.items()}


def page_of(feed: Feed) -> bytes:
    output = OutputPage(name="all", title="All", feed=feed, files=())
    return SITE_FORMATS["page"].render(SitePage(title="Planet", outputs=(output,)))


def findings(body: bytes) -> list[str]:
    """Give what the judge calls wrong, and everything it has to say about safety, warnings too."""
    return [str(one) for one in judge(body, safe=True) if one.severity == "error" or one.layer == "safe"]


def anatomy(page: bytes) -> set[tuple[str, str]]:
    """Give the elements and attributes that a page is built of; of links the scheme too."""
    root = html5lib.parse(page, treebuilder="etree", namespaceHTMLElements=False)
    return {
        (element.tag, f"{name}={value.partition(':')[0].replace('https', 'http') if name == 'href' else ''}")
        for element in root.iter()
        if isinstance(element.tag, str)
        for name, value in {**element.attrib, "": ""}.items()
    }


HARMLESS = page_of(
    feed_of(WRITERS["atom"]({"one": "Words", "two": "<p>Words &amp; <b>more</b></p>", "three": "<p></p>"}))
)
# Half of the texts are empty once they are safe, so the page has entries of other shapes.
ANATOMY = anatomy(HARMLESS) | {("a", "lang="), ("li", "lang="), ("p", "lang="), ("h3", "class=")}


def safe(feed: Feed) -> None:
    for body in published(feed).values():
        assert findings(body) == []
        assert [stranger for fragment in fragments(body) for stranger in strangers(fragment)] == []
    assert anatomy(page_of(feed)) <= ANATOMY


def test_there_are_many_payloads() -> None:
    assert len(set(PAYLOADS.values())) >= 150


@pytest.mark.parametrize("writer", WRITERS)
def test_no_payload_in_any_field_acts_in_any_output(writer: str) -> None:
    feed = feed_of(WRITERS[writer](PAYLOADS))
    assert len(feed.entries) == len(PAYLOADS)
    safe(feed)


@pytest.mark.parametrize("writer", WRITERS)
def test_no_payload_in_a_field_of_the_feed_acts_in_any_output(writer: str) -> None:
    for name, payload in some(4).items():
        for word, body in published(feed_of(WRITERS[writer]({name: payload}))).items():
            if word == "json_feed":
                assert list(json_dangers(json.loads(body))) == [], name
            else:
                assert list(xml_dangers(etree.fromstring(body))) == [], name


@pytest.mark.parametrize("name", PAYLOADS)
def test_sanitizing_again_changes_nothing(name: str) -> None:
    once = sanitize(PAYLOADS[name], BASE)
    assert sanitize(once, BASE) == once
    assert sanitize(once, None) == once


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_parser_sees_the_same_safe_tree(name: str) -> None:
    once = sanitize(PAYLOADS[name], BASE)
    first, *others = [outline(tree) for tree in trees(once)]
    assert all(other == first for other in others)
    assert strangers(once) == []


def contents(feed: Feed) -> dict[str, object]:
    return {entry.id: outline(next(trees(html(entry.content)))) for entry in feed.entries if entry.content}


@pytest.mark.parametrize(
    "way", [("json_feed", "atom", "rss", "json_feed"), ("rss", "atom", "json_feed", "rss")]
)
def test_what_was_safe_is_the_same_behind_every_format(way: tuple[str, ...]) -> None:
    feed = feed_of(WRITERS["atom"](some(2)))
    before = contents(feed)
    assert len(before) > len(some(2)) / 2
    for word in way:
        feed = feed_of(FEED_FORMATS[word].render(feed, SELF))
        # More may be there: JSON Feed wants a content, so a summary alone comes back as one.
        assert {key: value for key, value in contents(feed).items() if key in before} == before
    safe(feed)


def test_what_is_published_by_way_of_the_store_is_safe(tmp_path: Path) -> None:
    with Site(
        {f"/{number}": write(some(6)).encode() for number, write in enumerate(WRITERS.values())}
    ) as site:
        listed = "".join(f"  - {{name: s{path[1:]}, url: '{site.url(path)}'}}\n" for path in site.routes)
        planet(
            tmp_path,
            f"fetch: {{allow: [127.0.0.0/8]}}\nsources:\n{listed}outputs: [{{name: all, limit: 999}}]",
        )
        said = feeds(tmp_path, "once", "--json")
    totals = json.loads(said.stdout)["totals"]
    assert (said.returncode, totals["new"]) == (0, len(WRITERS) * len(some(6)))
    output = tmp_path / "output"
    for suffix in (form.suffix for form in FEED_FORMATS.values()):
        assert findings((output / f"all{suffix}").read_bytes()) == []
    foreign = (ACTIVE | {"img", "video", "audio", "source"}) - {"meta", "link", "style", "title"}
    page = anatomy((output / "index.html").read_bytes())
    assert [one for one in page if one[0] in foreign or one[1].startswith("on")] == []


HOSTILE = Path(__file__).resolve().parents[2] / "shared" / "tools" / "hostile.py"


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, HOSTILE, "--dump", folder], check=True, capture_output=True)
    return folder


def bodies(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("xss--", "char--")) or (EVERY and path.stat().st_size < 1_000_000):
            yield path


@pytest.mark.skipif(not HOSTILE.exists(), reason="the hostile server is not beside the project")
def test_the_hostile_servers_bodies_are_safe_in_every_output(dump: Path) -> None:
    read = 0
    for path in bodies(dump):
        try:
            feed = feed_of(path.read_bytes())
        except ReadError:
            assert not path.name.startswith("xss--"), path.name
            continue
        read += 1
        found = [line for body in published(feed).values() for line in findings(body)]
        found += [
            one for body in published(feed).values() for part in fragments(body) for one in strangers(part)
        ]
        assert (path.name, found) == (path.name, [])
        assert anatomy(page_of(feed)) <= ANATOMY, path.name
    assert read > 80
