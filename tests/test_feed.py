"""RSS, RDF, Atom and CDF become the model: a case is a pair of files in ``data/feed``."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import AUTHORITY, DATA, SOURCE, check, document, feed_of

from feeds.sources import read
from feeds.sources.bounds import MAX_ENTRIES

CASES = sorted((DATA / "feed").glob("*.xml"))


def rss(items: str, head: str = "") -> str:
    return f'<rss version="2.0"><channel><title>T</title>{head}{items}</channel></rss>'


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_fixture(path: Path) -> None:
    check(path, path.with_suffix(".json"))


def test_there_are_fixtures() -> None:
    assert len(CASES) > 30


WHOLE = rss(
    "".join(
        f"<item><title>Title {number}</title><guid>https://hill.example/{number}</guid>"
        f"<description><![CDATA[<p>Text {number} &amp; more</p>]]></description></item>"
        for number in range(4)
    )
)


@pytest.mark.parametrize("end", range(len(WHOLE) - len("</rss>"), 60, -7))
def test_a_cut_document_gives_whole_entries_only(end: int) -> None:
    whole = feed_of(WHOLE).entries
    cut = feed_of(WHOLE[:end])
    assert cut.truncated
    assert cut.entries == whole[: WHOLE[:end].count("</item>")]


def test_a_configured_language_outranks_the_declared_one() -> None:
    told = rss("<item><title>a</title></item>", "<language>en</language>")
    configured = feed_of(told, SOURCE.model_copy(update={"language": "de-CH"})).entries[0]
    assert (configured.language, configured.language_origin) == ("de-CH", "configured")
    assert feed_of(told).entries[0].language == "en"


def test_an_undeclared_language_is_detected_or_none() -> None:
    german = "Der Gemeinderat hat am Montag beschlossen, die alte Brücke über den Fluss zu ersetzen."
    found = feed_of(rss(f"<item><title>{german}</title></item><item><title>OK</title></item>")).entries
    assert (found[0].language, found[0].language_origin) == ("de", "detected")
    assert (found[1].language, found[1].language_origin) == (None, None)


def test_a_private_source_leaves_no_address_in_the_origin() -> None:
    told = rss("<item><title>a</title></item>", "<link>https://hill.example/?token=1</link>")
    origin = feed_of(told, SOURCE.model_copy(update={"private": True})).entries[0].origin
    assert origin is not None
    assert (origin.self_url, origin.site_url, origin.title) == (None, None, "T")


def test_what_a_source_says_of_its_future_is_told_without_a_secret() -> None:
    names = "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    told = rss(
        "<item><title>a</title></item>",
        f"<itunes:complete {names}>Yes</itunes:complete>"
        f"<itunes:new-feed-url {names}>https://hill.example/?token=1</itunes:new-feed-url>",
    )
    open_, private = (feed_of(told, SOURCE.model_copy(update={"private": one})) for one in (False, True))
    assert [one.topic for one in open_.decisions] == ["ended", "moved"]
    assert "token=1" in open_.decisions[1].reason
    assert "hill.example" not in private.decisions[1].reason


def test_the_operator_names_the_feed() -> None:
    found = feed_of(rss("<item/><item><title>a</title></item>"), SOURCE.model_copy(update={"title": "Mine"}))
    assert found.title is not None
    assert found.title.value == "Mine"
    assert [entry.origin.title for entry in found.entries if entry.origin] == ["Mine"]


@pytest.mark.parametrize(("first", "kept"), [("2024-01-01", "3"), ("2026-01-01", "0")])
def test_of_more_entries_than_the_limit_the_newest_are_taken(first: str, kept: str) -> None:
    items = [f"<item><guid>{number}</guid></item>" for number in range(MAX_ENTRIES + 3)]
    items[0] = f"<item><guid>0</guid><pubDate>{first}</pubDate></item>"
    items[-1] = f"<item><guid>{MAX_ENTRIES + 2}</guid><pubDate>2025-01-01</pubDate></item>"
    found = feed_of(rss("".join(items)))
    assert len(found.entries) == MAX_ENTRIES
    assert found.entries[0].native_id == kept
    assert [decision.topic for decision in found.decisions] == ["limit"]
    assert not found.truncated


def test_an_entry_that_makes_feedparser_stumble_is_left_out_and_the_others_stay() -> None:
    poison = "<item><guid>2</guid><abstract><height>x</height></abstract></item>"
    found = feed_of(rss(f"<item><guid>1</guid></item>{poison}<item><guid>3</guid></item>"))
    assert [entry.native_id for entry in found.entries] == ["1", "3"]
    assert [decision.reason for decision in found.decisions] == ["1 entries cannot be read and are left out"]


@pytest.mark.parametrize("body", [WHOLE, (DATA / "feed" / "atom10_all_parts.xml").read_text()])
def test_reading_twice_gives_the_same(body: str) -> None:
    assert feed_of(body) == feed_of(body)


RELATIVE = rss("<item><title>a</title><link>/1</link></item>", "<link>https://hill.example/</link>")


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("https://other.example/x", "https://other.example/1"),
        ("/x", "https://hill.example/1"),
        ("urn:x", "https://hill.example/1"),
    ],
)
def test_addresses_are_relative_to_the_content_location(location: str, wanted: str) -> None:
    found = read(document(RELATIVE, {"content-location": location}), SOURCE, AUTHORITY)[1]
    assert [entry.url for entry in found.entries] == [wanted]


@pytest.mark.parametrize(("header", "wanted"), [("de-CH", "de-CH"), ("en, de", None), ("", None)])
def test_the_language_of_the_answer_counts_where_the_feed_names_none(header: str, wanted: str | None) -> None:
    headers = {"content-language": header}
    assert read(document(RELATIVE, headers), SOURCE, AUTHORITY)[1].language == wanted
    told = RELATIVE.replace("<item>", "<language>fr</language><item>")
    assert read(document(told, headers), SOURCE, AUTHORITY)[1].language == "fr"
