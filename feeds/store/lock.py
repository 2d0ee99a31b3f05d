"""One run at a time: an advisory lock beside the database.

``flock`` on ``<database>.lock``: the system lets go of it when the process ends, however it ends, so there
is no stale lock to remove. The number inside is for people. The file stays: removing it would let two
processes lock two files of one name. A POSIX system is needed (``fcntl``); on another one this module is
the only one to write anew.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.errors import StoreBusy, StoreError


@contextmanager
def held(database: Path) -> Iterator[None]:
    """Hold the lock of that database.

    Raises:
        StoreBusy: Another process (or this one, elsewhere) holds it; with its number if that is known.
        StoreError: The lock file cannot be made.
    """
    path = database.with_name(f"{database.name}.lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be opened ({error.strerror}); let this user write to the folder of the store"
        ) from error
    try:
        _take(handle, path, database)
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path, database: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = _pid(handle)
        who = f"process {pid}" if pid else "its process is unknown"
        raise StoreBusy(
            f"another run ({who}) holds the store {database}; wait for its end or stop it", pid=pid
        ) from error
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be locked ({error.strerror}); keep the store on a local disk"
        ) from error
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); free some space") from error


def _pid(handle: int) -> int | None:
    text = os.pread(handle, 32, 0).strip()
    return int(text) if text.isdigit() else None
