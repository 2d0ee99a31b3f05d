"""What became of one published file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of one file."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """Rendered, and the file already had these bytes."""
    SKIPPED = "skipped"
    """Nothing it is made from has changed."""
    REFUSED = "refused"
    """What was rendered is not valid; the last good file stays."""
    REMOVED = "removed"
    """Its output or format left config.yaml."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Emission:
    """What became of one published file.

    Attributes:
        output: Name of the output; empty for the site's own files.
        path: Relative to the site's folder, with slashes.
        verdict: In a word.
        entries: How many entries are in it; None if it was skipped or removed.
        problems: Why it was refused, or which entries were left out and why.
    """

    output: str
    path: str
    verdict: Verdict
    entries: int | None = None
    problems: tuple[str, ...] = ()
