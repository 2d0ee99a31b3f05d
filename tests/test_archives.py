"""Archives (RFC 5005): walking the chain gives every entry once, in order; closed pages stay as they are."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from judge import errors

from feeds import publish
from feeds.config.load import load
from feeds.dedupe import Changes
from feeds.errors import ConfigError, PublishError
from feeds.formats import FEED_FORMATS
from feeds.memory import Record, SourceState
from feeds.model import Entry, Moment, Text, Withdrawal
from feeds.pipeline import Emission, Emitter, Verdict
from feeds.store import Poll, Store, open_store

BASE = "https://planet.example.org/"
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FORMATS = {".atom": "atom", ".rss": "rss", ".json": "json_feed"}


@dataclass
class Document:
    """What a reader takes from one document: ids, and where it leads."""

    ids: list[str]
    links: Mapping[str, str]
    archive: bool
    complete: bool


def document(body: bytes) -> Document:
    assert errors(body, safe=True) == []
    if body.startswith(b"{"):
        feed = json.loads(body)
        more = feed["_feeds"]
        pairs = {
            "prev-archive": feed.get("next_url"),
            "next": feed.get("next_url"),
            "self": feed["feed_url"],
            "current": more.get("current_url"),
        }
        links = {rel: href for rel, href in pairs.items() if href}
        ids = [item["id"] for item in feed["items"]]
        return Document(ids, links, more.get("archive", False), more.get("complete", False))
    read = feedparser.parse(body)
    links = {link.rel: link.href for link in read.feed.links}
    history = b"http://purl.org/syndication/history/1.0"
    return Document(
        [entry.id for entry in read.entries],
        links,
        history in body and b"<fh:archive" in body,
        history in body and b"<fh:complete" in body,
    )


@dataclass
class Small:
    """A planet of one or two sources without servers: what polls would leave is written into the store."""

    folder: Path
    store: Store
    now: datetime = START
    known: dict[str, Record] = field(default_factory=dict)
    text: str = ""
    listed: tuple[str, ...] = ("a", "b")

    def configure(
        self, limit: int = 3, archive: object = 2, formats: str = "[atom, rss, json_feed]", more: str = ""
    ) -> None:
        sources = (f"{{name: {one}, url: 'https://{one}.example/'}}" for one in self.listed)
        self.text = (
            f"site: {{title: P, base_url: '{BASE}', authority: 'planet.example.org,2026'}}\n"
            f"sources: [{', '.join(sources)}]\n"
            f"outputs: [{{name: all, limit: {limit}, archive: {archive}, formats: {formats}{more}}}]\n"
        )
        self.write()

    def write(self) -> None:
        path = self.folder / "config.yaml"
        path.write_text(self.text)
        self.config = load(path, {})

    def arrive(self, key: int, when: datetime, source: str = "a", text: str = "Text") -> str:
        name = f"tag:x.example,2026:{key}"
        moment = Moment(instant=when)
        entry = Entry(
            source=source,
            id=name,
            url=f"https://x.example/{key}",
            title=Text(value=f"{text} {key}"),
            published=moment,
            updated=moment,
        )
        record = Record(
            source=source,
            id=name,
            native_id=name,
            url=entry.url,
            entry=entry,
            first_seen=self.now,
            sort_key=when,
            fingerprint=text,
        )
        new = name not in self.known
        self.known[name] = record
        changes = Changes(new=(record,)) if new else Changes(changed=(record,))
        self.store.save([Poll(state=SourceState(name=source, changed=self.now), changes=changes)])
        return name

    def withdraw(self, name: str) -> None:
        note = Withdrawal(id=name, source="", when=self.now)
        self.store.withdraw([(note, self.known[name])])

    def emit(self, *, force: bool = False) -> list[Emission]:
        return list(Emitter(self.config, self.store).emit_all(self.now, force=force))

    def walk(self, suffix: str = ".atom") -> list[Document]:
        """Follow the chain as a reader does, from the subscription document on."""
        found: list[Document] = []
        url: str | None = f"{BASE}all{suffix}"
        while url is not None:
            one = document((self.folder / "output" / url.removeprefix(BASE)).read_bytes())
            assert one.links["self"] == url
            assert one.archive == bool(found)
            assert not found or one.links["current"] == f"{BASE}all{suffix}"
            # Whoever pages (RFC 5005, section 3) goes the same way.
            assert one.links.get("next") == one.links.get("prev-archive")
            found.append(one)
            last, url = url, one.links.get("prev-archive")
        # JSON Feed has a word for the next only.
        ends = [(one.links.get("first"), one.links.get("last")) for one in found if suffix != ".json"]
        assert {end for _, end in ends[:-1]} <= {last}
        assert {begin for begin, _ in ends[1:]} <= {f"{BASE}all{suffix}"}
        assert found[0].complete == (len(found) == 1)
        return found

    def ids(self, suffix: str = ".atom") -> list[str]:
        return [name for one in self.walk(suffix) for name in one.ids]

    def pages(self) -> dict[str, tuple[bytes, int, int]]:
        return {
            path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
            for path in sorted((self.folder / "output/archive").rglob("*.*"))
        }


@contextmanager
def small(folder: Path) -> Iterator[Small]:
    store = open_store("sqlite:///feeds.db", folder)
    try:
        yield Small(folder, store)
    finally:
        store.close()


@pytest.fixture
def planet(tmp_path: Path) -> Iterator[Small]:
    with small(tmp_path) as made:
        made.configure()
        yield made


def fill(planet: Small, number: int, *, every: timedelta = DAY) -> list[str]:
    """Let entries arrive, one a day; give their ids, newest first."""
    return [planet.arrive(n, START + n * every) for n in range(number)][::-1]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("rule", [1, 2, 5, "month"])
def test_the_chain_gives_every_entry_once_newest_first(planet: Small, suffix: str, rule: object) -> None:
    planet.configure(archive=rule)
    ids = fill(planet, 23, every=5 * DAY)
    planet.emit()
    assert planet.ids(suffix) == ids
    assert 3 <= len(planet.walk(suffix)[0].ids) < 3 + 7


def test_a_month_has_its_page_once_it_is_over_and_no_longer_among_the_newest(planet: Small) -> None:
    planet.configure(archive="month")
    fill(planet, 13, every=10 * DAY)
    planet.emit()
    assert sorted(name for name in planet.pages() if name.endswith("atom")) == [
        "2026-01.atom",
        "2026-02.atom",
        "2026-03.atom",
    ]


def test_a_small_planet_is_complete_and_has_no_pages(planet: Small) -> None:
    ids = fill(planet, 4)
    planet.emit()
    assert planet.ids() == ids
    assert not (planet.folder / "output/archive").exists()


def test_closed_pages_are_never_touched(planet: Small) -> None:
    fill(planet, 9)
    planet.emit()
    before = planet.pages()
    planet.arrive(2, START + 2 * DAY, text="Edited")
    planet.arrive(100, START - DAY)
    for number in range(20, 29):
        planet.arrive(number, START + number * DAY)
    planet.configure(limit=7, archive="month")
    planet.emit()
    assert {name: planet.pages()[name] for name in before} == before
    assert len(planet.ids()) == len(set(planet.ids())) == 19


def test_nothing_new_touches_nothing(planet: Small) -> None:
    fill(planet, 9)
    planet.emit()
    before = planet.pages()
    assert {one.verdict for one in planet.emit()} == {Verdict.SKIPPED}
    assert Verdict.WRITTEN not in {one.verdict for one in planet.emit(force=True)}
    assert planet.pages() == before


def test_a_late_entry_is_reachable_once(planet: Small) -> None:
    fill(planet, 9)
    planet.emit()
    late = planet.arrive(50, START + timedelta(hours=1))
    planet.emit()
    assert planet.walk()[0].ids[-1] == late
    for number in range(20, 30):
        planet.arrive(number, START + number * DAY)
        planet.emit()
        assert planet.ids().count(late) == 1
    assert late not in planet.walk()[0].ids


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_withdrawn_leaves_its_page_and_nothing_else_does(planet: Small, suffix: str) -> None:
    ids = fill(planet, 9)
    planet.emit()
    before = planet.pages()
    planet.arrive(1, START + DAY, text="Edited")
    planet.withdraw(ids[-1])
    planet.emit()
    after = planet.pages()
    assert planet.ids(suffix) == ids[:-1]
    # In pages of two, it was in the first; its neighbour is there as it was.
    assert {name for name in before if before[name] != after[name]} == {"1.atom", "1.rss", "1.json"}
    assert b"Edited" not in after[f"1{suffix}"][0]
    assert planet.store.lift([ids[-1]], planet.now) == 1
    planet.emit()
    assert sorted(planet.ids(suffix)) == sorted(ids)
    assert planet.walk(suffix)[0].ids[-1] == ids[-1]


def test_the_address_of_the_site_moves_and_the_pages_with_it(planet: Small) -> None:
    ids = fill(planet, 9)
    planet.emit()
    planet.text = planet.text.replace(BASE, "https://new.example.net/sub/")
    planet.write()
    planet.emit()
    for suffix in FORMATS:
        body = (planet.folder / f"output/archive/all/2{suffix}").read_bytes()
        assert BASE.encode() not in body
        one = document(body)
        assert one.links["prev-archive"] == f"https://new.example.net/sub/archive/all/1{suffix}"
        assert one.ids == ids[5:7]


def test_a_lost_page_and_a_further_format_are_made_from_what_is_remembered(planet: Small) -> None:
    planet.configure(formats="[atom]")
    ids = fill(planet, 9)
    planet.emit()
    before = planet.pages()
    (planet.folder / "output/archive/all/2.atom").unlink()
    planet.emit()
    assert {name: body for name, (body, _, _) in planet.pages().items()} == {
        name: body for name, (body, _, _) in before.items()
    }
    planet.configure(formats="[atom, json_feed]")
    planet.emit()
    assert planet.ids(".json") == planet.ids(".atom") == ids
    planet.configure(formats="[atom]")
    planet.emit()
    assert sorted(planet.pages()) == sorted(before)


@pytest.mark.parametrize("kept", ["archive: none", "name: other"])
def test_pages_of_an_archive_that_left_the_configuration_are_removed(planet: Small, kept: str) -> None:
    ids = fill(planet, 9)
    planet.emit()
    planet.text = planet.text.replace("archive: 2", kept) if ":" in kept and "none" in kept else planet.text
    planet.text = planet.text if "none" in kept else planet.text.replace("name: all", kept)
    planet.write()
    removed = [one.path for one in planet.emit() if one.verdict is Verdict.REMOVED]
    assert {f"archive/all/{n}{suffix}" for n in (1, 2, 3) for suffix in FORMATS} <= set(removed)
    assert not list((planet.folder / "output/archive/all").iterdir())
    planet.configure()
    planet.emit()
    assert planet.ids() == ids


def test_an_archive_without_an_address_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("sources: [https://a.example/]\noutputs: [{name: all, archive: month}]\n")
    with pytest.raises(ConfigError, match=r"config.yaml:2:.*expected site.base_url"):
        load(path, {})
    path.write_text("sources: [https://a.example/]\noutputs: [{name: all, archive: mouth}]\n")
    with pytest.raises(ConfigError, match="expected none, month, or a number of entries"):
        load(path, {})


@pytest.mark.parametrize("suffix", FORMATS)
def test_revising_nothing_changes_no_byte(planet: Small, suffix: str) -> None:
    fill(planet, 9)
    planet.emit()
    for name, (body, _, _) in planet.pages().items():
        if name.endswith(suffix):
            assert FEED_FORMATS[FORMATS[suffix]].revise(body, (), None) == body


@pytest.mark.parametrize("broken", range(12))
def test_a_publication_that_ends_anywhere_is_repaired_by_the_next(
    planet: Small, broken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that takes so many files and no more; then one that takes all."""
    ids = fill(planet, 7)
    planet.emit()
    ids = [planet.arrive(n, START + n * DAY) for n in range(20, 24)][::-1] + ids
    planet.withdraw(ids.pop())
    left = iter(range(broken))
    real = publish.put

    def put(folder: Path, name: str, body: bytes) -> object:
        if next(left, None) is None:
            raise PublishError("the disk is full")
        return real(folder, name, body)

    with monkeypatch.context() as disk:
        disk.setattr(publish, "put", put)
        try:
            planet.emit()
        except PublishError:
            pass
        else:
            pytest.fail("the disk took everything")
    planet.emit()
    for suffix in FORMATS:
        assert planet.ids(suffix) == ids


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(0, 5)),
        st.tuples(st.just("late"), st.integers(1, 400)),
        st.tuples(st.sampled_from(["edit", "withdraw", "undo"]), st.integers(0, 1000)),
        st.tuples(st.just("limit"), st.integers(1, 8)),
        st.tuples(st.just("rule"), st.sampled_from([1, 2, 3, 7, "month"])),
        st.tuples(st.sampled_from(["copy", "edit"]), st.integers(0, 1000)),
        st.tuples(st.just("list"), st.sampled_from([("a",), ("b",), ("a", "b")])),
        st.tuples(st.just("filter"), st.booleans()),
    ),
    min_size=1,
    max_size=25,
)


@settings(
    deadline=None,
    max_examples=500 if os.environ.get("FEEDS_CORPUS") == "all" else 20,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(STEPS, st.sampled_from(tuple(FORMATS)))
def test_whatever_happens_the_chain_has_every_entry_once(
    steps: list[tuple[str, object]], suffix: str
) -> None:
    with TemporaryDirectory() as folder, small(Path(folder)) as planet:
        History(planet, suffix).live(steps)


class History:
    """What happens to a planet, and what must be true of its archive after each publication.

    Attributes:
        holders: Entries that are not withdrawn, each with the sources that have it.
        gone: Those that are.
        edited: Source and id of texts that were changed.
        paged: Those in closed pages, which only a withdrawal takes out.
        straight: Whether entries came in the order of their dates, so that the chain is in that order too.
    """

    def __init__(self, planet: Small, suffix: str) -> None:
        self.planet = planet
        self.suffix = suffix
        self.holders: dict[str, set[str]] = {}
        self.gone: dict[str, set[str]] = {}
        self.edited: set[tuple[str, str]] = set()
        self.paged: set[str] = set()
        self.key = 0
        self.clock = START
        self.limit_now, self.rule_now, self.filtering = 3, "2", False
        self.before: dict[str, bytes] = {}
        self.straight = True

    def live(self, steps: list[tuple[str, object]]) -> None:
        self.configure()
        for word, value in steps:
            getattr(self, word)(value)
            self.planet.emit()
            self.check(withdrawn=word == "withdraw")

    def arrive(self, number: int) -> None:
        for _ in range(number):
            self.key += 1
            self.clock += 9 * DAY
            self.holders[self.planet.arrive(self.key, self.clock)] = {"a"}

    def late(self, days: int) -> None:
        self.key += 1
        self.straight = False
        self.holders[self.planet.arrive(self.key, self.clock - days * DAY)] = {"a"}

    def pick(self, some: Collection[str], place: int) -> str | None:
        return sorted(some)[place % len(some)] if some else None

    def edit(self, place: int) -> None:
        if name := self.pick(self.holders, place):
            record = self.planet.known[name]
            key = int(name.rpartition(":")[2])
            self.planet.arrive(key, record.sort_key, record.source, f"Edited {place}")
            self.edited.add((record.source, name))

    def copy(self, place: int) -> None:
        """Another source brings the same entry; the first keeps it."""
        if name := self.pick(self.holders, place):
            record = self.planet.known[name]
            assert record.entry is not None
            twin = replace(record, source="b", entry=replace(record.entry, source="b"))
            twin = replace(twin, sort_key=record.sort_key + timedelta(seconds=1))
            new, changed = ((twin,), ()) if "b" not in self.holders[name] else ((), (twin,))
            changes = Changes(new=new, changed=changed)
            self.planet.store.save([Poll(state=SourceState(name="b"), changes=changes)])
            self.holders[name].add("b")
            self.edited.discard(("b", name))
            self.edited |= {("b", name)} if ("a", name) in self.edited else set()

    def withdraw(self, place: int) -> None:
        if name := self.pick(self.holders, place):
            note = Withdrawal(id=name, source="", when=self.planet.now)
            self.planet.store.withdraw([(note, one) for one in self.planet.store.find(name)])
            self.gone[name] = self.holders.pop(name)
            self.paged.discard(name)

    def undo(self, place: int) -> None:
        if name := self.pick(self.gone, place):
            self.planet.store.lift([name], self.planet.now)
            self.straight = False
            self.holders[name] = self.gone.pop(name)

    def limit(self, number: int) -> None:
        self.limit_now = number
        self.configure()

    def rule(self, rule: object) -> None:
        self.rule_now = str(rule)
        self.configure()

    def list(self, names: tuple[str, ...]) -> None:
        """Sources leave config.yaml, or come back: what is open goes and comes with them."""
        self.planet.listed = names
        self.straight = False
        self.configure()

    def filter(self, on: bool) -> None:
        self.filtering = on
        self.straight = False
        self.configure()

    def configure(self) -> None:
        more = ", filters: [{drop: {title: Edited}}]" if self.filtering else ""
        formats = f"[{FORMATS[self.suffix]}]"
        self.planet.configure(limit=self.limit_now, archive=self.rule_now, formats=formats, more=more)

    def wanted(self) -> set[str]:
        """Give what a reader has to find."""
        return self.paged | {
            name
            for name, some in self.holders.items()
            for one in some & {*self.planet.listed}
            if not (self.filtering and (one, name) in self.edited)
        }

    def check(self, *, withdrawn: bool) -> None:
        walked = self.planet.walk(self.suffix)
        ids = [name for one in walked for name in one.ids]
        assert sorted(ids) == sorted(self.wanted())
        keys = [self.planet.known[name].sort_key for name in ids]
        assert not self.straight or keys == sorted(keys, reverse=True)
        for one in walked:
            own = [self.planet.known[name].sort_key for name in one.ids]
            assert own == sorted(own, reverse=True)
        pages = {name: body for name, (body, _, _) in self.planet.pages().items()}
        if not withdrawn:
            assert self.before.items() <= pages.items()
        self.before = pages
        self.paged = {name for one in walked[1:] for name in one.ids}
