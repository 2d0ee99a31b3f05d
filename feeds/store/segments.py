"""Files to which raw documents are appended: one for each day, in a folder beside the store.

Not in the database: it would grow to many times its size, and each copy and each check of it with it; and a
day's file is removed as a whole, where deleted rows leave holes. What is appended is on the disk before the
transaction that says where it is ends, so a crash leaves at most bytes that nothing points to.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from feeds.errors import StoreError

PRIVATE = 0o600
"""What a server sent is for its readers: it may repeat the password it was asked with."""


class Segments:
    """The files of one folder; a name is a day, ``2026-11-23``. All methods raise StoreError."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def append(self, name: str, pieces: Sequence[bytes]) -> list[int]:
        """Write pieces to the end of a file, force them to disk, and say where each begins."""
        with self._told("written"):
            new = not self.folder.is_dir()
            if new:
                self.folder.mkdir(mode=0o700)
            path = self.folder / name
            new = new or not path.exists()
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE)
            with os.fdopen(handle, "ab") as file:
                # What a run that was killed left at the end is skipped: nothing points to it.
                start = file.tell()
                file.writelines(pieces)
                file.flush()
                os.fsync(file.fileno())
            if new:
                for folder in (self.folder, self.folder.parent):
                    _force(folder)
        places = []
        for piece in pieces:
            places.append(start)
            start += len(piece)
        return places

    def read(self, name: str, place: int, size: int) -> bytes | None:
        """Give the bytes there; None if the file, or its end, is not there."""
        with self._told("read"):
            try:
                with (self.folder / name).open("rb") as file:
                    file.seek(place)
                    found = file.read(size)
            except FileNotFoundError:
                return None
        return found if len(found) == size else None

    def names(self) -> list[str]:
        """Give the days that have a file, the oldest first; of other files in the folder nothing is said."""
        with self._told("read"):
            found = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [path.name for path in found if _is_day(path.name)]

    def take(self, other: Segments, name: str) -> None:
        """Copy a file from another folder; it is there whole, or as it was before."""
        source, path = other.folder / name, self.folder / name
        with self._told("written"):
            if self.folder.resolve() == other.folder.resolve():
                return
            self.folder.mkdir(mode=0o700, exist_ok=True)
            half = path.with_name(f"{name}.new")
            half.unlink(missing_ok=True)
            handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
            with source.open("rb") as found, os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(found, file)
                file.flush()
                os.fsync(file.fileno())
            same = _hash(half) == _hash(source)
            if same:
                half.replace(path)
                _force(self.folder)
        if not same:
            raise StoreError(f"{half}: is not what {source} is after copying; check the disks of both")

    def remove(self, name: str) -> None:
        """Remove a file."""
        with self._told("removed"):
            (self.folder / name).unlink(missing_ok=True)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            cause = (error.strerror or str(error)).lower()
            raise StoreError(
                f"the documents in {self.folder} cannot be {what} ({cause}); check that folder and its disk's"
                " free space, or take keep_documents out of config.yaml"
            ) from error


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False


def _hash(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _force(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
