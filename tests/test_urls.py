"""Addresses become absolute, plain http(s), or nothing."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.normalize.urls import canonical, is_uri, same_site, untrack, web_url

BASE = "https://b.example/p/q?r"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        ("HTTP://User:pw@Example.org:80/a b", "http://example.org/a%20b"),
        (" \nhttps://a.exa\nmple/\t", "https://a.example/"),
        ("//a.example/y", "https://a.example/y"),
        ("y", "https://b.example/p/y"),
        ("../y", "https://b.example/y"),
        ("?y", "https://b.example/p/q?y"),
        ("#y", "https://b.example/p/q?r#y"),
        ("#y#z", "https://b.example/p/q?r#y%23z"),
        ("\\\\a.example\\y", "https://a.example/y"),
        ("http://straße.example/ü?ä=%zz#é", "http://xn--strae-oqa.example/%C3%BC?%C3%A4=%25zz#%C3%A9"),
        ("https://a.example?q", "https://a.example/?q"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("http://127.0.0.1/", "http://127.0.0.1/"),
        ("http://a.example./x", "http://a.example/x"),
        ("http://a.example/?a[]=1", "http://a.example/?a%5B%5D=1"),
        ("http://x.example\\@evil.example/", "http://x.example/@evil.example/"),
        ("http://u@h@x.example/", "http://x.example/"),
        ("http://h.example/\u202efdp.exe", "http://h.example/fdp.exe"),
        ("", None),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@b.example", None),
        ("ftp://a.example/", None),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", None),
        ("http:///x", None),
        ("http://[fe80::1%25eth0]/", None),
        ("http://[", None),
        ("http://2130706433/", None),
        ("http://0x7f.1/", None),
        ("http://1.2.3.999/", None),
        ("http://a..example/", None),
        ("http://exa mple.example/", None),
        ("http://a.example:99999/", None),
        ("http://a.example:0/", None),
        ("http://a.example:x/", None),
        ("https://a.example/" + "x" * 5000, None),
    ],
)
def test_web_url(raw: str, wanted: str | None) -> None:
    assert web_url(raw, BASE) == wanted


def test_without_a_base_relative_is_nothing() -> None:
    assert web_url("/x", None) is None
    assert web_url("x:y", None) is None


PARTS = st.sampled_from(
    [
        *(
            "http://",
            "https:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            "?",
            "#",
            "[",
            "]",
            "%",
            "%zz",
            "..",
            "é",
            "\x00",
            "80",
        ),
        *(
            "a.example",
            "javascript:",
            "xn--a",
            "\u202e",
            "\ud800",
            "&",
            "<",
            '"',
            " ",
            "\n",
            "::1",
            "utm_x=1",
        ),
    ]
)


@given(st.lists(PARTS | st.text(max_size=3), max_size=8).map("".join), st.sampled_from([None, BASE]))
def test_web_url_is_idempotent_and_clean(raw: str, base: str | None) -> None:
    url = web_url(raw, base)
    if url is None:
        return
    assert web_url(url, None) == url
    assert re.match(r"https?://[a-z0-9_.\[\]:-]+/", url)
    assert not re.search(r"[^!-~]|[<>\"{}|\\^`]", url)
    assert urlsplit(url).username is None
    assert is_uri(url)
    assert canonical(canonical(url)) == canonical(url)
    assert untrack(untrack(url)) == untrack(url)


@pytest.mark.parametrize(
    "other",
    [
        "http://example.org/~ada/?id=1",
        "https://EXAMPLE.org:443/%7Eada/?id=1&utm_source=rss",
        "https://example.org/~ada/?fbclid=x&id=1#comments",
        "http://example.org/%7eada/?id=1#utm_medium=rss",
    ],
)
def test_canonical_makes_the_same_page_equal(other: str) -> None:
    assert canonical(other) == "https://example.org/~ada/?id=1"


@pytest.mark.parametrize(
    "other",
    [
        "https://example.org/~ada/?id=2",
        "https://example.org/~ada?id=1",
        "https://example.org:8443/~ada/?id=1",
        "https://www.example.org/~ada/?id=1",
        "https://example.org/%2Fada/?id=1",
    ],
)
def test_canonical_keeps_other_pages_apart(other: str) -> None:
    assert canonical(other) != "https://example.org/~ada/?id=1"


@pytest.mark.parametrize(
    "url", ["https://a.example/x?", "https://a.example/?b&c=", "https://a.example/?q=utm_x", "x"]
)
def test_untrack_leaves_the_rest_alone(url: str) -> None:
    assert untrack(url) == url


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://a.example/1", True),
        ("https://a.example/ü", True),
        ("tag:a.example,2020:x/y", True),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", True),
        ("http://[::1]/x", True),
        ("", False),
        ("1234", False),
        ("/x", False),
        ("post 1: x", False),
        ("http:///x", False),
        ("http://u:p@a.example/x", False),
        ("https://a.example/%zz", False),
        ("https://a.example/\u202ex", False),
        ("https://a.example/#a#b", False),
        ("javascript:alert(1)", False),
        ("data:text/plain,x", False),
        ("https://a.example/" + "x" * 3000, False),
    ],
)
def test_is_uri(text: str, wanted: bool) -> None:
    assert is_uri(text) is wanted


@pytest.mark.parametrize(
    ("uri", "url", "same"),
    [
        ("https://blog.example/1", "https://www.blog.example/feed", True),
        ("tag:www.blog.example,2004:1", "https://blog.example/feed", True),
        ("tag:ada@blog.example,2004-01-02:1", "http://blog.example/feed", True),
        ("https://blog.example.evil/1", "https://blog.example/feed", False),
        ("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", "https://blog.example/feed", False),
        ("https://[bad", "https://blog.example/feed", False),
    ],
)
def test_an_id_names_the_site_it_was_made_for(uri: str, url: str, same: bool) -> None:
    assert same_site(uri, url) is same
