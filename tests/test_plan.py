"""``plan``: what publishing then does, each change with the rule that does it, and nothing is written."""

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
from store_values import NOW, Changed, opened
from worlds import chain, configurations, configured, fill, fresh, records, stir

from feeds.memory import Record
from feeds.model import Text
from feeds.pipeline import Emitter, Plan, Sign, Verdict, plan
from feeds.store import Poll


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    output = folder / "output"
    paths = sorted(path for path in output.rglob("*") if path.is_file())
    return {
        path.relative_to(output).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in paths
    }


EVENTS = st.lists(
    st.tuples(st.sampled_from(["withdraw", "lift", "expire", "edit"]), st.integers(0, 50)), max_size=3
)
STAGES = st.lists(st.tuples(configurations(), records(), EVENTS), min_size=2, max_size=3)


@settings(
    max_examples=int(os.environ.get("FEEDS_PLANS", "10")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(STAGES)
def test_a_plan_is_what_publishing_does(
    stages: list[tuple[str, list[Record], list[tuple[str, int]]]],
) -> None:
    """Whatever was published before, with whatever configuration, and whatever came or happened since."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        store = fresh(folder)
        for text, some, events in stages:
            fill(store, some)
            for what, number in events:
                stir(store, some, what, number)
            config = configured(folder, text)
            names = [output.name for output in config.outputs]
            before, standing = {name: chain(folder, name) for name in names}, contents(folder)
            emitter = Emitter(config, store)
            plans = tuple(plan(emitter, NOW))
            assert contents(folder) == standing
            emissions = emitter.emit_all(NOW, force=True)
            assert {path: verdict for one in plans for path, verdict in one.files} == {
                one.path: one.verdict for one in emissions
            }
            touched = {
                path for path, (body, _) in contents(folder).items() if standing.get(path, ("",))[0] != body
            }
            assert touched == {one.path for one in emissions if one.verdict is Verdict.WRITTEN}
            planned = {one.output: one for one in plans[: len(names)]}
            for name in names:
                compare(planned[name], before[name], chain(folder, name))
            assert all(one.idle and not one.changes for one in plan(emitter, NOW))
        store.close()


Chain = dict[str, dict[str, Any]]


def compare(planned: Plan, before: Chain, after: Chain) -> None:
    feed = f"{planned.output}.json"
    was = {key: path for path, items in before.items() for key in items}
    now = {key: path for path, items in after.items() for key in items}
    # Each entry is in one place.
    assert len(now) == sum(map(len, after.values()))

    def having(sign: Sign) -> set[str]:
        return {change.id for change in planned.changes if change.sign is sign}

    assert having(Sign.ADDED) == now.keys() - was.keys()
    assert having(Sign.REMOVED) == was.keys() - now.keys()
    assert having(Sign.MOVED) == {key for key in now.keys() & was.keys() if now[key] != was[key]}
    both = before.get(feed, {}).keys() & after.get(feed, {}).keys()
    assert having(Sign.CHANGED) >= {key for key in both if after[feed][key] != before[feed][key]}
    for change in planned.changes:
        path = f"archive/{planned.output}/{change.page}.json" if change.page else feed
        assert path in {now.get(change.id), was.get(change.id)}
    assert len({change.id for change in planned.changes}) == len(planned.changes)
    assert all(change.rule for change in planned.changes)
    # A page that stays has the entries it had, as they were, but for those that were withdrawn.
    for path in before.keys() & after.keys() - {feed}:
        if path not in {name for name, _ in planned.files}:
            assert after[path] == before[path]


CONFIG = """\
fetch: {{allow: [127.0.0.0/8]}}
sources:
  - {{name: radio, url: '{url}', tags: [news]}}
  - {{name: other, url: '{url}?other', tags: [calm]}}
outputs:
  - {{name: all, from: {{tags: news}}}}
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site({"/feed": RSS}) as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path, site: Site) -> Path:
    made = planet(tmp_path, CONFIG.format(url=site.url("/feed")))
    feeds(made, "once", "--source", "radio")
    return made


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "config.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def rules(folder: Path) -> dict[str, str]:
    document = json.loads(feeds(folder, "plan", "all", "--json").stdout)
    return {
        f"{change['sign']} {change['title']}": change["rule"]
        for one in document["outputs"]
        for change in one["changes"]
    }


def test_nothing_to_change_is_said_by_the_exit_status_too(folder: Path) -> None:
    done = feeds(folder, "plan", "--exit-code")
    assert (done.returncode, done.stdout) == (0, "")
    edit(folder, "name: all,", "name: all, title: Everything,")
    assert feeds(folder, "plan").returncode == 0
    done = feeds(folder, "plan", "--exit-code")
    assert done.returncode == 3
    assert '~ title: null → "Everything"' in done.stdout
    assert feeds(folder, "plan", "al").returncode == 2
    feeds(folder, "publish")
    assert feeds(folder, "plan", "--exit-code").returncode == 0


def test_a_filter_that_came_and_went_is_named(folder: Path) -> None:
    edit(folder, "tags: [news]}", "tags: [news], filters: [{drop: {title: Snow}}]}")
    assert rules(folder) == {
        "- Snow in the valley": "dropped by filter 1 of source radio, "
        'drop: {"title": "Snow"}: its title has «Snow»'
    }
    feeds(folder, "publish")
    edit(folder, ", filters: [{drop: {title: Snow}}]", "")
    assert rules(folder) == {
        "+ Snow in the valley": "dropped before by a filter that is not there any more: "
        'drop: {"title": "Snow"}'
    }


def test_a_limit_and_a_source_that_left_are_named(folder: Path) -> None:
    edit(folder, "{name: all,", "{name: all, limit: 1,")
    assert "(limit: 1)" in rules(folder)["- Snow in the valley"]
    feeds(folder, "publish")
    edit(folder, "limit: 1,", "limit: 9,")
    assert rules(folder) == {"+ Snow in the valley": "limit: 1 → 9"}
    edit(folder, "tags: news", "tags: calm")
    assert rules(folder) == {"- Sun on the summit": "not taken: the output is from tags calm"}
    feeds(folder, "publish")
    edit(folder, "tags: calm", "tags: news")
    assert set(rules(folder).values()) == {"source radio came into the output"}


def test_a_setting_that_changes_how_entries_look_is_named(folder: Path) -> None:
    edit(folder, "{name: all,", "{name: all, provenance: prefix,")
    assert set(rules(folder).values()) == {"provenance: none → prefix"}
    assert {key[0] for key in rules(folder)} == {"~"}


def test_what_its_source_changed_is_told_from_what_a_setting_did(folder: Path) -> None:
    store = opened(folder)
    (one,) = store.titled("sun", 1)
    assert one.entry is not None
    after = replace(one, entry=replace(one.entry, title=Text(value="Sun in the valley")))
    store.save([Poll(state=store.states()["radio"], changes=Changed(changed=(after,)))])
    store.close()
    assert rules(folder) == {"~ Sun in the valley": "its source changed it"}


def test_an_output_that_left_is_told(folder: Path) -> None:
    edit(folder, "name: all,", "name: whole,")
    document = json.loads(feeds(folder, "plan", "--json").stdout)
    gone = [one for one in document["outputs"] if one["output"] == "all"]
    assert {file["verdict"] for file in gone[0]["files"]} == {"removed"}
    assert {change["rule"] for change in gone[0]["changes"]} == {"the output left config.yaml"}
    feeds(folder, "publish")
    assert feeds(folder, "plan", "--exit-code").returncode == 0
