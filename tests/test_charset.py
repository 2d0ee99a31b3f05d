"""Whatever a document says of its character set, its text is read as it was written."""

from __future__ import annotations

import asyncio
import codecs
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reading import AUTHORITY, SOURCE, document

from feeds.config.schema import Fetch
from feeds.errors import ReadError
from feeds.fetch import fetch, open_client
from feeds.model import Document, Entry, NotModified, Validators
from feeds.sources import read
from feeds.sources.charset import charset, decode

WORDS = "Grüße – „Übung“ für 5 €"
WEST = "Grüße à Zürich"


def feed(title: str, declaration: str | None = None) -> str:
    head = f'<?xml version="1.0" encoding="{declaration}"?>' if declaration else ""
    return (
        f"{head}<rss version='2.0'><channel><item><title>{title}</title><guid>1</guid></item></channel></rss>"
    )


def entry(body: bytes, content_type: str = "") -> Entry:
    headers = {"content-type": content_type} if content_type else {}
    return read(document(body, headers), SOURCE, AUTHORITY)[1].entries[0]


def title(body: bytes, content_type: str = "") -> str | None:
    told = entry(body, content_type).title
    return told.value if told else None


@pytest.mark.parametrize(
    ("declared", "really", "header", "words"),
    [
        ("utf-8", "utf-8", "application/xml; charset=iso-8859-1", WORDS),
        (None, "utf-8", "text/xml", WORDS),
        (None, "utf-8", "text/xml; charset=us-ascii", WORDS),
        ("us-ascii", "utf-8", "", WORDS),
        ("utf-8", "iso-8859-1", "", WEST),
        (None, "iso-8859-1", "application/xml; charset=utf-8", WEST),
        (None, "iso-8859-1", "", WEST),
        ("iso-8859-1", "cp1252", "", WORDS),
        ("us-ascii", "cp1252", "", WORDS),
        (None, "cp1252", "text/xml; charset=us-ascii", WORDS),
        ("utf-8", "cp1252", "", WORDS),
        ("iso-8859-15", "iso-8859-15", "", "Grüße für 5 €"),
        ("windows-1251", "cp1251", "text/xml; charset=iso-8859-1", "Привет, мир"),
        ("utf-8", "cp1251", "text/xml; charset=windows-1251", "Привет, мир"),
        ("koi8-r", "koi8-r", "", "Привет, мир"),
        ("iso-8859-2", "iso-8859-2", "", "Zażółć gęślą jaźń"),
        ("windows-1250", "cp1250", "", "Příliš žluťoučký kůň"),
        ("shift_jis", "cp932", "", "日本語①"),
        ("x-sjis", "cp932", "", "日本語①"),
        ("euc-jp", "euc_jp", "", "日本語"),
        ("iso-2022-jp", "iso2022_jp", "", "日本語"),
        ("gb2312", "gb18030", "", "中文 镕"),
        ("x-gbk", "gbk", "", "中文"),
        ("big5", "big5hkscs", "", "中文"),
        ("ks_c_5601-1987", "cp949", "", "한국어"),
        ("iso-8859-8-i", "iso8859-8", "", "שלום"),
        ("windows-1256", "cp1256", "", "مرحبا"),
        ("x-mac-roman", "mac-roman", "", "Grüße"),
        ("x-nonsense", "utf-8", "application/xml; charset=x-nonsense", WORDS),
        ("x-nonsense", "cp1252", "", WORDS),
        ("UTF-16", "utf-8", "", WORDS),
        ("utf-32", "utf-8", "text/xml; charset=utf-16", WORDS),
        ("utf-16", "utf-16", "", WORDS),
        ("utf-16", "utf-16-le", "", WORDS),
        ("utf-8", "utf-16-be", "text/xml; charset=utf-8", WORDS),
        ("utf-8", "utf-32", "", WORDS),
        ("utf-32", "utf-32-be", "", WORDS),
        ("utf-8", "utf-8-sig", "text/xml; charset=windows-1252", WORDS),
        ("ebcdic-cp-us", "cp037", "", "Gruss"),
    ],
)
def test_the_right_text_is_read(declared: str | None, really: str, header: str, words: str) -> None:
    assert title(feed(words, declared).encode(really), header) == words


NO_CHARSETS = (
    "rot13",
    "zlib",
    "bz2",
    "hex",
    "base64",
    "uu",
    "quopri",
    "idna",
    "punycode",
    "utf-7",
    "mbcs",
    "oem",
)
ESCAPES = (
    "unicode_escape",
    "raw_unicode_escape",
    "undefined",
    "utf_8_sig",
    "palmos",
    "charmap",
    "\0",
    "a" * 999,
)


@pytest.mark.parametrize("label", [*NO_CHARSETS, *ESCAPES])
def test_a_codec_that_is_no_charset_is_never_used(label: str) -> None:
    assert charset(label) is None
    told = "+ADw-b+AD4- \\u003cb cnffjbeq"
    assert title(feed(told, label).encode(), f"application/xml; charset={label}") == told
    assert title(feed("Grüße", label).encode("cp1252"), f"application/xml; charset={label}") == "Grüße"


def test_stray_bytes_of_another_charset_spoil_nothing_else() -> None:
    body = feed("Grüße, Übung, ????: für 5 €").encode().replace(b"????", b"caf\xe9 \x93x\x94 \x81")
    assert title(body) == "Grüße, Übung, café “x” \ufffd: für 5 €"


def test_half_a_character_is_no_markup() -> None:
    found = title(feed("ä ????").encode().replace(b"????", b"\xc0\xbcscript\xc0\xbe"))
    assert found is not None
    assert "<" not in found
    assert "&lt;" not in found


def test_surrogates_written_as_utf8_are_joined() -> None:
    assert title(feed("ä ????").encode().replace(b"????", b"\xed\xa0\xbd\xed\xb8\x80")) == "ä 😀"
    alone = feed("Grüße, Übung ????.").encode().replace(b"????", b"\xed\xa0\xbd")
    assert title(alone) == "Grüße, Übung í ½."


def test_marks_at_the_start_are_passed_over() -> None:
    assert title(codecs.BOM_UTF8 * 2 + feed(WORDS).encode()) == WORDS
    assert title(b"\n\n  " + codecs.BOM_UTF8 + feed(WORDS, "utf-8").encode()) == WORDS


def test_a_mark_that_lies_is_found_out() -> None:
    assert title(codecs.BOM_UTF8 + feed(WEST, "iso-8859-1").encode("iso-8859-1")) == WEST


def test_a_mark_says_that_most_of_it_is_utf8() -> None:
    assert title(codecs.BOM_UTF8 + feed("Ѩ ????").encode().replace(b"????", b"Espa\xf1a")) == "Ѩ España"


def test_bytes_written_as_references_are_characters() -> None:
    told = feed("&#226;&#128;&#166; &#xE2;&#x80;&#x93; &#195;&#169; &#150; &#x95;")
    assert title(told.encode()) == "… – Ã© – •"


def test_what_looks_like_doubly_encoded_text_is_left_alone() -> None:
    # feedparser takes "Â¡" for "¡" that was encoded twice, wherever it stands.
    assert title(feed("Â¡ y Ã©").encode()) == "Â¡ y Ã©"


def test_json_has_no_declaration() -> None:
    assert decode('{"a": "ä"}'.encode("utf-16-le"), {"content-type": "application/json"}) == '{"a": "ä"}'
    assert decode('{"a": "ä"}'.encode("cp1252"), {}) == '{"a": "ä"}'


# Served with lies ----------------------------------------------------------------------------------------

HOSTILE = Path(__file__).parents[2] / "shared" / "tools" / "hostile.py"
ALL_SORTS = "Größe € 日本 😀"
SERVED: dict[str, str | None] = {
    "utf8-as-latin1": ALL_SORTS,
    "latin1-as-utf8": "Grüße",
    "latin1-undeclared": "Grüße",
    "text-xml-default": ALL_SORTS,
    "cp1252-as-latin1": "“quotes” €",
    "unknown": ALL_SORTS,
    "prolog-unknown": None,
    "utf7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "utf16-bom": ALL_SORTS,
    "utf16-nobom": ALL_SORTS,
    "utf16-lie": ALL_SORTS,
    "utf32": ALL_SORTS,
    "ebcdic": None,
    "overlong": ALL_SORTS,
    "invalid": f"ÿþ€Ã{ALL_SORTS}",
    "cesu8": "😀",
    "double-bom": ALL_SORTS,
    "rot13": None,
    "zlib-codec": None,
    "idna-codec": ALL_SORTS,
    "unicode-escape": "\\x3cscript\\x3e",
    # Told twice to be HZ, and shifted as HZ is: it is Chinese, however it looks to who does not know HZ.
    "hz": b"~{<script>~}".decode("hz"),
    "iso2022jp": "日本",
}
"""By trap the title of its one entry; None for a feed without entries, whose own title is "Hostile"."""
NO_TEXT = "bom-lie"
"""Says UTF-16 by its mark, and is UTF-8: the only one that is refused."""


@pytest.fixture
def base() -> Iterator[str]:
    if not HOSTILE.exists():
        pytest.skip("../shared/tools/hostile.py is not here")
    with subprocess.Popen([sys.executable, str(HOSTILE), "--port", "0"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["base"]
        process.terminate()


def traps() -> set[str]:
    listed = subprocess.run([sys.executable, str(HOSTILE), "--list"], check=True, capture_output=True).stdout
    paths = [json.loads(line)["path"] for line in listed.splitlines()]
    return {path.removeprefix("/charset/") for path in paths if path.startswith("/charset/")}


async def served(base: str, names: set[str]) -> dict[str, Document | NotModified]:
    settings = Fetch(contact="https://planet.example/about", allow=("127.0.0.1",), spacing=timedelta())
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    async with open_client(settings, "0.1") as client:
        return {name: await fetch(client, f"{base}/charset/{name}", Validators(), now) for name in names}


def test_what_is_served_with_lies_is_read_as_it_was_written(base: str) -> None:
    names = traps()
    assert names == {*SERVED, NO_TEXT}
    found: dict[str, str | None] = {}
    for name, reply in asyncio.run(served(base, names)).items():
        assert isinstance(reply, Document)
        if name == NO_TEXT:
            with pytest.raises(ReadError, match="neither XML nor JSON"):
                read(reply, SOURCE, AUTHORITY)
            continue
        feed = read(reply, SOURCE, AUTHORITY)[1]
        assert feed.title is not None
        assert feed.title.value == ("ÿþ€ÃHostile" if name == "invalid" else "Hostile"), name
        titles = [one.title.value for one in feed.entries if one.title]
        found[name] = titles[0] if titles else None
    assert found == SERVED
