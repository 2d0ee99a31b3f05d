"""The corpus: its documents, read by us, and what the peers expect of each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Document
from feeds.normalize.urls import web_url
from feeds.sources import read

from .ours import Read

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
PLACE = "http://127.0.0.1:8097/tests/"
"""Where feedparser's own tests serve their documents; some expect addresses below it."""
ROOT_BASE = re.compile(r"<(?:rss|feed)\b[^<>]*\sxml:base=\"([^\"]+)\"")
AUTHORITY = "planet.example,2026"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One expectation of one document.

    Attributes:
        path: Of the document, in the corpus.
        peer: Whose test it is. kind: The manifest's word for how it is told.
        format: Of the document.
        items: How many entries the document holds.
        told: The expectation, as in the manifest.
    """

    path: str
    peer: str
    kind: str
    format: str
    items: int
    told: Mapping[str, Any]

    def body(self) -> bytes:
        return (CORPUS / self.path).read_bytes()

    def wanted(self) -> Any:
        """Give the peer's result, where it is told as JSON."""
        return json.loads((CORPUS / self.told["ref"]).read_text(encoding="utf-8"))


def cases() -> Iterator[Case]:
    for line in (CORPUS / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        for told in one.get("expect") or ():
            if told["kind"] == "source-url":
                continue  # Where a document came from; nothing that is expected of it.
            yield Case(
                path=one["path"],
                peer=one["origin"]["peer"],
                kind=told["kind"],
                format=one["format"],
                items=one["items"] or 0,
                told=told,
            )


def reading(case: Case) -> Read | ReadError:
    """Read a document as if its peer's test server had sent it."""
    headers = {name.lower(): value for name, value in (case.told.get("http_headers") or {}).items()}
    url = (
        PLACE + case.path.partition("/tests/")[2]
        if case.peer == "feedparser"
        else "https://peer.invalid/feed"
    )
    document = Document(url=url, body=case.body(), headers=headers)
    source = Source(name="peer", url=url, timezone=ZoneInfo("UTC"))
    try:
        feed = read(document, source, AUTHORITY)[1]
    except ReadError as error:
        return error
    body = document.body.decode("utf-8", "replace")
    base = ROOT_BASE.search(body)
    return Read(feed=feed, url=(web_url(base[1], url) if base else None) or url, body=body)
