"""A text without a feed: plain text -> title, lede, sections, people, credits, date.

Read is the shape of a news text (``date 2025-12-27 The lede ...``, "First Last Role", headings, paragraphs),
and what people write in text files: a title in the first line, ``Title: ...`` lines, a line with the date, a
byline, lists, quotations. What is not recognised stays text. Nothing is invented, and nothing is lost: the
content is the whole text with the lede as its first paragraph, without the lines that became fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from feeds.model import Credit, Decision, Entry, LanguageOrigin, Moment, Person, Text, TextType, TitleOrigin
from feeds.normalize.chars import clean, visible
from feeds.normalize.dateline import begun
from feeds.normalize.fields import (
    Head,
    joined,
    marked,
    month_line,
    named,
    read_line,
    read_lines,
    split_fields,
)
from feeds.normalize.html import escape
from feeds.normalize.language import detect
from feeds.normalize.people import agency_credits, split_people
from feeds.normalize.text import first_sentence, shown

LONG_TITLE = 150
LONG_LEDE = 1000
LONG_HEADING = 90
LONG_KICKER = 40
WRAPPED = 45
"""Lines at least so long are one paragraph that an editor has wrapped; shorter ones are meant (a poem)."""

BULLET = re.compile(r"\s*(?:[-*+•–]|\((?:\d{1,3}|[a-z])\))\s+(?=\S)")
NUMBER = re.compile(r"\s*\d{1,3}[.)]\s+(?=\S)")
QUOTE = re.compile(r"\s*>\s?")
RULE = re.compile(r"\s*(?:(?:[-*_=~] ?+){3,}+|\* \* \*|⁂)\s*\Z")
HASH = re.compile(r"\s*#{1,6}\s+|\s+#+\s*\Z")
OPENED = re.compile(r"\A[«»„“”‘’\"'¿¡(\s]+")
NO_HEADING = re.compile(r"[.!:;,…–—-][»”\"')]*\Z")

Lines = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Article:
    """What a text says of itself.

    Attributes:
        title: None if it has none; then one can be derived from ``text``.
        lede: First paragraph, plain, one line; None if it is all there is.
        content: HTML, safe: the whole text, the lede too. Empty if there is no text.
        text: The same as plain text.
        fields: Of lines like ``Sprache: de``, under the names of ``fields.FIELD_TABLE``.
    """

    title: str | None = None
    published: Moment | None = None
    updated: Moment | None = None
    lede: str | None = None
    content: str = ""
    text: str = ""
    people: tuple[Person, ...] = ()
    credits: tuple[Credit, ...] = ()
    fields: Mapping[str, object] = field(default_factory=dict)


def article(text: str, zone: ZoneInfo) -> Article:
    """Read a plain text.

    Args:
        text: Paragraphs parted by empty lines; a line alone that ends in no stop is a heading.
        zone: For dates without one.
    """
    fields, body = split_fields(clean(text).expandtabs(4))
    blocks = _blocks(body)
    title, mark = None, None
    if blocks:
        mark = marked("\n".join(blocks[0]), zone)
        if mark:
            blocks[:1] = _blocks(mark[1])
        elif "title" not in fields:
            blocks, fields = _kicker(blocks, fields)
            title, blocks = _title(blocks, zone)
    blocks, heads = _without_heads(blocks, zone)
    head = joined(heads)
    people, credited = split_people(head.people)
    lede = _lede(blocks)
    told, day = begun(lede or _first(blocks), zone)
    shown_text = "\n\n".join("\n".join(lines) for lines in blocks)
    return Article(
        title=title,
        published=mark[0] if mark else head.published or day,
        updated=head.updated,
        lede=told if lede else None,
        content=_html(blocks),
        text=shown_text,
        people=people,
        credits=merged((*credited, *head.credits, *agency_credits(shown_text))),
        fields=named(fields),
    )


def merged(found: Sequence[Credit]) -> tuple[Credit, ...]:
    """Leave each credit once, the first."""
    first: dict[tuple[str, str], Credit] = {}
    for credit in found:
        first.setdefault((credit.kind, credit.code or credit.name.lower()), credit)
    return tuple(first.values())


def _blocks(text: str) -> list[Lines]:
    """Part a text at its empty lines."""
    parts = (part.strip("\n") for part in re.split(r"\n(?:[^\S\n]*\n)+", text))
    return [tuple(line.rstrip() for line in part.split("\n")) for part in parts if visible(part)]


def _title(blocks: list[Lines], zone: ZoneInfo) -> tuple[str | None, list[Lines]]:
    """Take the first line as the title, if it stands alone and looks like one."""
    first, *rest = blocks
    if len(first) == 2 and RULE.match(first[1]) and first[1].strip()[0] in "=-":
        first = first[:1]
    line = HASH.sub("", first[0]).strip()
    if 2 <= len(first) <= 5 and rest and read_lines(first[1:], zone) is not None:
        # The byline stands right below the title, with no empty line between.
        first, rest = first[:1], [first[1:], *rest]
    alone = len(first) == 1 and bool(rest) and 0 < len(line) <= LONG_TITLE
    ends = re.search(r"[.:;,]\Z", line) is not None and not line.endswith("...")
    if not alone or ends or _is_marked(first[0]) or read_line(line, zone) is not None:
        return None, blocks
    return line, rest


def _first(blocks: Sequence[Lines]) -> str:
    return " ".join(" ".join(blocks[0]).split()) if blocks else ""


def _kicker(blocks: list[Lines], fields: dict[str, object]) -> tuple[list[Lines], dict[str, object]]:
    """Take a topic in capitals from above the title, in the same paragraph; it is a category."""
    first = blocks[0]
    if len(blocks) < 2 or len(first) != 2 or RULE.match(first[1]):
        return blocks, fields
    topic = first[0].strip()
    if not topic.isupper() or len(topic) > LONG_KICKER or first[1].strip().isupper():
        return blocks, fields
    return [first[1:], *blocks[1:]], {"tags": topic, **fields}


def _is_marked(line: str) -> bool:
    return any(sign.match(line) for sign in (BULLET, QUOTE, RULE))


def _without_heads(blocks: list[Lines], zone: ZoneInfo) -> tuple[list[Lines], list[Head]]:
    """Take out what stands among the first four and the last two blocks and is no text: bylines, dates."""
    kept: list[Lines] = []
    heads: list[Head] = []
    for at, lines in enumerate(blocks):
        near = at < 4 or at >= len(blocks) - 2
        found = read_lines(lines, zone) if near and len(lines) <= 5 else None
        if found is None and not kept and len(lines) == 1 and len(blocks) > 1:
            found = month_line(lines[0], zone)
        if found is not None:
            heads.append(found)
        else:
            kept.append(lines)
    return kept, heads


def _lede(blocks: list[Lines]) -> str | None:
    if len(blocks) < 2 or _is_heading(blocks, 0) or _is_marked(blocks[0][0]) or NUMBER.match(blocks[0][0]):
        return None
    line = " ".join(" ".join(blocks[0]).split())
    return line if len(line) <= LONG_LEDE else None


def _is_heading(blocks: Sequence[Lines], at: int) -> bool:
    """Say whether a block is a heading: marked as one, or a short line before a longer paragraph."""
    lines = blocks[at]
    if len(lines) == 2 and RULE.match(lines[1]) and lines[1].strip()[0] in "=-":
        return True
    line = lines[0].strip()
    if len(lines) > 1 or at + 1 >= len(blocks):
        return False
    if HASH.match(lines[0]):
        return True
    if len(line) > LONG_HEADING or len(line) >= len(" ".join(blocks[at + 1])):
        return False
    capital = OPENED.sub("", line)[:1]
    short = capital.isupper() or capital.isdigit()
    return short and not NO_HEADING.search(line) and not _is_marked(line) and not NUMBER.match(line)


def _html(blocks: Sequence[Lines]) -> str:
    return "".join(_block(blocks, at) for at in range(len(blocks)))


def _block(blocks: Sequence[Lines], at: int) -> str:
    lines = blocks[at]
    if len(lines) == 1 and RULE.match(lines[0]):
        return "<hr>"
    if _is_heading(blocks, at):
        return f"<h2>{escape(HASH.sub('', lines[0]).strip())}</h2>"
    if lines[0].lstrip()[:1].isalpha():  # As most do: no list, no quotation.
        return f"<p>{_flow(lines)}</p>"
    for sign, element in ((BULLET, "ul"), (NUMBER, "ol")):
        items = _items(lines, sign)
        if items and (element == "ul" or len(items) > 1 or lines[0].lstrip().startswith("1")):
            start = int(re.sub(r"\D.*", "", lines[0].strip())) if element == "ol" else 1
            opened = f'<ol start="{start}">' if start != 1 else f"<{element}>"
            return opened + "".join(f"<li>{escape(item)}</li>" for item in items) + f"</{element}>"
    if all(QUOTE.match(line) for line in lines):
        return f"<blockquote><p>{_flow([QUOTE.sub('', line, count=1) for line in lines])}</p></blockquote>"
    return f"<p>{_flow(lines)}</p>"


def _items(lines: Lines, sign: re.Pattern[str]) -> list[str]:
    """Give the items of a list, a wrapped item in one line; none if a line belongs to no item."""
    items: list[list[str]] = []
    for line in lines:
        if match := sign.match(line):
            items.append([line[match.end() :].strip()])
        elif items and line[:1] == " ":
            items[-1].append(line.strip())
        else:
            return []
    return [" ".join(item) for item in items]


def _flow(lines: Sequence[str]) -> str:
    wrapped = all(len(line) >= WRAPPED for line in lines[:-1])
    return (" " if wrapped else "<br>").join(escape(line.strip()) for line in lines)


# Markup in which more than the words would be lost if the text were read as plain text.
RICH = re.compile(r"<(?:a|img|table|figure|video|audio|pre|picture|blockquote|ul|ol)\b", re.IGNORECASE)


def unfolded(entry: Entry, zone: ZoneInfo) -> Entry:
    """Give an entry of a feed whose text has the shape of the news text the parts that are in there.

    Args:
        entry: Behind the reader of its feed. Its text is in ``content``, else in ``summary``.
        zone: Of the source.

    Returns:
        The entry unchanged, unless its text begins with the word "date" and a day. Then title, date, people,
        language and summary (the lede) are filled in where the feed declared none, the content is written in
        sections, and credits are added.
    """
    body = entry.content or entry.summary
    text = shown(body)
    if body is None or marked(text[:400], zone) is None:
        return entry
    found = article(text, zone)
    if not found.content:
        return entry
    rich = body.type is TextType.HTML and RICH.search(body.value) is not None
    language = entry.language or detect(found.text)
    own = entry.summary is not None and body is not entry.summary and not marked(shown(entry.summary), zone)
    told = (Decision(topic="text", reason="the text begins with a date and is read as a news text"),)
    return replace(
        entry,
        title=entry.title or derived_title(found.lede or found.text),
        title_origin=entry.title_origin if entry.title else TitleOrigin.DERIVED,
        summary=Text(value=found.lede) if found.lede and not own else entry.summary,
        content=body if rich else Text(value=found.content, type=TextType.HTML),
        published=entry.published or found.published,
        people=entry.people or found.people,
        credits=merged((*entry.credits, *found.credits)),
        language=language,
        language_origin=entry.language_origin if entry.language or not language else LanguageOrigin.DETECTED,
        decisions=(*entry.decisions, *told),
    )


def derived_title(text: str) -> Text | None:
    """Make a title of a plain text's first sentence; None if there is nothing to see."""
    sentence = first_sentence(text)
    return Text(value=sentence) if visible(sentence) else None
