"""OPML in and out: settings survive, secrets do not leave, strangers' lists do no harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from feeds.config.edit import add_sources
from feeds.config.load import load
from feeds.config.opml import export_opml, import_opml, read_opml
from feeds.config.schema import Config
from feeds.errors import ConfigError

LARGE = """
defaults: {timezone: Europe/Zurich, keep: 90 days, interval: 45m}
sources:
  - https://bare.example/feed
  - name: radio
    url: https://radio.example/feed.xml?token=${TOKEN}
    title: "Radio ${WHO:-Eins} & <Söhne> \\"1\\""
    tags: [news, "a/b, c", no]
    interval: {cron: "0 7 * * mon-fri"}
    filters:
      - drop: {title: "(?i)sponsored \\\\d+ $${x}", age: 30 days}
      - untrack
      - keep: {language: [de, fr-CH], text: [a, b]}
      - limit: 5
  - name: texts
    kind: articles
    path: texts/*.md
    language: de-CH
    keep: all
    tags: [local]
  - {name: b, url: "https://b.example/", min_interval: 9s, max_interval: 36h, keep: 5 entries, language: auto}
  - {name: c, url: "https://c.example/", tags: news, paused: true, kind: json_feed, timezone: UTC}
  - {name: c2, url: "https://c.example/", keep: {entries: 5, age: 1w}, title: "$${HOME}"}
  - {name: d, url: "https://d.example/?x=${PART}", interval: "${EVERY}", filters: [{limit: "${MANY}"}]}
outputs:
  - name: all
"""
ENVIRON = {"TOKEN": "s3cr3t", "PART": "geheim", "EVERY": "7m", "MANY": "17"}


def config(folder: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    folder.mkdir(exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, environ or {})


def imported(folder: Path, sources: list[dict[str, Any]], environ: dict[str, str]) -> Config:
    folder.mkdir(exist_ok=True)
    path = folder / "config.yaml"
    path.write_text("sources: []\n")
    add_sources(path, sources, environ)
    return load(path, environ)


def opml(body: str) -> bytes:
    return f'<?xml version="1.0"?><opml version="1.0"><head/><body>{body}</body></opml>'.encode()


def test_export_import_load_gives_the_same_sources(tmp_path: Path) -> None:
    before = config(tmp_path / "a", LARGE, ENVIRON)
    body = export_opml(before)
    after = imported(tmp_path / "b", import_opml(body), ENVIRON)
    ignored = {"written"}
    for old, new in zip(before.sources, after.sources, strict=True):
        for field in set(type(old).model_fields) - ignored:
            assert getattr(old, field) == getattr(new, field), (old.name, field)
    assert export_opml(after.model_copy(update={"site": before.site})) == body


def test_no_secret_is_exported(tmp_path: Path) -> None:
    body = export_opml(config(tmp_path, LARGE, ENVIRON))
    assert b"s3cr3t" not in body
    assert b"geheim" not in body
    assert b'"7m"' not in body
    assert b"17" not in body
    assert b"token=${TOKEN}" in body
    assert b"$${x}" in body


def test_a_login_in_the_file_is_not_exported(tmp_path: Path) -> None:
    text = "- {name: 1st-radio, url: 'https://ada:pa55@a.example/'}\n- https://${U}:${P}@b.example/\n"
    body = export_opml(config(tmp_path, text, {"U": "u", "P": "pa55"}))
    assert b"pa55" not in body
    first, second = import_opml(body)
    assert first["url"] == "https://${_1ST_RADIO_LOGIN}@a.example/"
    assert second == {"url": "https://${U}:${P}@b.example/"}


def test_the_export_is_opml_that_others_read(tmp_path: Path) -> None:
    root = etree.fromstring(export_opml(config(tmp_path, LARGE, ENVIRON)))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    folders = root.findall("body/outline[outline]")
    assert [folder.get("text") for folder in folders] == ["news", "local"]
    feeds = root.findall(".//outline[@xmlUrl]")
    assert [feed.get("xmlUrl") for feed in folders[0].findall("outline")] == [
        "https://radio.example/feed.xml?token=${TOKEN}",
        "https://c.example/",
    ]
    assert all(feed.get("text") and feed.get("type") == "rss" for feed in feeds)
    assert folders[0][0].get("category") == "news,no"


def test_folders_become_tags_and_duplicates_are_skipped() -> None:
    sources = import_opml(
        opml(
            '<outline text="Swiss &#10; News"><outline title="Daily">'
            '<outline XMLURL="https://a.example/x" text="A"/></outline>'
            '<outline xmlurl=" https://a.example/x "/></outline>'
            '<outline xmlUrl="https://b.example/rss" text="https://b.example/rss" '
            'category="tech,/a/b, Daily"/>'
            '<outline xmlUrl="https://b.example/atom"/><outline text="empty"/>'
            '<outline xmlUrl="feed://c.example/f"/><outline xmlUrl="feed:https://d.example/"/>'
        )
    )
    assert sources[0] == {"url": "https://a.example/x", "title": "A", "tags": ["Swiss News", "Daily"]}
    assert sources[1] == {"url": "https://b.example/rss", "tags": ["tech", "Daily"]}
    assert sources[2]["url"] == "https://b.example/atom"
    assert sources[2]["name"].startswith("b.example-")
    assert [source["url"] for source in sources[3:]] == ["https://c.example/f", "https://d.example/"]


def test_addresses_that_cannot_be_polled_are_told_with_their_line() -> None:
    body = opml(
        '\n<outline xmlUrl="file:///etc/passwd"/>\n<outline xmlUrl="https://a.example/"/>'
        '\n<outline xmlUrl=""/>'
        '\n<outline xmlUrl="https://ada:pa55@/x"/>'
    )
    with pytest.raises(ConfigError) as caught:
        import_opml(body)
    assert [problem.line for problem in caught.value.problems] == [2, 4, 5]
    assert "expected an http(s) address, found 'file:///etc/passwd'" in str(caught.value)
    assert "pa55" not in str(caught.value)
    assert read_opml(body).sources == ({"url": "https://a.example/"},)


def test_a_strangers_reference_stays_a_text(tmp_path: Path) -> None:
    (source,) = import_opml(opml('<outline text="${HOME}" xmlUrl="https://a.example/?${AWS_KEY}"/>'))
    loaded = imported(tmp_path, [source], {"AWS_KEY": "x", "HOME": "y"}).sources[0]
    assert (loaded.url, loaded.title) == ("https://a.example/?${AWS_KEY}", "${HOME}")


@pytest.mark.parametrize(
    "settings",
    [
        {"url": "https://evil.example/?${AWS_KEY}"},
        {"path": "/home"},
        {"url": "https://a.example/", "filters": [{"drop": {"title": "${X}"}}]},
    ],
)
def test_a_strangers_list_takes_nothing_of_this_machine(settings: dict[str, Any]) -> None:
    element = etree.Element("outline", {"{urn:x-feeds:opml}settings": json.dumps(settings)})
    body = opml(etree.tostring(element).decode())
    assert read_opml(body).sources == (settings,)
    found = read_opml(body, trusted=False)
    assert found.sources == ()
    assert "takes nothing of this machine" in str(found.problems[0])


@pytest.mark.parametrize("settings", ["{", "[]", "3", '{"name": "x"}'])
def test_damaged_settings_are_told(settings: str) -> None:
    element = etree.Element("outline", {"{urn:x-feeds:opml}settings": settings})
    with pytest.raises(ConfigError, match="expected settings as feeds writes them"):
        import_opml(opml(etree.tostring(element).decode()))


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (b"", "no XML"),
        (b"\x00\x01", "no XML"),
        (b"- https://a.example/", "no XML"),
        (b"<rss/>", "found <rss>"),
        (b'<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body>&x;</body></opml>', "entity"),
        (
            b'<!DOCTYPE opml [<!ENTITY x "https://a.example/">]><opml><outline xmlUrl="&x;"/></opml>',
            "entity",
        ),
        (b"<opml><body><outline xmlUrl='https://a.example/?a&b'/></body></opml>", "not well-formed"),
    ],
)
def test_what_is_no_sound_opml_is_refused(body: bytes, part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        import_opml(body)


def test_entities_that_unfold_without_end_are_refused() -> None:
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(12))
    body = f'<!DOCTYPE opml [<!ENTITY e0 "0123456789">{entities}]><opml><outline xmlUrl="&e12;"/></opml>'
    began = time.monotonic()
    with pytest.raises(ConfigError):
        import_opml(body.encode())
    assert time.monotonic() - began < 5


def test_a_hundred_thousand_outlines_are_read() -> None:
    outlines = "".join(f'<outline xmlUrl="https://h{n}.example/feed" text="n{n}"/>' for n in range(100_000))
    assert len(import_opml(opml(f'<outline text="t">{outlines}</outline>'))) == 100_000
