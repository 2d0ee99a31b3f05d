"""JSON Feed 1.0 and 1.1 become the model: a case is a pair of files in ``data/json_feed``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading import DATA, check, feed_of

from feeds.errors import ReadError

CASES = sorted((DATA / "json_feed").glob("*.feed.json"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name.removesuffix(".feed.json"))
def test_fixture(path: Path) -> None:
    check(path, path.with_name(path.name.removesuffix(".feed.json") + ".json"))


def test_there_are_fixtures() -> None:
    assert len(CASES) > 7


def test_a_byte_order_mark_is_no_obstacle() -> None:
    told = {"version": "https://jsonfeed.org/version/1.1", "title": "é", "items": [{"id": "1"}]}
    raw = json.dumps(told, ensure_ascii=False)
    assert feed_of(b"\xef\xbb\xbf" + raw.encode()) == feed_of(raw.encode("utf-16")) == feed_of(raw)


KEYS = (
    *(
        "version",
        "title",
        "items",
        "id",
        "url",
        "content_html",
        "content_text",
        "summary",
        "authors",
        "author",
    ),
    *("tags", "attachments", "date_published", "date_modified", "language", "image", "hubs", "external_url"),
    *("size_in_bytes", "duration_in_seconds", "mime_type", "name", "home_page_url", "feed_url"),
)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["<b>", "/x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), values, max_size=5), st.lists(values, max_size=3))
def test_wrong_types_never_raise_anything_else(told: dict[str, object], items: list[object]) -> None:
    told = {**told, "version": "https://jsonfeed.org/version/1.1", "items": items}
    try:
        found = feed_of(json.dumps(told))
    except ReadError:
        return
    assert len({entry.id for entry in found.entries}) == len(found.entries)
