"""Put rendered files in place, or only say what that would do."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from feeds import publish


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """What is done with files; the arguments are those of ``publish``.

    Attributes:
        put: Makes a file have these bytes; says "written" or "unchanged".
        remove: Removes a file if it has the bytes of that SHA-256 (hex); says whether.
    """

    put: Callable[[Path, str, bytes], str]
    remove: Callable[[Path, str, str], bool]


def _compared(folder: Path, name: str, body: bytes) -> str:
    return "unchanged" if publish.digest(folder, name) == hashlib.sha256(body).hexdigest() else "written"


def _ours(folder: Path, name: str, sha256: str) -> bool:
    return publish.digest(folder, name) == sha256


def _put(folder: Path, name: str, body: bytes) -> str:
    return publish.put(folder, name, body)


def _remove(folder: Path, name: str, sha256: str) -> bool:
    return publish.remove(folder, name, sha256)


PRESS = Press(put=_put, remove=_remove)
DRAFTED = Press(put=_compared, remove=_ours)
"""Touches nothing: tells what the press would do."""
