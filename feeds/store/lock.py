"""One run at a time: an advisory lock beside the database.

``flock`` on ``<database>.lock``: the system lets go of it when the process ends, however it ends, so there
is no stale lock to remove. The number inside is for people. The file stays: removing it would let two
processes lock two files of one name. A POSIX system is needed (``fcntl``); on another one this module is
the only one to write anew.

Who only asks takes the lock too, as there is no other way, but shared and for no longer than a look. So what
finds it held looks again a few times before it believes it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.errors import StoreBusy, StoreError

LOOKS = 10
PAUSE = 0.02
"""How often, and after how many seconds each, to look again at a lock that somebody may only ask about."""


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


def holder(database: Path) -> tuple[bool, int | None]:
    """Say whether a run holds that database, and as which process; not knowing counts as no."""
    try:
        handle = os.open(database.with_name(f"{database.name}.lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False, None  # nothing was ever held here, or somebody asks who may not look
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True, _pid(handle)
    except OSError:
        return False, None
    finally:
        os.close(handle)
    return False, None


def _take(handle: int, path: Path, database: Path) -> None:
    try:
        busy = _lock(handle)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be locked ({error.strerror}); keep the store on a local disk"
        ) from error
    if busy:
        pid = _pid(handle)
        who = f"process {pid}" if pid else "its process is unknown"
        raise StoreBusy(
            f"another run ({who}) holds the store {database}; wait for its end or stop it", pid=pid
        )
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror}); free some space") from error


def _lock(handle: int) -> bool:
    """Take the lock, or say that it is held for longer than somebody asks."""
    for looks_left in reversed(range(LOOKS)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if looks_left:
                time.sleep(PAUSE)
        else:
            return False
    return True


def _pid(handle: int) -> int | None:
    text = os.pread(handle, 32, 0).strip()
    return int(text) if text.isdigit() else None
