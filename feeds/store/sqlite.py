"""All that is SQLite's alone: how a file is opened, created, checked, copied. The one seam between databases.

Journal. SQLite has a fault by which two connections can damage a database in WAL mode (the WAL-reset bug:
fixed in 3.51.3, and in 3.50.7 and 3.44.6 for their lines). A version that has it works with a rollback
journal (``DELETE``), and a database found in WAL mode is taken out of it, which SQLite does under an
exclusive lock; a later version uses WAL, where readers and the one writer do not wait for each other.

Synchronous is ``EXTRA`` in both: in WAL mode that is ``FULL``, and with a rollback journal it also syncs the
folder when a transaction ends, without which a power loss could bring a journal back and undo the last one.

Transactions. Python's driver begins them by guessing from the SQL and not before DDL, so it is told not to
(``isolation_level=None``), and each BEGIN is ours: IMMEDIATE where something will be written, because a
reader that turns writer can meet a lock that no waiting resolves.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from feeds.errors import StoreError
from feeds.store import faults, lock
from feeds.store.tables import APPLICATION_ID

WRITING = "feeds_writing"
"""The execution option of a connection whose transactions write."""

CHECKED_BYTES = 32 * 1024 * 1024
"""A store up to this size is checked at each opening (40 ms at most); a larger one by ``housekeep``."""


SETTINGS = ("synchronous=EXTRA", "trusted_schema=OFF", "cell_size_check=ON", "cache_size=-16000")
"""Of each connection. The last is in KiB; the one before it finds damage before it spreads."""


def journal_mode(version: tuple[int, int, int]) -> str:
    """Choose ``wal`` where that version of SQLite is free of the WAL-reset bug, else ``delete``.

    >>> journal_mode((3, 40, 1))
    'delete'
    """
    fixed = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)
    return "wal" if fixed else "delete"


def open_engine(path: Path, *, create: bool = False, migrating: bool = False) -> Engine:
    """Give an engine of one connection for that file, which must exist unless ``create``.

    The connection may move between threads but is for one at a time; the caller holds the lock. While
    ``migrating``, references are not checked: a table that is rebuilt would lose its rows' children.
    """

    def connect() -> sqlite3.Connection:
        # Never "mode=rwc" for a store that should be there: it would put an empty one in place of a lost one.
        uri = f"file:{quote(str(path))}?mode={'rwc' if create else 'rw'}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=faults.BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA foreign_keys={'OFF' if migrating else 'ON'}")
            for setting in SETTINGS:
                connection.execute(f"PRAGMA {setting}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=0, hide_parameters=True
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def raw(engine: Engine) -> Iterator[sqlite3.Connection]:
    """Lend the driver's own connection, outside of any transaction, for what is not allowed inside one."""
    pooled = engine.raw_connection()
    try:
        driver = pooled.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        yield driver
    finally:
        pooled.close()


def inspect_file(path: Path) -> None:
    """Refuse by looking at the file from outside what is no store.

    Not by reading it: closing a second handle of a database drops the locks of this process on it.

    Raises:
        StoreError: A folder, an empty file, not readable or not writable.
    """
    if path.is_dir():
        raise StoreError(f"the store {path} is a folder; name a file in it")
    if path.stat().st_size == 0:
        raise StoreError(
            f"the store {path} is an empty file, which we never leave; put a backup back in its place, "
            "or delete it and run again to begin anew"
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise StoreError(f"the store {path} cannot be read and written; let this user do both")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StoreError(
            f"the store {path} is in a folder that cannot be written; let this user write to the folder too"
        )


def inspect_content(path: Path, engine: Engine) -> None:
    """Refuse what is another program's or damaged, and set the journal mode.

    Raises:
        StoreError: No SQLite database, not of ours, damaged, or in use while its journal has to change.
    """
    with raw(engine) as driver:
        if driver.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StoreError(f"the store {path} is a database of another program; name another file")
        _settle_journal(driver)
        (pages,) = driver.execute("PRAGMA page_count").fetchone()
        (size,) = driver.execute("PRAGMA page_size").fetchone()
        if driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal" and path.stat().st_size % size:
            # SQLite reads what is missing of the last page as zeros.
            raise StoreError(f"the store {path} is damaged (it ends within a page); {faults.ANEW}")
        if pages * size <= CHECKED_BYTES:
            _check(path, driver)


def mark(engine: Engine) -> None:
    """Write into a new database that it is ours."""
    with raw(engine) as driver:
        driver.execute(f"PRAGMA application_id={APPLICATION_ID}")


def check_references(connection: Connection) -> None:
    """Look at all references at once, at the end of a migration.

    Raises:
        StoreError: One leads nowhere.
    """
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreError(f"the store is damaged (an entry has no source); {faults.ANEW}")


@dataclass(frozen=True, slots=True)
class SQLite:
    """An open file of SQLite. A ``database.Database``."""

    path: Path
    engine: Engine

    @property
    def documents(self) -> Path:
        """See ``Database``."""
        return self.path.with_name(f"{self.path.name}.documents")

    def told(self) -> AbstractContextManager[None]:
        """See ``Database``."""
        return faults.told(self.path)

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """See ``Database``."""
        with (
            self.engine.connect().execution_options(**{WRITING: writes}) as connection,
            connection.begin(),
        ):
            yield connection

    def held(self) -> AbstractContextManager[None]:
        """See ``Database``."""
        return lock.held(self.path)

    def holder(self) -> tuple[bool, int | None]:
        """See ``Database``."""
        return lock.holder(self.path)

    def keep_house(self) -> None:
        """Check the whole store, and let SQLite bring its statistics up to date.

        Raises:
            StoreError: It is damaged.
        """
        with raw(self.engine) as driver:
            _check(self.path, driver)
            driver.execute("PRAGMA optimize")

    def vacuum(self) -> None:
        """Give the space of what is gone back to the disk; needs as much again while it runs."""
        with raw(self.engine) as driver:
            driver.execute("VACUUM")

    def backup(self, target: Path) -> None:
        """Copy the store as it is at one moment; the copy is whole, or it is not there.

        Raises:
            StoreError: The target exists, or cannot be written.
        """
        if target.exists():
            raise StoreError(f"{target}: exists already; name another file for the backup")
        half = target.with_name(f"{target.name}.new")
        try:
            half.unlink(missing_ok=True)
            with raw(self.engine) as driver:
                copy = sqlite3.connect(half, isolation_level=None)
                try:
                    driver.backup(copy)
                    # A copy of a database in WAL mode is in it, too; alone, it must need no second file.
                    copy.execute("PRAGMA journal_mode=DELETE").fetchone()
                finally:
                    copy.close()
            settle(half, target)
        except (OSError, sqlite3.Error) as error:
            half.unlink(missing_ok=True)
            raise StoreError(
                f"{target}: the backup of {self.path} cannot be written ({error}); "
                "check the folder and its free space"
            ) from error


def settle(half: Path, path: Path) -> None:
    """Put a finished file in place: on the disk before it has its name, its name before this returns."""
    _sync(half, os.O_RDWR)
    half.replace(path)
    _sync(path.parent, os.O_RDONLY | os.O_DIRECTORY)


def _settle_journal(driver: sqlite3.Connection) -> None:
    wanted = journal_mode(sqlite3.sqlite_version_info[:3])
    (current,) = driver.execute("PRAGMA journal_mode").fetchone()
    if current == wanted:
        return
    try:
        driver.execute(f"PRAGMA journal_mode={wanted}").fetchone()
    except sqlite3.OperationalError as error:
        # Somebody has it open. To stay without WAL only means more waiting; to stay with it is not safe.
        if wanted == "delete" or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise


def _check(path: Path, driver: sqlite3.Connection) -> None:
    (found,) = driver.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        what = " ".join(str(found).split())
        raise StoreError(f"the store {path} is damaged ({what}); {faults.ANEW}")


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
