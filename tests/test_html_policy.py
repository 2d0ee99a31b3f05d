"""``docs/html.md`` says what the code does, and what is worth keeping survives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from reading import DATA

from feeds.normalize import html, titles
from feeds.normalize.flatten import ATTRIBUTES as MOST_ATTRIBUTES
from feeds.normalize.flatten import DEPTH, DROPPED
from feeds.normalize.html import sanitize
from feeds.normalize.urls import TRACKING, TRACKING_PREFIXES

BASE = "https://b.example/p/"
PAGE = (Path(__file__).parents[1] / "docs" / "html.md").read_text("utf-8")
SECTIONS = {part.partition("\n")[0].strip(): part.partition("\n")[2] for part in re.split(r"(?m)^#+ ", PAGE)}


def blocks(section: str) -> Iterator[frozenset[str]]:
    """Give the lists of a section: paragraphs of nothing but words in backticks."""
    for block in SECTIONS[section].split("\n\n"):
        if re.fullmatch(r"(?:\s*`[^`]+`)+\s*", block):
            yield frozenset(re.findall(r"`([^`]+)`", block))


@pytest.mark.parametrize(
    ("section", "wanted"),
    [
        ("Elements", [html.BARE]),
        ("Global attributes", [html.GLOBAL]),
        ("Dropped with all they contain", [DROPPED]),
        ("Schemes of links", [html.LINKED]),
        ("Players", [frozenset(html.PLAYERS)]),
        ("Titles", [titles.PHRASING]),
        ("What `untrack` adds", [TRACKING, frozenset(TRACKING_PREFIXES)]),
    ],
)
def test_the_lists_of_the_document_are_those_of_the_code(section: str, wanted: list[frozenset[str]]) -> None:
    assert list(blocks(section)) == wanted


def test_the_table_of_attributes_is_that_of_the_code() -> None:
    rows = re.findall(r"(?m)^\| `([a-z]+)` \| (.+) \|$", SECTIONS["Elements"])
    told = {element: frozenset(re.findall(r"`([^`]+)`", attributes)) for element, attributes in rows}
    assert told == dict(html.ATTRIBUTES)


def test_the_numbers_of_the_document_are_those_of_the_code() -> None:
    for section, numbers in (
        ("Bounds", (html.LIMIT, DEPTH, MOST_ATTRIBUTES)),
        ("Pictures in the text", (html.PICTURE_LIMIT,)),
        ("Titles", (titles.LONG,)),
    ):
        found = re.findall(r"\b\d{2,}\b", SECTIONS[section].replace("U+2060", ""))
        assert [int(number) for number in found] == list(numbers), section


@pytest.mark.parametrize("kind", ["png", "gif", "jpg", "jpeg", "webp", "svg+xml", "avif", "bmp", "x-icon"])
def test_small_raster_pictures_may_stand_in_the_text(kind: str) -> None:
    named = f"`{kind}`" in SECTIONS["Pictures in the text"]
    small, large = (f'<img src="data:image/{kind};base64,{"A" * size}">' for size in (40, html.PICTURE_LIMIT))
    assert sanitize(small, BASE) == (small if named else "<img>")
    assert sanitize(large, BASE) == "<img>"


@pytest.mark.parametrize("host", html.PLAYERS)
def test_the_frame_of_a_player_becomes_a_link(host: str) -> None:
    for name in (host, f"www.{host}"):
        linked = sanitize(f'a<iframe src="//{name}/embed/x?y=1"><b>none</b></iframe>b', BASE)
        assert linked == (
            f'a<a href="https://{name}/embed/x?y=1" rel="noopener noreferrer">{name}/embed/x</a>b'
        )
    assert sanitize(f'a<iframe src="https://{host}.evil.example/"></iframe>b', BASE) == "ab"
    assert sanitize(f'a<iframe src="https://not{host}/"></iframe>b', BASE) == "ab"


SURVIVES = (DATA / "html" / "survives.txt").read_text("utf-8").removesuffix("\n").split("\n%%\n")


@pytest.mark.parametrize("survivor", SURVIVES)
@pytest.mark.parametrize("filler", ["", "<p>x</p>" * 600], ids=["short", "long"])
def test_what_a_text_is_made_of_survives(survivor: str, filler: str) -> None:
    assert sanitize(filler + survivor, BASE) == filler + survivor


@pytest.mark.parametrize(
    ("lazy", "address"),
    [
        (
            '<img class="lazy" data-src="/x.png" src="data:image/gif;base64,R0lGODlhAQAB">',
            "https://b.example/x.png",
        ),
        ("<img data-lazy-src=/x.png>", "https://b.example/x.png"),
        ("<img src='' data-original='/x.png?a=1&amp;b=2'>", "https://b.example/x.png?a=1&amp;b=2"),
        ('<img src="/now.png" data-src="/later.png">', "https://b.example/now.png"),
    ],
)
def test_a_picture_that_waits_for_a_script_is_shown(lazy: str, address: str) -> None:
    assert sanitize(lazy, BASE) == f'<img src="{address}">'


def test_a_picture_that_waits_for_a_script_is_still_looked_at() -> None:
    assert sanitize('<img data-src="javascript:x()" onerror=y()>', BASE) == "<img>"
    assert (
        sanitize('<img data-src="&quot; onerror=&quot;x()">', BASE)
        == '<img src="https://b.example/p/%22%20onerror=%22x()">'
    )
