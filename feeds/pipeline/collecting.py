"""Collect the documents that come, for ``replay``, if config.yaml says so."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime

from feeds.config.schema import Config, Source
from feeds.config.secrets import redact
from feeds.model import Document
from feeds.store import Raw, Store, pack

HEADERS = ("content-type", "content-language", "content-location", "date", "etag", "last-modified", "link")
"""What reading looks at, and what tells documents apart. Cookies and the like stay out."""


class Collector:
    """Knows what is to be kept. Lives in one event loop.

    Args:
        config: The configuration in force.
        store: Its journal takes the documents.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self.on = config.keep_documents is not None
        self._secrets = config.secrets
        self._held = set(store.journal.holds()) if self.on else set()

    def lacks(self, name: str) -> bool:
        """Say whether no document of a source is kept: then it is asked for one without conditions, once.

        Without it, a source in which nothing changes would be missing from a replay.
        """
        return self.on and name not in self._held

    async def kept(
        self, source: Source, document: Document, now: datetime, *, read: bool, known: bool
    ) -> tuple[Raw, ...]:
        """Make of a document what is to be kept of it: nothing, or one.

        Args:
            source: Whose it is.
            document: As it came.
            now: The moment of the poll.
            read: Whether it could be read.
            known: Whether it is the same as the last.
        """
        if not self.on or (known and not self.lacks(source.name)):
            return ()
        packed, digest = await asyncio.to_thread(_packed, document.body)
        headers = {
            name: redact(document.headers[name], self._secrets)
            for name in HEADERS
            if name in document.headers
        }
        told: dict[str, object] = {"headers": headers, "status": document.status}
        if document.url != source.url:
            told["url"] = redact(document.url, self._secrets)
        return (Raw(source=source.name, at=now, packed=packed, hash=digest, told=told, read=read),)

    def took(self, documents: Iterable[Raw]) -> None:
        """Note what the store has."""
        self._held.update(one.source for one in documents if one.read)


def _packed(body: bytes) -> tuple[bytes, str]:
    return pack(body), hashlib.sha256(body).hexdigest()
