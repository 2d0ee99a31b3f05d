"""Entries of many sources as one list: the right order, the right index, and no more than is asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Select, event
from sqlalchemy.engine import Engine, make_url
from store_values import NOW, filled, opened, poll, record

from feeds.config.schema import Keep
from feeds.memory import Record
from feeds.store import Store, merging


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = opened(tmp_path)
    yield store
    store.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for many examples, each of which empties it."""
    store = opened(tmp_path_factory.mktemp("shared"))
    yield store
    store.close()


def order(one: Record) -> tuple[float, str, str]:
    return (-one.sort_key.timestamp(), one.id, one.source)


@settings(max_examples=30, deadline=None)
@given(
    places=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), max_size=150),
    asked=st.lists(st.sampled_from("abcde")),
    keep=st.none() | st.integers(1, 5),
)
def test_it_is_the_sorted_list(
    shared: Store,
    places: list[tuple[str, int]],
    asked: list[str],
    keep: int | None,
) -> None:
    for name in "abcd":
        shared.forget(name)
    # Many of one sort key, and ids that two sources share.
    records = [
        record(source, hours=hours, id=f"urn:{number // 3}:{hours}")
        for number, (source, hours) in enumerate(places)
    ]
    unique = {(one.source, one.id): one for one in records}
    shared.save(
        [poll(*(one for one in unique.values() if one.source == name), source=name) for name in "abcd"]
    )
    expected = sorted((one for one in unique.values() if one.source in asked), key=order)
    if keep is not None:
        shared.prune("a", Keep(entries=keep), NOW)
        kept = [one for one in expected if one.source == "a"][:keep]
        expected = [one for one in expected if one.source != "a" or one in kept]
    assert list(shared.newest(asked)) == expected


def test_of_no_sources_it_is_empty(store: Store) -> None:
    store.save([poll(record())])
    assert list(store.newest([])) == []
    assert list(store.newest(["unknown"])) == []


def plan(database: Path, statement: str) -> str:
    connection = sqlite3.connect(database)
    values = {"source": "a", "key": 0, "id": "x", "limit": 4}
    found = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    connection.close()
    return " / ".join(row[3] for row in found)


@pytest.mark.sqlite
def test_the_index_answers_and_nothing_is_sorted(store: Store, tmp_path: Path) -> None:
    store.save([poll(*(record(number=number, hours=number) for number in range(500)))])
    store.housekeep()
    said: list[str] = []

    def listen(*call: object) -> None:
        said.append(str(call[2]))

    event.listen(Engine, "before_cursor_execute", listen)
    list(islice(store.newest(["a"]), 100))
    event.remove(Engine, "before_cursor_execute", listen)
    merged = [statement for statement in said if "entries.sort_key" in statement and "LIMIT" in statement]
    assert len(merged) > 1
    for statement in merged:
        text = statement.replace("LIMIT ? OFFSET ?", "LIMIT ?")
        found = plan(tmp_path / "feeds.db", text.replace("?", "1"))
        assert "USING INDEX entries_newest (source=?" in found
        assert "TEMP B-TREE" not in found
        assert "SCAN" not in found


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT * FROM entries WHERE source = :source AND id IN ('x', 'y')",
            "entries_id (id=? AND source=?)",
        ),
        (
            "SELECT * FROM entries WHERE source = :source AND native_id IN ('x')",
            "entries_native_id (native_id=? AND",
        ),
        (
            "SELECT * FROM entries WHERE source = :source AND page IN ('x')",
            "entries_page (source=? AND page=?)",
        ),
        ("SELECT * FROM entries WHERE source = :source", "(source=?)"),
        (
            "SELECT name FROM sources WHERE away IS NULL AND due <= 5 ORDER BY due, name LIMIT 9",
            "SEARCH sources USING INDEX sources_due (due<?)",
        ),
        ("SELECT max(polled) FROM sources WHERE away IS NULL", "USING INDEX sources_polled"),
    ],
)
def test_every_other_question_has_its_index_too(tmp_path: Path, statement: str, index: str) -> None:
    filled(tmp_path, [record(number=number, hours=number) for number in range(500)])
    assert index in plan(tmp_path / "feeds.db", statement)


def test_the_first_entries_cost_no_more_with_many_sources(store: Store) -> None:
    names = [f"s{number:03}" for number in range(200)]
    store.save(
        [
            poll(*(record(name, number, hours=place + number / 10) for number in range(5)))
            for place, name in enumerate(names)
        ]
    )
    rows = 0

    def count(*_: object) -> None:
        nonlocal rows
        rows += 1

    event.listen(Engine, "before_cursor_execute", count)
    first = list(islice(store.newest(names), 10))
    event.remove(Engine, "before_cursor_execute", count)
    assert first == sorted(store.newest(names), key=order)[:10]
    assert rows < 100, "sources whose turn does not come are not read"


@pytest.mark.parametrize("statement", [merging.first_places(), merging.next_places()])
def test_the_statements_are_postgresql_too(statement: Select[int, str, int]) -> None:
    dialect = make_url("postgresql://").get_dialect()()
    text = str(statement.compile(dialect=dialect))
    assert "ORDER BY entries.sort_key DESC, entries.id" in text
