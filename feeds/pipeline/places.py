"""Places for polls that are under way at once: whoever merely waits for a slow server gives up its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

SLOW = 1.0
"""Seconds after which a poll no longer counts among those that are under way; as many again may be such."""


class Places:
    """So many polls at once, and beside them as many slow ones. Lives in one event loop.

    A server that hangs holds its poll for the whole deadline, and needs nothing from us meanwhile: a few
    dozen of them would else make all others wait.

    Args:
        freed: Called whenever there may be a free place again.
    """

    def __init__(self, freed: Callable[[], None]) -> None:
        self._freed = freed
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._slow: set[str] = set()

    def free(self, number: int) -> int:
        """Say how many polls may begin, if so many may be under way."""
        return number - len(self._timers) + min(len(self._slow), number)

    def take(self, name: str) -> None:
        """Note that a source's poll begins."""
        self._timers[name] = asyncio.get_running_loop().call_later(SLOW, self._is_slow, name)

    def leave(self, name: str) -> None:
        """Note that it has ended."""
        self._timers.pop(name).cancel()
        self._slow.discard(name)
        self._freed()

    def _is_slow(self, name: str) -> None:
        self._slow.add(name)
        self._freed()
