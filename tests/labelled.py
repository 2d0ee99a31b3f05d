"""News texts with labels: what stands in them, what we read of it, and how often both are the same.

Two sets of pairs (``x.txt`` and ``x.json``) lie in ``data/articles_labelled``. Those of ``held_out`` were
written before the code was looked at, and nothing is made to fit one of them; those of ``developed`` are
there to learn from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lxml import html as markup

from feeds.config.schema import Source
from feeds.model import Document, Entry, TitleOrigin, Validators
from feeds.normalize.text import shown
from feeds.sources.articles import load, read

LABELLED = Path(__file__).parent / "data" / "articles_labelled"
SETS = ("held_out", "developed")
ONCE = ("date", "precision", "title", "lede", "language")
"""Fields that a text has once, or not: right or wrong."""
LISTS = ("people", "roles", "role_words", "agencies", "photo", "sections")
"""Fields of which a text has several: found, invented, missed."""
FIELDS = (*ONCE, *LISTS)
ZURICH = ZoneInfo("Europe/Zurich")

Said = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """A text, and what its labels say."""

    name: str
    path: Path
    labels: Said

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def language(self) -> str:
        return str(self.labels["language"])


@dataclass(kw_only=True)
class Tally:
    """How often a field was right: of what is labelled (``wanted``), of what was read (``given``)."""

    right: int = 0
    wanted: int = 0
    given: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, name: str, found: Sequence[Any], labelled: Sequence[Any]) -> None:
        rest = list(found)
        for one in labelled:
            if one in rest:
                rest.remove(one)
                self.right += 1
        self.wanted += len(labelled)
        self.given += len(found)
        if list(found) != list(labelled):
            self.wrong.append(f"{name}: found {found!r}, labelled {labelled!r}")

    @property
    def precision(self) -> float:
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def score(self) -> float:
        """F1: twice the right ones of all that is labelled or read."""
        every = self.wanted + self.given
        return 2 * self.right / every if every else 1.0


def texts(which: str) -> tuple[Labelled, ...]:
    """Give the texts of a set with their labels, in the order of their names."""
    found = sorted(path for path in (LABELLED / which).iterdir() if path.suffix != ".json")
    return tuple(
        Labelled(name=path.name, path=path, labels=json.loads(path.with_suffix(".json").read_text("utf-8")))
        for path in found
    )


def entries(which: str) -> dict[str, Entry]:
    """Read a whole set as a folder of articles; the key is the file's name."""
    source = Source(name="texts", kind="articles", path=which, timezone=ZURICH)
    document = load(source, LABELLED, Validators())
    assert isinstance(document, Document)
    feed = read(document, source, "planet.example,2026")
    return {entry.id.rpartition(":")[2]: entry for entry in feed.entries}


def told(labels: Said) -> dict[str, list[Any]]:
    """Give labels in the form in which they are compared: a list for every field, empty if there is none."""
    people = labels["people"]
    return {
        "date": [_instant(labels["published"])] if labels["published"] else [],
        "precision": [labels["precision"]] if labels["published"] else [],
        "title": [_folded(labels["title"])] if labels["title"] else [],
        "lede": [_folded(labels["lede"])],
        "language": [labels["language"]],
        "people": [_folded(one["name"]).casefold() for one in people],
        "roles": [(_folded(one["name"]).casefold(), one["role"]) for one in people],
        "role_words": [_folded(one["role_raw"]) for one in people if one["role_raw"]],
        "agencies": sorted(labels["agencies"]),
        "photo": sorted(labels["photo"]),
        "sections": [_folded(one) for one in labels["sections"]],
    }


def found(entry: Entry) -> dict[str, list[Any]]:
    """Give what we read in the same form."""
    declared = entry.title is not None and entry.title_origin is TitleOrigin.DECLARED
    names = [(one.name or one.email or one.uri or "").casefold() for one in entry.people]
    return {
        "date": [entry.published.instant] if entry.published else [],
        "precision": [entry.published.precision.value] if entry.published else [],
        "title": [_folded(shown(entry.title))] if declared else [],
        "lede": [_folded(shown(entry.summary))] if entry.summary else [],
        "language": [entry.language] if entry.language else [],
        "people": names,
        "roles": [(name, one.role.value) for name, one in zip(names, entry.people, strict=True)],
        "role_words": [one.role_raw for one in entry.people if one.role_raw],
        "agencies": sorted(one.code or one.name for one in entry.credits if one.kind == "agency"),
        "photo": sorted(one.name for one in entry.credits if one.kind == "photo"),
        "sections": list(_sections(entry)),
    }


def compare(pairs: Sequence[tuple[Labelled, Mapping[str, list[Any]]]]) -> dict[str, Tally]:
    """Count, field by field, over what was read of some texts."""
    tallies = {name: Tally() for name in FIELDS}
    for text, read_ in pairs:
        labels = told(text.labels)
        for name in FIELDS:
            if name in read_:
                tallies[name].add(text.name, read_[name], labels[name])
    return tallies


def judged(which: str) -> list[tuple[Labelled, dict[str, list[Any]]]]:
    """Read a set: each text with what was found in it."""
    known = entries(which)
    return [(text, found(known[text.name])) for text in texts(which)]


def _instant(value: str) -> datetime:
    """Read a label: a month, a day or a minute, in Zurich unless it has an offset."""
    if len(value) <= 10:
        parts = [int(part) for part in value.split("-")]
        day = date(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)
        return datetime(day.year, day.month, day.day, tzinfo=ZURICH)
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZURICH)


def _sections(entry: Entry) -> Iterator[str]:
    if entry.content is None:
        return
    for heading in markup.fragment_fromstring(entry.content.value, create_parent="div").iter(
        "h1", "h2", "h3", "h4", "h5", "h6"
    ):
        yield _folded(str(heading.text_content()))


def _folded(value: str) -> str:
    return " ".join(value.split())
