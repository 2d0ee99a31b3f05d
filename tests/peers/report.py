"""Every expectation judged, and the table of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from feeds.errors import ReadError

from . import feedparser_expr, json_peers, w3c
from .corpus import Case, cases, reading
from .verdicts import Judged, Verdict, classed, missed

TESTS = Path(__file__).resolve().parents[1]
DOCS = TESTS.parent / "docs" / "peers.md"
TABLE = re.compile(r"^\| `([^`]+)` \| (\d+) \|", re.MULTILINE)
FLOORS = TESTS / "data" / "peers_floors.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    case: Case
    judged: Judged


def lines() -> Iterator[Line]:
    for case in cases():
        yield Line(case=case, judged=_judged(case))


def _judged(case: Case) -> Judged:
    read = reading(case)
    if case.kind == "w3c-event":
        return w3c.expected(case, read)
    if case.kind == "feedparser-expr":
        expression = case.told["expr"]
        if isinstance(read, ReadError):
            return feedparser_expr.refused(expression, read)
        return feedparser_expr.expected(expression, read)
    if isinstance(read, ReadError):
        wanted = case.wanted()
        told = wanted.get("items") or wanted.get("entries") or wanted.get("title")
        return missed(case.kind, read) if told else classed("no feed", str(read))
    return json_peers.expected(case.kind, case.wanted(), read)


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """How many came to which end.

    Attributes:
        met, missed: By peer, kind of expectation and format, in one word each.
        classes: In how many expectations a class plays a part: on purpose, or not in our model.
    """

    met: Mapping[str, int]
    missed: Mapping[str, int]
    classes: Mapping[str, int]


def counted(found: Sequence[Line]) -> Counted:
    rows = sorted({_row(line) for line in found})
    ends = Counter((_row(line), line.judged.verdict) for line in found)
    classes = Counter(word for line in found for word in line.judged.words)
    return Counted(
        met={row: ends[row, Verdict.MET] for row in rows},
        missed={row: ends[row, Verdict.MISSED] for row in rows},
        classes=dict(sorted(classes.items())),
    )


def _row(line: Line) -> str:
    return f"{line.case.peer} {line.case.kind.partition('-')[2]} {line.case.format}"


def record(found: Sequence[Line]) -> None:
    """Write what is met now as the floor."""
    told = counted(found)
    floors = {"met": told.met, "missed": told.missed, "classes": told.classes}
    FLOORS.write_text(json.dumps(floors, indent=1) + "\n", encoding="utf-8")
    page = DOCS.read_text(encoding="utf-8")
    DOCS.write_text(
        TABLE.sub(lambda row: f"| `{row[1]}` | {told.classes.get(row[1], 0)} |", page), encoding="utf-8"
    )


def recorded() -> Counted:
    told = json.loads(FLOORS.read_text(encoding="utf-8"))
    return Counted(met=told["met"], missed=told["missed"], classes=told["classes"])


def table(found: Sequence[Line]) -> str:
    """Write how many expectations of each peer and format came to which end."""
    ends = Counter((_row(line), line.judged.verdict) for line in found)
    written = [f"{'':44}" + "".join(f"{verdict:>17}" for verdict in Verdict)]
    for row in sorted({_row(line) for line in found}):
        written.append(f"{row:44}" + "".join(f"{ends[row, verdict]:>17}" for verdict in Verdict))
    for peer in sorted({line.case.peer for line in found}):
        sums = (
            sum(n for (row, end), n in ends.items() if end is verdict and row.startswith(peer + " "))
            for verdict in Verdict
        )
        written.append(f"{peer + ' in all':44}" + "".join(f"{count:>17}" for count in sums))
    return "\n".join(written)
