"""Ask a source: the half of a poll that only fetches."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from feeds.config.schema import Source
from feeds.errors import FetchError
from feeds.fetch import Client, fetch
from feeds.model import Document, NotModified, Validators
from feeds.pipeline.patience import Patience
from feeds.sources import KINDS


async def ask_again(
    client: Client,
    source: Source,
    folder: Path,
    validators: Validators,
    now: datetime,
    *,
    address: str | None = None,
) -> Document | NotModified:
    """Fetch a source over HTTP, or load it where its kind brings its own bytes.

    Args:
        client: From ``fetch.open_client``.
        source: It need not be in config.yaml.
        folder: Where its relative path starts.
        validators: Of the last answer; none to get the document in any case.
        now: The moment, aware.
        address: Where it is now, if that is not where it is listed.

    Raises:
        SourceError: There is no usable answer.
    """
    # A path without a kind can only be a folder; an address is recognised by what it answers.
    kind = KINDS.get("articles" if source.path is not None else source.kind)
    if kind is not None and kind.load is not None:
        return await asyncio.to_thread(kind.load, source, folder, validators)
    if source.kind == "sitemap":
        from feeds.pipeline.sitemaps import ask_sitemap  # noqa: PLC0415  most runs have none

        return await ask_sitemap(Patience(client, source, now), address or source.url or "", validators)
    obey = kind is not None and kind.obeys
    return await fetch(client, address or source.url or "", validators, now, source=source, obey=obey)


async def ask(client: Client, source: Source, folder: Path, now: datetime) -> Document:
    """Ask a source without conditions: there has to be a document.

    Raises:
        SourceError: As for a poll.
    """
    reply = await ask_again(client, source, folder, Validators(), now)
    if isinstance(reply, NotModified):
        raise FetchError("the server answers 304 (not modified) to a request without validators")
    return reply
