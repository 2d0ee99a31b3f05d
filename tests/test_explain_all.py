"""Every entry ever seen has exactly one outcome in each output, with its reason; each decision has a step.

Over every document that we have: some entries from two sources, some withdrawn, some expired.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers import Site
from test_end_to_end import NOW, SHARED, fixtures, polled
from test_pipeline import item, rss
from worlds import chain

from feeds.cli.work.explain import trail
from feeds.config.load import load
from feeds.config.schema import Config, Keep
from feeds.memory import Record
from feeds.model import Withdrawal
from feeds.pipeline import Emitter, Fate, explain
from feeds.store import Store, open_store

SPECIAL = {
    "undated": rss(item("u1"), item("u2")).replace(b"pubDate", b"noDate"),
    "future": rss(item("f1").replace("2026", "2100")),
    "many": rss(item("m1"), item("m2"), item("m3")).replace(b"Feb", b"Oct"),
    "story": rss(item("tag:s.example,2026:1"), item("tag:s.example,2026:2")),
    "planet": rss(item("tag:s.example,2026:1"), title="Planet"),
}
OUTPUTS = """\
outputs:
  - {name: all, limit: 50, archive: 40, formats: [json_feed]}
  - {name: few, limit: 8, per_source: 2, untitled: date, formats: [json_feed]}
  - {name: some, limit: 2000, filters: [{drop: {title: '(?i)a'}}, untrack], formats: [json_feed]}
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def sample() -> dict[str, bytes]:
    """A few documents of the corpus, if it is there; all of them with FEEDS_CORPUS=all."""
    manifest = SHARED / "manifest.jsonl"
    if not manifest.exists():
        return {}
    step = 1 if os.environ.get("FEEDS_CORPUS") == "all" else 211
    paths = [json.loads(line)["path"] for line in manifest.read_text("utf-8").splitlines()[::step]]
    return {f"c{number}": (SHARED / path).read_bytes() for number, path in enumerate(paths)}


def world(folder: Path, site: Site) -> Config:
    documents = fixtures() | sample() | SPECIAL
    site.routes.update({f"/{name}": body for name, body in documents.items()})
    lines = [f"  - {{name: '{name}', url: '{site.url('/' + name)}'}}" for name in documents]
    path = folder / "config.yaml"
    path.write_text(
        "site: {base_url: 'https://planet.example.org/', authority: 'planet.example.org,2026'}\n"
        "fetch: {allow: [127.0.0.0/8]}\nsources:\n" + "\n".join(lines) + "\n" + OUTPUTS,
        "utf-8",
    )
    return load(path, {})


def happened(config: Config, store: Store) -> list[Record]:
    """Let some entries be withdrawn and some expire; give all that were ever seen."""
    names = tuple(source.name for source in config.sources)
    seen = [(one.source, one.id) for one in store.newest(names)]
    for source, key in seen[::17]:
        pairs = [(Withdrawal(id=key, source="", when=NOW), one) for one in store.find(key)]
        store.withdraw([pair for pair in pairs if pair[1].source == source])
    for name in set(names[::5]) - SPECIAL.keys():
        store.prune(name, Keep(entries=1), NOW)
    found = {(one.source, one.id): one for one in store.holders({key for _, key in seen}, "")}
    return [found[pair] for pair in seen]


def test_every_entry_we_have_has_one_outcome_and_the_true_one(site: Site, tmp_path: Path) -> None:
    config = world(tmp_path, site)
    store = open_store("sqlite:///feeds.db", tmp_path)
    polled(config, store)
    emitter = Emitter(config, store)
    emitter.emit_all(NOW)
    seen = happened(config, store)
    emitter.emit_all(NOW + timedelta(minutes=1))
    states = store.states()
    sources = {source.name: source for source in config.sources}
    fates: Counter[Fate] = Counter()
    said: set[str] = set()
    placed: dict[str, list[tuple[str, str]]] = {output.name: [] for output in config.outputs}
    for one in seen:
        told = explain(emitter, one, NOW)
        assert [found.output for found in told] == [output.name for output in config.outputs]
        for found in told:
            standing = found.standing
            fates[standing.fate] += 1
            assert found.sentence
            for path in (path for path in found.files if path.endswith(".json")):
                placed[found.output].append((path, one.id))
        lines = list(trail(one, told, config, sources[one.source], states[one.source]))
        said.update(lines)
        topics = {line.partition(":")[0] for line in lines[1:]}
        assert {"id", "source", "first seen", "place in time", *placed} <= topics
        if one.entry is not None:
            assert {"title", "language"} <= topics
            assert topics & {"published", "updated"}
    for name, pairs in placed.items():
        files = chain(tmp_path, name)
        assert sorted(pairs) == sorted((path, key) for path, items in files.items() for key in items)
    store.close()
    missing = set(fates) ^ {
        *(Fate.PUBLISHED, Fate.ARCHIVED, Fate.BEYOND_LIMIT, Fate.SOURCE_FULL, Fate.FILTERED),
        *(Fate.ELSEWHERE, Fate.EXPIRED, Fate.WITHDRAWN),
    }
    assert missing <= {Fate.INVALID, Fate.SOURCE_FULL}
    assert any("in the future" in line for line in said)
    assert any("gives no date" in line for line in said)
