"""Ask for several documents in one poll: wait for our turn at hosts that want requests far apart."""

from __future__ import annotations

import asyncio
from datetime import datetime

from feeds.config.schema import Source
from feeds.errors import HostRests
from feeds.fetch import Client, fetch
from feeds.model import Document, NotModified, Validators

PATIENCE = 90.0
"""Seconds that one poll waits in all."""
NONE = Validators()


class Patience:
    """Asks on behalf of one poll. What is asked is no feed, so robots.txt is obeyed.

    Args:
        client: From ``fetch.open_client``.
        source: Whose poll it is; how its server is asked.
        now: The moment of the poll.
    """

    def __init__(self, client: Client, source: Source, now: datetime) -> None:
        self._client = client
        self._source = source
        self._now = now
        self._left = PATIENCE

    async def ask(self, url: str, validators: Validators = NONE) -> Document | NotModified:
        """Ask for a document; wait for our turn, if that is not too long.

        Raises:
            HostRests: It is.
            FetchError: There is no usable answer.
        """
        try:
            return await self._once(url, validators)
        except HostRests as rest:
            wait = (rest.until - self._now).total_seconds()
            if wait > self._left:
                raise
            self._left -= wait
        await asyncio.sleep(wait)
        return await self._once(url, validators)

    async def _once(self, url: str, validators: Validators) -> Document | NotModified:
        return await fetch(self._client, url, validators, self._now, source=self._source, obey=True)
