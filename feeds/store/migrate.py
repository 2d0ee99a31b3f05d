"""Bring the tables up to date, in one transaction: after a crash they are the old ones or the new ones.

The only room that knows Alembic, and imported only when there is something to do, because Alembic costs
a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from feeds.errors import StoreError
from feeds.store import faults
from feeds.store.indexes import METADATA
from feeds.store.tables import HEAD

SCRIPTS = Path(__file__).parent / "migrations"


def scripts() -> ScriptDirectory:
    """Give the migrations of this program."""
    return ScriptDirectory(str(SCRIPTS))


def check(version: str | None, store: str) -> None:
    """Refuse tables that this program cannot bring up to date.

    Args:
        version: What they say they are; None if they say nothing.
        store: What to call it.

    Raises:
        StoreError: They are damaged, or of a newer program.
    """
    if version is None:
        raise StoreError(f"the store {store} is damaged (it has no version); {faults.ANEW}")
    if version.startswith("half of "):
        raise StoreError(
            f"the store {store} is half a store: `feeds migrate-store` was broken off; run it again, "
            "or use another"
        )
    if not any(script.revision == version for script in scripts().walk_revisions()):
        raise StoreError(
            f"the store {store} is of a newer feeds (its version is {version}, this program knows {HEAD}); "
            "update the program"
        )


def upgrade(connection: Connection) -> None:
    """Run what is missing, inside the transaction that the connection is in; the caller commits."""
    directory = scripts()

    def missing(now: Any, _: MigrationContext) -> Iterable[RevisionStep]:
        # What alembic.command.upgrade calls, too; all the rest of that is about an ini file.
        steps: Iterable[RevisionStep] = directory._upgrade_revs(HEAD, now)
        return steps

    with EnvironmentContext(Config(), directory, fn=missing) as environment:
        environment.configure(connection=connection, target_metadata=METADATA)
        environment.run_migrations()
