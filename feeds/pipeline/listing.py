"""What stands in an output and what it was made with, as remembered until the next time it is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from feeds import __version__
from feeds.config.schema import Config, Output
from feeds.config.secrets import redact
from feeds.config.spell import words
from feeds.model import Entry, Feed, IdOrigin
from feeds.store import Listing

IN_NO_FILE = ""
"""The hash of an entry that was chosen, and that no format could carry."""


def listing(config: Config, output: Output, feed: Feed, carried: Collection[str], rendering: str) -> Listing:
    """Make the listing of an output as it is published now."""
    entries = tuple(
        (entry.id, entry.source, digest(entry) if entry.id in carried else IN_NO_FILE)
        for entry in feed.entries
    )
    return Listing(entries=entries, settings=json.dumps(settings(config, output, rendering)))


def digest(entry: Entry) -> str:
    """Hash all of an entry that a reader could see; what only explains it is left out."""
    seen = replace(entry, decisions=(), native_id=None, id_origin=IdOrigin.DECLARED, language_origin=None)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def settings(config: Config, output: Output, rendering: str) -> dict[str, Any]:
    """Give what of config.yaml decides on an output, in its own words and without secrets."""
    return {
        "made by": made_by(rendering),
        "output": output.model_dump(mode="json", by_alias=True, exclude={"filters"}, fallback=str),
        "filters": [spoken(config, step) for step in output.filters],
        "site": config.site.model_dump(mode="json", exclude={"folder", "formats"}, fallback=str),
        "authority": config.authority,
        "sources": {
            source.name: {
                "filters": [spoken(config, step) for step in source.filters],
                "republish": repr(source.republish),
                "warm_up": source.warm_up,
            }
            for source in config.members(output)
        },
    }


def made_by(rendering: str) -> str:
    """Name what rendered an output."""
    return f"feeds {__version__}, rendering {rendering}"


def spoken(config: Config, step: object) -> Any:
    """Give a filter as config.yaml has it, without secrets."""
    return hidden(words(step), config)


def hidden(value: Any, config: Config) -> Any:
    if isinstance(value, dict):
        return {key: hidden(item, config) for key, item in value.items()}
    if isinstance(value, list):
        return [hidden(item, config) for item in value]
    return redact(value, config.secrets) if isinstance(value, str) else value
