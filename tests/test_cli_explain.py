"""``feeds explain --cadence``: what is expected, the next poll, and why then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import RSS, feeds, planet
from servers import Reply, Site


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/feed": RSS, "/down": Reply(status=500)}) as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    return planet(
        tmp_path,
        f"""\
fetch: {{allow: [127.0.0.0/8]}}
sources:
  - {{name: radio, url: '{site.url("/feed")}'}}
  - {{name: fixed, url: '{site.url("/feed")}', interval: 90m}}
  - {{name: down, url: '{site.url("/down")}'}}
""",
    )


def test_it_tells_what_is_expected_and_why_then(folder: Path) -> None:
    assert "never polled" in feeds(folder, "explain", "--cadence", "radio").stdout
    feeds(folder, "once")
    lines = feeds(folder, "explain", "--cadence", "radio").stdout.splitlines()
    assert lines[0].startswith("Last poll: ")
    assert lines[1].startswith("Next poll: ")
    assert [line[:3] for line in lines[-7:]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert {len(line.split("  ")[1]) for line in lines[-7:]} == {24}
    assert "the interval in config.yaml" in feeds(folder, "explain", "--cadence", "fixed").stdout
    assert "1 failure in a row" in feeds(folder, "explain", "--cadence", "down").stdout


def test_for_programs_it_is_one_document(folder: Path) -> None:
    feeds(folder, "once")
    said = json.loads(feeds(folder, "explain", "--cadence", "radio", "--json").stdout)
    assert len(said["expected"]) == 168
    assert sum(said["expected"]) == pytest.approx(7 * said["entries_a_day"], rel=1e-3)
    assert said["reason"] in {"planned", "max_interval", "min_interval", "window"}
    assert said["polled"] < said["due"]
    assert json.loads(feeds(folder, "explain", "--cadence", "fixed", "--json").stdout)["expected"] == []


def test_a_name_that_is_no_source_is_a_mistake(folder: Path) -> None:
    done = feeds(folder, "explain", "--cadence", "radoi")
    assert done.returncode == 2
    assert "did you mean 'radio'?" in done.stderr
