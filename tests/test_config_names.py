"""Names made from addresses, references to the environment, and what is shown of secrets."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.config.names import LONGEST, bad_name, name_of_path, name_of_url
from feeds.config.secrets import Expanded, escape, expand, has_reference, redact, userinfo


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.org/feed.xml", "example.org"),
        ("https://www.example.org/", "example.org"),
        ("https://EXAMPLE.org:8443/rss", "example.org-8443"),
        ("https://www.theregister.com/headlines.atom", "theregister.com-headlines"),
        ("https://lwn.net/headlines/rss", "lwn.net-headlines"),
        ("https://planetpython.org/rss20.xml", "planetpython.org"),
        ("https://x.example/blog/feed/index.xml", "x.example-blog"),
        ("https://x.example/?feed=rss2", "x.example"),
        ("https://x.example/?p=1&q=a+b", "x.example-p-1-q-a-b"),
        ("https://ada:pa55@x.example/a", "x.example-a"),
        ("https://x.example/feed?key=${TOKEN}", "x.example-key-token"),
        ("${FEED_URL}", "feed_url"),
    ],
)
def test_names_come_from_host_path_and_query(url: str, name: str) -> None:
    assert name_of_url(url) == name


@given(st.text(max_size=200), st.sampled_from(["", "https://x.example/", "https://"]))
def test_a_made_name_is_always_a_file_name(text: str, start: str) -> None:
    for name in (name_of_url(start + text), name_of_path(start + text)):
        assert bad_name(name) is None
        assert len(name) <= LONGEST


def test_what_a_name_loses_is_told_apart_by_a_hash() -> None:
    long = "https://x.example/" + "a" * 100
    assert name_of_url(f"{long}b") != name_of_url(f"{long}c")
    assert name_of_url("https://x.example/日本") != name_of_url("https://x.example/中国")
    assert bad_name(name_of_path("con/")) is None


@pytest.mark.parametrize(
    "name", ["", ".hidden", "a b", "a/b", "..", "CON", "nul.txt", "com1", "x.", "é", "a" * 101, "a\n"]
)
def test_names_that_are_no_file_names_everywhere_are_refused(name: str) -> None:
    assert bad_name(name) is not None


def expanded(text: str, environ: dict[str, str] | None) -> tuple[str, set[str], list[str]]:
    secrets: set[str] = set()
    problems: list[str] = []
    return expand(text, environ, secrets, problems.append), secrets, problems


@pytest.mark.parametrize(
    ("text", "result", "secrets"),
    [
        ("a${X}b", "as3cretb", {"s3cret"}),
        ("${X}${Y:-d}", "s3cretd", {"s3cret"}),
        ("${EMPTY:-d}", "d", set()),
        ("${EMPTY}", "", set()),
        ("${Y:-}", "", set()),
        ("${Y:-a:-b}", "a:-b", set()),
        ("$${X} $X $$ $", "${X} $X $$ $", set()),
        ("$$${X}", "$${X}", set()),
    ],
)
def test_references_are_replaced_and_what_they_gave_is_secret(
    text: str, result: str, secrets: set[str]
) -> None:
    assert expanded(text, {"X": "s3cret", "EMPTY": ""}) == (result, secrets, [])


@pytest.mark.parametrize("text", ["${}", "${1X}", "${X", "${X:default}", "${X-d}"])
def test_a_malformed_reference_is_told(text: str) -> None:
    assert "expected ${NAME}" in expanded(text, {"X": "s3cret"})[2][0]


def test_a_missing_variable_is_told_once_each() -> None:
    problems = expanded("${A} ${B}", {})[2]
    assert [problem.split()[4] for problem in problems] == ["A", "B"]


def test_an_expanded_text_does_not_show_itself() -> None:
    text, _, _ = expanded("a${X}b", {"X": "s3cret"})
    assert isinstance(text, Expanded)
    assert "s3cret" not in repr(text)
    assert "s3cret" not in repr({"key": [text]})


@given(st.text(max_size=30))
def test_an_escaped_text_is_read_back(text: str) -> None:
    assert expanded(escape(text), {})[0] == text
    assert not has_reference(escape(text))


@given(
    st.text(
        alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="→"), min_size=4, max_size=12
    ),
    st.sampled_from(["", "→"]),
)
def test_a_secret_is_hidden_however_it_is_written(secret: str, before: str) -> None:
    for written in (
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    ):
        assert redact(f"{before}{written}→", {secret}) == f"{before}***→"


def test_lower_case_percent_encoding_is_hidden() -> None:
    assert redact("?k=a%2fb%3dcd", {"a/b=cd"}) == "?k=***"


def test_a_short_secret_is_hidden_only_where_it_stands_alone() -> None:
    assert redact("de ?lang=de&x under decode", {"de"}) == "*** ?lang=***&x under decode"


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert redact("abcdef abcd", {"abcd", "abcdef"}) == "*** ***"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("https://a.example/", ()),
        ("https://ada:p%40ss@a.example/", ("p%40ss", "p@ss")),
        ("https://token@a.example/", ("token",)),
        ("https://[::1", ()),
        ("https://a.example/@x", ()),
    ],
)
def test_the_secret_part_of_a_login_is_found(url: str, secrets: tuple[str, ...]) -> None:
    assert userinfo(url) == secrets
