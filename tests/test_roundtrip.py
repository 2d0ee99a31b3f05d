"""What we publish, another feeds reads as it was: the same entries, ids, origins; and writes the same bytes.

What a format cannot carry is listed in ``docs/roundtrip.md``; ``republish.carried`` is that list.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from mutations import CORPUS, DATA
from republish import lost, output, subscribed, taken, written
from samples import PLANET
from strategies import feeds

from feeds.formats import FEED_FORMATS
from feeds.model import Feed

every_format = pytest.mark.parametrize("word", FEED_FORMATS)
SLOW = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


# Round trips -------------------------------------------------------------------------------------------


@every_format
@SLOW
@given(feeds())
@example(PLANET)
def test_any_feed_comes_back(word: str, value: Feed) -> None:
    # Read once, so that it is what reading gives: generated values may be what no source can say.
    read_once = output(*subscribed(written(output(*value.entries), "json_feed")).entries)
    assert lost(read_once, word) == []


def documents() -> list[Path]:
    """Our fixtures, and a sample of the corpus; all of it with FEEDS_CORPUS=all."""
    ours = sorted([*(DATA / "feed").glob("*.xml"), *(DATA / "json_feed").glob("*.feed.json")])
    manifest = CORPUS / "manifest.jsonl"
    if not manifest.exists():
        return ours
    step = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 17
    lines = manifest.read_text("utf-8").splitlines()[::step]
    return [*ours, *(CORPUS / json.loads(line)["path"] for line in lines)]


@every_format
def test_whatever_was_read_comes_back(word: str) -> None:
    wrong = {}
    for path in documents():
        feed = taken(path.read_bytes())
        if feed is not None and (problems := lost(output(*feed.entries), word)):
            wrong[str(path)] = problems[:3]
    assert wrong == {}
