"""A store in PostgreSQL: reached, made, held, lost. What it remembers is told by tests that run on both."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from commands import feeds, until
from postgres import Server, running, schema
from store_values import at, content, in_child, poll, record

from feeds.errors import StoreBusy, StoreError
from feeds.memory import SourceState
from feeds.store import Store, open_store


@pytest.fixture
def address(server: Server, tmp_path: Path) -> str:
    """A schema of its own, as config.yaml names it."""
    return schema(server.address, tmp_path).render_as_string(hide_password=False)


@pytest.fixture
def store(address: str, tmp_path: Path) -> Iterator[Store]:
    store = open_store(address, tmp_path)
    yield store
    store.close()


def execute(address: str, *statements: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            found = connection.execute(statement.encode())
        return found.fetchall() if found.description else []


def test_it_is_found_again(address: str, store: Store, tmp_path: Path) -> None:
    store.save([poll(record("a"))])
    store.close()
    again = open_store(address.replace("postgresql:", "postgresql+psycopg:"), tmp_path)
    assert content(again) == [record("a")]
    again.close()
    assert list(tmp_path.iterdir()) == []  # nothing beside config.yaml


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("postgresql://feeds:secret@127.0.0.1:1/postgres", "cannot be reached; see that the server runs"),
        ("postgresql://feeds:secret@/nowhere?host={folder}", "cannot be reached; .*nowhere"),
        ("postgresql://nobody:secret@/postgres?host={folder}", "cannot be reached; .*nobody"),
    ],
)
def test_what_cannot_be_reached_is_told_without_the_password(
    server: Server, tmp_path: Path, wrong: str, said: str
) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        open_store(wrong.format(folder=server.folder), tmp_path)
    assert "secret" not in str(caught.value)


def test_a_database_in_another_encoding_is_refused(server: Server, tmp_path: Path) -> None:
    made = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
    execute(server.address, "DROP DATABASE IF EXISTS latin", made)
    with pytest.raises(StoreError, match="encoding LATIN1; make a database in UTF8"):
        open_store(server.address.replace("/postgres?", "/latin?"), tmp_path)


def test_a_table_of_another_program_is_left_alone(address: str, tmp_path: Path) -> None:
    execute(address, "CREATE TABLE sources (x int)", "INSERT INTO sources VALUES (1)")
    with pytest.raises(StoreError, match="has a table sources of another program"):
        open_store(address, tmp_path)
    assert execute(address, "SELECT * FROM sources") == [(1,)]


def test_tables_of_a_newer_program_are_left_alone(address: str, store: Store, tmp_path: Path) -> None:
    execute(address, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="of a newer feeds"):
        open_store(address, tmp_path)


def test_a_user_who_may_not_write_is_told(server: Server, address: str, store: Store, tmp_path: Path) -> None:
    execute(server.address, "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")
    theirs = address.replace("feeds@", "guest@")
    with pytest.raises(StoreError, match="names no schema that this user may use"):
        open_store(theirs, tmp_path)
    execute(address, f"GRANT USAGE ON SCHEMA {address.rpartition('%3D')[2]} TO guest")
    with pytest.raises(StoreError, match="let this user create and write tables"):
        open_store(theirs, tmp_path)
    execute(address, "DROP OWNED BY guest")


def test_many_processes_make_one_store(address: str, tmp_path: Path) -> None:
    def work() -> None:
        store = open_store(address, tmp_path)
        store.save([poll(record(f"s{os.getpid()}"))])
        store.close()

    children = []
    for _ in range(4):
        child = threading.Thread(target=lambda: children.append(in_child(work)))
        child.start()
        child.join(0)
    until(lambda: len(children) == 4)
    assert children == [0] * 4
    store = open_store(address, tmp_path)
    assert len(content(store)) == 4
    store.close()


def test_what_is_due_is_found_by_seeks(address: str, store: Store) -> None:
    store.save([poll(state=SourceState(name=f"s{n:04}", polled=at(9), due=at(5))) for n in range(3000)])
    store.enlist({"s2999"})
    store.housekeep()
    for where in ("due IS NULL ORDER BY name", "due <= 9 ORDER BY due, name", "polled > 9 ORDER BY polled"):
        plan = execute(address, f"EXPLAIN SELECT due, name FROM sources WHERE away IS NULL AND {where}")
        assert any("using sources_" in str(line) for (line,) in plan), plan


def test_texts_stand_in_the_order_of_their_code_points(store: Store) -> None:
    names = ["Z", "a", "B", "ä", "é", "z", "~", "-", "_", "A b", "A-b", "Ab", "\U0001f600", "�"]
    store.save([poll(record(name)) for name in names])
    assert list(store.states()) == sorted(names)
    found = [one.id for one in store.newest(names)]
    assert found == sorted(found)


def test_a_second_run_is_refused_and_told_who_holds_the_store(
    address: str, store: Store, tmp_path: Path
) -> None:
    other = open_store(address, tmp_path)
    with store.claim():
        with pytest.raises(
            StoreBusy, match=r"another run \(process \d+ on .+\) holds the store postg"
        ) as caught:
            other.claim().__enter__()
        assert caught.value.pid == os.getpid()
        assert other.holder() == store.holder() == (True, os.getpid())
        with pytest.raises(StoreBusy):
            store.claim().__enter__()
    assert other.holder() == (False, None)
    with other.claim():
        pass
    other.close()


def test_stores_in_two_schemas_are_two(server: Server, store: Store, tmp_path: Path) -> None:
    elsewhere = schema(server.address, tmp_path / "else").render_as_string()
    other = open_store(elsewhere, tmp_path)
    with store.claim(), other.claim():
        store.save([poll(record("a"))])
        assert (content(other), other.holder()) == ([], (True, os.getpid()))
    other.close()


def test_a_killed_run_lets_go_of_the_store(address: str, tmp_path: Path) -> None:
    def work() -> None:
        store = open_store(address, tmp_path)
        with store.claim(), store.transaction():
            store.save([poll(record("a"))])
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(work) == -9
    store = open_store(address, tmp_path)
    with store.claim():
        assert content(store) == []
    store.close()


def test_a_writer_waits_for_the_one_before_it_and_reads_what_that_left(
    address: str, store: Store, tmp_path: Path
) -> None:
    """Else what it reads first may be old when it writes."""
    other = open_store(address, tmp_path)
    seen: list[set[str]] = []

    def work() -> None:
        with other.transaction():
            seen.append(set(other.states()))

    thread = threading.Thread(target=work)
    with store.transaction():
        store.states()
        thread.start()
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        until(lambda: execute(address, waiting))
        store.save([poll(record("a"))])
        reader = open_store(address, tmp_path)
        assert reader.states() == {}  # and who only reads waits for nobody
        reader.close()
    thread.join()
    other.close()
    assert seen == [{"a"}]


def test_a_connection_that_was_lost_while_nobody_used_it_is_not_noticed(address: str, store: Store) -> None:
    with store.claim():
        store.save([poll(record("a"))])
        _cut(address)
        store.save([poll(record("b"))])
        assert store.holder() == (True, os.getpid())
        _cut(address)
        assert set(store.states()) == {"a", "b"}
    assert store.holder() == (False, None)


def test_a_connection_lost_within_a_transaction_undoes_it(address: str, store: Store) -> None:
    def work() -> None:
        with store.transaction():
            store.save([poll(record("a"))])
            _cut(address)
            store.save([poll(record("b"))])

    with pytest.raises(StoreError, match="was stopped by its server"):
        work()
    assert store.states() == {}


def test_who_lost_the_store_to_another_run_writes_nothing(address: str, store: Store, tmp_path: Path) -> None:
    other = open_store(address, tmp_path)
    with store.claim():
        _cut(address)
        with other.claim():
            for _ in range(2):
                with pytest.raises(StoreError, match="another run holds it since"):
                    store.save([poll(record("a"))])
        store.save([poll(record("b"))])
    assert set(other.states()) == {"b"}
    other.close()


def test_a_server_that_was_started_anew_is_used_again(tmp_path: Path) -> None:
    with running() as server:
        store = open_store(server.address, tmp_path)
        with store.claim():
            store.save([poll(record("a"))])
            server.kill()
            for _ in range(2):
                with pytest.raises(StoreError, match="cannot be reached; see that the server runs"):
                    store.save([poll(record("b"))])
            server.start()
            store.save([poll(record("b"))])
            assert set(store.states()) == {"a", "b"}
            assert store.holder() == (True, os.getpid())
        store.close()


def _cut(address: str) -> None:
    """End all other connections of this database."""
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    execute(address, f"SELECT pg_terminate_backend(pid, 5000) {others} AND application_name LIKE 'feeds:%'")


def test_numbers_come_back_as_they_were_whatever_the_server_is_set_to(address: str, tmp_path: Path) -> None:
    execute(address, "ALTER ROLE feeds SET extra_float_digits = -5")
    try:
        store = open_store(address, tmp_path)
        state = SourceState(name="a", wait=0.1 + 0.2)
        store.save([poll(state=state)])
        assert store.states()["a"].wait == 0.1 + 0.2
        store.close()
    finally:
        execute(address, "ALTER ROLE feeds RESET extra_float_digits")


def test_housekeeping_changes_no_content_and_a_copy_is_the_servers_business(
    store: Store, tmp_path: Path
) -> None:
    store.save([poll(*(record(number=number) for number in range(50)))])
    before = content(store)
    store.housekeep()
    store.vacuum()
    assert content(store) == before
    with pytest.raises(StoreError, match="pg_dump"):
        store.backup(tmp_path / "copy")


def test_commands_work_with_it(address: str, tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "one.md").write_text("# One\n\nSome words.\n")
    (tmp_path / "config.yaml").write_text(
        f"store: '{address}'\nsite: {{base_url: 'https://planet.example.org/'}}\n"
        "sources: [{name: articles, kind: articles, path: articles/}]\n"
    )
    done = feeds(tmp_path, "once")
    assert done.returncode == 0, done
    assert b"One" in (tmp_path / "output" / "all.atom").read_bytes()
    assert "articles" in feeds(tmp_path, "status").stdout
    store = open_store(address, tmp_path)
    with store.claim():
        assert feeds(tmp_path, "once").returncode == 75
    store.close()
