"""No entity of a document grows: not in time, not in memory, not into what we publish (CHECKS.md, C4)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from bombs import BOMBS, FORMATS
from commands import environment

Told = Mapping[str, Mapping[str, float]]
"""By the name of the bomb, what it took and what came out."""
ADDED = 100_000
"""Characters that entities may add to a document (docs/bounds.md)."""


@pytest.fixture(scope="module")
def told() -> Told:
    if sys.platform != "linux":
        pytest.skip("asks the system for the peak of a process's memory")
    run = [sys.executable, str(Path(__file__).with_name("bombs.py"))]
    said = subprocess.run(run, capture_output=True, check=True, timeout=300, env=environment()).stdout
    return {one.pop("name"): one for one in map(json.loads, said.splitlines())}


def test_every_bomb_ends_in_time_and_memory_in_every_format(told: Told) -> None:
    assert set(told) == {f"{kind}: {bomb}" for kind in FORMATS for bomb in BOMBS}
    assert [one for one in told.values() if one["seconds"] >= 2.5 or one["mib"] >= 300] == []


def test_nothing_of_a_bomb_grows_into_any_output(told: Told) -> None:
    # These two are worth a few letters each, which is what entities are for; what they add in all is bounded.
    taken = ("small", "named twice")
    assert [name for name, one in told.items() if not name.endswith(taken) and one["grown"]] == []
    assert [
        name for name, one in told.items() if one["longest"] >= 2 * ADDED or 3 * one["grown"] > ADDED
    ] == []
