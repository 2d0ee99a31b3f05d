"""A store in a file: found, created, checked, brought up to date."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.engine import URL

from feeds.errors import StoreBusy, StoreError
from feeds.store import faults, lock, sqlite
from feeds.store.database import HALF, version_of
from feeds.store.sqlite import WRITING, SQLite
from feeds.store.tables import HEAD

CREATION_WAIT = 0.02
CREATION_TRIES = 500
"""How often, and after how many seconds each, to look again while another process creates the same store."""


def open_file(url: URL, folder: Path, *, half: bool = False) -> SQLite:
    """Open a store in a file, create it if there is none, and bring its tables up to date.

    Args:
        url: As in config.yaml.
        folder: Where a relative path starts.
        half: Whether it may be half a store, to which another is being moved.

    Raises:
        StoreError: What is there is not usable; it is then left as it is.
        StoreBusy: There is none, and another run is in the way of creating it.
    """
    try:
        path = _path(url, folder)
        if not path.exists():
            _create(path)
        sqlite.inspect_file(path)
    except (OSError, RuntimeError) as error:  # RuntimeError: a symbolic link that leads to itself.
        raise StoreError(
            f"the store {_shown(url)} cannot be reached ({error}); check its folder and who may enter"
        ) from error
    with faults.told(path):
        engine = sqlite.open_engine(path)
        try:
            sqlite.inspect_content(path, engine)
            _migrate(path, engine, half=half)
        except BaseException:
            engine.dispose()
            raise
    return SQLite(path, engine)


def _path(parsed: URL, folder: Path) -> Path:
    name = parsed.database
    if not name or name == ":memory:" or parsed.query or parsed.host:
        raise StoreError(f"store: expected a file like sqlite:///feeds.db, found {_shown(parsed)}")
    # Resolved, because the lock and the journal belong to the file and not to one of its names.
    path = (folder / name).resolve()
    if not path.parent.is_dir():
        raise StoreError(f"the store {path} has no folder; make {path.parent}, or mount the disk it is on")
    return path


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _create(path: Path) -> None:
    """Make an empty store under another name and put it in place whole.

    Under the lock of a run, so that of two processes one creates and the other waits. A crash leaves a
    ``.new`` file, which the next creation removes.
    """
    for leftover in (path.with_name(f"{path.name}-journal"), path.with_name(f"{path.name}-wal")):
        if leftover.exists():
            # SQLite would play it into the new database.
            raise StoreError(
                f"{leftover} is there, but the store it belongs to is not; put {path} back, "
                f"or delete {leftover.name} and run again to begin anew"
            )
    for tries_left in reversed(range(CREATION_TRIES)):
        try:
            with lock.held(path):
                if not path.exists():
                    _fill(path)
                return
        except StoreBusy:
            if path.exists():
                return
            if not tries_left:
                raise
            time.sleep(CREATION_WAIT)


def _fill(path: Path) -> None:
    half = path.with_name(f"{path.name}.new")
    try:
        for name in (half.name, f"{half.name}-journal", f"{half.name}-wal", f"{half.name}-shm"):
            half.with_name(name).unlink(missing_ok=True)
        with faults.told(path):
            _upgrade(half, create=True)
        sqlite.settle(half, path)
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be created ({error.strerror}); check the folder and its free space"
        ) from error


def _migrate(path: Path, engine: Engine, *, half: bool) -> None:
    with engine.connect() as connection:
        version = version_of(connection)
    if version == HEAD or (half and version == HALF):
        return
    from feeds.store import migrate  # noqa: PLC0415 only now: Alembic costs a third of a second at each start

    migrate.check(version, str(path))
    engine.dispose()
    _upgrade(path)


def _upgrade(path: Path, *, create: bool = False) -> None:
    from feeds.store import migrate  # noqa: PLC0415 as above

    engine = sqlite.open_engine(path, migrating=True, create=create)
    try:
        if create:
            sqlite.mark(engine)
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            migrate.upgrade(connection)
            sqlite.check_references(connection)
    finally:
        engine.dispose()
