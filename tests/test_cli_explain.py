"""``feeds explain --cadence``: what is expected, the next poll, and why then."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
    assert "after 1 failure in a row" in feeds(folder, "explain", "--cadence", "down").stdout


def test_it_tells_what_a_request_has_to_be_worth_and_when_entries_could_be_lost(
    folder: Path, site: Site
) -> None:
    """A daily entry in the first minutes after six, for three weeks."""
    begin = datetime.now(UTC).replace(hour=6, minute=1, second=0)
    dates = [begin - timedelta(days=day) for day in range(1, 21)]
    items = "".join(
        f"<item><title>{date:%j}</title><pubDate>{date:%d %b %Y %H:%M:%S} GMT</pubDate></item>"
        for date in dates
    )
    site.routes["/feed"] = Reply(body=f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    feeds(folder, "once")
    lines = feeds(folder, "explain", "--cadence", "radio").stdout.splitlines()
    assert re.fullmatch(
        r"Its document holds 20 entries; none leaves it unseen if it is polled within 1[01] d", lines[2]
    )
    assert re.fullmatch(
        r"A request has to be worth \d+ \w+ of an entry's waiting \(budget: 24 requests a source and day\)",
        lines[3],
    )
    assert lines[-1] == "Within an hour, mostly at :00 to :04"
    monday = next(line for line in lines if line.startswith("Mon"))
    assert monday.split("  ")[1] == "······█·················"


def test_who_is_gone_and_who_is_overdue_is_said_so(folder: Path, site: Site) -> None:
    site.routes["/feed"] = Reply(status=410)
    feeds(folder, "once")
    with sqlite3.connect(folder / "feeds.db") as connection:
        connection.execute("UPDATE sources SET due = polled WHERE name = 'fixed'")
        trust = json.dumps({"gone_since": (datetime.now(UTC) - timedelta(hours=25)).isoformat()})
        connection.execute("UPDATE sources SET trust = ?, due = polled WHERE name = 'radio'", (trust,))
    assert "Next poll: now, it was due " in feeds(folder, "explain", "--cadence", "fixed").stdout
    feeds(folder, "once")
    lines = feeds(folder, "explain", "--cadence", "radio").stdout.splitlines()
    assert lines[1] == "Next poll: none, its server says that it is gone (410)"
    said = json.loads(feeds(folder, "explain", "--cadence", "radio", "--json").stdout)
    assert said["reason"] == "gone"


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
