"""The client against ``../shared/tools/hostile.py``: each trap ends as an answer or a failure, in time.

Left out are only the bodies of ``/feed/``: they are for the readers.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feeds.config.schema import Fetch
from feeds.errors import AddressRefused, SourceError
from feeds.fetch import fetch, open_client
from feeds.model import Document, NotModified, Validators

HOSTILE = Path(__file__).parents[2] / "shared" / "tools" / "hostile.py"
MIB = 1024 * 1024
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HURRIED = Fetch(
    contact="https://planet.example/about",
    allow=("127.0.0.1",),
    connect_timeout=timedelta(seconds=2),
    read_timeout=timedelta(seconds=1),
    deadline=timedelta(seconds=2),
    max_bytes=4 * MIB,
)
PATIENT = Fetch(contact="https://planet.example/about", allow=("127.0.0.1",), max_bytes=4 * MIB)
SLACK = 30
"""Seconds for two polls of two seconds each on a busy machine; without a deadline they would never end."""
FOREIGN = re.compile(
    r"/redirect/(?:metadata6?|10|172|192|cgnat|multicast|broadcast|benchmark|doc-net|loopback|ipv6-loopback|mapped"
    r"|nat64|6to4|teredo|ula|linklocal6|zero|decimal|octal|hex|short|fullwidth|userinfo-trick|backslash|port22"
    r"|port25|file|gopher|ftp|data|javascript|unix)\Z"
)
"""Redirects to where nothing of ours may go."""
FAILED = re.compile(
    r"/(?:hang|slow-headers|slow-body|stall-mid-body|infinite-.*|gzip-bomb.*|deflate-bomb|gzip-twice|gzip-many"
    r"|gzip-truncated|encoding/(?:compress|x-unknown)|content-length-.*|truncated|length-conflict|chunked-.*"
    r"|reset.*|close|http09|status-line-garbage|huge-header|endless-.*|retry/.*|redirect/(?:self|ping|pong|file"
    r"|gopher|ftp|data|javascript|unix|empty|bad|301-410|no-location|infinite|cookie-wall|slow|backslash"
    r"|fullwidth)|status/(?:[45].*|999|600|30\d|10\d|20[456])|etag/304-(?:always|body))\Z"
)
ODD = re.compile(
    r"/(?:slow-but-fine|flaky|gone-later|smuggle|many-headers|cookie-flood|header-crlf|redirect/(?:long-url|localhost(?:-dot)?|auth-leak))\Z"
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
    return [path for path in paths if not path.startswith(("/feed/", "tls:"))]


async def fall_into(url: str, settings: Fetch) -> tuple[object, float]:
    """Give what a trap ends as, polled again if it gave validators, and after how many seconds."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    try:
        # A client of its own: one host is asked by one poll at a time, and many traps take all their time.
        async with open_client(settings, "0.1") as client:
            reply = await fetch(client, url, Validators(), NOW)
            if reply.validators != Validators():
                await fetch(client, url, reply.validators, NOW)
            return reply, loop.time() - start
    except SourceError as error:
        return error, loop.time() - start


async def fall_into_all(urls: list[str], settings: Fetch) -> list[tuple[object, float]]:
    slots = asyncio.Semaphore(16)

    async def one(url: str) -> tuple[object, float]:
        async with slots:
            return await fall_into(url, settings)

    return await asyncio.gather(*map(one, urls))


@pytest.fixture(autouse=True)
def _no_authorities(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))


def test_what_is_only_odd_gives_its_document(server: dict[str, Any]) -> None:
    ends_well = (path for path in traps() if not FAILED.match(path) and not ODD.match(path))
    paths = [path for path in ends_well if not FOREIGN.match(path)]
    assert len(paths) > 90
    urls = [server["base"] + path for path in paths]
    ends = zip(paths, asyncio.run(fall_into_all(urls, PATIENT)), strict=True)
    assert {path: end for path, (end, _) in ends if not isinstance(end, Document | NotModified)} == {}


def test_every_trap_ends_as_a_failure_in_time_and_in_bounds(server: dict[str, Any]) -> None:
    paths = [path for path in traps() if FAILED.match(path) or ODD.match(path)]
    assert len(paths) > 110
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    urls = [server["base"] + path for path in paths]
    ends = dict(zip(paths, asyncio.run(fall_into_all(urls, HURRIED)), strict=True))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    wrong = {
        path for path, (end, _) in ends.items() if FAILED.match(path) and not isinstance(end, SourceError)
    }
    assert wrong == set()
    # Two polls at most, and sixteen at a time on a machine that has other things to do.
    assert {path: seconds for path, (_, seconds) in ends.items() if seconds > SLACK} == {}
    assert grown < 16 * 4 * HURRIED.max_bytes


def test_no_redirect_leads_to_where_nothing_may_go(server: dict[str, Any]) -> None:
    paths = [path for path in traps() if FOREIGN.match(path)]
    assert len(paths) > 30
    urls = [server["base"] + path for path in paths]
    ends = asyncio.run(fall_into_all(urls, PATIENT))
    wrong = {path: end for path, (end, _) in zip(paths, ends, strict=True) if type(end) is not AddressRefused}
    assert wrong == {}
    with urllib.request.urlopen(server["base"] + "/_canary") as answer:
        touched = json.load(answer)
    # The name localhost may lead to 127.0.0.1, which is open here, as the server stands there.
    assert [hit for hit in touched if "127.0.0.1" not in hit["local"]] == []


def test_no_bad_tls_is_spoken_with(server: dict[str, Any]) -> None:
    ports = {name: port for name, port in server.items() if name.startswith("tls_") and isinstance(port, int)}
    assert len(ports) >= 4
    for port in (*ports.values(), server["refused_port"]):
        end, seconds = asyncio.run(fall_into(f"https://127.0.0.1:{port}/good/atom", HURRIED))
        assert isinstance(end, SourceError)
        assert seconds < SLACK
