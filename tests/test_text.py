"""Characters that may stand, sentences that end, and texts that say the same."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Entry, Media, Person, Text, TextType
from feeds.normalize import chars, text
from feeds.normalize.text import (
    clean,
    excerpt,
    fingerprint,
    first_sentence,
    one_line,
    same_text,
    visible,
)


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ("a\x00\x08b\x0bc\x0cd\te", "ab c d\te"),
        ("a\r\nb\rc\x85d", "a\nb\nc…d"),
        ("\x93quoted\x94 \x81x", "“quoted” x"),
        ("a\ud800b\udfffc", "abc"),
        ("a\ufffeb\uffffc\ufdd0d\U0001fffee\ufefff", "abcdef"),
        ("\u202eabc", "abc"),
        ("abc\u202c\u2069", "abc"),
        ("a\u202bx\u202cb", "a\u202bx\u202cb"),
        ("a\u2067x\u202ay\u2069b", "a\u2067xy\u2069b"),
        ("n\u0303 e\u0301", "n\u0303 e\u0301"),
        ("o" + "\u0301" * 50, "o" + "\u0301" * 12),
        ("hi\U000e0041\U000e0042", "hi"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f"),
        ("👩‍👩‍👧 12'000 «x» ﬁ", "👩‍👩‍👧 12'000 «x» ﬁ"),
    ],
)
def test_clean(given_: str, wanted: str) -> None:
    assert clean(given_) == wanted


@given(
    st.text(st.characters() | st.sampled_from("\u202a\u202b\u202c\u2066\u2069\x85\x00\ud800"), max_size=30)
)
def test_cleaned_text_passes_xml_and_utf8_and_stays(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    cleaned.encode()
    element = ElementTree.Element("x")
    element.text = cleaned
    assert (ElementTree.fromstring(ElementTree.tostring(element)).text or "") == cleaned
    opened = len(re.findall("[\u202a\u202b\u202d\u202e\u2066-\u2068]", cleaned))
    assert opened == len(re.findall("[\u202c\u2069]", cleaned))


def test_zero_width_is_nothing_to_see() -> None:
    assert not visible("\u200b \u2060\ufeff\u00ad")
    assert visible("\u200ba")


def test_one_line() -> None:
    assert one_line(" a\n\u2028b\u2029\xa0c ") == "a b c"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Kim lobt die «Freundschaft» von Rom und Bern. Dann mehr.",
            "Kim lobt die «Freundschaft» von Rom und Bern.",
        ),
        ("Am 3. Mai kam Dr. Ada Lovelace. Dann ging sie.", "Am 3. Mai kam Dr. Ada Lovelace."),
        ("«Ja!» Sagte er.", "«Ja!»"),
        ("Das kostet 3.5 Mio. Franken. Zu viel.", "Das kostet 3.5 Mio. Franken."),
        ("Z. B. so. Und so.", "Z. B. so."),
        ("no stop here\nsecond line\n\nsecond paragraph.", "no stop here second line"),
        ("", ""),
        ("\u200b\n\nText.", "Text."),
        ("word " * 60, "word " * 31 + "word…"),
    ],
)
def test_first_sentence(text: str, wanted: str) -> None:
    assert first_sentence(text) == wanted


@given(st.text(), st.integers(2, 50))
def test_excerpt_is_never_too_long(text: str, limit: int) -> None:
    assert len(excerpt(text, limit)) <= limit


WORDS = (
    "The council met on Monday to talk about the new bridge that would cross the river near the old mill. "
)


def entry(title: str = "T", text: str = WORDS * 3, url: str = "https://a.example/1") -> Entry:
    return Entry(
        source="s",
        id="urn:x:1",
        url=url,
        title=Text(value=title),
        content=Text(value=text, type=TextType.HTML),
        enclosures=(Media(url="https://a.example/a.mp3"),),
    )


@pytest.mark.parametrize(
    "noise",
    [
        entry(text=WORDS.replace(" ", "\n ") * 3),
        entry(text=f"<p>{WORDS}{WORDS}{WORDS}</p>"),
        entry(text=WORDS * 3 + " <p>12 comments</p>"),
        entry(text=WORDS * 3 + " vor 3 Stunden 5 Kommentare"),
        entry(url="https://a.example/moved"),
        replace(entry(), people=(Person(name="A"),)),
    ],
)
def test_noise_leaves_the_fingerprint_alone(noise: Entry) -> None:
    assert fingerprint(noise) == fingerprint(entry())


@pytest.mark.parametrize(
    "edit",
    [
        entry(title="U"),
        entry(text=WORDS * 2 + WORDS.replace("Monday", "Tuesday")),
        replace(entry(), enclosures=()),
    ],
)
def test_an_edit_moves_the_fingerprint(edit: Entry) -> None:
    assert fingerprint(edit) != fingerprint(entry())


def test_a_mended_word_is_the_same_text_another_text_is_not() -> None:
    long = "".join(WORDS.replace("bridge", f"bridge{number}") for number in range(8))
    assert same_text(entry(text=long), entry(text=long.replace("bridge5", "brigde5")))
    assert not same_text(entry(text=WORDS), entry(text="Something else happened in the town. " * 5))
    assert not same_text(Entry(source="s", id="urn:x:1"), Entry(source="s", id="urn:x:2"))


def test_what_is_seen_to_be_clean_at_once_has_nothing_to_remove() -> None:
    looked_for = (chars.ODD, chars.RARE, chars.BIDI)
    every = (chr(code) for code in range(0x110000))
    missed = [one for one in every if chars._is_clean(f"a{one}") and any(p.search(one) for p in looked_for)]
    assert missed == []
    assert chars._is_clean("Zürich, «данные» – naïve “café” 日本語 😀") is True


@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "3",
                    "1.2",
                    "a",
                    "vor",
                    "il y a",
                    "3 comments",
                    "comments: 5",
                    "12 Kommentare",
                    "views (3)",
                    "x7",
                ),
                *(
                    "vor einer Stunde",
                    "2 hours ago",
                    "5  minutes ago",
                    "7 mal gelesen",
                    "il y a un jour",
                    "9,5",
                    "ü3 likes",
                ),
            ]
        ),
        max_size=8,
    ),
    st.sampled_from([" ", ", ", "; "]),
)
def test_noise_is_found_the_short_way_as_the_long_way(words: list[str], between: str) -> None:
    value = between.join(words) or "-"
    assert text._significant(Text(value=value)) == " ".join(
        text.NOISE.sub(" ", " ".join(value.split())).split()
    )
