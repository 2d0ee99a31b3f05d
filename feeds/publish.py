"""Compare, and put a file in place in one step. The only room that writes into ``output/``.

A reader sees the old file or the new one, never a part and never none, also after a power cut: the bytes go
to a temporary file in the same folder, are forced to disk, and take the name by ``rename``; then the folder
is forced to disk too. Whoever calls holds the store's run lock, so there is one writer at a time and the
temporary name needs no dice.

A symbolic link that stands where a file is to be is replaced by the file; what it points to is not touched.
Folders may be links: where ``output/`` leads is the operator's business.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from stat import S_ISREG
from types import MappingProxyType
from typing import Literal

from feeds.errors import PublishError

MODE = 0o644
"""Feeds are for everybody's eyes; the umask may take away from it."""
TEMPORARY = re.compile(r"\..+\.feeds-tmp\Z", re.DOTALL)
REMEDIES: Mapping[int | None, str] = MappingProxyType(
    {
        errno.ENOSPC: "free some space on that disk",
        errno.EDQUOT: "free some space, or ask for a larger quota",
        errno.EFBIG: "raise the limit on the size of files",
        errno.EROFS: "mount that file system writable, or set another site.folder",
        errno.EACCES: "give the user who runs feeds the right to write there",
        errno.EPERM: "give the user who runs feeds the right to write there",
        errno.ENOTDIR: "move away the file that stands where a folder is needed",
        errno.EEXIST: "move away the file that stands where a folder is needed",
        errno.EISDIR: "move away the folder that stands where the file is to be",
        errno.ELOOP: "mend the symbolic links, which lead in a circle",
        errno.ENAMETOOLONG: "choose a shorter name",
        errno.EIO: "check that disk",
        errno.ENOENT: "check that the disk of site.folder is mounted",
    }
)


def put(folder: Path, name: str, body: bytes) -> Literal["written", "unchanged"]:
    """Make ``folder/name`` have these bytes, in one step.

    Args:
        folder: Where all published files lie; made if it is missing.
        name: Relative to it, with slashes; folders in it are made if they are missing.
        body: The whole file.

    Returns:
        ``unchanged`` if the file already had these bytes: neither it nor its times were touched.

    Raises:
        PublishError: It could not be done; the previous file is as it was.
    """
    path = _place(folder, name)
    try:
        if _same(path, body):
            return "unchanged"
        _make_folder(path.parent)
        _write(path, body)
    except OSError as error:
        raise _sorry("write", path, error) from error
    return "written"


def digest(folder: Path, name: str) -> str | None:
    """Give the SHA-256 (hex) of a published file; None if it is missing or no regular file.

    Raises:
        PublishError: It is there and cannot be read.
    """
    path = _place(folder, name)
    try:
        body = _read(path)
    except OSError as error:
        raise _sorry("read", path, error) from error
    return None if body is None else hashlib.sha256(body).hexdigest()


def there(folder: Path, name: str) -> bool:
    """Say whether a published file is there, as a regular file; what is in it is not looked at."""
    try:
        return S_ISREG(_place(folder, name).lstat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def described(folder: Path, name: str) -> str | None:
    """Describe a published file as the file system does, without opening it; None as for ``digest``.

    As long as nothing writes to it, replaces it or touches it, the description stays the same.
    """
    try:
        status = _place(folder, name).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not S_ISREG(status.st_mode):
        return None
    return f"{status.st_size} {status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns}"


def read(folder: Path, name: str) -> bytes:
    """Give the bytes of a published file; none if it is missing.

    Raises:
        PublishError: It is there and cannot be read.
    """
    path = _place(folder, name)
    try:
        return _read(path) or b""
    except OSError as error:
        raise _sorry("read", path, error) from error


def remove(folder: Path, name: str, sha256: str) -> bool:
    """Remove a file that is no longer published, but only if it is what we wrote.

    Args:
        folder: As for ``put``.
        name: As for ``put``.
        sha256: Hex digest of the bytes we put there.

    Returns:
        Whether a file was removed; False also if somebody else changed or removed it.

    Raises:
        PublishError: It is ours and could not be removed.
    """
    path = _place(folder, name)
    try:
        body = _read(path)
        if body is None or hashlib.sha256(body).hexdigest() != sha256:
            return False
        path.unlink()
        _force(path.parent)
    except OSError as error:
        raise _sorry("remove", path, error) from error
    return True


def sweep(folder: Path) -> int:
    """Remove the temporary files that a killed run left; only files of our own name pattern.

    Returns:
        How many there were.

    Raises:
        PublishError: One could not be removed.
    """
    swept = 0
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in sorted(names) if TEMPORARY.match(name)):
            try:
                path.unlink()
            except OSError as error:
                raise _sorry("remove", path, error) from error
            swept += 1
    return swept


def _place(folder: Path, name: str) -> Path:
    """Join, and refuse every name that could lead out of the folder or looks like our temporary files."""
    parts = name.split("/")
    odd = PurePosixPath(name).is_absolute() or any(part in {"", ".", ".."} for part in parts)
    if odd or "\0" in name or "\\" in name or TEMPORARY.match(parts[-1]):
        raise PublishError(f"expected a file's name inside the output folder, found {name!r}")
    return folder.joinpath(*parts)


def _read(path: Path) -> bytes | None:
    """Read a regular file; None if there is none, and for a link, whose target is not ours."""
    try:
        return path.read_bytes() if S_ISREG(path.lstat().st_mode) else None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _same(path: Path, body: bytes) -> bool:
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    # The size first: it is already here, and nearly always enough to see a difference.
    return S_ISREG(status.st_mode) and status.st_size == len(body) and path.read_bytes() == body


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each forced into the one above, which holds its name."""
    if folder.is_dir():
        return
    if folder.parent != folder:
        _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _force(folder.parent)


def _write(path: Path, body: bytes) -> None:
    temporary = path.with_name(f".{path.name}.feeds-tmp")
    placed = False
    temporary.unlink(missing_ok=True)
    try:
        # O_EXCL: whatever else appears under that name, a link for instance, is never written through.
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        placed = True
    finally:
        if not placed:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    _force(path.parent)


def _force(folder: Path) -> None:
    """Force a folder's names to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems know no fsync of folders; there a rename is as durable as it gets.
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)


def _sorry(verb: str, path: Path, error: OSError) -> PublishError:
    cause = (error.strerror or str(error)).lower()
    remedy = REMEDIES.get(error.errno)
    return PublishError(f"cannot {verb} {path}: {cause}" + (f"; {remedy}" if remedy else ""))
