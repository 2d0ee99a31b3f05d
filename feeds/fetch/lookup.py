"""Names to addresses, in threads of their own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from ipaddress import ip_address

from feeds.fetch.networks import Address

MOST = 128
"""Lookups at once. More are under way only when the system's resolver hangs, which may be for ever."""

ODD = (OverflowError, MemoryError, SystemError, RuntimeError, TypeError)
"""What a resolver's modules, and Python's own reading of names and ports, raise besides."""


class Lookups:
    """Looks names up. Lives in one event loop.

    Each lookup has a thread of its own: one that hangs must neither hold up others nor the program's end,
    and a thread of the loop's pool would do both. Where all hang, those that come later wait for one of them,
    until their time is over.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(MOST)

    async def look_up(self, host: str, port: int) -> list[Address]:
        """Look up a name; an address is its own answer.

        Returns:
            Its addresses in the system's order of preference, each once.

        Raises:
            OSError: The name has none, or cannot be looked up.
            ValueError: It is none that could have one.
        """
        with contextlib.suppress(ValueError):
            return [ip_address(host)]
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[Address]] = loop.create_future()

        def settle(found: list[Address], failure: Exception | None) -> None:
            self._places.release()
            if answer.done():  # Nobody waits any longer.
                return
            if failure is not None:
                answer.set_exception(failure)
            else:
                answer.set_result(found)

        def ask() -> None:
            found: list[Address] = []
            failure: Exception | None = ValueError("looking the name up ended without an answer")
            try:
                told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                found = list(dict.fromkeys(ip_address(where[4][0]) for where in told))
                failure = None
            except (OSError, ValueError) as error:
                failure = error
            except ODD as error:
                failure = ValueError(f"the name cannot be looked up ({type(error).__name__})")
            finally:
                with contextlib.suppress(RuntimeError):  # The loop has ended meanwhile, and nobody waits.
                    loop.call_soon_threadsafe(settle, found, failure)

        await self._places.acquire()
        try:
            threading.Thread(target=ask, name="lookup", daemon=True).start()
        except RuntimeError as error:
            self._places.release()
            raise socket.gaierror(socket.EAI_AGAIN, "no thread can be started") from error
        return await answer
