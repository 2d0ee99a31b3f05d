"""``explain``: every entry ever seen has exactly one outcome in each output, and it is the true one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import RSS, feeds, planet
from hypothesis import HealthCheck, given, settings
from servers import Site
from store_values import NOW, opened
from worlds import configurations, configured, fill, fresh, published, records

from feeds.config.schema import Keep
from feeds.memory import Record
from feeds.pipeline import Emitter, Fate, Told, explain


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=configurations(), some=records())
def test_every_entry_has_one_outcome_and_published_means_in_the_file(text: str, some: list[Record]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        store = fresh(folder)
        fill(store, some)
        config = configured(folder, text)
        emitter = Emitter(config, store)
        walked = [explain(emitter, one, NOW) for one in some]
        emitter.emit_all(NOW, force=True)
        # What was remembered of the outputs gives the same answer as choosing anew.
        assert [explain(emitter, one, NOW) for one in some] == walked
        for output in config.outputs:
            shown = published(folder, output.name)
            told = [(one, outcome(emitter, one, output.name)) for one in some]
            places = {
                what.standing.place: one.id for one, what in told if what.standing.fate is Fate.PUBLISHED
            }
            assert [places[place] for place in sorted(k for k in places if k)] == shown
            assert sorted(p for p in places if p) == list(range(1, len(shown) + 1))
            members = {source.name for source in config.members(output)}
            for one, what in told:
                assert_reasonable(one, what, members, {source.name for source in config.sources})
        store.close()


def outcome(emitter: Emitter, one: Record, output: str) -> Told:
    (found,) = [told for told in explain(emitter, one, NOW) if told.output == output]
    return found


def assert_reasonable(one: Record, told: Told, members: set[str], listed: set[str]) -> None:
    fate = told.standing.fate
    assert (one.source in members) == (fate not in {Fate.NOT_TAKEN, Fate.UNLISTED})
    assert (one.source in listed) == (fate is not Fate.UNLISTED)
    assert (fate is Fate.EXPIRED) == (one.entry is None and one.source in members)
    assert (fate is Fate.FILTERED) == (told.standing.dropped is not None)
    assert (fate is Fate.ELSEWHERE) == (told.standing.shown is not None)
    assert (fate is Fate.PUBLISHED) == bool(told.files)
    assert told.sentence


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
