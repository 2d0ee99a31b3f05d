"""Withdrawn is withdrawn (RFC 6721): gone within one run, never back, and only by who may."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from commands import feeds
from judge import errors
from planets import HOUR, Planet, Source, atom, atom_entry
from servers import Site

from feeds.dedupe import Owns, unwelcome, withdrawn
from feeds.memory import Record
from feeds.model import Entry, Feed, Moment, Tombstone, Withdrawal

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWN = "tag:127.0.0.1,2026:{}"


def mark(key: object, *, when: str = "2026-02-01T00:00:00Z", why: str = "", eid: str = OWN) -> str:
    words = f"<at:comment>{why}</at:comment>" if why else ""
    return (
        "<at:deleted-entry xmlns:at='http://purl.org/atompub/tombstones/1.0' "
        f"ref='{eid.format(key)}' when='{when}'>{words}</at:deleted-entry>"
    )


def listing(*keys: object, eid: str = OWN) -> str:
    return "".join(atom_entry(key, eid=eid) for key in keys)


def from_second_on(first: str, then: str) -> Source:
    return lambda n: atom(first if n == 1 else then)


def marks(folder: Path, name: str = "all.atom") -> list[str]:
    body = (folder / "output" / name).read_bytes()
    assert errors(body) == []
    return [part.split(b'"')[0].decode() for part in body.split(b"<at:deleted-entry ref=" + b'"')[1:]]


def shown(planet: Planet) -> list[str]:
    """Publish, and give the ids that each format shows, which are the same."""
    ids = [one.id for one in planet.items()]
    for name in ("all.atom", "all.rss"):
        assert [
            one.id for one in feedparser.parse((planet.folder / "output" / name).read_bytes()).entries
        ] == ids
    return ids


def tags(*keys: object) -> list[str]:
    return [OWN.format(key) for key in keys]


def test_what_a_source_withdraws_is_gone_within_the_run_and_marked(tmp_path: Path) -> None:
    source = from_second_on(listing(1, 2), mark(1, why="a mistake") + listing(2))
    with Planet(tmp_path, {"a": source}) as planet:
        planet.poll()
        assert sorted(shown(planet)) == tags(1, 2)
        planet.poll()
        assert shown(planet) == tags(2)
        assert marks(tmp_path) == tags(1)
        assert b"a mistake" in (tmp_path / "output/all.atom").read_bytes()
        assert b"Entry 1" not in b"".join(body for body, _, _ in planet.files().values())


def test_it_never_comes_back_though_the_source_lists_it_for_ever(tmp_path: Path) -> None:
    def source(n: int) -> str:
        return atom(listing(1, 2) + (mark(1) if n == 2 else "") + f"<!-- {n} -->")

    with Planet(tmp_path, {"a": source}) as planet:
        for _ in range(5):
            planet.poll()
            last = shown(planet)
        planet.restart()
        planet.poll()
        assert last == shown(planet) == tags(2)


def test_an_entry_that_came_with_its_own_tombstone_is_not_shown(tmp_path: Path) -> None:
    with Planet(tmp_path, {"a": lambda _: atom(listing(1, 2) + mark(1))}) as planet:
        assert planet.poll()["a"].new == 1
        assert shown(planet) == tags(2)


def test_an_entry_updated_after_its_tombstone_was_put_back_by_its_source(tmp_path: Path) -> None:
    stale = mark(1, when="2026-01-01T00:00:00Z")
    with Planet(tmp_path, {"a": lambda _: atom(stale + listing(1))}) as planet:
        planet.poll()
        assert shown(planet) == tags(1)
        assert marks(tmp_path) == []


def test_the_tombstone_leaves_after_ninety_days_and_the_entry_stays_away(tmp_path: Path) -> None:
    source = from_second_on(listing(1, 2), mark(1, when="2026-03-01T13:30:00Z") + listing(1, 2))
    with Planet(tmp_path, {"a": source}) as planet:
        planet.poll()
        planet.poll()
        planet.now += timedelta(days=89)
        assert (shown(planet), marks(tmp_path)) == (tags(2), tags(1))
        before = planet.files()
        planet.emit()
        assert planet.files() == before
        planet.now += timedelta(days=2)
        assert (shown(planet), marks(tmp_path)) == (tags(2), [])


def test_a_planet_withdraws_its_copy_and_not_the_entry_of_another_source(tmp_path: Path) -> None:
    both = "tag:blog.example,2026:{}"
    sources: dict[str, Source] = {
        "a": lambda _: atom(listing(1, eid=both)),
        "b": lambda n: atom(
            listing(*range(1, 3), eid=both) if n == 1 else mark(1, eid=both) + mark(2, eid=both)
        ),
    }
    with Planet(tmp_path, sources) as planet:
        planet.poll()
        assert len(shown(planet)) == 2
        planet.poll()
        assert shown(planet) == [both.format(1)]
        # It is still there, from its own source: no reader may be told that it is gone.
        assert marks(tmp_path) == [both.format(2)]


def record(source: str, key: str = "tag:blog.example,2026:1") -> Record:
    entry = Entry(source=source, id=key, native_id=key)
    return Record(
        source=source,
        id=key,
        native_id=key,
        url=None,
        entry=entry,
        first_seen=NOW,
        sort_key=NOW,
        fingerprint="",
    )


def owned_by(*names: str) -> Owns:
    return lambda source, _: source in names


@pytest.mark.parametrize(
    ("owners", "gone"),
    [
        ((), {"a"}),
        (("a",), {"a", "b", "c"}),
        (("b",), {"a"}),
        (("a", "b"), {"a", "c"}),
    ],
)
def test_the_owner_of_an_id_withdraws_all_copies_but_of_another_owner(
    owners: tuple[str, ...], gone: set[str]
) -> None:
    records = [record(name) for name in "abc"]
    feed = Feed(id="tag:x.example,2026:f", withdrawn=(Tombstone(id=records[0].id),))
    found = withdrawn(feed, records, "a", owned_by(*owners), NOW)
    assert {one.source for _, one in found} == gone
    assert {note.when for note, _ in found} == {NOW}
    notes = [note for note, _ in found]
    assert {one.source for _, one in unwelcome(records, notes, owned_by(*owners))} == gone


def test_a_mark_of_the_future_counts_from_now() -> None:
    feed = Feed(id="tag:x.example,2026:f", withdrawn=(Tombstone(id=record("a").id, when=NOW + HOUR),))
    ((note, _),) = withdrawn(feed, [record("a")], "a", owned_by(), NOW)
    assert note == Withdrawal(id=record("a").id, source="a", when=NOW)


def test_a_document_that_lists_it_later_puts_it_back() -> None:
    entry = Entry(source="a", id=record("a").id, updated=Moment(instant=NOW))
    feed = Feed(
        id="tag:x.example,2026:f", entries=(entry,), withdrawn=(Tombstone(id=entry.id, when=NOW - HOUR),)
    )
    assert withdrawn(feed, [record("a")], "a", owned_by(), NOW) == ()


def ids(folder: Path) -> list[str]:
    return [one["id"] for one in json.loads((folder / "output/all.json").read_bytes())["items"]]


def test_retract_and_undo(tmp_path: Path) -> None:
    with Site({"/a": atom(listing(1, 2)).encode(), "/b": atom(listing(1)).encode()}) as site:
        (tmp_path / "config.yaml").write_text(
            "site: {base_url: 'https://p.example/'}\nfetch: {allow: [127.0.0.0/8]}\n"
            f"sources: [{{name: a, url: '{site.url('/a')}'}}, {{name: b, url: '{site.url('/b')}'}}]\n"
        )
        assert feeds(tmp_path, "once").returncode == 0
        assert sorted(ids(tmp_path)) == tags(1, 2)
        done = feeds(tmp_path, "retract", "https://blog.example/1", "--reason", "asked by its author")
        assert (done.returncode, done.stderr) == (0, "")
        assert tags(1)[0] in done.stdout
        assert ids(tmp_path) == tags(2)
        assert marks(tmp_path) == tags(1)
        assert "asked by its author" in (tmp_path / "output/all.atom").read_text()
        site.routes["/b"] = atom(listing(1, 3)).encode()
        assert feeds(tmp_path, "once", "--all").returncode == 0
        assert sorted(ids(tmp_path)) == tags(2, 3)
        told = json.loads(feeds(tmp_path, "retract", tags(1)[0], "--undo", "--json").stdout)
        assert (told["ids"], told["put_back"]) == (tags(1), 2)
        assert sorted(ids(tmp_path)) == tags(1, 2, 3)
        assert marks(tmp_path) == []
        assert feeds(tmp_path, "once", "--all").returncode == 0
        assert sorted(ids(tmp_path)) == tags(1, 2, 3)


def test_what_a_source_withdrew_the_operator_may_put_back_for_good(tmp_path: Path) -> None:
    source = from_second_on(listing(1, 2), mark(1) + listing(1, 2))
    with Planet(tmp_path, {"a": lambda n: f"{source(n)!s}<!-- {n} -->"}) as planet:
        planet.poll()
        planet.poll()
        assert shown(planet) == tags(2)
        assert planet.store.lift(tags(1), planet.now) == 1
        planet.poll()
        assert sorted(shown(planet)) == tags(1, 2)


def test_a_withdrawn_text_is_let_go_with_its_tombstone(tmp_path: Path) -> None:
    source = from_second_on(listing(1, 2), mark(1, when="2026-03-01T13:30:00Z") + listing(2))
    with Planet(tmp_path, {"a": source}) as planet:
        planet.poll()
        planet.poll()
        planet.store.let_go(planet.now + HOUR)
        assert planet.store.lift(tags(1), planet.now) == 0
        assert shown(planet) == tags(2)


def test_nobody_retracts_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: [{name: a, url: 'https://a.example/'}]\n")
    done = feeds(tmp_path, "retract", "https://blog.example/none")
    assert done.returncode == 2
    assert "no entry has the id or address 'https://blog.example/none'" in done.stderr
