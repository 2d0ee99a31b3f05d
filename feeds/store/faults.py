"""What the database reports, as one sentence for the operator: what is wrong, and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from sqlalchemy.exc import DBAPIError, InterfaceError, ProgrammingError

from feeds.errors import StoreError

BUSY_SECONDS = 10.0
"""How long a statement waits for another program's lock."""

ANEW = "put a backup back in its place, or move the file away and run again to begin anew"

# Primary result codes of SQLite (sqlite.org/rescode.html); the extended ones share their low byte.
_LOCKED = f"is locked by another program for more than {BUSY_SECONDS:.0f} s; end it or try again later"
_BARRED = "is not accessible; let this user read and write the file and its folder"
_CAUSES = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: _LOCKED,
        sqlite3.SQLITE_LOCKED: _LOCKED,
        sqlite3.SQLITE_FULL: "is on a full disk; free some space and try again, nothing saved is lost",
        sqlite3.SQLITE_IOERR: (
            "cannot be read or written, the disk reports an error; check it and its space, then try again"
        ),
        sqlite3.SQLITE_READONLY: "is read-only; let this user write to the file and its folder",
        sqlite3.SQLITE_PERM: _BARRED,
        sqlite3.SQLITE_AUTH: _BARRED,
        sqlite3.SQLITE_CANTOPEN: _BARRED,
        sqlite3.SQLITE_NOTADB: f"is no database; {ANEW}",
        sqlite3.SQLITE_CORRUPT: f"is damaged; {ANEW}",
        sqlite3.SQLITE_TOOBIG: "cannot take a text of that size; leave the source out that brought it",
    }
)


@contextmanager
def told(database: Path) -> Iterator[None]:
    """Turn the database's errors into StoreError; a mistake of ours in calling it stays what it is."""
    try:
        yield
    except (InterfaceError, ProgrammingError):
        raise
    except UnicodeDecodeError as error:
        # The driver cannot read SQLite's own words, because they quote a text that is damaged.
        raise StoreError(f"the store {database} is damaged; {ANEW}") from error
    except DBAPIError as error:
        raise StoreError(sentence(database, error.orig)) from error
    except sqlite3.Error as error:
        raise StoreError(sentence(database, error)) from error


def sentence(database: Path, error: BaseException | None) -> str:
    """Say what is wrong with the store and what to do about it."""
    code = getattr(error, "sqlite_errorcode", None)  # absent where the driver itself complains
    cause = None if code is None else _CAUSES.get(code & 0xFF)
    if cause is None:
        # No such table, text that is not UTF-8, a broken rule: not as we left it.
        return f"the store {database} is not as it was left ({error}); {ANEW}"
    return f"the store {database} {cause}"
