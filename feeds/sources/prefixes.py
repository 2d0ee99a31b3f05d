"""Prefixes of well-known modules that a document uses and does not declare."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Those whose meaning nobody doubts. Without a declaration the document is no XML with namespaces, and
# feedparser goes on with a parser that guesses.
WELL_KNOWN: Mapping[str, str] = MappingProxyType(
    {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "georss": "http://www.georss.org/georss",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "podcast": "https://podcastindex.org/namespace/1.0",
        "slash": "http://purl.org/rss/1.0/modules/slash/",
        "sy": "http://purl.org/rss/1.0/modules/syndication/",
        "thr": "http://purl.org/syndication/thread/1.0",
        "wfw": "http://wellformedweb.org/CommentAPI/",
    }
)
RSS_1_1, RSS_1_0 = "http://purl.org/net/rss1.1#", "http://purl.org/rss/1.0/"


def declared(body: str, root: str) -> str:
    """Declare at the root what the document uses and does not declare.

    Args:
        body: A document from its root on.
        root: The root's name as written.
    """
    # RSS 1.1 is RSS 1.0 in other words, but feedparser knows the namespace of the latter only: as soon as the
    # document gives it a prefix too, it finds no element of it.
    body = body.replace(RSS_1_1, RSS_1_0, 3)
    missing = "".join(
        f' xmlns:{prefix}="{address}"'
        for prefix, address in WELL_KNOWN.items()
        if f"<{prefix}:" in body and f"xmlns:{prefix}" not in body
    )
    return f"<{root}{missing}{body[len(root) + 1 :]}" if missing else body
