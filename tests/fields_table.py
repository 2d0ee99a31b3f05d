"""Which element of which format fills which field, in order of preference: one table for docs and tests.

``python tests/fields_table.py`` writes ``docs/fields.md``. ``test_fields.py`` reads a small document for
every element of the table, and one for every two neighbours, in both orders.

The table is ``data/fields.txt``. A line of it: the field; the formats; the element as the docs name it; the
markup that stands for it. In the markup ``{t}`` is a word, ``{u}`` an address, ``{d}`` a date, ``{n}`` a
number, ``{l}`` a language, each of them another in each line; the first of them is what the field must
hold, or the one that stands in ``{{}}``. Markup that begins with ``@`` is an attribute of the entry, or of
the channel, with ``#`` of the root. A field with ``*`` holds all that are found; of another, the first line
that is there counts; lines with ``~`` are of one rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FORMATS = {
    "rss": "RSS 0.9x, 2.0",
    "rdf": "RSS 0.90, 1.0 (RDF)",
    "atom": "Atom 1.0",
    "atom03": "Atom 0.3",
    "cdf": "CDF",
    "json": "JSON Feed",
}
GROUPS = {"xml": "rss rdf atom", "atoms": "atom atom03", "rsss": "rss rdf"}

TABLE = Path(__file__).parent / "data" / "fields.txt"

OURS = {
    "source": "name of the source in config.yaml",
    "id": "`native_id` if it is a URI, else made of it, of `url`, or of the text (see the docs on ids)",
    "id_origin": "what `id` was made from",
    "title_origin": "whether the title was declared or derived",
    "language_origin": "whether the language was declared, configured or detected",
    "origin": "without one of its own, the feed that the entry came in",
    "decisions": "what was decided, and why",
}
OURS_OF_FEED = {
    "entries": "the entries, in the document's order",
    "separable": "whether each entry was read by itself; never remembered",
    "archive": "of our own outputs only: that it is a closed page (RFC 5005)",
    "complete": "of our own outputs only: that there are no further entries (RFC 5005)",
    "truncated": "whether the document ended too early",
    "decisions": "what was left out; that the source says it ended (`itunes:complete`, `expired` in JSON) or "
    "moved (`itunes:new-feed-url`)",
}

HEAD = """# Which element fills which field

Every format is translated into one model, once (`feeds/model.py`). Here is from what, by format. Where a
field holds one value, the first element of the list that says anything counts; a field marked "all"
collects them all. Prefixes are the usual ones; what counts is the namespace, and where a document does not
declare one, the prefix. RSS and Atom read each other's elements (`atom:link` in RSS, RSS modules in Atom
and RDF).

This page is made by `python tests/fields_table.py`; a test reads a small document for each element it
names.

Left out on purpose: counters (`slash:comments`, `thr:total`, `slash:hit_parade`), because with each of them
every published file would change; `media:hash`, `media:restriction`, `media:peerLink`, `podcast:value`,
`podcast:soundbite`, `cloud`, `textInput`, `generator`, `docs`, `rating`, because nothing we publish has a
place for them; `webMaster`, who answers for a server and not for a text.

Said twice and alike, a date is kept as coarsely as the coarser element tells it: `published` at midnight
beside `dcterms:issued` 2025-12-27 is that day.

Text is read in the character set that its bytes are written in, whatever is declared; bytes that were
written as numeric references (`&#226;&#128;&#166;` for …) are characters again, because no text has control
characters. What the source itself encoded twice, `Ã¤` in sound UTF-8, is left as it is written: nothing in
the bytes says that it is not meant (by a text about character sets, say), and a wrong guess could not be
taken back. The one expectation of the corpus that asks for more is in [peers.md](peers.md) (`mojibake`).
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One element of one format.

    Attributes:
        field: Of the model; ``people`` with the role in ``part``.
        part: The role, or the ``rel``, that is meant.
        every: Whether the field holds all that are found.
        alone: Whether it is of one rank with its neighbour.
        form: The format's key in ``FORMATS``.
        number: Another in each line of the table.
    """

    field: str
    part: str
    every: bool
    alone: bool
    form: str
    element: str
    markup: str
    number: int


def rows(section: str) -> tuple[Row, ...]:
    """Read the lines of a section of the table, one row for each format."""
    found = []
    lines = TABLE.read_text(encoding="utf-8").partition(f"[{section}]\n")[2].partition("\n[")[0]
    for number, line in enumerate(line for line in lines.splitlines() if line.strip()):
        name, formats, element, markup = (part.strip() for part in line.split(" | ", 3))
        for form in " ".join(GROUPS.get(word, word) for word in formats.split()).split():
            field, _, part = name.lstrip("*~").partition(" (")
            found.append(
                Row(
                    field=field,
                    part=part.rstrip(")"),
                    every=name.startswith("*"),
                    alone=name.startswith("~"),
                    form=form,
                    element=element,
                    markup=markup,
                    number=number,
                )
            )
    return tuple(found)


def page() -> str:
    """Write the docs: a section for entries, one for feeds, in it a table a field."""
    return "\n".join((HEAD, *_section("Entry", OURS), *_section("Feed", OURS_OF_FEED)))


def _section(title: str, ours: dict[str, str]) -> list[str]:
    lines = [f"## {title}", ""]
    told = rows(title)
    names = dict.fromkeys((row.field, row.part, row.every) for row in told)
    for field, part, every in names:
        mine = [row for row in told if (row.field, row.part) == (field, part)]
        lines += [f"### {field}{f': {part}' if part else ''}{' (all)' if every else ''}", ""]
        lines += ["| Format | Elements |", "| --- | --- |"]
        for form, shown in FORMATS.items():
            elements = [row.element for row in mine if row.form == form]
            if elements:
                lines.append(f"| {shown} | {'; '.join(elements)} |")
        lines.append("")
    lines += ["### Ours", "", *(f"- {name}: {words}." for name, words in ours.items()), ""]
    return lines


if __name__ == "__main__":
    (Path(__file__).parents[1] / "docs" / "fields.md").write_text(page(), encoding="utf-8")
