"""Ids are permanent: made from the most lasting thing that is known, the same on every machine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.model import IdOrigin
from feeds.normalize.ids import choose, mint
from feeds.normalize.urls import is_uri

AUTHORITY = "planet.example.org,2026"


def chosen(
    native_id: str | None = None, url: str | None = None, path: str | None = None, text: str | None = None
) -> tuple[str, IdOrigin]:
    return choose(authority=AUTHORITY, source="radio", native_id=native_id, url=url, path=path, text=text)[:2]


def test_a_declared_uri_stays_as_it_is() -> None:
    assert chosen("tag:a.example,2020:X%2f") == ("tag:a.example,2020:X%2f", IdOrigin.DECLARED)


def test_another_id_becomes_a_tag_of_authority_and_source() -> None:
    assert chosen(" post 7 \n", "https://a.example/") == (
        "tag:planet.example.org,2026:radio:post%207",
        IdOrigin.NATIVE,
    )


def test_a_blank_id_is_none() -> None:
    assert chosen("\u200b \n", "https://a.example/x") == ("https://a.example/x", IdOrigin.LINK)


def test_the_link_counts_in_its_canonical_form_with_fragment() -> None:
    assert chosen(None, "http://A.example/x?utm_source=y#v2") == ("https://a.example/x#v2", IdOrigin.LINK)


def test_a_path_serves_before_the_text() -> None:
    assert chosen(path="2026/a b.txt", text="x") == (
        "tag:planet.example.org,2026:radio:2026/a%20b.txt",
        IdOrigin.PATH,
    )


def test_text_serves_last_and_white_space_does_not_count() -> None:
    one, origin = chosen(text="a b")
    assert origin is IdOrigin.TEXT
    assert chosen(text=" a\n b ")[0] == one != chosen(text="a c")[0]
    assert one == "tag:planet.example.org,2026:radio:text:c8687a08aa5d6ed2044328fa6a697ab8"


def test_a_huge_native_id_is_hashed() -> None:
    assert len(chosen("g" * 1_000_000)[0]) < 200
    assert chosen("g" * 1_000_000) != chosen("g" * 1_000_001)


@given(st.lists(st.text(), min_size=1, max_size=3), st.lists(st.text(), min_size=1, max_size=3))
def test_minting_is_injective_and_gives_uris(one: list[str], other: list[str]) -> None:
    assert is_uri(mint(AUTHORITY, "s", *one))
    assert (mint(AUTHORITY, "s", *one) == mint(AUTHORITY, "s", *other)) == (one == other)
