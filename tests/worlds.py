"""Small worlds for the properties of explain and plan: configurations, and what stores remember."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from store_values import NOW, Changed, opened, poll, record

from feeds.config.load import load
from feeds.config.schema import Config, Keep
from feeds.memory import Record, SourceState
from feeds.model import Text, Withdrawal
from feeds.store import Poll, Store

NAMES = ("a", "b", "c")
STEPS = st.sampled_from(
    [
        "{drop: {title: Snow}}",
        "{keep: {title: '[abc]'}}",
        "{limit: 2}",
        "untrack",
        "{keep: {language: de}}",
    ]
)
POLICIES = st.sampled_from(["full", "full", "headline", "{excerpt: 1}"])
PROVENANCES = st.sampled_from(["none", "none", "prefix", "line"])
ARCHIVES = st.sampled_from(["none", "none", "1", "2", "month"])
FORMATS = st.sampled_from(["[json_feed]", "[atom, json_feed]"])
TITLES = st.sampled_from(["derive", "date"])
BASE = "https://planet.example/"
CHAINS = st.lists(STEPS, max_size=2).map(lambda steps: f"[{', '.join(steps)}]")
KEYS = [f"https://{name}.example/{number}" for name in NAMES for number in range(3)] + ["urn:x:1", "urn:x:2"]


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """Give sources and outputs; a source that has entries may be missing, and one has none."""
    base = draw(st.sampled_from([BASE, BASE, "https://b.example/p/"]))
    lines = [
        f"site: {{title: P, base_url: '{base}', authority: 'planet.example,2026'}}",
        "sources:",
        "  - {name: d, url: 'https://d.example/feed', tags: [x, y]}",
    ]
    names = draw(st.permutations(NAMES))[: draw(st.integers(1, 3))]
    for name in names:
        tags = draw(st.lists(st.sampled_from(["x", "y"]), unique=True))
        paused = "true" if draw(st.booleans()) else "false"
        lines.append(
            f"  - {{name: {name}, url: 'https://{name}.example/feed', tags: [{', '.join(tags)}],"
            f" filters: {draw(CHAINS)}, paused: {paused}, republish: {draw(POLICIES)}"
            f"{draw(st.sampled_from(['', '', ', warm_up: 1']))}}}"
        )
    lines.append("outputs:")
    some = ["{tags: x}", "{tags: [x, y]}", *(f"{{sources: {name}}}" for name in names)]
    for number in range(draw(st.integers(1, 3))):
        taken = draw(st.sampled_from(["", *(f"from: {one}, " for one in some)]))
        limit = draw(st.sampled_from(["1", "2", "3", "60", "60, per_source: 1", "4, per_source: 2"]))
        look = f"untitled: {draw(TITLES)}, provenance: {draw(PROVENANCES)}, formats: {draw(FORMATS)}"
        archive = draw(ARCHIVES)
        lines.append(
            f"  - {{name: out{number}, {taken}filters: {draw(CHAINS)}, limit: {limit}, {look},"
            f" archive: {archive}}}"
        )
    return "\n".join(lines)


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """Give records of three sources, some with an id that others have, too, some expired."""
    found = []
    for name in NAMES:
        for key in draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=2, max_size=6)):
            hours, page = draw(st.sampled_from([0, 1, 2, 3, 4, 800, 1600])), f"{key}?utm_source=x"
            one = record(name, hours=hours, id=key, native_id=key, url=page)
            assert one.entry is not None
            title = draw(st.sampled_from(["Snow", "Sun", "a", "b on c", None]))
            language = draw(st.sampled_from(["de", None]))
            entry = replace(one.entry, title=Text(value=title) if title else None, language=language)
            backlog, held = draw(st.sampled_from([None, None, 0, 1, 2])), draw(st.integers(0, 9)) == 0
            one = replace(one, backlog=backlog, held=held)
            found.append(replace(one, entry=None if draw(st.integers(0, 5)) == 0 else entry))
    return found


@cache
def blank() -> bytes:
    """Give the file of a store without anything in it: to make one takes longer than to use it."""
    with tempfile.TemporaryDirectory() as place:
        opened(Path(place)).close()
        return (Path(place) / "feeds.db").read_bytes()


def fresh(folder: Path) -> Store:
    """Open a store of its own in that folder."""
    with suppress(FileNotFoundError):  # where the tests' stores are on a server, there is no file
        (folder / "feeds.db").write_bytes(blank())
    return opened(folder)


def fill(store: Store, some: list[Record]) -> None:
    """Remember the records; each of the sources is known, also one without any."""
    for name in NAMES:
        new = tuple(one for one in some if one.source == name)
        store.save([poll(*new) if new else Poll(state=SourceState(name=name), changes=Changed())])


def configured(folder: Path, text: str) -> Config:
    path = folder / "config.yaml"
    path.write_text(text)
    return load(path, {})


def stir(store: Store, some: list[Record], what: str, number: int) -> None:
    """Let something happen to one of the entries: it is withdrawn, put back, edited, or expires."""
    one = some[number % len(some)]
    if what == "withdraw":
        note = Withdrawal(id=one.id, source="", when=NOW, reason="an error")
        store.withdraw([(note, each) for each in store.find(one.id)])
    elif what == "lift":
        store.lift([one.id], NOW)
    elif what == "expire":
        store.prune(one.source, Keep(entries=1 + number % 3), NOW)
    elif one.entry is not None and any(
        each.entry for each in store.find(one.id) if each.source == one.source
    ):
        edited = replace(one, entry=replace(one.entry, title=Text(value=f"Sun {number}")))
        store.save([Poll(state=SourceState(name=one.source), changes=Changed(changed=(edited,)))])


def chain(folder: Path, output: str) -> dict[str, dict[str, Any]]:
    """Give what a reader finds who walks from an output's feed through its pages: file to ids and items."""
    found: dict[str, dict[str, Any]] = {}
    name = f"{output}.json"
    while (path := folder / "output" / name).exists():
        document = json.loads(path.read_text())
        found[name] = {item["id"]: item for item in document["items"]}
        if "next_url" not in document:
            break
        base = document["feed_url"].removesuffix(name)
        name = document["next_url"].removeprefix(base)
    return found


def published(folder: Path, output: str) -> list[str]:
    """Give the ids in an output's file; none if there is no file."""
    path = folder / "output" / f"{output}.json"
    return [item["id"] for item in json.loads(path.read_text())["items"]] if path.exists() else []
