"""Opening: created whole, refused in one sentence where it is not ours or not well, and never replaced."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine
from store_values import HOUR, NOW, content, filled, in_child, opened, poll, record

from feeds.errors import StoreBusy, StoreError
from feeds.store import lock, open_store, sqlite
from feeds.store.indexes import METADATA
from feeds.store.migrate import scripts
from feeds.store.tables import APPLICATION_ID, HEAD

alembic_autogenerate = pytest.importorskip("alembic.autogenerate")
alembic_migration = pytest.importorskip("alembic.runtime.migration")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store with 300 entries, closed."""
    filled(tmp_path, [record(number=number, hours=number) for number in range(300)])
    return tmp_path / "feeds.db"


def refusal(database: Path) -> str:
    """Open, expect that it is refused in one line and left as it was, and give the line."""
    before = database.read_bytes() if database.is_file() and os.access(database, os.R_OK) else None
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{database}", database.parent)
    message = str(caught.value)
    assert "\n" not in message
    assert before is None or database.read_bytes() == before
    return message


def test_the_tables_are_as_the_migrations_leave_them(database: Path) -> None:
    engine = create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        context = alembic_migration.MigrationContext.configure(connection, opts={"compare_type": True})
        assert alembic_autogenerate.compare_metadata(context, METADATA) == []
    engine.dispose()
    assert scripts().get_current_head() == HEAD


def test_the_indexes_are_as_in_the_tables(tmp_path: Path, database: Path) -> None:
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    METADATA.create_all(plain)
    plain.dispose()

    def shape(path: Path) -> set[str]:
        connection = sqlite3.connect(path)
        found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
        connection.close()
        indexes = (sql for name, sql in found if sql.startswith("CREATE") and "INDEX" in sql.split("(")[0])
        return {re.sub(r"\s+", " ", sql) for sql in indexes}

    assert shape(database) == shape(tmp_path / "plain.db")


def test_a_store_that_is_up_to_date_is_opened_without_alembic(database: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from feeds.store import open_store\n"
        "open_store('sqlite:///feeds.db', Path(sys.argv[1])).close()\n"
        "sys.exit('alembic' in sys.modules)"
    )
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run([sys.executable, "-c", code, str(database.parent)], cwd=root, check=False)
    assert done.returncode == 0


def test_a_created_store_is_ours_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    opened(tmp_path).close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feeds.db", "feeds.db.lock"]
    assert (tmp_path / "feeds.db").read_bytes()[68:72] == APPLICATION_ID.to_bytes(4, "big")


def test_a_link_to_a_store_is_the_store(tmp_path: Path, database: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "other.db"
    link.symlink_to(database)
    store = open_store("sqlite:///links/other.db", tmp_path)
    assert (tmp_path / "links" / "feeds.db.lock").exists() is False
    assert len(content(store)) == 300
    store.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "expected an address like sqlite:///feeds.db"),
        ("mysql://ada:secret@host/feeds", r"found mysql://ada:\*\*\*@host/feeds"),
        ("sqlite://", "expected a file"),
        ("sqlite:///:memory:", "expected a file"),
        ("sqlite:///feeds.db?mode=ro", "expected a file"),
        ("sqlite:///gone/feeds.db", "has no folder; make .*gone, or mount"),
    ],
)
def test_an_address_that_cannot_be(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        open_store(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


def empty(database: Path) -> None:
    database.write_bytes(b"")


def html(database: Path) -> None:
    database.write_bytes(b"<!DOCTYPE html><title>Captive portal</title>" * 100)


def short(database: Path) -> None:
    database.write_bytes(b"SQLite format 3\x00" + b"\x10")


def half(database: Path) -> None:
    os.truncate(database, database.stat().st_size // 2)


def odd(database: Path) -> None:
    os.truncate(database, database.stat().st_size - 100)


def zeros(database: Path) -> None:
    content = bytearray(database.read_bytes())
    content[4096 * 3 : 4096 * 9] = bytes(4096 * 6)
    database.write_bytes(content)


def folder(database: Path) -> None:
    database.unlink()
    database.mkdir()


def foreign(database: Path) -> None:
    database.unlink()
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()


def foreign_in_wal_mode(database: Path) -> None:
    database.unlink()
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE bookmarks (url)")
    connection.close()


def newer(database: Path) -> None:
    change(database, "UPDATE alembic_version SET version_num = '9999'")


def versionless(database: Path) -> None:
    change(database, "DROP TABLE alembic_version")


def journal_alone(database: Path) -> None:
    database.rename(database.with_name("feeds.db-journal"))


def change(database: Path, statement: str) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (empty, "is an empty file.*put a backup back in its place, or delete it"),
        (html, "is no database; put a backup back in its place, or move the file away"),
        (short, "is no database; put a backup back|is damaged.*; put a backup back"),
        (half, "is damaged.*; put a backup back"),
        (odd, "is damaged.*; put a backup back"),
        (zeros, "is damaged.*; put a backup back"),
        (folder, "is a folder; name a file in it"),
        (foreign, "is a database of another program; name another file"),
        (foreign_in_wal_mode, "is a database of another program; name another file"),
        (
            newer,
            rf"is of a newer feeds \(its version is 9999, this program knows {HEAD}\); update the program",
        ),
        (versionless, "is damaged.*; put a backup back"),
        (
            journal_alone,
            "feeds.db-journal is there, but the store it belongs to is not; put .* back, or delete",
        ),
    ],
)
def test_what_is_no_store_of_ours_is_refused_and_left_alone(
    database: Path, harm: Callable[[Path], None], words: str
) -> None:
    harm(database)
    assert re.search(words, refusal(database))
    assert re.search(words, refusal(database)), "nothing was made that a second run takes for a store"


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_are_told_as_damage_and_nothing_else(database: Path, seed: int) -> None:
    dice = random.Random(seed)
    damaged = bytearray(database.read_bytes())
    for _ in range(1 if seed < 4 else 30 if seed < 8 else 1000):
        damaged[dice.randrange(len(damaged))] ^= dice.randrange(1, 256)
    database.write_bytes(damaged)
    before = []
    try:
        store = opened(database.parent)
        try:
            before = content(store)
            store.housekeep()
        finally:
            store.close()
    except StoreError as error:
        message = str(error)
    else:
        message = "put a backup back"
    assert "\n" not in message
    assert re.search(r"put a backup back|name another file|update the program", message)
    assert seed < 8 or before == [], "so much damage is not overlooked"
    assert database.stat().st_size >= len(damaged), "whatever it is, it is not replaced"


def test_damage_of_a_large_store_is_told_when_it_is_met(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "CHECKED_BYTES", 0)
    zeros(database)
    store = opened(database.parent)
    with pytest.raises(StoreError, match=r"damaged|not as it was left"):
        content(store)
    with pytest.raises(StoreError, match=r"is damaged \(.*\); put a backup back"):
        store.housekeep()
    store.close()


def test_an_entry_that_cannot_be_read_is_damage(database: Path) -> None:
    change(database, "UPDATE entries SET entry = '{' WHERE number = 7")
    store = opened(database.parent)
    with pytest.raises(StoreError, match="the store is damaged: the text of an entry cannot be read"):
        content(store)
    store.close()


def as_nobody(work: Callable[[], object]) -> int:
    """Do it as a user whom permissions stop, also when root runs the tests."""

    def dropped() -> None:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        work()

    return in_child(dropped)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user may enter and write, unlike pytest's own; it holds a store."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        filled(path, [record()])
        for one in (path, *path.iterdir()):
            one.chmod(0o777)
        yield path
        path.chmod(0o777)


@pytest.mark.parametrize(
    ("name", "mode", "words"),
    [
        ("feeds.db", 0o444, "cannot be read and written; let this user do both"),
        ("feeds.db", 0o000, "cannot be read and written; let this user do both"),
        ("", 0o555, "is in a folder that cannot be written; let this user write to the folder too"),
        ("", 0o000, "cannot be reached .*; check its folder"),
    ],
)
def test_permissions(public: Path, name: str, mode: int, words: str) -> None:
    (public / name).chmod(mode)

    def work() -> None:
        with pytest.raises(StoreError, match=words):
            open_store("sqlite:///feeds.db", public)

    assert as_nobody(work) == 0


def test_a_folder_where_nothing_can_be_created(public: Path) -> None:
    (public / "feeds.db").unlink()
    (public / "feeds.db.lock").unlink()
    public.chmod(0o555)

    def work() -> None:
        with pytest.raises(
            StoreError, match=r"feeds\.db\.lock: cannot be opened .*; let this user write to the folder"
        ):
            open_store("sqlite:///feeds.db", public)

    assert as_nobody(work) == 0


def test_a_lock_of_another_program_is_waited_for_and_told(database: Path) -> None:
    store = opened(database.parent)
    with sqlite.raw(store._engine) as driver:
        driver.execute("PRAGMA busy_timeout=20")
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    for use in (lambda: store.save([poll(record("b"))]), lambda: content(store)):
        with pytest.raises(
            StoreError, match="is locked by another program for more than 10 s; end it or try"
        ):
            use()
    other.execute("ROLLBACK")
    other.close()
    store.save([poll(record("b"))])
    assert len(content(store)) == 301
    store.close()


def test_a_full_disk_undoes_the_whole_transaction(database: Path) -> None:
    store = opened(database.parent)
    before = content(store)
    with sqlite.raw(store._engine) as driver:
        (pages,) = driver.execute("PRAGMA page_count").fetchone()
        driver.execute(f"PRAGMA max_page_count={pages + 3}")
    with pytest.raises(
        StoreError, match="is on a full disk; free some space and try again, nothing saved is lost"
    ):
        store.save([poll(*(record("b", number) for number in range(500)))])
    assert content(store) == before
    assert store.states().keys() == {"a"}
    with sqlite.raw(store._engine) as driver:
        driver.execute(f"PRAGMA max_page_count={pages * 100}")
    store.save([poll(*(record("b", number) for number in range(500)))])
    assert len(content(store)) == 800
    store.close()


def test_a_disk_that_refuses_writes_undoes_the_whole_transaction(database: Path) -> None:
    def work() -> None:
        store = opened(database.parent)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = database.stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        with pytest.raises(StoreError, match=r"the disk reports an error|is on a full disk"):
            store.save([poll(*(record("b", number) for number in range(500)))])
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert len(content(store)) == 300
        store.close()

    assert in_child(work) == 0


# ------------------------------------------------------------------ journal


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 7, 0), "delete"),
        ((3, 40, 1), "delete"),
        ((3, 44, 5), "delete"),
        ((3, 44, 6), "wal"),
        ((3, 44, 9), "wal"),
        ((3, 45, 0), "delete"),
        ((3, 50, 6), "delete"),
        ((3, 50, 7), "wal"),
        ((3, 51, 0), "delete"),
        ((3, 51, 2), "delete"),
        ((3, 51, 3), "wal"),
        ((3, 52, 0), "wal"),
        ((4, 0, 0), "wal"),
    ],
)
def test_wal_only_where_it_is_sound(version: tuple[int, int, int], mode: str) -> None:
    assert sqlite.journal_mode(version) == mode


def pragma(database: Path, name: str) -> object:
    store = opened(database.parent)
    with sqlite.raw(store._engine) as driver:
        found: object = driver.execute(f"PRAGMA {name}").fetchone()[0]
    store.close()
    return found


def test_the_settings_are_those_of_the_docstring(database: Path) -> None:
    assert pragma(database, "journal_mode") == sqlite.journal_mode(sqlite3.sqlite_version_info[:3])
    assert pragma(database, "synchronous") == 3
    assert pragma(database, "foreign_keys") == 1
    assert pragma(database, "busy_timeout") == 10_000


@pytest.mark.parametrize("found", ["wal", "delete"])
def test_a_store_found_in_another_journal_mode_is_converted(database: Path, found: str) -> None:
    change(database, f"PRAGMA journal_mode={found}")
    assert pragma(database, "journal_mode") == sqlite.journal_mode(sqlite3.sqlite_version_info[:3])
    store = opened(database.parent)
    assert len(content(store)) == 300
    store.close()


def test_wal_that_cannot_be_left_is_refused(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "journal_mode", lambda _: "delete")
    monkeypatch.setattr("feeds.store.faults.BUSY_SECONDS", 0.02)
    change(database, "PRAGMA journal_mode=WAL")
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("SELECT count(*) FROM entries").fetchone()
    with pytest.raises(StoreError, match="is locked by another program"):
        opened(database.parent)
    other.close()
    assert len(content(opened(database.parent))) == 300


def test_wal_that_cannot_be_entered_waits_for_another_time(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "journal_mode", lambda _: "wal")
    monkeypatch.setattr("feeds.store.faults.BUSY_SECONDS", 0.02)
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM entries").fetchone()
    store = opened(database.parent)
    assert len(content(store)) == 300
    store.close()
    other.close()
    assert pragma(database, "journal_mode") == "wal"
    store = opened(database.parent)
    store.backup(database.parent / "copy.db")
    store.close()
    assert sorted(path.name for path in database.parent.iterdir()) == ["copy.db", "feeds.db", "feeds.db.lock"]


# ------------------------------------------------------------------ killed


def killed_at(statement: int, work: Callable[[], object]) -> int:
    """Do it in a process that ends, without a word, in front of its n-th statement; commits count."""
    left = iter(range(statement))

    def die(*_: object) -> None:
        if next(left, None) is None:
            os._exit(9)

    def dying() -> None:
        event.listen(Engine, "before_cursor_execute", die)
        event.listen(Engine, "commit", die)
        work()

    return in_child(dying)


def until_done(work: Callable[[], object], check: Callable[[], object]) -> int:
    """Kill it everywhere, check after each time, and say how many places there were."""
    for statement in range(1000):
        status = killed_at(statement, work)
        check()
        if status == 0:
            return statement
        assert status == 9
    raise AssertionError


def test_killed_while_creating(tmp_path: Path) -> None:
    def check() -> None:
        store = opened(tmp_path)
        store.save([poll(record())])
        assert content(store) == [record()]
        store.close()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["feeds.db", "feeds.db.lock"]
        (tmp_path / "feeds.db").unlink()

    assert until_done(lambda: opened(tmp_path).close(), check) > 15


def test_killed_while_saving(tmp_path: Path) -> None:
    old = [record(number=1, hours=1), record("b", 1, hours=2), record("c", 1, hours=3)]
    filled(tmp_path, old)
    database = tmp_path / "feeds.db"
    start = database.read_bytes()
    mended = record(number=1, hours=1, rights=None, url="https://a.example/mended")
    new = [record(number=2), record("b", 2)]
    renamed = record("c", 1, hours=3, id="urn:c")

    def work() -> None:
        store = opened(tmp_path)
        store.save(
            [
                poll(new[0], source="a", changed=(mended,)),
                poll(new[1], renamed=((old[2].id, renamed),)),
            ]
        )

    seen = set()

    def check() -> None:
        store = opened(tmp_path)
        now = content(store)
        assert now in (old, [new[0], new[1], mended, old[1], renamed])
        assert store.states()["a"].polled == NOW
        seen.add(len(now))
        store.housekeep()
        store.close()
        database.write_bytes(start)

    assert until_done(work, check) > 15
    assert seen == {3, 5}


MIGRATION = f"""
from alembic import op
import sqlalchemy as sa
revision = "9000"
down_revision = "{HEAD}"
def upgrade():
    with op.batch_alter_table("sources") as table:
        table.add_column(sa.Column("mood", sa.Text))
    op.execute("UPDATE sources SET mood = 'calm'")
    op.create_table("moods", sa.Column("name", sa.Text, primary_key=True))
"""


@pytest.fixture
def with_one_more_migration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Today's program with one more migration, which rebuilds a table that others refer to."""
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for script in (Path(sqlite.__file__).parent / "migrations" / "versions").glob("v*.py"):
        (versions / script.name).write_text(script.read_text())
    (versions / "v9000_last.py").write_text(MIGRATION)
    monkeypatch.setattr("feeds.store.migrate.SCRIPTS", tmp_path / "migrations")
    monkeypatch.setattr("feeds.store.migrate.HEAD", "9000")
    monkeypatch.setattr("feeds.store.creating.HEAD", "9000")


@pytest.mark.usefixtures("with_one_more_migration")
def test_killed_while_migrating(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.store.migrate.HEAD", HEAD)
    monkeypatch.setattr("feeds.store.creating.HEAD", HEAD)
    filled(tmp_path, [record(), record("b")])
    monkeypatch.setattr("feeds.store.migrate.HEAD", "9000")
    monkeypatch.setattr("feeds.store.creating.HEAD", "9000")
    database = tmp_path / "feeds.db"
    start = database.read_bytes()
    seen = set()

    def check() -> None:
        connection = sqlite3.connect(database)
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        columns = {row[1] for row in connection.execute("PRAGMA table_info(sources)")}
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        connection.close()
        assert ("mood" in columns) == ("moods" in tables) == (version == "9000")
        assert not [name for name in tables if name.startswith("_alembic")]
        seen.add(version)
        store = opened(tmp_path)
        assert content(store) == [record(), record("b")]
        store.close()
        database.write_bytes(start)

    assert until_done(lambda: opened(tmp_path).close(), check) > 10
    assert seen == {HEAD, "9000"}


@pytest.mark.usefixtures("with_one_more_migration")
def test_a_new_store_takes_all_migrations(tmp_path: Path) -> None:
    store = opened(tmp_path)
    with store._engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM moods")).scalar() == 0
    store.close()


# ------------------------------------------------------------------ two at once


def test_many_processes_create_one_store(tmp_path: Path) -> None:
    """All at once: each ends with the same store, and what one saves another does not lose."""
    children = []
    for number in range(6):
        child = os.fork()
        if not child:
            status = 70
            try:
                store = opened(tmp_path)
                store.save([poll(record(f"s{number}"))])
                store.close()
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0] * 6
    store = opened(tmp_path)
    assert store.states().keys() == {f"s{number}" for number in range(6)}
    store.close()


def test_a_store_that_vanished_under_a_run_is_not_made_anew(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.store.creating.CREATION_TRIES", 2)
    with lock.held(database):
        database.unlink()
        with pytest.raises(StoreBusy, match="another run"):
            opened(database.parent)
        assert not database.exists()


def test_time_between_polls_is_kept_to_the_microsecond(tmp_path: Path) -> None:
    one = record(hours=1 / 3600 / 1_000_000)
    filled(tmp_path, [one, record("b")])
    store = opened(tmp_path)
    assert [found.sort_key for found in content(store)] == [NOW, NOW - HOUR / 3600 / 1_000_000]
    store.close()
