"""Withdrawn is withdrawn, whatever happens: gone within the run, marked for a while, never taken in again."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from planets import atom, atom_entry
from worlds import configured, fresh

from feeds.memory import SourceState
from feeds.model import Document, Withdrawal
from feeds.pipeline import Emitter, Verdict
from feeds.pipeline.keeping import Answer, Keeper, Result, was_read
from feeds.pipeline.refresh import answered, settings_hash
from feeds.sources import read

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MARKED = 90 * DAY
# The ids name the site of the blog; the planet has copies of them, and the mirror is none of both.
CONFIG = """site: {title: P, base_url: "https://p.example/", authority: "p.example,2026"}
sources:
  - {name: blog, url: "https://blog.example/feed"}
  - {name: planet, url: "https://planet.example/feed"}
  - {name: mirror, url: "https://mirror.example/feed"}
outputs:
  - {name: all, limit: 3, archive: 2}
  - {name: few, limit: 2, formats: [atom]}
"""
ID = "tag:blog.example,2026:{}"
NAMES = ("blog", "planet", "mirror")
KEYS = st.integers(0, 8)
STEPS = st.lists(
    st.one_of(
        # A source lists some entries, edited or not, and takes some back.
        st.tuples(
            st.just("listed"),
            st.sampled_from(NAMES),
            st.sets(KEYS, min_size=1),
            st.sets(KEYS, max_size=2),
            st.integers(0, 2),
        ),
        st.tuples(st.just("retracted"), KEYS),
        st.tuples(st.just("put_back"), KEYS),
        st.tuples(st.just("waited"), st.sampled_from([HOUR, 40 * DAY, 91 * DAY])),
    ),
    min_size=2,
    max_size=12,
)


class World:
    """A planet without servers, and what must be true of all that it publishes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = START
        self.config = configured(folder, CONFIG)
        self.store = fresh(folder)
        self.keeper = Keeper(self.config, self.store)
        self.sources = {source.name: source for source in self.config.sources}
        self.shown: dict[int, set[str]] = {}
        self.hidden: dict[int, set[str]] = {}
        self.marks: dict[int, dict[str, datetime]] = {}
        self.lifted: set[tuple[int, str]] = set()

    def listed(self, name: str, keys: set[int], back: set[int], version: int) -> None:
        """Let a source bring a document; one that takes back what nobody has says nothing."""
        back = {key for key in back if self.holders(key) and (name == "blog" or name in self.holders(key))}
        marks = "".join(
            "<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' "
            f"ref='{ID.format(key)}' when='{self.now:%Y-%m-%dT%H:%M:%SZ}'/>"
            for key in sorted(back)
        )
        entries = (
            atom_entry(key, eid=ID, title="Title {}", text=f"Words of entry-{{}}-, version {version}.")
            for key in sorted(keys)
        )
        self.bring(name, atom(marks, *entries))
        for key in keys:
            self.met(name, key)
        for key in back:
            self.mark(key, name)

    def bring(self, name: str, body: str) -> None:
        source = self.sources[name]
        document = Document(url=source.url or "", body=body.encode())
        kind, feed = read(document, source, self.config.authority)
        state = self.store.states([name]).get(name) or SourceState(name=name)
        after = was_read(answered(state, document, settings_hash(source), self.now), source, kind, feed, body)
        answer = Answer(source=source, state=after, feed=feed, result=Result.UNCHANGED, now=self.now)
        self.keeper.keep([answer])

    def holders(self, key: int) -> set[str]:
        return self.shown.get(key, set()) | self.hidden.get(key, set())

    def met(self, name: str, key: int) -> None:
        """A copy that is new is hidden if the operator, its owner, or its own source took it back before."""
        if name not in self.holders(key):
            by = {"", "blog", name} & self.marks.get(key, {}).keys()
            (self.hidden if by else self.shown).setdefault(key, set()).add(name)

    def mark(self, key: int, by: str) -> None:
        if by and ((key, by) in self.lifted):
            return
        told = self.marks.setdefault(key, {})
        told[by] = told.get(by, self.now) if by else self.now
        gone = {by} if by in {"planet", "mirror"} else set(NAMES)
        self.hidden.setdefault(key, set()).update(self.shown.get(key, set()) & gone)
        self.shown.get(key, set()).difference_update(gone)

    def retracted(self, key: int) -> None:
        records = self.store.find(ID.format(key))
        self.store.withdraw([(Withdrawal(id=one.id, source="", when=self.now), one) for one in records])
        if records:
            self.mark(key, "")

    def put_back(self, key: int) -> None:
        self.store.lift([ID.format(key)], self.now)
        # What was let go of 90 days after cannot come back; the store lets go only when it keeps house.
        self.lifted |= {(key, by) for by in self.marks.pop(key, {})}
        self.shown.setdefault(key, set()).update(self.hidden.pop(key, set()))

    def waited(self, span: timedelta) -> None:
        self.now += span

    def check(self) -> None:
        self.now += HOUR
        emitted = Emitter(self.config, self.store).emit_all(self.now)
        assert Verdict.REFUSED not in {one.verdict for one in emitted}
        files = {path: path.read_bytes() for path in (self.folder / "output").rglob("*.*")}
        pages = [json.loads(body) for path, body in files.items() if path.suffix == ".json"]
        ids = [item["id"] for page in pages for item in page["items"]]
        assert sorted(ids) == sorted(ID.format(key) for key, names in self.shown.items() if names)
        whole = b"".join(files.values())
        for key in self.hidden:
            if not self.shown.get(key):
                # Neither its text nor its title is anywhere, in no format, page or file.
                assert f"entry-{key}-".encode() not in whole
                assert f"Title {key}".encode() not in whole
        marked = {
            key
            for key, told in self.marks.items()
            if not self.shown.get(key) and max(told.values()) >= self.now - MARKED
        }
        for name in ("all.atom", "few.atom"):
            body = (self.folder / "output" / name).read_bytes()
            found = {key for key in range(9) if f'<at:deleted-entry ref="{ID.format(key)}"'.encode() in body}
            assert found == marked


@settings(
    deadline=None,
    max_examples=1000 if os.environ.get("FEEDS_CORPUS") == "all" else 10,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(STEPS)
def test_what_is_withdrawn_is_gone_everywhere_and_for_good(steps: list[tuple[object, ...]]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            for word, *given in steps:
                getattr(world, str(word))(*given)
                world.check()
        finally:
            world.store.close()
