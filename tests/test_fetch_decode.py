"""Content codings are undone, and nothing passes the limit at any stage."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from contextlib import suppress

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.errors import FetchError, TooLarge
from feeds.fetch.decode import ACCEPTED, MEMBERS, Inflater

PLACE = "https://radio.example/feed.xml"
XML = b'<?xml version="1.0"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Radio</title></feed>\n'
JSON = b'{\n  "version": "https://jsonfeed.org/version/1.1", "title": "Radio", "items": []}'
MIB = 1024 * 1024


def bare(data: bytes) -> bytes:
    coder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return coder.compress(data) + coder.flush()


def zstd(data: bytes) -> bytes:
    library = pytest.importorskip("zstandard", reason="zstd is an extra")
    coded: bytes = library.ZstdCompressor().compress(data)
    return coded


CODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "zlib": ("deflate", zlib.compress),
    "bare": ("deflate", bare),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstd),
}
CODED = pytest.mark.parametrize("kind", list(CODERS))


def inflate(codings: str, body: bytes, *, limit: int = MIB, step: int = 64 * 1024) -> bytes:
    inflater = Inflater(codings, limit, PLACE)
    for start in range(0, len(body), step):
        inflater.feed(body[start : start + step])
    return inflater.close()


@CODED
@pytest.mark.parametrize("step", [1, 7, 31, 32, 33, 100_000])
@pytest.mark.parametrize("body", [b"", b"x", XML, XML * 4000, bytes(200_000)], ids=len)
def test_what_was_coded_comes_back_however_it_is_cut(kind: str, step: int, body: bytes) -> None:
    coding, encode = CODERS[kind]
    assert inflate(coding, encode(body), step=step) == body


@CODED
def test_codings_around_each_other_are_undone_from_the_outside_in(kind: str) -> None:
    coding, encode = CODERS[kind]
    assert inflate(f"{coding}, gzip", gzip.compress(encode(XML))) == XML
    assert inflate(f"gzip,{coding}", encode(gzip.compress(XML))) == XML


@CODED
@given(body=st.binary(max_size=3000), step=st.integers(1, 4000))
@settings(max_examples=25)
def test_any_bytes_come_back(kind: str, body: bytes, step: int) -> None:
    coding, encode = CODERS[kind]
    assert inflate(coding, encode(body), step=step) == body


@CODED
@given(body=st.binary(max_size=400), step=st.integers(1, 400))
@settings(max_examples=40)
def test_any_bytes_declared_as_coded_are_a_body_or_a_clean_failure(kind: str, body: bytes, step: int) -> None:
    coding, encode = CODERS[kind]
    encode(b"")  # skips where the library is absent
    for junk in (body, encode(b"some text of a feed")[:-2] + body):
        with suppress(FetchError):
            assert isinstance(inflate(coding, junk, step=step), bytes)


@CODED
def test_a_cut_body_is_a_failure_and_not_a_shorter_one(kind: str) -> None:
    coding, encode = CODERS[kind]
    coded = encode(XML * 50 + bytes(range(256)))
    for end in (5, 40, len(coded) // 2, len(coded) - 1):
        with pytest.raises(FetchError, match="cut short"):
            inflate(coding, coded[:end])


@CODED
def test_a_bomb_is_stopped_at_the_limit_and_fills_no_memory(kind: str) -> None:
    coding, encode = CODERS[kind]
    bomb = encode(bytes(16 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match="1,048,576 bytes"):
            inflate(coding, bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MIB


@CODED
def test_a_bomb_inside_another_coding_is_stopped_between_them(kind: str) -> None:
    coding, encode = CODERS[kind]
    with pytest.raises(TooLarge):
        inflate(f"{coding}, gzip", gzip.compress(encode(bytes(16 * MIB))))
    noise = brotli.compress(gzip.compress(bytes(range(256)) * 8000, compresslevel=0))
    with pytest.raises(TooLarge):
        inflate("gzip, br", noise)


def test_the_limit_itself_is_allowed_and_holds_before_decoding_too() -> None:
    assert inflate("", b"x" * 100, limit=100) == b"x" * 100
    with pytest.raises(TooLarge):
        inflate("", b"x" * 101, limit=100)
    stored = gzip.compress(b"x" * 90, compresslevel=0)
    assert len(stored) > 100
    with pytest.raises(TooLarge):
        inflate("gzip", stored, limit=100)


@pytest.mark.parametrize("codings", ["gzip", "deflate", "br", "gzip, gzip"])
@pytest.mark.parametrize("body", [XML, JSON, b"\xef\xbb\xbf" + XML, b"\n  <rss/>", b'{"a":1}', b"<html>"])
def test_a_plain_body_behind_a_declared_coding_is_taken_as_it_is(codings: str, body: bytes) -> None:
    assert inflate(codings, body) == body
    assert inflate(codings, body, step=1) == body


def test_a_coding_declared_twice_and_used_once_is_undone_once() -> None:
    assert inflate("gzip, gzip", gzip.compress(XML)) == XML


def test_gzip_that_nobody_declared_is_undone_under_the_same_limit() -> None:
    assert inflate("", gzip.compress(XML), step=3) == XML
    with pytest.raises(TooLarge):
        inflate("", gzip.compress(bytes(2 * MIB)))


@pytest.mark.parametrize(
    "body", [b"no markup at all, and no gzip", bytes(range(200)), b"<\x80\x81 deflate it may be"]
)
def test_anything_else_behind_a_declared_coding_is_a_failure(body: bytes) -> None:
    with pytest.raises(FetchError, match="not in the coding it declares"):
        inflate("gzip", body)


def test_what_follows_gzip_is_padding_and_what_is_gzip_again_belongs_to_it() -> None:
    coded = gzip.compress(XML)
    for step in (1, 50, 1000):
        assert inflate("gzip", coded + b"\0" * 300, step=step) == XML
        assert inflate("gzip", coded + b"garbage", step=step) == XML
        assert inflate("gzip", coded + b"\x1f", step=step) == XML
        assert inflate("gzip", coded + coded, step=step) == XML + XML
    with pytest.raises(FetchError, match="cut short"):
        inflate("gzip", coded + coded[:30])


def test_thousands_of_tiny_members_are_refused() -> None:
    member = gzip.compress(b"")
    assert inflate("gzip", member * MEMBERS) == b""
    with pytest.raises(FetchError):
        inflate("gzip", member * (MEMBERS + 1))


def test_a_wrong_checksum_is_a_failure() -> None:
    coded = bytearray(gzip.compress(XML))
    coded[-6] ^= 1
    with pytest.raises(FetchError, match="not in the coding"):
        inflate("gzip", bytes(coded))


@pytest.mark.parametrize("codings", ["", "identity", " Identity ,", ","])
def test_no_coding_is_no_coding(codings: str) -> None:
    assert inflate(codings, XML) == XML


def test_names_of_codings_are_read_as_http_means_them() -> None:
    assert inflate("X-GZIP", gzip.compress(XML)) == XML
    assert inflate(" GZip , identity", gzip.compress(XML)) == XML


@pytest.mark.parametrize("codings", ["compress", "x-unknown", "gzip, secret\r\n\x1b[31m", "aes128gcm"])
def test_an_unknown_coding_is_named_and_refused(codings: str) -> None:
    with pytest.raises(FetchError, match="unknown coding") as caught:
        Inflater(codings, MIB, PLACE)
    assert str(caught.value).isprintable()


def test_more_than_two_codings_are_refused() -> None:
    with pytest.raises(FetchError, match="1000 codings"):
        Inflater(", ".join(["gzip"] * 1000), MIB, PLACE)


def test_all_that_is_asked_for_can_be_undone() -> None:
    assert ACCEPTED.startswith("gzip, deflate, br")
    for coding in ACCEPTED.split(", "):
        Inflater(coding, MIB, PLACE)
