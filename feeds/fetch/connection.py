"""The one place that opens connections: the address that was judged is the address that is connected to.

A name is looked up once, every address it has is judged (``networks``), and only then, and only to those
addresses, a connection is made. So neither a name that changes its mind between two lookups (rebinding)
nor one with mixed answers leads anywhere that is not allowed. httpx-secure was looked at for this: it
connects first and judges afterwards, which an inner service notices.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from feeds.errors import AddressRefused
from feeds.fetch.lookup import Lookups
from feeds.fetch.networks import SECRETS, Address, Network, refusal

TRIED = 8
"""So many addresses of one name are tried."""
HEAD_START = 0.25
"""Seconds until the next address is tried beside the last one (RFC 8305, 5)."""
WINDOW = (socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
"""So much may wait in our kernel for us; left to itself it grows to megabytes, sent to us beyond any limit.

At 100 ms to the server and back it is still 2.5 MB a second."""
Made = TypeVar("Made")
"""A connection, in whatever form."""


async def connect(lookups: Lookups, host: str, port: int, allowed: Iterable[Network]) -> socket.socket:
    """Look up, judge, connect.

    Args:
        lookups: Of this run.
        host: A name in ASCII, or an address.
        port: Of the server.
        allowed: Ranges that the operator has opened.

    Raises:
        AddressRefused: One of the name's addresses may not be reached.
        OSError: The name cannot be looked up, or none of its addresses takes a connection.
        ValueError: It is no name.
    """
    dials = [partial(_dial, address, port) for address in await reachable(lookups, host, port, allowed)]
    return await first(dials, _drop)


async def reachable(lookups: Lookups, host: str, port: int, allowed: Iterable[Network]) -> Sequence[Address]:
    """Give the addresses of a host, as many as are tried, after all of them were judged.

    Raises:
        AddressRefused: One of them may not be reached.
        OSError: The name cannot be looked up; ValueError: it is none.
    """
    addresses = await lookups.look_up(host, port)
    for address in addresses:
        kind = refusal(address, allowed)
        if kind is not None:
            leads = "" if str(address) == host else f" leads to {address}, which"
            # Nobody means that one, but somebody may lead us there: then opening it is no advice.
            way = "check the address" if kind == SECRETS else "if it is meant, fetch.allow opens it"
            raise AddressRefused(f"{host}{leads} is {kind}; that is not asked ({way})")
    return addresses[:TRIED]


async def _dial(address: Address, port: int) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(*WINDOW)
        await asyncio.get_running_loop().sock_connect(made, (str(address), port))
    except BaseException:
        made.close()
        raise
    return made


async def _drop(made: socket.socket) -> None:
    made.close()


async def first(
    dials: Sequence[Callable[[], Awaitable[Made]]], drop: Callable[[Made], Awaitable[None]]
) -> Made:
    """Give the first connection that is made; each attempt has a head start before the next (RFC 8305).

    Args:
        dials: Attempts, in the order of preference; at least one.
        drop: Closes what came too late.

    Raises:
        Exception: As the last attempt failed, if all did.
    """
    if len(dials) == 1:
        return await dials[0]()
    waiting, running = deque(dials), set[asyncio.Task[Made]]()
    failure: BaseException = OSError("the name has no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(_awaited(waiting.popleft())))
            done, _ = await asyncio.wait(
                running, timeout=HEAD_START if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                error = task.exception()
                if error is None:
                    running.discard(task)
                    return task.result()
                running.discard(task)
                failure = error
        raise failure
    finally:
        for task in running:
            task.cancel()
        for late in await asyncio.gather(*running, return_exceptions=True):
            if not isinstance(late, BaseException):
                await drop(late)


async def _awaited(dial: Callable[[], Awaitable[Made]]) -> Made:
    return await dial()
