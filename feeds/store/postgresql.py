"""All that is PostgreSQL's alone: how a database is reached, filled, held, and what its errors mean.

Transactions. Of a writing one there is one at a time, as in SQLite: it begins with a lock of the database's
own (``pg_advisory_xact_lock``) and reads what the one before it left. A reading one sees one moment
(REPEATABLE READ), waits for nobody, and is never refused.

A run holds the store by an advisory lock of the very connection that it writes through. Should that be lost,
because the server was started anew for one, the next one takes the lock again before anything else is done,
and who finds it taken by another run writes nothing. The server lets go of it when the connection ends,
however it ends. A pooler that gives a connection to others between transactions (PgBouncer's ``transaction``
mode) breaks this: connect to the server, or to a pooler in ``session`` mode.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.pool import QueuePool

from feeds.errors import StoreBusy, StoreError
from feeds.store.database import HALF, version_of
from feeds.store.tables import APPLICATION_ID, HEAD, METADATA

KEY = f"hashtextextended(current_schema() || ' %s', {APPLICATION_ID})"
RUN, WRITER = KEY % "run", KEY % "writer"
"""Keys of our advisory locks, as SQL. A database may hold several stores, each in a schema of its own."""

TAKE = f"SELECT pg_try_advisory_lock({RUN})"
WRITE = f"SELECT pg_advisory_xact_lock({WRITER})"
READ = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"

SETTINGS = (
    "lock_timeout = '10s'",  # as long as in SQLite
    "extra_float_digits = 1",  # numbers come back as they were
    "jit = off",  # what it costs is more than our small statements do
    # A network that was cut is noticed within a minute, and the lock of a lost run let go of.
    "tcp_keepalives_idle = 30",
    "tcp_keepalives_interval = 10",
    "tcp_keepalives_count = 3",
)
"""Of each connection, whatever the server or the user's role has in their place."""

# The two halves of a key are shown apart, with 1 in objsubid (PostgreSQL, pg_locks).
WHO = f"""SELECT coalesce(application_name, '') FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint = {RUN}"""  # noqa: S608 of our own constants

OLDEST = 13
"""Major version of PostgreSQL; older ones are no longer mended by those who make it."""

CONNECT_SECONDS = 10
"""How long the server may take to let us in."""

LOOKS, PAUSE = 10, 0.02
"""How often, and after how many seconds each, to look again at a store that is held: the server needs a
moment to notice the end of a run that was killed."""

KEEPALIVES = MappingProxyType({"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3})
"""By which we notice within a minute that the network was cut."""

# Classes and codes of SQLSTATE (PostgreSQL, appendix A); the longest that fits is taken.
_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "08": "cannot be reached; see that the server runs, has this database and lets this user in",
        "28": "does not let this user in; check the name, the password and the server's pg_hba.conf",
        "3D000": "does not exist; make it with createdb, in encoding UTF8",
        "25006": "is read-only; connect to the server that is written to",
        "3F000": "names no schema that this user may use; look at search_path, and at the user's rights",
        "42501": "does not allow this; let this user create and write tables in it",
        "55P03": "is locked by another program for more than 10 s; end it or try again later",
        "53": "is at a limit of its server; free some space or connections, then try again",
        "53100": "is on a full disk; free some space and try again, nothing saved is lost",
        "57": "was stopped by its server; nothing saved is lost, try again",
        "58": "cannot be read or written, the disk reports an error; check it, then try again",
        "XX001": "is damaged; put a backup back in its place",
        "XX002": "is damaged; put a backup back in its place",
    }
)


class PostgreSQL:
    """An open database of a server. A ``database.Database``.

    Args:
        url: Where it is.
        documents: See ``Database``.
    """

    def __init__(self, url: URL, documents: Path) -> None:
        self.documents = documents
        self._url = url
        self._claimed = False
        self.engine = _engine(url)
        event.listen(self.engine, "connect", self._claim_again)

    def told(self) -> AbstractContextManager[None]:
        """See ``Database``."""
        return told(self._url)

    @contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """See ``Database``."""
        with ExitStack() as stack:
            connection = stack.enter_context(self.engine.connect())
            try:
                _begin(connection, writes=writes)
            except DBAPIError as error:
                # The first statement tells that the connection was lost since; then the next is another one.
                if not error.connection_invalidated:
                    raise
                stack.close()
                connection = stack.enter_context(self.engine.connect())
                _begin(connection, writes=writes)
            yield connection
            connection.commit()

    @contextmanager
    def held(self) -> Iterator[None]:
        """See ``Database``."""
        with told(self._url):
            if self._claimed:
                raise _busy(self._url, None)
            for looks_left in reversed(range(LOOKS)):
                with self.transaction() as connection:
                    if connection.exec_driver_sql(TAKE).scalar_one():
                        break
                    if not looks_left:
                        raise _busy(self._url, _who(connection))
                time.sleep(PAUSE)
            self._claimed = True
        try:
            yield
        finally:
            self._claimed = False
            # What cannot be reached any more holds nothing.
            with suppress(DBAPIError), self.transaction() as connection:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({RUN})")

    def holder(self) -> tuple[bool, int | None]:
        """See ``Database``. Which process it is, is known if it runs on this machine."""
        with told(self._url), self.transaction() as connection:
            who = _who(connection)
        return who is not None, _pid(who)

    def keep_house(self) -> None:
        """Bring the statistics up to date; the server itself looks for damage."""
        self._alone("ANALYZE")

    def vacuum(self) -> None:
        """Let what is gone be written over."""
        self._alone("VACUUM")

    def backup(self, target: Path) -> None:
        """Say which program does it."""
        raise StoreError(f"{target}: a copy of the store {shown(self._url)} is made by pg_dump, not by feeds")

    def _alone(self, statement: str) -> None:
        """Execute outside of any transaction."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(statement))

    def _claim_again(self, driver: psycopg.Connection[Any], _: object) -> None:
        """Hold the store with a new connection, too."""
        if self._claimed:
            row = driver.execute(TAKE.encode()).fetchone()
            driver.commit()
            if row != (True,):
                driver.close()
                raise StoreError(
                    f"the store {shown(self._url)} was out of reach, and another run holds it since; "
                    "end one of the two"
                )


def open_database(url: URL, documents: Path, *, half: bool = False) -> PostgreSQL:
    """Open a store in a database of a server, make its tables if it has none, and bring them up to date.

    Args:
        url: As in config.yaml; the database has to be there.
        documents: The folder for raw documents.
        half: Whether it may be half a store, to which another is being moved.

    Raises:
        StoreError: It cannot be reached or used; it is then left as it is.
    """
    url = url.set(drivername="postgresql+psycopg")
    database = PostgreSQL(url, documents)
    try:
        with told(url):
            with database.transaction() as connection:
                _check(url, connection)
                version = version_of(connection)
            if version != HEAD and not (half and version == HALF):
                _upgrade(url, database)
    except BaseException:
        database.engine.dispose()
        raise
    return database


def shown(url: URL) -> str:
    """Name a database for people, without the password."""
    return url.set(drivername="postgresql").render_as_string(hide_password=True)


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn the database's errors into StoreError; a mistake of ours in calling it stays what it is."""
    try:
        yield
    except DBAPIError as error:
        code = error.orig.sqlstate if isinstance(error.orig, psycopg.Error) else None
        cause = _cause(code)
        said = " ".join(str(error.orig).split())
        if cause is not None:
            raise StoreError(f"the store {shown(url)} {cause}") from error
        if code is None and isinstance(error, OperationalError):
            # The driver's own words: there was no connection, or there is none any more.
            raise StoreError(f"the store {shown(url)} {_CAUSES['08']} ({said})") from error
        if code is None or isinstance(error, ProgrammingError | InterfaceError):
            raise
        raise StoreError(
            f"the store {shown(url)} is not as it was left ({said}); put a backup back in its place"
        ) from error


def _cause(code: str | None) -> str | None:
    return None if code is None else _CAUSES.get(code) or _CAUSES.get(code[:2])


def _engine(url: URL) -> Engine:
    """Give an engine of one connection, which says who we are."""
    mark = f"feeds: {os.uname().nodename}, process {os.getpid()}"
    engine = create_engine(
        url,
        connect_args={
            "application_name": mark[-63:],
            "connect_timeout": CONNECT_SECONDS,
            "client_encoding": "UTF8",
            **KEEPALIVES,
        },
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        use_native_hstore=False,
    )

    @event.listens_for(engine, "connect")
    def connect(driver: psycopg.Connection[Any], _: object) -> None:
        driver.execute("; ".join(f"SET {setting}" for setting in SETTINGS).encode())
        driver.commit()

    return engine


def _begin(connection: Connection, *, writes: bool) -> None:
    connection.exec_driver_sql(WRITE if writes else READ)


def _busy(url: URL, who: str | None) -> StoreBusy:
    return StoreBusy(
        f"another run ({_named(who) or 'its process is unknown'}) holds the store {shown(url)}; "
        "wait for its end or stop it",
        pid=_pid(who),
    )


def _who(connection: Connection) -> str | None:
    """Say who holds the store, by host and process; None if nobody does."""
    who = connection.exec_driver_sql(WHO).scalar()
    return None if who is None else str(who).removeprefix("feeds: ")


def _named(who: str | None) -> str:
    host, _, process = (who or "").rpartition(", ")
    return f"{process} on {host}" if host else process


def _pid(who: str | None) -> int | None:
    host, _, pid = (who or "").rpartition(", process ")
    return int(pid) if host == os.uname().nodename and pid.isdigit() else None


def _check(url: URL, connection: Connection) -> None:
    """Refuse what is no home for a store."""
    number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if number // 10_000 < OLDEST:
        raise StoreError(
            f"the store {shown(url)} is on PostgreSQL {number // 10_000}; {OLDEST} or later is needed"
        )
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"the store {shown(url)} is in encoding {encoding}; make a database in UTF8 (createdb -E UTF8)"
        )
    if connection.exec_driver_sql("SELECT current_schema()").scalar() is None:
        raise StoreError(f"the store {shown(url)} {_CAUSES['3F000']}")
    if version_of(connection) is None:
        taken = sorted({*inspect(connection).get_table_names()} & {*METADATA.tables})
        if taken:
            raise StoreError(
                f"the store {shown(url)} has a table {taken[0]} of another program; name another database"
            )


def _upgrade(url: URL, database: PostgreSQL) -> None:
    """Bring the tables up to date in one transaction; who comes meanwhile waits, and finds it done."""
    from feeds.store import migrate  # noqa: PLC0415 only now: Alembic costs a third of a second at each start

    with database.transaction(writes=True) as connection:
        version = version_of(connection)
        if version is not None:
            migrate.check(version, shown(url))
        migrate.upgrade(connection)
