"""What a subscriber of the JSON Feed gets."""

from __future__ import annotations

import json
from typing import Any

from samples import ARTICLE, EPISODE, PLANET, SELF, entry, feed, html

from feeds.formats.json_feed import render
from feeds.model import Category, Entry, Feed, Link, Media, Person, Text


def made(value: Feed, self_url: str = SELF) -> Any:
    return json.loads(render(value, self_url))


def written(value: Entry) -> Any:
    return made(feed(value))["items"][0]


def test_the_article_of_the_mission_comes_out_whole() -> None:
    item = written(ARTICLE)
    assert item["id"] == ARTICLE.id
    assert "url" not in item
    assert item["title"] == "Kim lobt die «unbesiegbare Freundschaft»"
    assert item["summary"] == ARTICLE.summary.value if ARTICLE.summary else ""
    assert item["content_html"] == ARTICLE.content.value if ARTICLE.content else ""
    assert item["date_published"] == "2025-12-27T00:00:00+01:00"
    assert item["authors"] == [
        {"name": "Gabriel Knupfer", "_feeds": {"role": "editor", "role_written": "Redaktor News"}}
    ]
    assert item["language"] == "de-CH"
    assert item["_feeds"] == {
        "source": {"id": "tag:planet.example,2026:source:articles", "title": "Artikel"},
        "title_origin": "derived",
        "issued": "2025-12-27",
        "credits": [
            {"kind": "agency", "code": "dpa", "name": "dpa", "raw": "laut der Agentur DPA"},
            {"kind": "photo", "name": "Keystone"},
        ],
    }


def test_an_episode_keeps_its_files_its_source_and_its_people() -> None:
    item = written(EPISODE)
    assert item["title"] == "A & B"
    assert item["summary"] == "An episode"
    assert item["content_html"] == "<p>An <em>episode</em></p>", "an item must have content"
    assert item["tags"] == ["Tee", "u"]
    assert item["image"] == "https://pod.example/1.jpg"
    assert item["attachments"] == [
        {
            "url": "https://pod.example/1.mp3",
            "mime_type": "audio/mpeg",
            "title": "Audio",
            "size_in_bytes": 1000,
            "duration_in_seconds": 61.4,
        },
        {"url": "https://pod.example/1.ogg", "mime_type": "audio/ogg", "_feeds": {"mime_type": None}},
    ]
    extension = item["_feeds"]
    assert extension["source"]["feed_url"] == "https://pod.example/feed"
    assert extension["contributors"] == [{"name": "Zoe", "_feeds": {"role": "photographer"}}]
    assert extension["links"][0]["rel"] == "via"
    assert extension["podcast"]["explicit"] is False
    assert extension["in_reply_to"] == "https://x.example/1"
    assert extension["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert extension["extra"] == [
        {"name": "georss:point", "value": "46.9 7.4"},
        {"name": "slash:comments", "value": "3"},
    ]


def test_the_feed_says_who_and_where() -> None:
    top = made(PLANET)
    del top["items"]
    assert top == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "All",
        "home_page_url": "https://planet.example/",
        "feed_url": SELF,
        "description": "All of it",
        "favicon": "https://planet.example/icon.png",
        "authors": [{"name": "Ada"}],
        "language": "de",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
        "_feeds": {"id": PLANET.id, "rights": "CC0", "updated": "2026-01-02T03:04:05Z"},
    }


def test_an_address_that_is_not_known_is_not_said() -> None:
    assert "feed_url" not in made(feed(), "all.json")


def test_plain_text_stays_plain_and_html_html() -> None:
    assert written(entry(content=Text(value="1 < 2")))["content_text"] == "1 < 2"
    assert written(entry(content=html("<p>x</p>")))["content_html"] == "<p>x</p>"
    assert written(entry())["content_text"] == ""


def test_tags_stand_once() -> None:
    twice = (Category(term="a"), Category(term="b", label="a"), Category(term="c"))
    assert written(entry(categories=twice))["tags"] == ["a", "c"]
    assert "tags" not in written(entry())


def test_numbers_that_are_nothing_are_still_numbers() -> None:
    value = entry(enclosures=(Media(url="https://a.example/x.mp3", length=0, duration=0.0),))
    assert written(value)["attachments"] == [
        {
            "url": "https://a.example/x.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 0,
            "duration_in_seconds": 0.0,
            "_feeds": {"mime_type": None},
        }
    ]


def test_next_page_and_homepage_of_people_are_addresses() -> None:
    value = feed(
        links=(Link(href="https://a.example/2.json", rel="next"),),
        people=(Person(uri="https://ann.example/"),),
    )
    top = made(value)
    assert top["next_url"] == "https://a.example/2.json"
    assert top["authors"] == [{"name": "https://ann.example/", "url": "https://ann.example/"}]


def test_an_item_is_a_line() -> None:
    body = render(PLANET, SELF)
    assert [json.loads(line.rstrip(b","))["id"] for line in body.splitlines()[1:-1]] == [
        EPISODE.id,
        ARTICLE.id,
    ]


def test_it_ends_with_a_line_break_and_is_not_escaped() -> None:
    body = render(feed(entry(title=Text(value="«ä» 漢"))), SELF)
    assert body.endswith(b"}\n")
    assert "«ä» 漢".encode() in body
