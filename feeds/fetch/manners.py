"""How we behave towards servers: who we say we are, and one request at a time to a host.

The place for more spacing per host, should it be wanted.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

NAME = "feeds"


def user_agent(version: str, contact: str | None) -> str:
    """Say who asks, and where an annoyed operator can complain (RFC 9110, 10.1.5).

    Args:
        version: Of this program.
        contact: A mail address or URL; characters that no header may hold are left out. None: no comment.

    >>> user_agent("1.0", "https://planet.example/about")
    'feeds/1.0 (+https://planet.example/about)'
    >>> user_agent("1.0", None)
    'feeds/1.0'
    """
    visible = "".join(char for char in contact or "" if "!" <= char <= "~" and char not in "()\\")
    return f"{NAME}/{version} (+{visible})" if visible else f"{NAME}/{version}"


@dataclass(slots=True)
class _Queue:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Hosts:
    """Whose turn it is at each host. Remembers only the hosts that somebody is asking, or waits for."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}

    def __len__(self) -> int:
        return len(self._queues)

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Wait until nobody else asks this host; first come, first served.

        Who holds one turn must not wait for another: give it back first, or two may wait for each other.

        Args:
            host: Its name or address in lower case; ports do not matter, they are mostly one server.
        """
        host = host.rstrip(".")
        queue = self._queues.setdefault(host, _Queue())
        queue.users += 1
        try:
            async with queue.lock:
                yield
        finally:
            queue.users -= 1
            if not queue.users:
                del self._queues[host]
