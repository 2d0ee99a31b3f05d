"""The client against ``../shared/tools/hostile.py``: each trap ends as an answer or a failure, in time.

Left out are the redirects into foreign networks: they are for the address guard, and until it stands they
would send requests to addresses that are not ours.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.config.schema import Fetch
from feeds.errors import SourceError
from feeds.fetch import fetch, open_client
from feeds.model import Document, NotModified, Validators

HOSTILE = Path(__file__).parents[2] / "shared" / "tools" / "hostile.py"
MIB = 1024 * 1024
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SETTINGS = Fetch(
    contact="https://planet.example/about",
    connect_timeout=timedelta(seconds=1),
    read_timeout=timedelta(seconds=3),
    deadline=timedelta(seconds=4),
    max_bytes=4 * MIB,
)
LOCAL = re.compile(
    r"/(?!feed/|redirect/)|/redirect/(?:self|ping|pong|file|gopher|ftp|data|javascript|unix|empty|bad|relative"
    r"|fragment|userinfo|long-url|downgrade|30\d.*|no-location|crlf|utf8|infinite|cookie-wall|slow|post|backslash"
    r"|fullwidth)\Z"
)
FAILED = re.compile(
    r"/(?:hang|slow-headers|slow-body|stall-mid-body|infinite-.*|gzip-bomb.*|deflate-bomb|gzip-twice|gzip-many"
    r"|gzip-truncated|encoding/(?:compress|x-unknown)|content-length-.*|truncated|length-conflict|chunked-.*"
    r"|reset.*|close|http09|status-line-garbage|huge-header|endless-.*|retry/.*|redirect/(?:self|ping|pong|file"
    r"|gopher|ftp|data|javascript|unix|empty|bad|301-410|no-location|infinite|cookie-wall|slow|backslash"
    r"|fullwidth)|status/(?:[45].*|999|600|30\d|10\d|20[456])|etag/304-(?:always|body))\Z"
)
ODD = re.compile(
    r"/(?:slow-but-fine|flaky|gone-later|smuggle|many-headers|cookie-flood|header-crlf|redirect/long-url)\Z"
)
"""May end either way: by our limits, by how often it was asked, or because either is right."""


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    if not HOSTILE.exists():
        pytest.skip("../shared/tools/hostile.py is not here")
    with subprocess.Popen([sys.executable, str(HOSTILE), "--port", "0"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()


def traps() -> list[str]:
    listed = subprocess.run([sys.executable, str(HOSTILE), "--list"], check=True, capture_output=True).stdout
    paths = [json.loads(line)["path"] for line in listed.splitlines()]
    return [path for path in paths if LOCAL.match(path)]


async def fall_into(base: str, path: str) -> tuple[object, float]:
    """Give what a trap ends as, polled again if it gave validators, and after how many seconds."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        # A client of its own: one host is asked by one poll at a time, and many traps take all their time.
        async with open_client(SETTINGS, "0.1") as client:
            reply = await fetch(client, base + path, Validators(), NOW)
            if reply.validators != Validators():
                await fetch(client, base + path, reply.validators, NOW)
            return reply, loop.time() - start
    except SourceError as error:
        return error, loop.time() - start


def test_every_trap_ends_as_an_answer_or_a_failure_in_time_and_in_bounds(
    server: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    paths = traps()

    async def run() -> list[tuple[object, float]]:
        slots = asyncio.Semaphore(16)

        async def one(path: str) -> tuple[object, float]:
            async with slots:
                return await fall_into(server["base"], path)

        return await asyncio.gather(*map(one, paths))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ends = dict(zip(paths, asyncio.run(run()), strict=True))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert len(paths) > 190
    wrong = {
        path: end
        for path, (end, _) in ends.items()
        if not ODD.match(path)
        and not isinstance(end, SourceError if FAILED.match(path) else Document | NotModified)
    }
    assert wrong == {}
    # Two polls at most, and sixteen at a time on a machine that has other things to do.
    late = {path: seconds for path, (_, seconds) in ends.items() if seconds > 2 * 4 + 1}
    assert late == {}
    assert grown < 16 * 4 * SETTINGS.max_bytes


def test_no_bad_tls_is_spoken_with(server: dict[str, Any]) -> None:
    ports = {name: port for name, port in server.items() if name.startswith("tls_") and isinstance(port, int)}
    assert len(ports) >= 4
    for port in (*ports.values(), server["refused_port"]):
        end, seconds = asyncio.run(fall_into(f"https://127.0.0.1:{port}", "/good/atom"))
        assert isinstance(end, SourceError)
        assert seconds < 2 * 4 + 1
