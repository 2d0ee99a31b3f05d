"""From the address in config.yaml to an open store: find, create, check, bring up to date."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from feeds.errors import StoreError
from feeds.store import creating
from feeds.store.database import Database
from feeds.store.store import Store

NAME = "feeds.db"
"""What a store is called in a folder of its own."""


def open_store(url: str, folder: Path, *, half: bool = False) -> Store:
    """Open the store, create it if there is none, and bring its tables up to date.

    Args:
        url: As in config.yaml, for instance ``sqlite:///feeds.db`` or ``postgresql://user@host/feeds``.
        folder: Where a relative path starts.
        half: Whether it may be half a store, to which another is being moved.

    Raises:
        StoreError: What is there is not usable; it is then left as it is.
        StoreBusy: There is none, and another run is in the way of creating it.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "store: expected an address like sqlite:///feeds.db, found something else"
        ) from error
    return Store(_database(parsed, folder, half=half))


def open_new(folder: Path) -> Store:
    """Make a store in a folder that is new, or empty.

    Raises:
        StoreError: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise StoreError(f"the folder {folder} cannot be made ({cause}); name another") from error
    return open_store(f"sqlite:///{NAME}", folder)


def _database(url: URL, folder: Path, *, half: bool) -> Database:
    kind = url.get_backend_name()
    if kind == "sqlite":
        return creating.open_file(url, folder, half=half)
    if kind == "postgresql":
        # Only now, because its driver is an extra, and costs a tenth of a second at each start.
        try:
            from feeds.store import postgresql  # noqa: PLC0415
        except ImportError as error:
            raise StoreError(
                f"store: PostgreSQL needs one more package ({error}); install feeds[postgres]"
            ) from error
        return postgresql.open_database(url, folder / f"{url.database}.documents", half=half)
    found = url.render_as_string(hide_password=True)
    raise StoreError(
        f"store: expected an address like sqlite:///feeds.db or postgresql://user@host/feeds, found {found}"
    )
