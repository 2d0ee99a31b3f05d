"""Dates that sources really write, through the whole program: valid, believable, and the same for ever."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from planets import HOUR, NOW, Planet, Shown, atom, atom_entry, item, rss

from feeds.memory import Record
from feeds.model import DateOrigin

ROOT = Path(__file__).resolve().parents[1]
ATOM = (
    *("2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"),
    *("0001-01-01T00:00:00+14:00", "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "0000-00-00T00:00:00Z"),
    *("2024-01-01", "2024", "", "yesterday", "2024-02-30T00:00:00Z", "2016-12-31T23:59:60Z"),
    *("2024-01-01T24:00:00Z", "2024-01-01T00:00:00+99:99", "2024-01-01T00:00:00", "1970-01-01T00:00:00Z"),
    *("1900-01-01T00:00:00Z", "2024-01-01T00:00:00.123456789123Z", "2024-01-01 00:00:00"),
    *("2024-01-01t00:00:00z", "1704067200", "1704067200000", "2024-W01-1", "2024-001"),
    *("٢٠٢٤-٠١-٠١T٠٠:٠٠:٠٠Z", "9" * 5000 + "-01-01", "2024-01-01T00:00:00,5Z"),
)
RSS = (
    *("Mon, 01 Jan 24 00:00:00 GMT", "Thu, 01 Jan 70 00:00:00 GMT", "Mon, 01 Jan 2024 00:00:00 CEST"),
    *("Mon, 01 Jan 2024 00:00:00 XYZ", "Mon, 01 Jan 2024 00:00:00 +9999", "Mon, 01 Jan 2024 00:00:00"),
    *("Mon, 01 Jan 2024 00:00:00 A", "Fri, 01 Jan 2024 00:00:00 GMT", "Mon, 01 Foo 2024 00:00:00 GMT"),
    *(
        "Mon, 31 Feb 2024 00:00:00 GMT",
        "lun., 01 janv. 2024 00:00:00 +0100",
        "Mo, 01 Mär 2024 00:00:00 +0100",
    ),
    *("Пн, 01 янв 2024 00:00:00 +0300", "2024-01-01T00:00:00Z", "1/2/2024 3:04:05 PM"),
    *("Mon, 01 Jan 2024 25:61:61 GMT", "Thu, 01 Jan 2099 00:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"),
    *("Mon, 01 Jan 99999 00:00:00 GMT", "Mon, 01 Jan 0000 00:00:00 GMT", "Sun, 31 Mar 2024 02:30:00 CET"),
    "Mon, " * 20000,
)


def document(_: int) -> str:
    return rss(*(item(k, date=date or None) for k, date in enumerate([*RSS, *ATOM])))


def atoms(_: int) -> str:
    return atom(*(atom_entry(k, updated=date, published=date) for k, date in enumerate(ATOM)))


def instants(one: Shown) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in (one.published, one.updated) if text]


def test_whatever_date_is_declared_what_is_published_is_valid_and_lasts(tmp_path: Path) -> None:
    alone = {f"s{n}": lambda _, n=n: atom(atom_entry(f"s{n}", updated=ATOM[n])) for n in range(12)}
    with Planet(tmp_path, {"rss": document, "atom": atoms, **alone}) as planet:
        planet.poll()
        before = planet.items()
        assert len(before) == len(RSS) + 2 * len(ATOM) + 12
        earliest, latest = datetime(1970, 1, 1, tzinfo=UTC), planet.now + timedelta(days=1)
        for one in before:
            for instant in instants(one):
                assert instant.tzinfo is not None
                assert earliest <= instant <= latest, one
        planet.poll()
        planet.restart()
        planet.poll(after=30 * HOUR)
        assert planet.items() == before
        records = planet.records(["rss"])
        kept = {decision.reason for record in records if record.entry for decision in record.entry.decisions}
        for raw in ("Mon, 01 Jan 2024 25:61:61 GMT", "Mon, 01 Foo 2024 00:00:00 GMT", "yesterday"):
            assert f"its date {raw!r} cannot be read" in kept


def seen(record: Record) -> bool:
    updated = record.entry and record.entry.updated
    return updated is not None and updated.origin is DateOrigin.FIRST_SEEN


@pytest.mark.parametrize("date", ["yesterday", "", "2099-01-01T00:00:00Z"])
def test_a_lone_date_that_says_nothing_is_first_sight_for_ever(tmp_path: Path, date: str) -> None:
    with Planet(tmp_path, {"a": lambda _: atom(atom_entry(1, updated=date, published=date))}) as planet:
        for _ in range(3):
            planet.poll()
            planet.restart()
        (record,) = planet.records()
        assert seen(record)
        assert record.sort_key == record.first_seen == NOW + HOUR
        assert [one.updated for one in planet.items()] == ["2026-03-01T13:00:00Z"]


def test_nothing_of_a_backlog_stands_above_what_is_dated(tmp_path: Path) -> None:
    """Pages of year 0001, empty and impossible dates, among posts; and a second source, polled before."""
    page = {"title": "Page {}", "date": "01 Jan 0001", "link": "https://p.example/{}", "guid": "p{}"}
    dates = ["05 Feb 2026", "01 Jan 0001", None, "04 Feb 2026", "yesterday", "01 Jan 2099", "03 Feb 2026"]
    sources = {
        "blog": lambda _: rss(*(item(k, title="Post {}", date=date) for k, date in enumerate(dates))),
        "news": lambda _: rss(item("n", title="News", date="06 Feb 2026 10:00:00 GMT")),
        "pages": lambda _: rss(*(item(k, **page) for k in range(3))),
    }
    with Planet(tmp_path, sources) as planet:
        planet.poll()
        order = [one.title for one in planet.items()]
        assert order == ["News", "Post 0", "Post 2", "Post 3", "Post 4", "Post 5", "Post 6",
                         "Page 0", "Post 1", "Page 1", "Page 2"]  # fmt: skip
        before = planet.items()
        planet.lose()
        planet.poll()
        assert planet.items() == before, "the places come from the documents alone"
        planet.sources["blog"] = lambda _: rss(item("new", date=None), item("old", date="01 Jan 0001"))
        planet.poll()
        shown = [one.title for one in planet.items()]
        assert shown[0] == "Item new", "what appears later is new"
        assert set(shown[-5:]) == {"Item old", "Post 1", "Page 0", "Page 1", "Page 2"}


MOVING: dict[str, Callable[[int], str]] = {
    "moving": lambda n: rss(*(item(k, date=f"Sun, 01 Mar 2026 {12 + n}:00:00 GMT") for k in range(5))),
    "rss-never": lambda n: rss(*(item(k, date="Mon, 01 Jan 0000 00:00:00 GMT") for k in range(5))),
    "none": lambda n: rss(*(item(k, date=None) for k in range(5))),
}


@pytest.mark.parametrize("name", MOVING)
def test_dates_that_move_or_miss_move_nothing_over_ten_polls(tmp_path: Path, name: str) -> None:
    with Planet(tmp_path, {"a": MOVING[name]}) as planet:
        planet.poll()
        before = planet.items()
        for _ in range(9):
            planet.poll()
            assert planet.items() == before


SCRIPT = """
import locale, sys, time
locale.setlocale(locale.LC_ALL, "")
print(time.strftime("%B", time.gmtime(0)))
from datetime import timedelta
from pathlib import Path
sys.path.insert(0, "tests")
from planets import Planet
from test_dates_polled import atoms
from test_exactly_once import CHANGING, NO_ID
sources = {"atom": atoms, "none": NO_ID["guid-none-link-none"],
           "anew": CHANGING["guid-changing, no link, no date"][0]}
with Planet(Path(sys.argv[1]), sources) as planet:
    for hours in (1, 24):
        planet.poll(after=timedelta(hours=hours))
    planet.emit()
"""


def french(folder: Path) -> dict[str, str]:
    """Make a French machine; where no locale can be made, it speaks no other language."""
    made = folder / "locales" / "fr_FR.UTF-8"
    made.parent.mkdir()
    compiler = shutil.which("localedef")
    if compiler is None or not Path("/usr/share/i18n/locales/fr_FR").exists():
        return {"LC_ALL": "C.UTF-8"}
    subprocess.run([compiler, "-i", "fr_FR", "-f", "UTF-8", str(made)], check=True, capture_output=True)
    return {"LC_ALL": made.name, "LOCPATH": str(made.parent)}


def test_zone_language_and_hash_seed_of_the_machine_do_not_show(tmp_path: Path) -> None:
    """C13."""
    places: list[dict[str, str]] = [
        {"LC_ALL": "C.UTF-8"},
        {"LC_ALL": "C.UTF-8", "TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "1"},
        {**french(tmp_path), "PYTHONHASHSEED": "2"},
    ]
    runs = []
    for number, place in enumerate(places):
        folder = tmp_path / str(number)
        folder.mkdir()
        command = [sys.executable, "-c", SCRIPT, str(folder)]
        env = {**os.environ, **place}
        runs.append((folder, subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE)))
    months = [run.communicate()[0].decode().strip() for _, run in runs]
    assert [run.returncode for _, run in runs] == [0, 0, 0]
    assert months == ["January", "January", "janvier" if "LOCPATH" in places[2] else "January"]
    found = []
    for folder, _ in runs:
        port = (folder / "config.yaml").read_text().partition("127.0.0.1:")[2].partition("/")[0].encode()
        files = sorted((folder / "output").iterdir())
        found.append({path.name: path.read_bytes().replace(b":" + port, b"") for path in files})
    assert found[0].keys() >= {"all.atom", "all.rss", "all.json"}
    assert found[1] == found[0] == found[2]
