"""What a visitor of the planet page gets, and what an importer gets of the list of sources."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
from lxml import etree
from samples import ARTICLE, EPISODE, PLANET, entry, feed, html, moment

from feeds.formats import SITE_FORMATS, OutputPage, SitePage, SourceLine
from feeds.formats.page import EXCERPT, SOURCES
from feeds.model import Feed, Origin, Person, Precision, Text

FILES = (
    ("application/atom+xml", "all.atom", "Atom"),
    ("application/rss+xml", "all.rss", "RSS"),
    ("application/feed+json", "all.json", "JSON Feed"),
)
LINES = (
    SourceLine(
        name="radio",
        title="Radio & more",
        url="https://radio.example/f.xml",
        site_url="https://radio.example/",
        tags=("news", "a, b"),
    ),
    SourceLine(name="articles", title="Artikel", kind="articles"),
    SourceLine(name="secret", title="Secret", site_url="https://secret.example/"),
)


def site(*feeds: Feed, **more: Any) -> SitePage:
    outputs = tuple(
        OutputPage(name=f"out{number}", title=f"Output {number}", feed=one, files=FILES)
        for number, one in enumerate(feeds)
    )
    return SitePage(**{"title": "Planet", "outputs": outputs, **more})


def page(value: SitePage) -> Any:
    """Parse the page as a browser would."""
    text = SITE_FORMATS["page"].render(value).decode()
    return html5lib.parse(text, treebuilder="lxml", namespaceHTMLElements=False).getroot()


def text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def first(root: Any, path: str) -> Any:
    found = root.find(path)
    assert found is not None, path
    return found


def test_every_file_can_be_discovered_and_clicked() -> None:
    root = page(site(PLANET))
    links = root.findall("head/link[@rel='alternate']")
    assert [(link.get("type"), link.get("href")) for link in links] == [
        (kind, href) for kind, href, _ in FILES
    ]
    assert links[0].get("title") == "Output 0 (Atom)"
    clicks = root.findall(".//ul[@class='files']//a")
    assert [(link.get("href"), text(link)) for link in clicks] == [(href, label) for _, href, label in FILES]


def test_entries_show_title_source_author_and_date() -> None:
    root = page(site(PLANET))
    rows = root.findall(".//ol[@class='entries']/li")
    assert [text(first(row, ".//h3")) for row in rows] == [
        "A & B",
        "Kim lobt die «unbesiegbare Freundschaft»",
    ]
    assert [[link.get("href") for link in row.findall(".//h3/a")] for row in rows] == [
        ["https://pod.example/1"],
        [],
    ]
    assert [text(first(row, ".//span[@class='from']")) for row in rows] == ["Pod", "Artikel"]
    assert [text(first(row, ".//p[@class='meta']")) for row in rows] == [
        "Pod Ann 2026-01-02 00:30",
        "Artikel Gabriel Knupfer 2025-12-27",
    ]
    assert [first(row, ".//time").get("datetime") for row in rows] == [
        "2026-01-02T00:30:00+02:00",
        "2025-12-27",
    ]
    assert text(first(rows[0], ".//p[@class='excerpt']")) == "An episode"


def test_a_date_is_as_coarse_as_it_was_told() -> None:
    value = entry(published=moment(2025, 12, 1, precision=Precision.MONTH))
    assert text(first(page(site(feed(value))), ".//time")) == "2025-12"


def test_a_long_text_is_cut_between_words_and_an_untitled_one_is_its_own_title() -> None:
    words = " ".join(f"word{number}" for number in range(200))
    root = page(site(feed(entry(content=html(f"<p>{words}</p>")))))
    title = text(first(root, ".//h3"))
    assert title.endswith("…")
    assert len(title) <= EXCERPT + 1
    assert title[:-1].split() == words.split()[: len(title.split())]
    assert root.find(".//p[@class='excerpt']") is None
    assert text(first(page(site(feed(entry()))), ".//h3")) == "…"
    unbroken = page(site(feed(entry(content=Text(value="x" * 5000)))))
    assert text(first(unbroken, ".//h3")) == "x" * EXCERPT + "…"


def test_an_entry_without_origin_shows_the_name_of_its_source() -> None:
    root = page(site(feed(entry(title=Text(value="t"), people=()))))
    assert text(first(root, ".//span[@class='from']")) == "radio"


def test_markup_of_a_source_is_shown_and_never_becomes_part_of_the_page() -> None:
    attack = "</title></style></a>\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}"
    text_of = Text(value=attack)
    value = entry(
        title=text_of,
        summary=html(attack),
        url="https://a.example/",
        people=(Person(name=attack),),
        language="en",
        origin=Origin(id="urn:x:f", title=attack, site_url="https://b.example/"),
    )
    line = SourceLine(name="x", title=attack, url="https://c.example/", tags=(attack,))
    root = page(
        site(
            feed(value, title=text_of, subtitle=text_of),
            title=attack,
            subtitle=attack,
            owner=attack,
            sources=(line,),
        )
    )
    tags = {element.tag for element in root.iter() if isinstance(element.tag, str)}
    assert not tags & {"script", "img", "iframe", "svg", "object", "embed", "form"}
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on")]
    assert len(root.findall(".//style")) == 1
    assert text(first(root, ".//h3")) == " ".join(attack.split())
    assert len(list(root.iter("body"))) == 1


def test_nothing_is_loaded_from_anywhere() -> None:
    root = page(site(PLANET, sources=LINES))
    policy = first(root, "head/meta[@http-equiv='Content-Security-Policy']").get("content")
    style = "".join(first(root, ".//style").itertext())
    assert "default-src 'none'" in policy
    assert f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    loading = [element for element in root.iter() if element.get("src") or element.get("srcset")]
    assert loading == []
    assert {link.get("rel") for link in root.findall("head/link")} <= {
        "alternate",
        "icon",
        "canonical",
        "blogroll",
    }
    assert "url(" not in style
    assert "@import" not in style


def test_both_colour_schemes_and_small_screens_are_thought_of() -> None:
    root = page(site())
    style = text(first(root, ".//style"))
    assert "color-scheme: light dark" in style
    assert "prefers-color-scheme: dark" in style
    assert "width=device-width" in first(root, "head/meta[@name='viewport']").get("content")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_can_be_read_on_its_ground() -> None:
    """WCAG 2.2, 1.4.3: a contrast of 4.5 to 1, in both colour schemes."""
    style = text(first(page(site()), ".//style"))
    schemes = re.findall(r":root \{ (.*?) \}", style)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", scheme))
        for ink, ground in (("ink", "paper"), ("soft", "paper"), ("accent", "paper"), ("accent", "mark")):
            light, dark = sorted((luminance(colours[ink]), luminance(colours[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground, scheme)


def test_languages_are_said_where_they_differ() -> None:
    same, other, unknown = entry(language="de"), entry(id="urn:x:2", language="fr"), entry(id="urn:x:3")
    root = page(site(feed(same, other, unknown), language="de"))
    assert root.get("lang") == "de"
    assert [row.get("lang") for row in root.findall(".//ol[@class='entries']/li")] == [None, "fr", ""]
    assert page(site()).get("lang") == "en"


def test_several_outputs_have_a_way_to_each() -> None:
    root = page(site(feed(entry()), feed()))
    targets = [link.get("href") for link in root.findall(".//nav//a")]
    assert targets == ["#feed-out0", "#feed-out1"]
    assert {target[1:] for target in targets} <= {element.get("id") for element in root.iter()}
    assert page(site(feed())).find(".//nav") is None
    assert "No entries yet." in text(root)
    assert "No feeds yet." in text(page(site()))


def test_sources_are_listed_with_what_is_public() -> None:
    root = page(site(feed(), sources=LINES, opml="sources.opml"))
    rows = root.findall(".//ul[@class='sources']/li")
    assert [text(row) for row in rows] == ["Radio & more feed", "Artikel", "Secret"]
    assert [link.get("href") for link in rows[0].findall(".//a")] == [
        "https://radio.example/",
        "https://radio.example/f.xml",
    ]
    assert rows[1].findall(".//a") == []
    assert first(root, "head/link[@rel='blogroll']").get("href") == "sources.opml"
    many = tuple(SourceLine(name=f"s{number}", title="x") for number in range(SOURCES + 5))
    shown = page(site(sources=many))
    assert len(shown.findall(".//ul[@class='sources']/li")) == SOURCES
    assert "and 5 more" in text(shown)
    assert f"{SOURCES + 5} sources" in text(shown)


def test_a_source_with_odd_words_is_still_one_line() -> None:
    odd = SourceLine(name="odd", title=" \x00\n", url="javascript:alert(1)", site_url="/relative")
    row = first(page(site(sources=(odd,))), ".//ul[@class='sources']/li")
    assert text(row) == "odd"
    assert row.findall(".//a") == []


def test_links_leave_no_trace() -> None:
    root = page(site(PLANET, sources=LINES))
    away = [link for link in root.iter("a") if urlsplit(link.get("href")).netloc]
    assert away
    assert all(link.get("rel") == "noopener noreferrer" for link in away)
    assert first(root, "head/meta[@name='referrer']").get("content") == "no-referrer"


def test_opml_lists_public_addresses_only() -> None:
    body = SITE_FORMATS["opml"].render(site(sources=LINES, owner="Ada", base_url="https://planet.example/"))
    root = etree.fromstring(body)
    assert [dict(outline.attrib) for outline in root.iterfind("body/outline")] == [
        {
            "text": "Radio & more",
            "type": "rss",
            "title": "Radio & more",
            "xmlUrl": "https://radio.example/f.xml",
            "htmlUrl": "https://radio.example/",
            "category": "news,a b",
        },
        {"text": "Artikel"},
        {"text": "Secret", "type": "link", "url": "https://secret.example/"},
    ]
    assert [root.findtext(f"head/{name}") for name in ("title", "ownerName", "ownerId")] == [
        "Planet",
        "Ada",
        "https://planet.example/",
    ]


def test_opml_without_sources_has_an_empty_folder() -> None:
    root = etree.fromstring(SITE_FORMATS["opml"].render(site()))
    assert [dict(outline.attrib) for outline in root.iterfind("body/outline")] == [{"text": "Planet"}]


def test_a_real_browser_runs_nothing_and_finds_the_style(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("chromium is not installed")
    attack = Text(value="<script>document.title='run'</script>")
    value = feed(entry(title=attack, url="https://a.example/"), ARTICLE, EPISODE)
    (tmp_path / "index.html").write_bytes(SITE_FORMATS["page"].render(site(value)))
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
    quiet += [
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={tmp_path}/profile",
    ]
    quiet += ["--enable-logging=stderr", "--v=0", "--timeout=5000", "--dump-dom"]
    done = subprocess.run(
        [browser, *quiet, (tmp_path / "index.html").as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if not done.stdout:
        pytest.skip(f"chromium does not start here: {done.stderr[-200:]}")
    assert "<title>Planet</title>" in done.stdout
    assert "Content Security Policy" not in done.stderr, "nothing on the page breaks its own policy"
