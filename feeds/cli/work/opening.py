"""The store that config.yaml names."""

from __future__ import annotations

from pathlib import Path

from feeds.config.schema import Config
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
