"""What is normal already stays as it is: each function of ``normalize`` over what it gave before."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import moments, wild_text, wild_url

from feeds.model import DateOrigin, Moment, Person, Precision, Text, TextType
from feeds.normalize import chars, dates, language, urls
from feeds.normalize.dialect import in_order
from feeds.normalize.flatten import flatten
from feeds.normalize.html import ELEMENTS, from_text, plain, sanitize
from feeds.normalize.people import person, split_people
from feeds.normalize.text import excerpt
from feeds.normalize.titles import title_of
from feeds.normalize.untrack import untrack_html
from feeds.sources import parts

BASE = "https://a.example/b/c?d#e"
UTC = ZoneInfo("UTC")
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

tags = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        '<a href="x">',
        "<a href=' https://ü.example/?utm_source=a&b=1'>",
        "</a>",
        "<img src=//a/b.png>",
        "<br>",
        "<table>",
        "<tr>",
        "<td>\n    ",
        "</table>",
        "<ul>",
        "<li>",
        "</ul>",
        "<pre>",
        "</pre>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mtext>",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<template>",
        "<!--",
        "-->\n    ",
        '<iframe src="https://www.youtube.com/embed/x">',
        "</iframe>",
        "<noscript>",
        "</noscript>",
        "<title>",
        "<textarea>",
        "<select>",
        "<option>",
        "<form>\n    ",
        '<img srcset="a 1x, b 2x" src="data:image/png;base64,AA==">',
        "<div style=x>",
        "</div>",
        '<blockquote cite="/x">',
        "<h2>",
        "</h2>",
        "<dt>",
        "<dd>\n    ",
        "&amp;",
        "&lt;",
        "&amp;amp;",
        "&nbsp;",
        "&#x200b;",
        "&#0;",
        "&",
        "<",
        ">",
        '"',
        "'",
        "\n",
        "\n\n",
        "\t",
        " a ",
        " b ",
        "ä",
        "\u202e",
        "\u2060",
        "<\u2060b",
        "]]>",
        "<video poster=p><source src=s>",
    ]
)
markup = st.one_of(st.lists(tags, max_size=14).map("".join), wild_text)
names = st.one_of(
    wild_text,
    st.lists(
        st.sampled_from(
            [
                "Ada",
                "Example",
                "Von",
                "By",
                "und",
                "and",
                ",",
                "/",
                "(",
                ")",
                "<ada@a.example>",
                "ada@a.example",
                "dpa",
                "AFP",
                "dpa/AFP",
                "Redaktorin",
                "News",
                "Staff Writer\n            ",
                "https://a.example/",
                "Text:",
                "Foto:",
                "de",
                "la",
                "-",
                "O'Neill",
                "unknown",
                "&amp;",
                "<b>",
                "Associated Press",
                "Reuters",
                "noreply@a.example",
            ]
        ),
        max_size=7,
    ).map(" ".join),
)


def html(value: str) -> str:
    return sanitize(value, BASE)


def label(value: str) -> str:
    return parts.line(value) or ""


def tag(value: str) -> str:
    return language.tag(value) or ""


def web(value: str) -> str:
    return urls.web_url(value, BASE) or ""


def short(value: str) -> str:
    return excerpt(value, 20)


def tidied(value: str) -> str:
    return untrack_html(sanitize(value, BASE))


def media_type(value: str) -> str:
    return parts.media_type(value) or ""


PLAIN = (chars.clean, chars.xml_safe, chars.one_line, short, label)
ADDRESSES = (web, urls.untrack, urls.canonical)


def holds(function: Callable[[str], str], value: str) -> None:
    once = function(value)
    assert function(once) == once


@pytest.mark.parametrize("function", PLAIN, ids=lambda function: function.__name__)
@SETTINGS
@given(markup | names)
def test_text(function: Callable[[str], str], value: str) -> None:
    holds(function, value)


@pytest.mark.parametrize("function", ADDRESSES, ids=lambda function: function.__name__)
@SETTINGS
@given(wild_url | st.builds("https://a.example/?{}&utm_source=x&{}#utm_y".format, wild_text, wild_text))
def test_addresses(function: Callable[[str], str], value: str) -> None:
    holds(function, value)


@SETTINGS
@given(markup)
def test_html(value: str) -> None:
    holds(html, value)
    holds(tidied, value)
    holds(lambda text: flatten(text, ELEMENTS), value)


@SETTINGS
@given(markup)
def test_plain_text_survives_a_way_through_html(value: str) -> None:
    shown = plain(sanitize(value, BASE))
    once = plain(from_text(shown))
    assert plain(from_text(once)) == once


@SETTINGS
@given(markup, st.sampled_from(TextType))
def test_titles(value: str, kind: TextType) -> None:
    text = parts.html_text(value, BASE) if kind is TextType.HTML else parts.plain_text(value)
    once = title_of(text)
    assert title_of(once) == once
    again = once and (
        parts.html_text(once.value, None) if once.type is TextType.HTML else parts.plain_text(once.value)
    )
    assert again == once


@SETTINGS
@given(markup)
def test_texts(value: str) -> None:
    for make in (parts.html_text, parts.guessed_text):
        once = make(value, BASE)
        if once is not None:
            told = parts.html_text if once.type is TextType.HTML else _literal
            assert told(once.value, None) == once


def _literal(value: str, _base: str | None) -> Text | None:
    return parts.plain_text(value)


@SETTINGS
@given(names)
def test_names(value: str) -> None:
    once = person(value)
    if once is not None and once.name:
        again = person(once.name)
        # A place or a role behind a name is read once; what is left is a name, and stays one.
        assert again is not None
        assert again.name == once.name


@SETTINGS
@given(st.lists(names.map(person), max_size=4))
def test_people(found: list[Person | None]) -> None:
    people, _ = split_people([one for one in found if one])
    assert split_people(people)[0] == people
    ordered = in_order(people)
    assert in_order(ordered) == ordered
    assert set(ordered) == set(people)


@SETTINGS
@given(
    wild_text
    | st.sampled_from(["DE_ch", "zh-yue", "en-uk", "iw", "no-bok", "x-Klingon", "de-CH-1996", "eng"])
)
def test_languages(value: str) -> None:
    holds(tag, value)
    holds(media_type, value)


@SETTINGS
@given(moments())
def test_dates(value: Moment) -> None:
    """What ``rfc3339`` and ``w3cdtf`` write, ``parse`` reads as it was."""
    exact = dates.parse(dates.rfc3339(value), UTC)
    assert exact is not None
    assert (exact.instant, exact.offset or 0) == (value.instant, value.offset or 0)
    told = dates.parse(dates.w3cdtf(value), UTC)
    assert told is not None
    assert told.precision is (Precision.SECOND if value.precision is Precision.MINUTE else value.precision)
    assert told.origin is DateOrigin.DECLARED
    assert dates.w3cdtf(told) == dates.w3cdtf(value)
