"""The store that config.yaml names."""

from __future__ import annotations

from pathlib import Path

from feeds.config.schema import Config
from feeds.errors import StoreBusy, StoreError
from feeds.store import Store, open_store


def opened(config: Config) -> Store:
    """Open the store.

    Raises:
        StoreError: It cannot be used.
    """
    return open_store(config.store, config.folder)


def exists(config: Config) -> bool:
    """Say whether there is a store already: what only looks must not make one."""
    scheme, _, file = config.store.partition(":///")
    return scheme != "sqlite" or Path(config.folder, file).exists()


def holder(store: Store) -> tuple[bool, int | None]:
    """Say whether a run holds the store, and as which process; not knowing counts as no."""
    try:
        with store.claim():
            return False, None
    except StoreBusy as busy:
        return True, busy.pid
    except StoreError:
        return False, None  # somebody who may only read it asks
