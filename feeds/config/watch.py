"""Whether the files of a configuration are as they were when it was read."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from feeds.config.schema import Config

Stamp = tuple[str, int, int, int]
"""A file's path, its mtime in nanoseconds, size and inode; zeros if it is not there."""


def stamps(config: Config, also: Iterable[str] = ()) -> tuple[Stamp, ...]:
    """Look at config.yaml, at the files it includes, and at those that would be included by now.

    By asking, not by notification: it works on every file system, sees a file that an editor replaces by
    renaming, and one that appears where a pattern waits for it, and costs a millisecond for 500 files.

    Args:
        config: As it was read.
        also: More paths to look at: those in which a later version had mistakes.
    """
    paths = {str(path) for path in (config.path, *config.files)} | set(also)
    for pattern in config.include:
        paths.update(glob.glob(str(config.folder / pattern), recursive=True))  # noqa: PTH207 as in ``load``
    return tuple(map(_stamp, sorted(paths)))


def _stamp(path: str) -> Stamp:
    try:
        found = Path(path).stat()
    except OSError:
        return (path, 0, 0, 0)
    return (path, found.st_mtime_ns, found.st_size, found.st_ino)
