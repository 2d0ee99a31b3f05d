"""Take a document of ours apart into its frame and its entries, byte for byte.

Each entry stands alone in what we write: its bytes depend on itself and on the feed's language, on nothing
else. So an entry that was rendered once can be put between the others again. Held by ``test_kept``.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Parts(NamedTuple):
    """A document: ``head``, the entries with ``between`` between them, ``tail``."""

    head: bytes
    entries: tuple[bytes, ...]
    between: bytes
    tail: bytes


class Seams(NamedTuple):
    """Where a document may be cut.

    Attributes:
        entry: What each entry begins with, at the beginning of a line. Not in texts, where "<" is escaped.
        between: What stands between two entries.
        tail: What follows the last.
    """

    entry: re.Pattern[bytes]
    between: bytes
    tail: bytes


ATOM = Seams(re.compile(rb"^  <entry[ >]", re.MULTILINE), b"", b"</feed>\n")
RSS = Seams(re.compile(rb"^    <item[ >]", re.MULTILINE), b"", b"  </channel>\n</rss>\n")
# One line is the feed, each further one an item: JSON writes line breaks in texts as "\n".
JSON = Seams(re.compile(rb"^\{", re.MULTILINE), b",\n", b"\n]}\n")


def cut(body: bytes, seams: Seams) -> Parts | None:
    """Take a document apart; None if it is none of ours."""
    end = len(body) - len(seams.tail)
    first = body.find(b"\n") + 1
    if end < first or not body.endswith(seams.tail):
        return None
    # The first line has no entry, and is what a JSON Feed begins with.
    starts = [match.start() for match in seams.entry.finditer(body, first)]
    # A feed of JSON without entries has an empty line where they would stand.
    head = body[: starts[0] if starts else end]
    stops = [start - len(seams.between) for start in starts[1:]] + [end]
    entries = tuple(body[start:stop] for start, stop in zip(starts, stops, strict=False))
    return Parts(head, entries, seams.between, seams.tail)
