"""The news text of DESIGN.md ("An article without a feed") from every door: a file, RSS, Atom, JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from lxml import etree
from reading import AUTHORITY, feed_of

from feeds.config.schema import Source
from feeds.formats import atom
from feeds.model import Document, Entry, Feed, IdOrigin, LanguageOrigin, Moment, Text, Validators
from feeds.normalize.article import article
from feeds.normalize.text import shown
from feeds.sources.articles import load, read

SHARED = Path(__file__).parent.parent.parent / "shared" / "article"
ZURICH = ZoneInfo("Europe/Zurich")
NAMES = {"a": "http://www.w3.org/2005/Atom", "dcterms": "http://purl.org/dc/terms/"}

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/article is not here")


def news() -> str:
    return (SHARED / "article.txt").read_text(encoding="utf-8")


def of_folder(folder: Path, **more: Any) -> Entry:
    source = Source(name="texts", kind="articles", path=".", timezone=ZURICH, **more)
    document = load(source, folder, Validators())
    assert isinstance(document, Document)
    (entry,) = read(document, source, AUTHORITY).entries
    return entry


def paragraphs(text: str) -> str:
    return "".join(f"<p>{part}</p>" for part in text.strip().split("\n\n"))


def rss(element: str) -> str:
    name = "xmlns:c='http://purl.org/rss/1.0/modules/content/'"
    return f"<rss version='2.0' {name}><channel><title>T</title><item>{element}</item></channel></rss>"


def atom_of(element: str) -> str:
    head = "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x:f</id><title>T</title>"
    return f"{head}<entry><id>urn:x:1</id>{element}</entry></feed>"


def json_feed(**item: str) -> str:
    head = {"version": "https://jsonfeed.org/version/1.1", "title": "T"}
    return json.dumps({**head, "items": [{"id": "1", **item}]})


DOORS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("rss, plain", lambda text: rss(f"<description>{text}</description>")),
    ("rss, html", lambda text: rss(f"<description>{escape(paragraphs(text))}</description>")),
    ("rss, content", lambda text: rss(f"<c:encoded><![CDATA[{paragraphs(text)}]]></c:encoded>")),
    ("atom, text", lambda text: atom_of(f"<content type='text'>{text}</content>")),
    ("atom, html", lambda text: atom_of(f"<content type='html'>{escape(paragraphs(text))}</content>")),
    ("atom, summary", lambda text: atom_of(f"<summary>{text}</summary>")),
    ("json feed, text", lambda text: json_feed(content_text=text)),
    ("json feed, html", lambda text: json_feed(content_html=paragraphs(text))),
)


@pytest.mark.parametrize(("door", "carried"), DOORS, ids=[name for name, _ in DOORS])
def test_the_news_text_is_the_same_from_a_feed(door: str, carried: Callable[[str], str]) -> None:
    local = of_folder(SHARED)
    (entry,) = feed_of(carried(news())).entries
    for name in ("title", "title_origin", "summary", "content", "published", "people", "credits", "links"):
        assert getattr(entry, name) == getattr(local, name), (door, name)
    assert (entry.language, entry.language_origin) == ("de-CH", LanguageOrigin.DETECTED)
    assert entry.url is None


def test_a_mended_typo_leaves_the_id_and_changes_the_text(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text(news())
    before = of_folder(tmp_path)
    (tmp_path / "article.txt").write_text(news().replace("Lebensmittel", "Nahrungsmittel"))
    after = of_folder(tmp_path)
    assert (before.id, before.id_origin) == (after.id, IdOrigin.PATH)
    assert before.id == f"tag:{AUTHORITY}:texts:article.txt"
    assert before.content != after.content


def test_the_language_can_be_set_for_the_folder_and_in_the_text(tmp_path: Path) -> None:
    (tmp_path / "article.txt").write_text(news())
    configured = of_folder(tmp_path, language="de")
    assert (configured.language, configured.language_origin) == ("de", LanguageOrigin.CONFIGURED)
    (tmp_path / "article.txt").write_text(f"---\nlanguage: de-LI\n---\n{news()}")
    declared = of_folder(tmp_path, language="de")
    assert (declared.language, declared.language_origin) == ("de-LI", LanguageOrigin.DECLARED)
    assert declared.content == configured.content


def test_no_character_of_the_text_is_touched() -> None:
    entry = of_folder(SHARED)
    text = shown(entry.content)
    for words in (
        "«unbesiegbare Freundschaft»",
        "12'000 Soldaten",
        "30'000",
        "«heldenhaften Einsatz»",
        "– und",
    ):
        assert words in text
    rest = news().replace("date 2025-12-27", "").replace("Gabriel Knupfer Redaktor News", "")
    assert text.split() == rest.split()


def test_what_atom_says_of_it_is_what_is_known_and_nothing_is_invented() -> None:
    entry = of_folder(SHARED)
    assert isinstance(entry.published, Moment)
    feed = Feed(
        id="urn:x:f",
        title=Text(value="T"),
        updated=entry.published,
        entries=(replace(entry, updated=entry.published),),
    )
    element = etree.fromstring(atom.render(feed, "https://planet.example/all.atom")).find("a:entry", NAMES)
    assert element is not None
    assert element.findtext("a:published", namespaces=NAMES) == "2025-12-27T00:00:00+01:00"
    assert element.findtext("dcterms:issued", namespaces=NAMES) == "2025-12-27"
    assert [one.text for one in element.iterfind("a:author/a:name", NAMES)] == ["Gabriel Knupfer"]
    assert element.find("a:link", NAMES) is None
    assert element.find("a:content", NAMES) is not None
    assert element.get("{http://www.w3.org/XML/1998/namespace}lang") == "de-CH"


def test_blank_lines_and_a_byte_order_mark_around_it_change_nothing() -> None:
    plain = article(news(), ZURICH)
    for text in (f"\ufeff{news()}", f"\n\n{news()}\n\n", news().replace("\n\n", "\n \n\n")):
        assert article(text, ZURICH) == plain
