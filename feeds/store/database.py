"""What a store needs of its database beyond statements; ``SQLite`` and ``PostgreSQL`` each give it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text, inspect, select

from feeds.store.tables import HEAD

VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", Text, doc="The newest migration that the tables have seen. Never NULL."),
)
"""Alembic's own; one row."""

HALF = f"half of {HEAD}"
"""What stands there while a store is moved here: the tables are as they should be, and not all is in them."""


class Database(Protocol):
    """An open database with tables that are up to date.

    Attributes:
        engine: Gives its one connection; the caller sees to it that one thread at a time asks for it.
        documents: The folder of raw documents, which may not be there yet.
    """

    @property
    def engine(self) -> Engine: ...

    @property
    def documents(self) -> Path: ...

    def told(self) -> AbstractContextManager[None]:
        """Turn the database's errors into StoreError; a mistake of ours in calling it stays what it is."""
        ...

    def transaction(self, *, writes: bool = False) -> AbstractContextManager[Connection]:
        """Open a transaction; what is read in it is of one moment. It is undone if anything is raised in it.

        One that writes has the database for itself: it waits for the one before it, and reads what that left.
        """
        ...

    def held(self) -> AbstractContextManager[None]:
        """Hold the store for one run alone.

        Raises:
            StoreBusy: Another run holds it; with its process if that is known.
        """
        ...

    def holder(self) -> tuple[bool, int | None]:
        """Say whether a run holds the store, and as which process; not knowing counts as no."""
        ...

    def keep_house(self) -> None:
        """Look for damage as far as the database leaves that to us, and bring its statistics up to date."""
        ...

    def vacuum(self) -> None:
        """Give the space of what is gone back."""
        ...

    def backup(self, target: Path) -> None:
        """Copy the store as it is at one moment into a new file.

        Raises:
            StoreError: It cannot be, or the database has its own program for that.
        """
        ...


def version_of(connection: Connection) -> str | None:
    """Give the number of the newest migration that its tables have seen; None if they are not ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(select(VERSION.c.version_num))
    return found
