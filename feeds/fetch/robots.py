"""What sites ask of programs: robots.txt (RFC 9309). The only room that knows protego.

Asked for what nobody offered to programs as a feed is: pages, sitemaps, full texts. Not for a feed: that is
asked for on behalf of a person who subscribed to it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from feeds.errors import BadStatus, FetchError, HostRests, RobotsRefused, Unreachable
from feeds.fetch.manners import NAME, Hosts
from feeds.memory import Robots
from feeds.model import Document, NotModified

FRESH = timedelta(hours=24)
"""How long an answer counts (RFC 9309, 2.4)."""
LONG = timedelta(days=30)
"""After so long without any answer, a site that never gave one counts as one without rules (2.3.1.4)."""
AGAIN = timedelta(minutes=10)
"""How long one that could not be had is not asked for again."""
LIMIT = 500 * 1024
"""Bytes that are read (2.5)."""
SLOWEST = timedelta(minutes=10)
"""So much of a Crawl-delay counts."""
TOO_MANY = 429
KNOWN = 1000
"""Sites whose rules are held ready."""
# protego 0.7 takes "feed" for the beginning of our name, and "feeds/1.0" for another's; it is a whole token,
# and what follows it does not count (RFC 9309, 2.2.1).
AGENT = re.compile(
    r"^([ \t]*+user[ \t_-]*+agent[ \t]*+:?+[ \t]*+)([^\s#*][^\r\n]*+)", re.IGNORECASE | re.MULTILINE
)
TOKEN = re.compile(rf"{NAME}(?![A-Za-z_-])", re.IGNORECASE)

Ask = Callable[[str], Awaitable[Document | NotModified]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What is to be asked for.

    Attributes:
        url: The address.
        origin: Of its site: scheme, host and port.
        host: As ``Hosts`` know it.
        shown: How errors may name the address.
    """

    url: str
    origin: str
    host: str
    shown: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """A robots.txt, ready to be asked."""

    robots: Robots
    parsed: Any

    def allows(self, url: str) -> bool:
        return bool(self.parsed.can_fetch(url, NAME))

    def delay(self) -> timedelta:
        """Give the least time between two requests that it asks for."""
        asked = self.parsed.crawl_delay(NAME) or 0.0
        return timedelta(seconds=min(asked, SLOWEST.total_seconds()))


def parsed(robots: Robots) -> Rules:
    """Make a robots.txt ready: in linear time, because all groups for others are made one."""
    from protego import Protego  # noqa: PLC0415  only pages need it

    text = AGENT.sub(lambda line: line[1] + (NAME if TOKEN.match(line[2]) else "another"), robots.rules or "")
    return Rules(robots=robots, parsed=Protego.parse(text))


class Rulebook:
    """Knows what sites ask, as long as that counts.

    Args:
        hosts: Are told of a Crawl-delay.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._known: dict[str, Rules] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._changed: dict[str, Robots] = {}
        self._remembered: Callable[[str], Robots | None] = lambda _: None

    def recall(self, remembered: Callable[[str], Robots | None]) -> None:
        """Say who remembers what was asked in earlier runs; called in a thread of its own."""
        self._remembered = remembered

    def learned(self) -> Mapping[str, Robots]:
        """Give what sites answered since the last call."""
        changed, self._changed = self._changed, {}
        return changed

    async def permit(self, target: Target, now: datetime, ask: Ask) -> None:
        """Make sure that a site lets us ask for something.

        Args:
            target: What is to be asked for.
            now: The moment of the poll.
            ask: Fetches an address of that site.

        Raises:
            RobotsRefused: It does not, or cannot say.
            Unreachable: There is no way to it.
            HostRests: It is not to be asked now.
        """
        origin = target.origin
        async with self._locks.setdefault(origin, asyncio.Lock()):
            rules = await self._rules(origin, now, ask)
        robots = rules.robots
        if robots.rules is None and (robots.failing is None or now - robots.failing < LONG):
            raise RobotsRefused(
                f"whether {origin} lets programs fetch its pages is not known, so they are not asked for:"
                f" {robots.problem}"
            )
        self._hosts.spread(target.host, rules.delay())
        if not rules.allows(target.url):
            raise RobotsRefused(
                f"robots.txt of {origin} asks programs not to fetch {target.shown}; ask its operator to let"
                f" {NAME} in, or remove the source"
            )

    async def _rules(self, origin: str, now: datetime, ask: Ask) -> Rules:
        known = self._known.get(origin)
        if known is None and (found := await asyncio.to_thread(self._remembered, origin)) is not None:
            known = self._keep(found)
        if known is not None and _counts(known.robots, now):
            return known
        asked = await _asked(origin, None if known is None else known.robots, now, ask)
        self._changed[origin] = asked
        return self._keep(asked)

    def _keep(self, robots: Robots) -> Rules:
        while len(self._known) >= KNOWN:
            first = next(iter(self._known))
            del self._known[first]
            if (lock := self._locks.get(first)) is not None and not lock.locked():
                del self._locks[first]
        self._known[robots.origin] = made = parsed(robots)
        return made


def _counts(robots: Robots, now: datetime) -> bool:
    """Say whether what is known still counts. What is from the future does not: the clock was set since."""
    if robots.failing is None and robots.at is not None:
        return robots.at <= now < robots.at + FRESH
    return robots.tried <= now < robots.tried + AGAIN


async def _asked(origin: str, known: Robots | None, now: datetime, ask: Ask) -> Robots:
    """Ask for robots.txt (RFC 9309, 2.3.1).

    Of an old answer the rules go on counting while there is no new one.

    Raises:
        Unreachable: There is no way to the site; nothing is learned from that.
        HostRests: It is not to be asked now.
    """
    try:
        reply = await ask(f"{origin}/robots.txt")
        rules = _text(reply.body) if isinstance(reply, Document) else ""
    except (HostRests, Unreachable):
        raise
    except FetchError as error:
        status = error.status if isinstance(error, BadStatus) else 0
        # 429 is no answer to what was asked: it says only that it was asked too soon.
        if not (200 <= status < 300 or 400 <= status < 500) or status == TOO_MANY:
            before = known or Robots(origin=origin, tried=now)
            return replace(before, tried=now, failing=before.failing or now, problem=str(error))
        rules = ""
    return Robots(origin=origin, rules=rules, at=now, tried=now)


def _text(body: bytes) -> str:
    """Read as much of it as counts; NUL could not be stored, and means nothing."""
    return body[:LIMIT].decode("utf-8", "replace").removeprefix("\ufeff").replace("\0", "")
