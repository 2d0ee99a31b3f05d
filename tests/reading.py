"""What the tests of all source kinds share: read a document, compare what was read with a fixture."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Document, Feed
from feeds.sources import read

DATA = Path(__file__).parent / "data"
AUTHORITY = "planet.example,2026"
SOURCE = Source(name="hill", url="https://hill.example/feeds/all", timezone=ZoneInfo("Europe/Zurich"))


def document(body: bytes | str, headers: Mapping[str, str] | None = None) -> Document:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return Document(url="https://hill.example/feeds/all", body=raw, headers=headers or {})


def feed_of(body: bytes | str, source: Source = SOURCE) -> Feed:
    return read(document(body), source, AUTHORITY)[1]


def plain(value: Any) -> Any:
    """Turn a value of the model into what JSON can hold."""
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def differences(found: Any, wanted: Any, at: str = "") -> list[str]:
    """List where a value is not what a fixture says of it; what the fixture does not name may be anything."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            line
            for key in wanted
            for line in differences(found.get(key, "(nothing)"), wanted[key], f"{at}.{key}")
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for place, (one, other) in pairs for line in differences(one, other, f"{at}[{place}]")]
    return [] if found == wanted else [f"{at}: found {found!r}, wanted {wanted!r}"]


def check(body: Path, wanted: Path) -> None:
    """Read a fixture and compare it with its pair: the fields that this names, or the error's words."""
    told = json.loads(wanted.read_text(encoding="utf-8"))
    if "error" in told:
        with pytest.raises(ReadError, match=re.escape(told["error"])):
            feed_of(body.read_bytes())
    else:
        assert differences(plain(feed_of(body.read_bytes())), told) == []
