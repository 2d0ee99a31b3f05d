"""How we behave towards servers: who we say we are, one request at a time to a host, and not too soon.

A host is a host's name; where many sites share one service (blogs, video, forums), it is that service. What a
host taught us (``Spacing``) outlives a run: the store keeps it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from feeds.errors import HostRests
from feeds.memory import Spacing

NAME = "feeds"
SHARED = frozenset(
    {
        *(
            "reddit.com",
            "youtube.com",
            "medium.com",
            "substack.com",
            "blogspot.com",
            "blogger.com",
            "tumblr.com",
        ),
        *(
            "wordpress.com",
            "github.com",
            "github.io",
            "gitlab.com",
            "googleapis.com",
            "feedburner.com",
            "bsky.app",
        ),
        *("livejournal.com", "dreamwidth.org", "typepad.com", "over-blog.com", "hatenablog.com", "write.as"),
        *(
            "neocities.org",
            "bearblog.dev",
            "ghost.io",
            "buttondown.email",
            "libsyn.com",
            "podbean.com",
            "anchor.fm",
        ),
        *("buzzsprout.com", "simplecast.com", "megaphone.fm", "soundcloud.com", "vimeo.com", "flickr.com"),
        *("stackexchange.com", "arxiv.org", "biorxiv.org", "google.com", "yahoo.com"),
    }
)
"""Services on which many sites stand under names of their own: each counts as one host."""
PATIENCE = 10.0
"""Seconds that a poll waits for its turn to be far enough from the last; beyond, it is put off."""
SLOWER, FASTER = 2.0, 0.97
"""A host's spacing grows by this factor with each 429, and shrinks by this with each good answer."""
FIRST, MOST = timedelta(seconds=2), timedelta(minutes=10)
"""The spacing after the first 429, at least; and the largest."""
REST = timedelta(minutes=1)
"""How long a host is left alone after a 429 that does not say how long."""
NONE = timedelta()
LONGEST = timedelta(days=1)
"""So much of what a host asks counts."""


def user_agent(version: str, contact: str | None, subscribers: int | None = None) -> str:
    """Say who asks, for how many, and where an annoyed operator can complain (RFC 9110, 10.1.5).

    Args:
        version: Of this program.
        contact: A mail address or URL; characters that no header may hold are left out. None: no comment.
        subscribers: How many people read what we publish; None if that is not known.

    >>> user_agent("1.0", "https://planet.example/about", 12)
    'feeds/1.0 (+https://planet.example/about; 12 subscribers)'
    >>> user_agent("1.0", None)
    'feeds/1.0'
    """
    visible = "".join(char for char in contact or "" if "!" <= char <= "~" and char not in "()\\")
    many = None if subscribers is None else f"{subscribers} subscriber{'' if subscribers == 1 else 's'}"
    comment = "; ".join(part for part in (f"+{visible}" if visible else None, many) if part)
    return f"{NAME}/{version} ({comment})" if comment else f"{NAME}/{version}"


def service(host: str) -> str:
    """Give the name under which a host's turns are counted.

    >>> service("old.reddit.com"), service("planet.example.")
    ('reddit.com', 'planet.example')
    """
    host = host.rstrip(".")
    labels = host.split(".")
    above = (".".join(labels[start:]) for start in range(1, len(labels) - 1))
    return host if host in SHARED else next((name for name in above if name in SHARED), host)


@dataclass(slots=True)
class _Queue:
    """Those who ask a host, or wait to; ``free`` is when the next may, on the loop's clock."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    free: float = 0.0
    put_off: int = 0


class Hosts:
    """Whose turn it is at each host, and how far apart the turns are.

    Args:
        spacing: Gives the least time between two requests to a host, by its name.
    """

    def __init__(self, spacing: Callable[[str], timedelta]) -> None:
        self._spacing = spacing
        self._queues: dict[str, _Queue] = {}
        self._spacings: dict[str, Spacing] = {}
        self._changed: set[str] = set()
        self._wished: dict[str, timedelta] = {}

    def __len__(self) -> int:
        return sum(1 for queue in self._queues.values() if queue.users)

    def recall(self, spacings: Iterable[Spacing]) -> None:
        """Take what hosts taught us in earlier runs."""
        for taught in spacings:
            self._spacings.setdefault(taught.host, taught)

    def learned(self) -> Mapping[str, Spacing | None]:
        """Give what hosts taught us since the last call; None: nothing is left of it."""
        changed = {name: self._spacings.get(name) for name in sorted(self._changed)}
        self._changed.clear()
        return changed

    def gap(self, host: str) -> timedelta:
        """Say how far apart two requests to a host have to be."""
        name = service(host)
        taught = self._spacings.get(name)
        usual = max(self._spacing(name), self._wished.get(name, NONE))
        return usual if taught is None else max(usual, taught.gap)

    def spread(self, host: str, gap: timedelta) -> None:
        """Note how far apart requests to a host have to be because it says so itself (Crawl-delay)."""
        if gap:
            self._wished[service(host)] = gap
        else:
            self._wished.pop(service(host), None)

    @asynccontextmanager
    async def turn(self, host: str, now: datetime) -> AsyncIterator[None]:
        """Wait until nobody else asks this host, and the last request is long enough ago.

        First come, first served. Who holds one turn must not wait for another: give it back first, or two
        may wait for each other.

        Args:
            host: Its name or address in lower case; ports do not matter, they are mostly one server.
            now: The moment of the poll.

        Raises:
            HostRests: It asked to be left alone, or too many wait for it.
        """
        name = service(host)
        queue = self._queues.setdefault(name, _Queue())
        self._tidy()
        taught = self._spacings.get(name)
        # Nobody is left alone for longer than that: beyond it, the clock was set since.
        if taught is not None and taught.until is not None and now < taught.until <= now + LONGEST:
            queue.put_off += 1
            # One after the other, not all at once when it opens again.
            raise HostRests(name, taught.until + queue.put_off * self.gap(name))
        queue.users += 1
        try:
            async with queue.lock:
                await self._far_enough(name, queue, now)
                try:
                    yield
                finally:
                    queue.free = _time() + self.gap(name).total_seconds()
        finally:
            queue.users -= 1

    async def _far_enough(self, name: str, queue: _Queue, now: datetime) -> None:
        wait = queue.free - _time()
        if wait > PATIENCE:
            queue.put_off += 1
            after = timedelta(seconds=wait) + queue.put_off * self.gap(name)
            raise HostRests(name, now + after)
        queue.put_off = 0
        if wait > 0:
            await asyncio.sleep(wait)

    def _tidy(self) -> None:
        """Forget hosts that nobody asks or has asked lately, once there are many."""
        if len(self._queues) > 10_000:
            present = _time()
            idle = [name for name, one in self._queues.items() if not one.users and one.free < present]
            for name in idle:
                del self._queues[name]

    def throttled(self, host: str, now: datetime, asked: timedelta | None) -> None:
        """Note that a host was asked too often (429, or 503 with Retry-After).

        Args:
            host: As for ``turn``.
            now: The moment of its answer.
            asked: For how long it wants to be left alone; None if it does not say.
        """
        name = service(host)
        known = self._spacings.get(name)
        gap = min(max(self.gap(name) * SLOWER, FIRST), MOST)
        until = now + min(max(asked if asked is not None else REST, timedelta()), LONGEST)
        if known is not None and known.until is not None:
            until = max(until, known.until)
        self._spacings[name] = Spacing(host=name, gap=gap, until=until)
        self._changed.add(name)

    def answered(self, host: str, now: datetime) -> None:
        """Note that a host took a request well: slowly, its spacing shrinks again."""
        name = service(host)
        taught = self._spacings.get(name)
        if taught is None:
            return
        gap = taught.gap * FASTER
        if gap <= max(self._spacing(name), FIRST / 4):
            del self._spacings[name]
        else:
            rested = taught.until is None or taught.until <= now
            self._spacings[name] = replace(taught, gap=gap, until=None if rested else taught.until)
        self._changed.add(name)


def _time() -> float:
    """Read the loop's clock: it has no date, and never goes back."""
    return asyncio.get_running_loop().time()
