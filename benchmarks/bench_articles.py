"""How much of a news text is read rightly: per field and per language, beside what others read.

    python benchmarks/bench_articles.py [--wrong] [--record]

The texts and their labels lie in ``tests/data/articles_labelled``: ``held_out`` was written before the code
was looked at, ``developed`` is there to learn from; both are reported apart. Beside us, in the same run:

- naive: the first line is the title, the first date anywhere is the date, the first paragraph of more than
  sixty letters is the lede, the first line that begins with "By" (in six languages) is the byline;
- trafilatura, if it is installed: title, date and authors of the HTML texts, of the others as a bare page;
- py3langid alone, and lingua, if it is installed, for the language.

``--record`` raises the floors that ``tests/test_articles_labelled.py`` holds; it never lowers one.
"""

from __future__ import annotations

import argparse
import html
import importlib
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import labelled
from labelled import FIELDS, LABELLED, SETS, ZURICH, Labelled, Tally

from feeds.normalize.agencies import agency_credits
from feeds.normalize.dates import parse
from feeds.normalize.language import detect

Read = dict[str, list[Any]]

MONTHS = (
    "jan|feb|fév|mar|mär|abr|apr|avr|mai|may|mag|jun|juin|giu|jul|juil|lug|aug|août|ago|sep|set|oct|okt|ott|out|"
    "nov|dec|dez|déc|dic|jän|ene|gen|maart|mei"
)
DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}|"
    rf"\d{{1,2}}\.?(?: de)? (?:{MONTHS})\w*\.?,?(?: de)? \d{{4}}|(?:{MONTHS})\w*\.? \d{{1,2}}, \d{{4}}",
    re.IGNORECASE,
)
BYLINE = re.compile(r"^(?:By|Von|Par|Di|Por|Door)\s+([^\n,(|]{3,60})", re.IGNORECASE | re.MULTILINE)


def naive(text: Labelled) -> Read:
    """Read a text as one does in five minutes."""
    plain = re.sub(r"<[^>]+>", "\n", re.sub(r"(?s)<head.*?</head>", "", text.text))
    lines = [line.strip("# *") for line in plain.splitlines() if line.strip("# *-+")]
    day = DATE.search(plain)
    moment = parse(day[0], ZURICH) if day else None
    byline = BYLINE.search(plain)
    names = re.split(r" (?:und|and|et|e|y|en) ", byline[1]) if byline else []
    return {
        "date": [moment.instant] if moment else [],
        "title": [lines[0]],
        "lede": next(([line] for line in lines[1:] if len(line) > 60), []),
        "people": [name.strip().casefold() for name in names],
        "agencies": sorted({word.lower() for word in re.findall(r"\((\w{2,8})\)", plain) if word.isupper()}),
    }


def with_trafilatura() -> Callable[[Labelled], Read] | None:
    """Give a reader that asks trafilatura; None if it is not installed."""
    if find_spec("trafilatura") is None:
        return None
    extract = importlib.import_module("trafilatura").extract_metadata

    def read(text: Labelled) -> Read:
        body = text.text
        if text.path.suffix != ".html":
            parts = "".join(f"<p>{html.escape(part)}</p>" for part in body.split("\n\n"))
            body = f"<html><body><article>{parts}</article></body></html>"
        said = extract(body)
        moment = parse(said.date or "", ZURICH) if said and said.date else None
        names = [name.strip().casefold() for name in ((said and said.author) or "").split(";")]
        return {
            "date": [moment.instant] if moment else [],
            "title": [said.title] if said and said.title else [],
            "people": [name for name in names if name],
        }

    return read


def table(title: str, rows: Mapping[str, Sequence[str]], names: Sequence[str]) -> None:
    print(f"\n{title}")
    print(" " * 13 + "".join(f"{name:>14}" for name in names))
    for name, cells in rows.items():
        print(f"{name:13}" + "".join(f"{cell:>14}" for cell in cells))


def percent(tally: Tally | None) -> str:
    return f"{100 * tally.score:.1f}" if tally and tally.wanted + tally.given else "-"


def by_field(which: str, ours: dict[str, Tally], others: Mapping[str, dict[str, Tally]]) -> None:
    names = ["right", "labelled", "read", "precision", "recall", "ours", *others]
    rows = {}
    for name in FIELDS:
        one = ours[name]
        rows[name] = [
            str(one.right),
            str(one.wanted),
            str(one.given),
            f"{100 * one.precision:.1f}",
            f"{100 * one.recall:.1f}",
            percent(one),
            *(percent(other.get(name)) for other in others.values()),
        ]
    table(
        f"{which}: fields, in % (ours and the others: F1)",
        rows,
        names,
    )


def by_language(which: str, pairs: Sequence[tuple[Labelled, Read]]) -> None:
    groups: dict[str, list[tuple[Labelled, Read]]] = {}
    for text, said in pairs:
        groups.setdefault(text.language.replace("en-GB", "en"), []).append((text, said))
    rows = {}
    for language, group in sorted(groups.items()):
        tallies = labelled.compare(group)
        rows[f"{language} ({len(group)})"] = [percent(tallies[name]) for name in FIELDS]
    table(f"{which}: languages, in %", rows, FIELDS)


def languages(which: str) -> None:
    """Compare detectors over whole texts, ledes and titles, none of which has its declaration."""
    plain = importlib.import_module("py3langid")
    detectors: dict[str, Callable[[str], str | None]] = {
        "ours": detect,
        "py3langid": lambda text: str(plain.classify(text)[0]),
    }
    if find_spec("lingua") is not None:
        lingua = importlib.import_module("lingua")
        model = lingua.LanguageDetectorBuilder.from_all_languages().build()

        def ask(text: str) -> str | None:
            answer = model.detect_language_of(text)
            return str(answer.iso_code_639_1.name.lower()) if answer else None

        detectors["lingua"] = ask
    rows = {}
    for size, pieces in (("texts", _wholes), ("ledes", _ledes), ("titles", _titles)):
        pairs = [pair for text in labelled.texts(which) for pair in pieces(text)]
        cells = []
        for name, detector in detectors.items():
            start = time.perf_counter()
            said = [(detector(piece), wanted) for piece, wanted in pairs]
            spent = (time.perf_counter() - start) / len(pairs) * 1e6
            exact = sum(one == wanted for one, wanted in said)
            base = sum(one is not None and one[:2] == wanted[:2] for one, wanted in said)
            wrong = sum(one is not None and one[:2] != wanted[:2] for one, wanted in said)
            cells += [
                f"{base}/{len(pairs)}",
                str(wrong),
                str(exact) if name == "ours" else "-",
                f"{spent:.0f}",
            ]
        rows[size] = cells
    names = [f"{name} {what}"[-13:] for name in detectors for what in ("right", "wrong", "region", "us each")]
    table(
        f"{which}: languages detected (right, wrong; else none; region: the whole tag is right)", rows, names
    )


def _wholes(text: Labelled) -> Iterator[tuple[str, str]]:
    body = re.sub(r"(?s)<head.*?</head>|<[^>]+>", " ", text.text)
    yield re.sub(r"(?s)\A(---|\+\+\+)\n.*?\n\1\n", "", body), text.language


def _ledes(text: Labelled) -> Iterator[tuple[str, str]]:
    yield text.labels["lede"], text.language


def _titles(text: Labelled) -> Iterator[tuple[str, str]]:
    if text.labels["title"]:
        yield text.labels["title"], text.language
    for section in text.labels["sections"]:
        yield section, text.language


def cost() -> None:
    """Say how long it takes to look for credits in prose that has none, and in what is full of them."""
    prose = " ".join(text.labels["lede"] for which in SETS for text in labelled.texts(which)) * 20
    for name, body in (("prose", prose), ("names", "dpa AFP Reuters " * 5000), ("brackets", "(dpa" * 20000)):
        start = time.perf_counter()
        agency_credits(body)
        spent = time.perf_counter() - start
        print(f"agency_credits, {name}: {len(body)} characters in {1000 * spent:.1f} ms")


def record(found: Mapping[str, Mapping[str, Tally]]) -> None:
    """Raise the floors to what was found; none is lowered."""
    path = LABELLED / "floor.json"
    old = json.loads(path.read_text()) if path.exists() else {}
    floors = {
        which: {
            name: max(old.get(which, {}).get(name, 0.0), int(1000 * tally.score) / 1000)
            for name, tally in tallies.items()
        }
        for which, tallies in found.items()
    }
    path.write_text(json.dumps(floors, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--wrong", action="store_true", help="list what is wrong in the texts to learn from")
    parser.add_argument("--record", action="store_true", help="raise the recorded floors")
    options = parser.parse_args()
    others: dict[str, Callable[[Labelled], Read]] = {"naive": naive}
    if (peer := with_trafilatura()) is not None:
        others["trafilatura"] = peer
    found = {}
    for which in SETS:
        pairs = labelled.judged(which)
        found[which] = labelled.compare(pairs)
        texts = [text for text, _ in pairs]
        peers = {
            name: labelled.compare([(text, read(text)) for text in texts]) for name, read in others.items()
        }
        by_field(which, found[which], peers)
        by_language(which, pairs)
        languages(which)
    if options.wrong:
        print(*(line for name in FIELDS for line in (f"\n{name}", *found["developed"][name].wrong)), sep="\n")
    cost()
    if options.record:
        record(found)


if __name__ == "__main__":
    main()
