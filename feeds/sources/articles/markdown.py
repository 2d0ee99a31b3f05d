"""Markdown -> an article. The only room that knows markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from markdown_it import MarkdownIt
from markdown_it.token import Token

from feeds.normalize.article import LONG_LEDE, Article, merged
from feeds.normalize.chars import clean, one_line, visible
from feeds.normalize.dateline import begun
from feeds.normalize.fields import Head, joined, month_line, named, read_lines, split_fields
from feeds.normalize.html import plain, sanitize
from feeds.normalize.people import agency_credits, split_people

Block = tuple[Token, ...]
Renderer = Callable[[Sequence[Block]], str]
SIGNS, SIGNS_AT_ONCE = 100_000, 20_000
"""Signs of Markdown that are read of a text, and between two empty lines.

markdown-it-py 4 takes 10 µs and 500 bytes for each, and is quadratic in those of one paragraph.
"""
SIGN = re.compile(r"[\[\]*_~`<>!|\\#&]|\n[ \t]*(?=\n)")


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def within(text: str) -> str:
    """Cut a text off where it holds more signs of Markdown than are read."""
    whole = paragraph = 0
    for sign in SIGN.finditer(text):
        if sign[0][0] == "\n":
            paragraph = 0
        elif whole == SIGNS or paragraph == SIGNS_AT_ONCE:
            return text[: sign.start()]
        else:
            whole += 1
            paragraph += 1
    return text


def rendered(text: str) -> str:
    """Write Markdown as HTML, as it is: nothing in it is taken for a title or a date, nothing is cleaned."""
    return str(_parser().render(within(clean(text))))


def markdown(text: str, zone: ZoneInfo, base: str | None) -> Article:
    """Read CommonMark with tables and struck-out text; HTML in it is sanitized.

    The first heading of level one, if it stands among the first three blocks, is the title. A line with the
    date or the authors near it is read as in plain texts.

    Args:
        text: Without front matter.
        zone: For dates without one.
        base: The page of the text, to which relative addresses are relative; None if there is none.
    """
    fields, body = split_fields(clean(text))
    parser = _parser()
    blocks = _blocks(parser.parse(body))

    def html(part: Sequence[Block]) -> str:
        tokens = [token for block in part for token in block]
        return sanitize(str(parser.renderer.render(tokens, parser.options, {})), base)

    title, blocks = _title(blocks, html)
    blocks, heads = _without_heads(blocks, zone)
    head = joined(heads)
    content = html(blocks)
    shown = plain(content)
    first = (
        one_line(plain(html(blocks[:1]))) if len(blocks) > 1 and blocks[0][0].type == "paragraph_open" else ""
    )
    lede, day = begun(first if visible(first) and len(first) <= LONG_LEDE else None, zone)
    people, credited = split_people(head.people)
    return Article(
        title=title,
        published=head.published or day,
        updated=head.updated,
        lede=lede,
        content=content,
        text=shown,
        people=people,
        credits=merged((*credited, *head.credits, *agency_credits(shown))),
        fields=named(fields),
    )


def _blocks(tokens: Sequence[Token]) -> list[Block]:
    """Part the token stream into the blocks of the top level."""
    blocks: list[Block] = []
    start = depth = 0
    for at, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            blocks.append(tuple(tokens[start : at + 1]))
            start = at + 1
    return blocks


def _title(blocks: list[Block], html: Renderer) -> tuple[str | None, list[Block]]:
    at = next(
        (at for at, block in enumerate(blocks[:3]) if block[0].tag == "h1" and block[0].nesting == 1), None
    )
    title = "" if at is None else one_line(plain(html([blocks[at]])))
    if at is None or not visible(title):
        return None, blocks
    return title, [*blocks[:at], *blocks[at + 1 :]]


def _without_heads(blocks: list[Block], zone: ZoneInfo) -> tuple[list[Block], list[Head]]:
    kept: list[Block] = []
    heads: list[Head] = []
    for at, block in enumerate(blocks):
        near = (at < 3 or at >= len(blocks) - 2) and block[0].type == "paragraph_open"
        lines = _lines(block[1]) if near else []
        found = read_lines(lines, zone) if 0 < len(lines) <= 5 else None
        if found is None and not kept and len(lines) == 1 and len(blocks) > 1:
            found = month_line(lines[0], zone)
        if found is not None:
            heads.append(found)
        else:
            kept.append(block)
    return kept, heads


def _lines(inline: Token) -> list[str]:
    """Give a paragraph's lines as plain text; none if it holds more than words, such as a picture."""
    words: list[str] = []
    for token in inline.children or ():
        if token.type in {"softbreak", "hardbreak"} or token.content.lower().startswith("<br"):
            words.append("\n")
        elif token.type in {"text", "code_inline"}:
            words.append(token.content)
        elif token.type in {"image", "html_inline"}:
            return []
    return "".join(words).splitlines()
