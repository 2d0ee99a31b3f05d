"""Ids: a permanent URI for every entry, the same at every poll and after a lost database."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from feeds.model import IdOrigin
from feeds.normalize.chars import visible
from feeds.normalize.urls import canonical, is_uri, web_url

# pchar, "/" and "?" of RFC 3986 without ":" (it parts our parts) and "%" (it must come back as it was).
SAFE = "/-._~@!$'()*,;=+"
LONG = 600


def mint(authority: str, *parts: str) -> str:
    """Make a tag: URI (RFC 4151). The same arguments give the same URI; other arguments another one.

    Args:
        authority: Tagging entity with its date, like ``planet.example.org,2026``.
        parts: What tells this thing from all others. Percent-encoded; one that would take more than 600
            characters is told by its SHA-256.

    >>> mint("planet.example.org,2026", "radio", "post 7:1")
    'tag:planet.example.org,2026:radio:post%207%3A1'
    """
    return ":".join(("tag", authority, *map(_specific, parts)))


def _specific(part: str) -> str:
    text = quote(part, safe=SAFE, errors="surrogatepass")
    return text if len(text) <= LONG else "sha256-" + digest(part)


def digest(text: str) -> str:
    """Hash any text, lone surrogates too: 64 hexadecimal digits of SHA-256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def choose(
    *,
    authority: str,
    source: str,
    native_id: str | None,
    url: str | None,
    path: str | None = None,
    text: str | None = None,
) -> tuple[str, IdOrigin, str]:
    """Choose an entry's id from the most lasting thing that is known of it.

    Args:
        authority: Under which ids are minted.
        source: Name of the source; ids of two sources never meet by chance.
        native_id: What the source calls the entry; None or blank if it does not.
        url: The entry's page.
        path: Of a local text, relative to its folder.
        text: Title and text as the source declared them, never a derived title or an invented date.

    Returns:
        The id, what it was made from, and the reason in one sentence.
    """
    native = (native_id or "").strip()
    native = native if visible(native) else ""
    if native and is_uri(native):
        return native, IdOrigin.DECLARED, "the source declares this URI"
    if native:
        why = f"the source calls it {native[:100]!r}, which is no URI"
        return mint(authority, source, native), IdOrigin.NATIVE, why
    if url and (page := web_url(url, None)):
        return (
            canonical(page, fragment=True),
            IdOrigin.LINK,
            "the source declares no id, so its link is taken",
        )
    if path:
        return (
            mint(authority, source, path),
            IdOrigin.PATH,
            "it has no id and no link, so its file's path is taken",
        )
    minted = mint(authority, source, "text", digest(" ".join((text or "").split()))[:32])
    return minted, IdOrigin.TEXT, "it has no id, link or path, so a hash of its text is taken"
