"""Names are looked up by the system, whose resolver may fail in any way, or hang."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from commands import DEADLINE
from test_fetch_guard import ask

from feeds.errors import FetchError
from feeds.fetch import lookup
from feeds.fetch.lookup import Lookups


@pytest.mark.parametrize(
    "failure",
    [
        *(UnicodeError("label too long"), ValueError("embedded null character"), OverflowError("port")),
        *(SystemError("a resolver's module"), MemoryError(), socket.gaierror(socket.EAI_FAIL, "failed")),
        *(socket.herror(1, "unknown host"), OSError(24, "too many open files"), RuntimeError("surprise")),
    ],
    ids=repr,
)
def test_however_a_lookup_fails_it_is_one_sentence_at_once(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise failure

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(FetchError) as told:
        ask("http://odd.test/", connect_timeout=timedelta(seconds=DEADLINE))
    assert "odd.test" in str(told.value) or "open files" in str(told.value)
    assert "; " in str(told.value)


def lookups() -> int:
    return sum(one.name == "lookup" for one in threading.enumerate())


def test_lookups_that_hang_are_bounded_and_leave_no_place_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[Any, ...]]:
        if host.startswith("hangs"):
            release.wait(DEADLINE)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(lookup, "MOST", 8)

    async def run() -> None:
        ours = Lookups()

        async def one(host: str) -> None:
            async with asyncio.timeout(0.3):
                await ours.look_up(host, 80)

        told = await asyncio.gather(*(one(f"hangs{n}.test") for n in range(50)), return_exceptions=True)
        assert [type(error) for error in told] == [TimeoutError] * 50
        assert lookups() == 8
        # An address needs no lookup, and so no place.
        assert await ours.look_up("127.0.0.1", 80) == [ip_address("127.0.0.1")]
        release.set()
        async with asyncio.timeout(DEADLINE):
            for number in range(20):
                assert await ours.look_up(f"well{number}.test", 80) == [ip_address("127.0.0.1")]

    asyncio.run(run())


def test_where_no_thread_can_be_started_it_is_a_failure_and_costs_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    async def run() -> None:
        ours = Lookups()
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", start)
            for _ in range(lookup.MOST + 1):
                with pytest.raises(socket.gaierror):
                    await ours.look_up("localhost", 80)
        async with asyncio.timeout(DEADLINE):
            assert await ours.look_up("localhost", 80)

    asyncio.run(run())


def test_one_that_hangs_holds_up_neither_others_nor_the_end_of_the_process() -> None:
    """Not the loop's threads, which publish and save, and not the interpreter as it ends."""
    program = """
import asyncio, socket, threading, time
from feeds.fetch.lookup import Lookups
socket.getaddrinfo = lambda *_, **__: time.sleep(600)

async def run():
    waiting = [asyncio.create_task(Lookups().look_up(f"h{n}.test", 80)) for n in range(40)]
    await asyncio.sleep(0.1)
    assert await asyncio.to_thread(lambda: 7) == 7
    for one in waiting:
        one.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)

asyncio.run(run())
print("done")
"""
    begun = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "done\n", "")
    assert time.monotonic() - begun < DEADLINE
