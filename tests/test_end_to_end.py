"""Every document we have, through the whole of it: served, polled, merged, published, judged."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from judge import judge
from servers import Site

from feeds import __version__, validity
from feeds.config.load import load
from feeds.config.schema import Config
from feeds.fetch import open_client
from feeds.formats import FEED_FORMATS
from feeds.memory import SourceState
from feeds.pipeline import Emitter, Outcome, Poller, Result, Verdict, open_readers
from feeds.store import Store, open_store

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests/data"
# What docs/validity.md says a validator may warn of, where we know our address; all else is wrong.
TABLE = re.findall(
    r"^\| `([\w:]+)` \| (.+?) \|", (ROOT / "docs/validity.md").read_text("utf-8"), re.MULTILINE
)
WARNINGS = {code for code, when in TABLE if "without `site.base_url`" not in when}
SHARED = ROOT.parent / "shared/corpus"


def fixtures() -> dict[str, bytes]:
    found = sorted((DATA / "feed").glob("*.xml")) + sorted((DATA / "json_feed").glob("*.feed.json"))
    return {f"{path.parent.name}-{path.name}": path.read_bytes() for path in found}


def corpus() -> dict[str, bytes]:
    """A sample of the corpus; all of it with FEEDS_CORPUS=all."""
    manifest = SHARED / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip("the corpus lies beside the project, and is not here")
    step = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 23
    lines = manifest.read_text("utf-8").splitlines()[::step]
    paths = [json.loads(line)["path"] for line in lines]
    return {f"c{number}": (SHARED / path).read_bytes() for number, path in enumerate(paths)}


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def configured(folder: Path, site: Site, documents: Mapping[str, bytes]) -> Config:
    """One output over all, and one for each source, so that no document hides behind another."""
    site.routes.update({f"/{name}": body for name, body in documents.items()})
    lines = [
        'site: {title: All, base_url: "https://planet.example.org/", authority: "planet.example.org,2026"}',
        "fetch: {allow: [127.0.0.0/8]}",
        "sources:",
        *(f"  - {{name: '{name}', url: '{site.url('/' + name)}'}}" for name in documents),
        f"  - {{name: articles, path: '{DATA / 'articles'}'}}",
        "outputs:",
        "  - {name: all, limit: 5000}",
        *(f"  - {{name: 'of-{name}', from: {{sources: ['{name}']}}, limit: 500}}" for name in documents),
    ]
    path = folder / "config.yaml"
    path.write_text("\n".join(lines), "utf-8")
    return load(path, {})


def polled(config: Config, store: Store) -> tuple[Outcome, ...]:
    async def run() -> tuple[Outcome, ...]:
        async with open_client(config.fetch, __version__) as client:
            known = store.states()
            states = [known.get(s.name) or SourceState(name=s.name) for s in config.sources]
            with open_readers(config.read) as readers:
                return await Poller(config, store, client, readers).refresh_all(states, NOW)

    return asyncio.run(run())


def wrong(folder: Path) -> dict[str, list[str]]:
    """Find the published feeds that we, or the judge, would not let pass; also for a warning."""
    types = {form.suffix: form.media_type for form in FEED_FORMATS.values()}
    found = {}
    for path in sorted((folder / "output").glob("*")):
        if path.suffix in types:
            body = path.read_bytes()
            findings = [one for one in judge(body, safe=True) if f"{one.layer}:{one.code}" not in WARNINGS]
            problems = [*validity.check(types[path.suffix], body), *map(str, findings)]
            if problems:
                found[path.name] = problems[:5]
    return found


@pytest.mark.parametrize("documents", [fixtures, corpus], ids=["fixtures", "corpus"])
def test_whatever_comes_in_what_goes_out_is_valid_and_rests(
    site: Site, tmp_path: Path, documents: object
) -> None:
    assert callable(documents)
    config = configured(tmp_path, site, documents())
    store = open_store("sqlite:///feeds.db", tmp_path)
    try:
        outcomes = polled(config, store)
        assert [one.source for one in outcomes if one.surprise] == []
        # Of the corpus, half is no feed or has no entries; what follows has to be about something.
        assert sum(one.result is Result.NEW for one in outcomes) > len(outcomes) / 3
        emitted = Emitter(config, store).emit_all(NOW)
        assert [one for one in emitted if one.problems] == []
        assert wrong(tmp_path) == {}
        again = polled(config, store)
        assert [(one.source, one.new, one.changed) for one in again if one.new or one.changed] == []
        assert {one.verdict for one in Emitter(config, store).emit_all(NOW)} == {Verdict.SKIPPED}
        assert {one.verdict for one in Emitter(config, store).emit_all(NOW, force=True)} == {
            Verdict.UNCHANGED
        }
    finally:
        store.close()


def test_without_an_address_the_judge_warns_of_that_and_of_nothing_else(site: Site, tmp_path: Path) -> None:
    configured(tmp_path, site, fixtures())
    path = tmp_path / "config.yaml"
    path.write_text(path.read_text("utf-8").replace('base_url: "https://planet.example.org/", ', ""), "utf-8")
    config = load(path, {})
    config = config.model_copy(update={"outputs": config.outputs[:1]})
    store = open_store("sqlite:///feeds.db", tmp_path)
    try:
        polled(config, store)
        Emitter(config, store).emit_all(NOW)
    finally:
        store.close()
    bodies = [path.read_bytes() for path in (tmp_path / "output").glob("all.*")]
    found = {f"{one.layer}:{one.code}" for body in bodies for one in judge(body, safe=True)}
    assert found == {code for code, _ in TABLE}
