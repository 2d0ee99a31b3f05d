"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from hypothesis import settings
from sqlalchemy.engine import URL

from feeds.store import postgresql

# On CI the same examples each time, so that a change is judged by what it changed; elsewhere new ones.
settings.register_profile("ci", derandomize=True, print_blob=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

# Modules whose tests run on SQLite and on PostgreSQL; FEEDS_BOTH names more of them for once.
ON_BOTH = {
    *("test_store", "test_store_finding", "test_store_newest", "test_pipeline", "test_dedupe"),
    *("test_journal", "test_outputs", "test_provenance"),
    *os.environ.get("FEEDS_BOTH", "").split(),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let what is not about SQLite itself hold on both databases."""
    if metafunc.module.__name__ in ON_BOTH:
        about = metafunc.definition.get_closest_marker("sqlite")
        metafunc.parametrize("places", ("sqlite",) if about else ("sqlite", "postgresql"), indirect=True)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL, for all tests of this process."""
    with postgres.running() as server:
        yield server


@pytest.fixture(autouse=True)
def places(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open the stores that a test names as files there; on the server, each in a schema of its own."""
    if getattr(request, "param", "sqlite") == "postgresql":
        address = request.getfixturevalue("server").address

        def open_file(url: URL, folder: Path, *, half: bool = False) -> postgresql.PostgreSQL:
            assert url.database is not None
            path = folder / url.database
            return postgresql.open_database(
                postgres.schema(address, path), path.with_name(f"{path.name}.documents"), half=half
            )

        monkeypatch.setattr("feeds.store.creating.open_file", open_file)
