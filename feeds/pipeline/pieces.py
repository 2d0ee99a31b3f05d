"""Which bytes of the published files of an output are which entry, so that none has to be rendered twice.

The files themselves keep what was rendered: remembered is only where in them it stands, and what it was made
of. If a file is not what we wrote, or anything it was made of is another, its entries are rendered anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from feeds import __version__
from feeds.config.schema import LimitStep, Output, Source, Step
from feeds.formats import made_by

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Piece(NamedTuple):
    """What is remembered of one entry as it was published.

    Attributes:
        source: Whose it is.
        id: Its id.
        stamp: Hash of the entry behind all filters.
        shown: Hash of the entry as it is shown (``listing.digest``).
        updated: When it was updated, in seconds since 1970.
    """

    source: str
    id: str
    stamp: str
    shown: str
    updated: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Pieces:
    """What is remembered of one output.

    Attributes:
        files: Their paths.
        sources: Of each source with entries in it, its revision and the context of its entries.
        entries: By source and id.
        spans: Of each file, in their order, where each entry begins and ends.
        left_out: Of each file, why entries are not in it, by source and id.
        bodies: What the files hold, in their order.
    """

    files: tuple[str, ...]
    sources: Mapping[str, tuple[int, str]]
    entries: Mapping[tuple[str, str], Piece]
    spans: tuple[Mapping[tuple[str, str], tuple[int, int]], ...]
    left_out: Mapping[str, Mapping[tuple[str, str], str]]
    bodies: tuple[bytes, ...]


def dump(
    files: Mapping[str, tuple[int, int, Sequence[int]]],
    sources: Mapping[str, tuple[int, str]],
    entries: Sequence[Piece],
    left_out: Mapping[str, Mapping[tuple[str, str], str]],
) -> str:
    """Write pieces as text.

    Args:
        files: By path, where the first entry begins, how many bytes are between two, and how many each has
            that is not left out.
        sources: As in ``Pieces``.
        entries: In the order of the output.
        left_out: As in ``Pieces``.
    """
    why = {path: [[*key, word] for key, word in some.items()] for path, some in left_out.items() if some}
    told = {"files": files, "sources": sources, "entries": entries, "left_out": why}
    return json.dumps(told, separators=(",", ":"))


def parse(text: str, bodies: tuple[bytes, ...]) -> Pieces:
    """Read them back; ``bodies`` are what their files hold."""
    told: dict[str, Any] = json.loads(text)
    entries = {(row[0], row[1]): Piece._make(row) for row in told["entries"]}
    left_out = {
        path: {(source, name): why for source, name, why in reasons}
        for path, reasons in told["left_out"].items()
    }
    spans = []
    for path, (first, between, sizes) in told["files"].items():
        out = left_out.get(path)
        keys = [key for key in entries if key not in out] if out else list(entries)
        starts = accumulate([first, *(size + between for size in sizes[:-1])])
        spans.append(
            {
                key: (start, start + size)
                for key, start, size in zip(keys, starts, sizes, strict=len(sizes) > 0)
            }
        )
    return Pieces(
        files=tuple(told["files"]),
        sources={name: (revision, context) for name, (revision, context) in told["sources"].items()},
        entries=entries,
        spans=tuple(spans),
        left_out=left_out,
        bodies=bodies,
    )


def files_of(text: str) -> tuple[str, ...]:
    """Give the paths of the files that pieces are of."""
    return tuple(json.loads(text)["files"])


def seconds(moment: datetime) -> int:
    """Give whole seconds since 1970."""
    return (moment - EPOCH) // timedelta(seconds=1)


def settings(output: Output, language: str | None, rendering: str) -> str:
    """Give what of an output decides how its entries look, and whether they pass."""
    return json.dumps(
        [
            made_by(),
            __version__,
            rendering,
            language,
            output.untitled,
            output.provenance,
            [step.model_dump(mode="json", fallback=str) for step in output.filters],
        ],
        default=str,
    )


def context(settings: str, source: Source) -> str:
    """Hash all that an entry of a source is made of in an output, but the entry."""
    own = [
        [step.model_dump(mode="json", fallback=str) for step in source.filters],
        repr(source.republish),
        source.warm_up,
    ]
    return hashlib.sha256(f"{settings}{json.dumps(own, default=str)}".encode()).hexdigest()[:16]


def moves(steps: Iterable[Step]) -> bool:
    """Say whether what passes these steps depends on more than the entry: on others, or on the time."""
    return any(isinstance(step, LimitStep) for step in steps) or ages(steps)


def ages(steps: Iterable[Step]) -> bool:
    """Say whether a chain looks at the clock, so that time alone can change its output."""
    matches = (getattr(step, "keep", None) or getattr(step, "drop", None) for step in steps)
    return any(match is not None and match.age is not None for match in matches)
