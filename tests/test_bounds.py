"""Whatever is in a document, reading it ends, in time and memory that are stated in docs/bounds.md."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from monsters import END, HEAD, ITEM, MIB, MONSTERS
from reading import document, feed_of

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Feed
from feeds.normalize import language
from feeds.normalize.article import article
from feeds.normalize.html import sanitize
from feeds.normalize.text import shown
from feeds.pipeline import readers as room
from feeds.sources import read
from feeds.sources.articles.markdown import SIGNS, SIGNS_AT_ONCE, markdown, rendered, within
from feeds.sources.bounds import DEPTH, ELEMENTS, MARKUP, MAX_ENTRIES, TAGS
from feeds.sources.bounds_json import VALUES
from feeds.sources.repair import Repaired, repair, root_of

HOSTILE = Path(__file__).parents[2] / "shared" / "tools" / "hostile.py"
SIZE = int(float(os.environ.get("FEEDS_MONSTERS", "0.15")) * MIB)
"""Bytes of each monster; 1 with FEEDS_MONSTERS=1 (a minute), 10 for what docs/bounds.md says."""
SECONDS, MEMORY = 10.0, 300 * MIB
ONCE = (
    *(
        "entries-nested",
        "deep-base",
        "deep-base-text",
        "deep-xhtml",
        "categories-cdata",
        "categories-comment",
    ),
    *(
        "keywords",
        "skip-hours",
        "one-tag-name",
        "text-brackets",
        "text-credits",
        "text-agencies",
        "junk-roots",
    ),
    *("many-attributes", "html-comment", "html-attributes", "html-p", "lt", "guids", "same-element"),
)
"""Took minutes a megabyte once. The others are tried with FEEDS_MONSTERS."""
NAMES = tuple(MONSTERS) if "FEEDS_MONSTERS" in os.environ else ONCE
SCHEMA = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
BOMBS = ("billion-laughs", "quadratic-entity", "small-entities", "many-entities", "recursive-entity")


@pytest.fixture(scope="module", autouse=True)
def _model() -> None:
    """The model of languages is loaded once in a process, which is not what is measured."""
    language.detect("Which language this text is written in is asked once, so that its model is there.")


def judged(body: bytes) -> str:
    """Read a document in a fork with the limits of a worker; say what is wrong, or nothing."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        held = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_DATA, (held + MEMORY, resource.RLIM_INFINITY))
        said = b""
        try:
            read(document(body), Source(name="m", url="https://m.example/"), "m.example,2026")
        except ReadError:
            pass
        except BaseException as error:  # noqa: BLE001  a fork that returned would go on as its parent
            said = repr(error).encode()
        finally:
            os.write(writing, said)
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return said.decode() or (signal.Signals(-status).name if status < 0 else "")


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory of a fork")
def test_no_monster_needs_more_than_a_worker_may_take() -> None:
    """C2: by construction, before the worker is ended."""
    assert {name: said for name in NAMES if (said := judged(MONSTERS[name](SIZE)))} == {}


def test_the_largest_that_is_read_outside_a_worker_costs_less_than_a_second() -> None:
    slow = {}
    for name in NAMES:
        body = MONSTERS[name](room.SMALL)
        begun = time.process_time()
        with_result(body)
        spent = time.process_time() - begun
        if spent > 1:
            slow[name] = spent
    assert slow == {}


def with_result(body: bytes) -> Feed | ReadError:
    try:
        return feed_of(body)
    except ReadError as error:
        return error


@pytest.mark.parametrize("name", BOMBS)
def test_no_entity_grows(name: str) -> None:
    """C4: in time, and nothing of it comes out."""
    begun = time.process_time()
    came = with_result(MONSTERS[name](160_000))
    assert time.process_time() - begun < 2.5
    assert len(repr(came)) < 1_000_000
    assert "lollol" not in repr(came)


def test_deep_html_is_cleaned_in_less_than_a_second() -> None:
    """E7."""
    for html in ("<div>" * 100_000, "<b>" * 100_000 + "x" + "</b>" * 100_000, "<p>" * 100_000):
        begun = time.process_time()
        sanitize(html, None)
        assert time.process_time() - begun < 1


# Whole entries, never a phantom -------------------------------------------------------------------------


def titles(feed: Feed) -> list[str]:
    return [entry.title.value for entry in feed.entries if entry.title]


GOOD = "<item><guid>good</guid><title>Good</title></item>"
TOO_LARGE = {
    "deep": ("<a>" * 2 * DEPTH + "</a>" * 2 * DEPTH, f"its elements are nested more than {DEPTH} deep"),
    "elements": ("<a>x</a>" * ELEMENTS, f"it holds more than {ELEMENTS} tags of XML"),
    "tags": (
        f"<description>{'&lt;b>' * (TAGS + 1)}</description>",
        f"it holds more than {TAGS} tags, attributes and references",
    ),
}


@pytest.mark.parametrize("sort", TOO_LARGE)
def test_an_entry_that_is_too_large_is_left_out_and_said_and_the_others_stay(sort: str) -> None:
    inside, why = TOO_LARGE[sort]
    found = feed_of(f"{HEAD}<item><guid>bad</guid><title>Bad</title>{inside}</item>{GOOD}</channel></rss>")
    assert titles(found) == ["Good"]
    assert [decision.reason for decision in found.decisions] == [f"an entry is left out: {why}"]


@pytest.mark.parametrize("sort", TOO_LARGE)
def test_a_feed_of_nothing_but_such_entries_is_an_error_that_says_why(sort: str) -> None:
    inside, why = TOO_LARGE[sort]
    with pytest.raises(ReadError, match=re.escape(why)):
        feed_of(f"{HEAD}<item><title>Bad</title>{inside}</item></channel></rss>")


@pytest.mark.parametrize("newest_last", [False, True])
def test_of_many_entries_the_newest_are_read_and_the_rest_is_counted(newest_last: bool) -> None:
    """Also where the middle is taken out before anything else looks at it."""
    days = [f"2026-01-01T00:{n % 60:02}:00Z" for n in (0, 1)]
    first, last = days if newest_last else days[::-1]
    middle = "".join(f"<item><guid>{n}</guid></item>" for n in range(2 * MAX_ENTRIES + 7))
    ends = [
        f"<item><guid>{name}</guid><pubDate>{day}</pubDate></item>"
        for name, day in zip("ab", (first, last), strict=True)
    ]
    kept = repaired(f"{HEAD}{ends[0]}{middle}{ends[1]}</channel></rss>")
    assert kept.text.count("<item") == MAX_ENTRIES
    assert f">{'ab'[newest_last]}</xid>" in kept.text
    assert f">{'ba'[newest_last]}</xid>" not in kept.text
    assert kept.left_out == MAX_ENTRIES + 9


def repaired(text: str) -> Repaired:
    root = root_of(text)
    assert root is not None
    return repair(text, *root)


def test_of_many_elements_the_first_entries_are_read() -> None:
    crowded = "<a>x</a>" * 90
    items = "".join(f"<item><guid>{n}</guid>{crowded}</item>" for n in range(700))
    kept = repaired(f"{HEAD}{items}</channel></rss>")
    assert kept.text.count("<item") == MARKUP // 184
    assert kept.left_out == 700 - MARKUP // 184


def test_a_long_text_of_lines_is_read_in_one_piece_and_whole() -> None:
    lines = "\n".join(f"{n}" for n in range(50_000))
    begun = time.process_time()
    entry = feed_of(f"{HEAD}{ITEM}<description>{lines}</description>{END}").entries[0]
    assert time.process_time() - begun < 2
    text = entry.content or entry.summary
    assert text is not None
    assert text.value == lines


def test_places_are_read_though_feedparser_does_not() -> None:
    points = "<georss:point>1 2</georss:point><gml:pos>3 4</gml:pos>"
    line = f"<georss:line>{'1 2 ' * 100_000}</georss:line>"
    entry = feed_of(f"{HEAD}{ITEM}{points}{line}{END}").entries[0]
    assert entry.extra == (("georss:point", "1 2"),)


# JSON ---------------------------------------------------------------------------------------------------


def json_items(number: int, inside: str) -> bytes:
    items = ",".join(f'{{"id":"{n}",{inside}}}' for n in range(number))
    return f'{{"version":"https://jsonfeed.org/version/1.1","title":"M","items":[{items}]}}'.encode()


def test_of_too_many_values_in_json_the_first_items_are_read_whole() -> None:
    inside = f'"content_text":"[,{{ \\"","_a":[{",".join("1" * 100)}]'
    found = feed_of(json_items(VALUES // 50, inside))
    assert len(found.entries) == VALUES // 104
    assert {shown(entry.content or entry.summary) for entry in found.entries} == {'[,{ "'}
    assert [decision.reason for decision in found.decisions] == [
        f"the document holds more than {VALUES} values; the items up to there are taken"
    ]


def test_an_item_of_too_many_values_in_json_is_an_error_that_says_so() -> None:
    with pytest.raises(ReadError, match=f"its first {VALUES} values are no item"):
        feed_of(json_items(1, f'"_a":[{"1," * VALUES}1]'))


def test_signs_in_texts_of_json_are_no_values() -> None:
    found = feed_of(json_items(1, f'"content_text":"{"," * 2 * VALUES}"'))
    assert found.decisions == ()
    assert len(found.entries) == 1


def test_of_too_many_tags_the_first_entries_are_read() -> None:
    heavy = f"<description>{'&lt;i>a&lt;/i>' * (TAGS // 9)}</description>"
    found = feed_of(
        HEAD + "".join(f"<item><guid>{n}</guid>{heavy}</item>" for n in range(6)) + "</channel></rss>"
    )
    assert [entry.native_id for entry in found.entries] == ["0", "1", "2"]
    assert "3 entries more than are read at once" in found.decisions[0].reason


@pytest.mark.parametrize("opened", ["<![CDATA[", "<!--", "<x a='", "&lt;p>", "<a>" * 2000])
def test_an_entry_without_end_is_no_entry(opened: str) -> None:
    found = feed_of(
        f"{HEAD}{GOOD}<item><guid>cut</guid><title>Cut</title><description>{opened}" + "a" * 50_000
    )
    assert titles(found) == ["Good"]
    assert found.truncated


def test_one_element_of_fifty_megabytes_is_read_or_refused_within_the_bounds() -> None:
    """E7, C2: with ``fetch: max_bytes`` raised."""
    if sys.platform != "linux" or "FEEDS_MONSTERS" not in os.environ:
        pytest.skip("takes seconds; FEEDS_MONSTERS=1")
    assert judged(MONSTERS["one-cdata"](50 * MIB)) in ("", "MemoryError()")


# Nothing from outside -----------------------------------------------------------------------------------


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        yield listener


def outside(address: str) -> dict[str, str]:
    """Ways to make an XML reader fetch what the document names (C3)."""
    body = f"<rss version='2.0'><channel><title>T</title>{ITEM}<description>&x;</description>{END}"
    return {
        "entity": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{address}">]>{body}',
        "public": f'<!DOCTYPE rss [<!ENTITY x PUBLIC "-//X//X" "{address}">]>{body}',
        "parameter": f'<!DOCTYPE rss [<!ENTITY % p SYSTEM "{address}"> %p;]>{body}',
        "dtd": f'<!DOCTYPE rss SYSTEM "{address}">{body}',
        "dtd-public": f'<!DOCTYPE rss PUBLIC "-//Netscape//DTD" "{address}">{body}',
        "stylesheet": f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{address}"?>{body}',
        "xinclude": body.replace(
            "&x;", f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{address}" parse="text"/>'
        ),
        "schema": body.replace("<rss ", f'<rss {SCHEMA} xsi:schemaLocation="urn:a {address}" '),
        "notation": f'<!DOCTYPE rss [<!NOTATION n SYSTEM "{address}"><!ENTITY x SYSTEM "a" NDATA n>]>{body}',
    }


@pytest.mark.parametrize("way", sorted(outside("")))
def test_nothing_that_a_document_names_is_fetched_or_opened(way: str, canary: socket.socket) -> None:
    address = f"http://127.0.0.1:{canary.getsockname()[1]}/canary"
    came = with_result(outside(address)[way].encode())
    with pytest.raises(TimeoutError):
        canary.accept()
    assert isinstance(came, Feed)
    assert [entry.native_id for entry in came.entries] == ["1"]
    secret = (
        Path("/etc/passwd").read_text("utf-8").splitlines()[0] if Path("/etc/passwd").exists() else "root:"
    )
    assert secret not in repr(with_result(outside("file:///etc/passwd")[way].encode()))


def test_every_hostile_body_ends_in_a_feed_or_a_clear_error(tmp_path: Path) -> None:
    if not HOSTILE.exists() or sys.platform != "linux":
        pytest.skip("../shared/tools/hostile.py is not here")
    command = [sys.executable, str(HOSTILE), "--dump", str(tmp_path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=120)
    largest = 30 * MIB if "FEEDS_MONSTERS" in os.environ else 60_000
    bodies = [path for path in sorted(tmp_path.iterdir()) if path.stat().st_size <= largest]
    assert len(bodies) > 200
    slow = {}
    for path in bodies:
        begun = time.process_time()
        with_result(path.read_bytes())
        if (spent := time.process_time() - begun) > SECONDS:
            slow[path.name] = spent
    assert slow == {}


# Texts without a feed -----------------------------------------------------------------------------------


TEXTS = {
    "one field of many lines": ("Titel: a\n", " b\n", ""),
    "one item of many lines": ("- a\n", " b\n", ""),
    "stars": ("a\n\n", "*", ""),
    "directions": ("a ", "\u202e", ""),
    "directions in pairs": ("a ", "\u2067b\u2069", ""),
    "lines": ("", "a\n\n", ""),
    "headings": ("", "Zwischentitel\n\nEin Satz mit Text dahinter.\n\n", ""),
    "roles": ("date 2025-12-27 Es schneit.\n\n", "Ada Example Redaktorin\n\n", ""),
}


@pytest.mark.parametrize("sort", TEXTS)
def test_a_text_costs_what_its_length_says(sort: str) -> None:
    """A text once took seconds a megabyte, because each of its lines was copied with all before it."""
    before, unit, after = TEXTS[sort]
    text = before + unit * (400_000 // len(unit)) + after
    begun = time.process_time()
    article(text, ZoneInfo("UTC"))
    assert time.process_time() - begun < 1.5


MARKDOWN = ("[", "![", "_a", "*_", "<a@b.c>", "a_b*c", "[a](b) ", "\\", "|a|b|\n|-|-|\n")


@pytest.mark.parametrize("unit", MARKDOWN)
def test_markdown_costs_what_its_signs_say(unit: str) -> None:
    """Two megabytes of some of them took minutes, and of others half a gigabyte."""
    before = "# A title\n\nA paragraph.\n\n"
    text = before + unit * (1_000_000 // len(unit))
    begun = time.process_time()
    found = markdown(within(text), ZoneInfo("UTC"), None)
    assert time.process_time() - begun < 5
    assert (found.title, found.lede) == ("A title", "A paragraph.")


def test_markdown_in_a_feed_costs_no_more() -> None:
    begun = time.process_time()
    html = rendered("[" * 1_000_000)
    assert time.process_time() - begun < 5
    assert html == f"<p>{'[' * SIGNS_AT_ONCE}</p>\n"


def test_markdown_of_a_long_book_is_whole() -> None:
    page = "A *word* and a [link](https://a.example/), `code`.\n\n"
    book = page * (SIGNS // 6)
    assert within(book) == book
    assert within(book + page * 9) == book + page.partition("`")[0]
