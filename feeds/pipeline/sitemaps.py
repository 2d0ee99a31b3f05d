"""Ask a sitemap: an index, and the sitemaps that it names, as one document.

Each of them is asked like any document, with the guard, the manners and its own validators; what did not
change is not asked for, or not taken again. What is known of them travels in the source's validators.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

from feeds.errors import SourceError
from feeds.model import Document, NotModified, Validators
from feeds.pipeline.patience import Patience
from feeds.sources.sitemap_index import Child, children, together

MOST = 10
"""Sitemaps of an index that are asked: those that changed last."""
MARK = "→"
"""What begins our own notes where an ETag stands: no server's can, it is no octet (RFC 9110, 8.8.3)."""

Known = dict[str, tuple[str | None, Validators]]
"""By address: when the index said it changed, and its validators. The index itself is the empty address."""


def unpacked(validators: Validators) -> Known:
    """Give what is known of an index and its sitemaps."""
    if validators.etag is None or not validators.etag.startswith(MARK):
        return {"": (None, validators)}
    told = json.loads(validators.etag.removeprefix(MARK))
    return {
        url: (lastmod, Validators(etag=etag, last_modified=at)) for url, (lastmod, etag, at) in told.items()
    }


def packed(known: Known) -> Validators:
    """Write that down as the validators of the source."""
    told = {url: (lastmod, one.etag, one.last_modified) for url, (lastmod, one) in known.items()}
    return Validators(etag=MARK + json.dumps(told))


async def ask_sitemap(patience: Patience, url: str, validators: Validators) -> Document | NotModified:
    """Ask a sitemap; if it is an index, ask the sitemaps that it names.

    Args:
        patience: Asks.
        url: Of the sitemap.
        validators: As the last answer gave them.

    Returns:
        The document, or those sitemaps of an index that changed, or that nothing did.

    Raises:
        SourceError: There is no usable answer, from not one of the sitemaps either.
    """
    known = unpacked(validators)
    index = await patience.ask(url, known.get("", (None, Validators()))[1])
    if isinstance(index, Document):
        named = await asyncio.to_thread(children, index)
        if not named:
            return index
    elif len(known) == 1:
        return index
    else:
        named = tuple(Child(url=one, lastmod=lastmod) for one, (lastmod, _) in known.items() if one)
    after: Known = {"": (None, index.validators)}
    bodies = await _changed(patience, named[:MOST], known, after)
    if not bodies:
        return NotModified(headers=index.headers, validators=packed(after), moved_to=index.moved_to)
    here = index.url if isinstance(index, Document) else next(iter(bodies))
    document = Document(
        url=here, headers=index.headers, body=b"", validators=packed(after), moved_to=index.moved_to
    )
    return together(bodies, document)


async def _changed(
    patience: Patience, named: Sequence[Child], known: Known, after: Known
) -> dict[str, bytes]:
    """Give the sitemaps that changed, and note what is known of each ``after`` that.

    Raises:
        SourceError: Not one of those that had to be asked answered.
    """
    bodies: dict[str, bytes] = {}
    failures: list[SourceError] = []
    asked = 0
    for child in named:
        lastmod, before = known.get(child.url, (None, Validators()))
        after[child.url] = lastmod, before
        if child.lastmod is not None and child.lastmod == lastmod:
            continue
        asked += 1
        try:
            reply = await patience.ask(child.url, before)
        except SourceError as error:
            # Without the index's word that it is the same, it is asked again at the next poll.
            after[child.url] = None, before
            failures.append(error)
            continue
        after[child.url] = child.lastmod, reply.validators
        if isinstance(reply, Document):
            bodies[child.url] = reply.body
    if failures and len(failures) == asked:
        raise failures[0]
    return bodies
