"""``explain``: every entry ever seen has exactly one outcome in each output, and it is the true one."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import RSS, feeds, planet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers import Site
from store_values import NOW, opened, record
from worlds import chain, configurations, configured, fill, fresh, published, records, stir

from feeds.config.schema import Keep
from feeds.memory import Record
from feeds.pipeline import Emitter, Fate, Told, explain


@settings(
    max_examples=int(os.environ.get("FEEDS_PLANS", "12")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    old=configurations(),
    text=configurations(),
    some=records(),
    events=st.lists(
        st.tuples(st.sampled_from(["withdraw", "lift", "expire"]), st.integers(0, 50)), max_size=3
    ),
)
def test_every_entry_has_one_outcome_and_published_means_in_the_file(
    old: str, text: str, some: list[Record], events: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        store = fresh(folder)
        fill(store, some)
        Emitter(configured(folder, old), store).emit_all(NOW)
        for event, number in events:
            stir(store, some, event, number)
        config = configured(folder, text)
        emitter = Emitter(config, store)
        now = [next(found for found in store.find(one.id) if found.source == one.source) for one in some]
        walked = [explain(emitter, one, NOW) for one in now]
        emitter.emit_all(NOW, force=True)
        after = [explain(emitter, one, NOW) for one in now]
        # What was remembered of the outputs gives the same answer as choosing anew.
        assert [bare(told) for told in after] == [bare(told) for told in walked]
        for output in config.outputs:
            files = chain(folder, output.name)
            fates = [(one, outcome(found, output.name)) for one, found in zip(now, after, strict=True)]
            places = {
                what.standing.place: one.id for one, what in fates if what.standing.fate is Fate.PUBLISHED
            }
            shown = list(files[f"{output.name}.json"])
            assert [places[place] for place in sorted(k for k in places if k)] == shown
            assert sorted(p for p in places if p) == list(range(1, len(shown) + 1))
            kept = {
                (f"archive/{output.name}/{what.standing.page}.json", one.id)
                for one, what in fates
                if what.standing.fate is Fate.ARCHIVED
            }
            pages = [(path, key) for path, items in files.items() for key in items if "/" in path]
            assert sorted(kept) == sorted(pages)
            members = {source.name for source in config.members(output)}
            for one, what in fates:
                assert_reasonable(one, what, members, {source.name for source in config.sources})
        store.close()


def bare(found: tuple[Told, ...]) -> list[object]:
    """Give what was told but for whether a page is closed already."""
    return [
        (one.output, one.files, one.left_out, replace(one.standing, closed=False, entry=None))
        for one in found
    ]


def outcome(found: tuple[Told, ...], output: str) -> Told:
    (only,) = [told for told in found if told.output == output]
    return only


def assert_reasonable(one: Record, told: Told, members: set[str], listed: set[str]) -> None:
    fate = told.standing.fate
    assert told.sentence
    assert (fate in {Fate.PUBLISHED, Fate.ARCHIVED}) == bool(told.files)
    assert (fate is Fate.FILTERED) == (told.standing.dropped is not None)
    assert (fate is Fate.ELSEWHERE) == (told.standing.shown is not None)
    assert (fate is Fate.WITHDRAWN) == (told.standing.mark is not None)
    if fate is Fate.ARCHIVED:
        # A closed page keeps it, whatever became of its source or of its text.
        return
    assert (one.source in members) == (fate not in {Fate.NOT_TAKEN, Fate.UNLISTED})
    assert (one.source in listed) == (fate is not Fate.UNLISTED)
    if one.source in members:
        assert (fate in {Fate.EXPIRED, Fate.WITHDRAWN}) == (one.entry is None)


def told_of(folder: Path, *args: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(feeds(folder, "explain", *args, "--json").stdout)
    return document


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/feed": RSS}) as site:
        yield site


CONFIG = """\
fetch: {{allow: [127.0.0.0/8]}}
sources:
  - {{name: radio, url: '{url}', filters: [{{drop: {{title: 'Snow in'}}}}]}}
outputs:
  - {{name: all}}
  - {{name: one, limit: 1}}
"""


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    return planet(tmp_path, CONFIG.format(url=site.url("/feed")))


def test_the_trail_tells_where_it_came_from_and_what_became_of_it(folder: Path, site: Site) -> None:
    feeds(folder, "once")
    shown = feeds(folder, "explain", "http://radio.example/2").stdout
    assert shown.startswith("Sun on the summit\n")
    assert f"source: radio ({site.url('/feed')})" in shown
    assert "published: 2020-11-03 10:00:00 +00:00, declared" in shown
    assert "all: published, place 1, in all.atom, all.rss, all.json" in shown
    dropped = feeds(folder, "explain", "snow in").stdout
    assert (
        'dropped by filter 1 of source radio, drop: {"title": "Snow in"}: its title has «Snow in»' in dropped
    )


def test_a_changed_configuration_is_explained_before_it_is_published(folder: Path, site: Site) -> None:
    feeds(folder, "once")
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("Snow in", "Ice"))
    outputs = {one["output"]: one for one in told_of(folder, "snow in")["entries"][0]["outputs"]}
    assert (outputs["all"]["outcome"], outputs["all"]["place"]) == ("published", 2)
    assert outputs["one"]["outcome"] == "beyond_limit"
    path.write_text("sources: []\n")
    (entry,) = told_of(folder, "snow in")["entries"]
    assert entry["outputs"][0]["outcome"] == "source_not_in_config"


def test_a_source_has_no_more_places_than_an_output_gives_it(folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_text(
        path.read_text().replace("Snow in", "Ice").replace("{name: all}", "{name: all, per_source: 1}")
    )
    feeds(folder, "once")
    assert published(folder, "all") == ["http://radio.example/2"]
    shown = feeds(folder, "explain", "http://radio.example/1").stdout
    assert "all: not shown: 1 newer entries of source radio are (per_source: 1)" in shown


def test_a_closed_page_and_a_withdrawal_are_named(tmp_path: Path) -> None:
    store = opened(tmp_path)
    fill(store, [record("a", number, hours=number) for number in range(1, 7)])
    store.close()
    config = "site: {base_url: 'https://planet.example/'}\nsources: [{name: a, url: 'https://a.example/'}]\n"
    planet(tmp_path, config + "outputs: [{name: all, limit: 2, archive: 2, formats: [atom, json_feed]}]\n")
    coming = feeds(tmp_path, "explain", "https://a.example/6").stdout
    assert (
        "all: goes to the closed page 1 of the archive when this is published, in archive/all/1.atom"
        in coming
    )
    planned = feeds(tmp_path, "plan").stdout
    assert planned.splitlines()[0] == "all: 6 added, 6 files written"
    assert (
        "+ a: Title 6 <tag:planet.example,2026:a:6>: the output was not published before; to the new"
        in planned
    )
    feeds(tmp_path, "publish")
    path = tmp_path / "config.yaml"
    path.write_text(path.read_text().replace("{name: a,", "{name: a, filters: [{drop: {title: '[16]'}}],"))
    kept = feeds(tmp_path, "explain", "https://a.example/6").stdout
    where = "archive/all/1.atom, archive/all/1.json"
    assert f"all: published before, and kept in the closed page 1 of the archive, in {where}" in kept
    planned = feeds(tmp_path, "plan", "all").stdout
    assert "(2 closed pages of the archive stay as they are)" in planned
    feeds(tmp_path, "retract", "https://a.example/6", "--reason", "an error")
    assert "all: withdrawn by `feeds retract` on 20" in feeds(tmp_path, "explain", "title 6").stdout
    entry = told_of(tmp_path, "https://a.example/5")["entries"][0]["outputs"][0]
    assert (entry["outcome"], entry["page"]) == ("archived", "1")


def test_several_matches_are_listed_and_near_titles_named(folder: Path) -> None:
    assert feeds(folder, "explain", "snow").returncode == 2
    feeds(folder, "once")
    listed = feeds(folder, "explain", "the")
    assert "http://radio.example/1" in listed.stdout
    assert "2 entries match" in listed.stderr
    assert len(told_of(folder, "the")["matches"]) == 2
    missed = feeds(folder, "explain", "sun on the submit")
    assert missed.returncode == 1
    assert "«sun on the summit»" in missed.stderr
    assert feeds(folder, "explain").returncode == 2
    assert feeds(folder, "explain", "x", "--cadence", "radio").returncode == 2


def test_an_expired_entry_is_explained(folder: Path, tmp_path: Path) -> None:
    feeds(folder, "once")
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("{name: radio,", "{name: radio, keep: 1 entries,"))
    store = opened(tmp_path)
    assert store.prune("radio", Keep(entries=1), NOW) == 1
    store.close()
    shown = feeds(folder, "explain", "http://radio.example/1").stdout
    assert "all: expired: source radio keeps 1 entries (keep)" in shown
