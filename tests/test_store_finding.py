"""Finding entries by id, address and words; what was remembered before titles were, is found too."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_values import NOW, Changed, opened, poll, record

from feeds.config.schema import Keep
from feeds.memory import Record, SourceState
from feeds.model import Text, TextType
from feeds.store import Listing, Poll, Store


def titled(title: str, number: int, **given: object) -> Record:
    one = record(number=number, **given)  # type: ignore[arg-type]
    assert one.entry is not None
    kind = TextType.HTML if "<" in title else TextType.PLAIN
    return replace(one, entry=replace(one.entry, title=Text(value=title, type=kind)))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = opened(tmp_path)
    records = [
        titled("Snow in the valley", 1),
        titled("Ice &amp; <em>Snow</em> ", 2),
        titled("100%_sure", 3, url="https://a.example/p?x=1&utm_source=feed"),
        titled("Äpfel und Birnen", 4),
    ]
    store.save([poll(*records)])
    store.save([poll(record("b", 1, native_id="n-1", id="urn:b:1"))])
    yield store
    store.close()


def test_an_entry_is_found_by_its_ids_and_by_its_page(store: Store) -> None:
    assert [one.source for one in store.find("urn:b:1")] == ["b"]
    assert [one.id for one in store.find("n-1")] == ["urn:b:1"]
    # As pages are compared: without what follows readers around.
    (found,) = store.find("https://a.example/p?utm_source=other&x=1")
    assert found.native_id == "3"
    assert store.find("https://a.example/none") == ()
    assert store.find("") == ()


def test_an_entry_is_found_by_words_of_its_title_as_it_is_read(store: Store) -> None:
    def numbers(words: str, most: int = 10) -> list[str | None]:
        return [one.native_id for one in store.titled(words, most)]

    assert numbers("SNOW") == ["2", "1"]
    assert numbers("snow", 1) == ["2"]
    assert numbers("ice & snow") == ["2"]
    assert numbers("äPFEL") == ["4"]
    assert numbers("%") == ["3"]
    assert numbers("0%_s") == ["3"]
    assert numbers("  ") == []


def test_where_no_title_fits_like_ones_are_named(store: Store) -> None:
    assert store.near("snow in the vally", 3)[0] == "snow in the valley"
    assert store.near("zebra", 3) == ()
    assert store.near("a", 3) == ()


def test_an_expired_entry_is_found_still(store: Store) -> None:
    assert store.prune("a", Keep(entries=1), NOW) == 3
    (expired,) = store.titled("birnen", 10)
    assert (expired.native_id, expired.entry) == ("4", None)


@pytest.mark.sqlite
def test_a_store_from_before_titles_is_searched_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.mkdir()
    old.mkdir()
    store = opened(new)
    store.save([poll(titled("Snow in the valley", 1))])
    store.close()
    with monkeypatch.context() as before:
        for room in ("migrate", "creating"):
            before.setattr(f"feeds.store.{room}.HEAD", "0005")
        opened(old).close()
    with contextlib.closing(sqlite3.connect(old / "feeds.db")) as connection:
        connection.execute("ATTACH ? AS new", (str(new / "feeds.db"),))
        for table in ("sources", "entries"):
            names = ", ".join(row[1] for row in connection.execute(f"PRAGMA main.table_info({table})"))
            connection.execute(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM new.{table}")
        connection.commit()
    store = opened(old)
    assert [one.native_id for one in store.titled("VALLEY", 10)] == ["1"]
    assert store.states()["a"].begun == NOW
    store.close()


def test_the_first_sight_of_a_source_stays(store: Store) -> None:
    later = replace(record(number=9), first_seen=NOW.replace(hour=20))
    store.save([Poll(state=SourceState(name="a"), changes=Changed(new=(later,)))])
    assert store.states()["a"].begun == NOW


def test_what_stands_in_an_output_is_remembered_until_it_is_told_anew(store: Store) -> None:
    assert store.listed("all") is None
    store.save_emitted("all", "1", {"all.atom": "aa"})
    assert store.listed("all") is None
    listing = Listing(entries=(("urn:b:1", "b", "ff"), ("urn:a:1", "a", "00")), settings="{}")
    store.save_emitted("all", "2", {}, listing)
    store.save_emitted("all", "3", {})
    assert store.listed("all") == listing
    assert store.emitted()["all"].signature == "3"
