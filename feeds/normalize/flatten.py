"""Tags read as a browser reads them, in linear time; and a pass that bounds what HTML can cost.

HTML parsers are quadratic in the depth of nesting and in the number of a tag's attributes. ``flatten`` reads
tags as WHATWG HTML, 13.2.5, does, and writes a token stream of its own in which every element is closed where
it must be, so that no trick of the tree builder can nest deeper than the stack that is kept here.
It decides nothing about safety: what it writes is sanitized after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

DEPTH = 100
ATTRIBUTES = 60
SMALL = 4096
"""Up to so many characters, with up to ``DEPTH`` tags, nothing can cost much: the parser may have it all."""

DROPPED = frozenset(
    {
        *("script", "style", "template", "svg", "iframe", "noembed", "noframes", "xmp", "plaintext", "title"),
        *("textarea", "select", "object", "applet", "annotation"),
    }
)
"""Elements that go with all they contain."""
VOID = frozenset({"area", "br", "col", "hr", "img", "source", "track", "wbr"})
SKIPPED = DROPPED - frozenset({"plaintext", "object", "applet"})

NAME = r"[a-zA-Z][^\t\n\f\r />]*+"
ATTRIBUTE = (
    r"[\t\n\f\r /]*+[^\t\n\f\r />][^\t\n\f\r />=]*+"
    r"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"[^\"]*+\"|'[^']*+'|(?=>)|[^\t\n\f\r >\"'][^\t\n\f\r >]*+))?+"
)
TOKEN = re.compile(rf"<(?:(/?)({NAME})((?:{ATTRIBUTE})*+)[\t\n\f\r /]*+>|(!--)|([!?/]))|<")
TIDY = re.compile(r'<(/?)([a-z][a-z0-9]*)(?: [a-zA-Z-]+="[^"<>]*+"){0,20} ?/?>')
EACH = re.compile(ATTRIBUTE)
LETTER = re.compile("/?[a-zA-Z]")
COMMENT_END = re.compile(r"--!?>")

# Which open element a start tag closes without saying so (13.2.6.4.7 and the table modes), and where the
# search for it ends.
BLOCKS = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "center",
            "details",
            "div",
            "dl",
            "figcaption",
            "figure",
        ),
        *("footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main", "nav", "ol", "p"),
        *("pre", "section", "summary", "table", "ul", "li", "dd", "dt"),
    }
)
PARTS = frozenset({"caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th"})
GROUPS = (
    (BLOCKS, frozenset({"p"}), BLOCKS | PARTS),
    (frozenset({"li"}), frozenset({"li"}), frozenset({"ul", "ol", "table", "td", "th", "div", "blockquote"})),
    (frozenset({"dd", "dt"}), frozenset({"dd", "dt"}), frozenset({"dl", "table", "td", "th", "div"})),
    (frozenset({"td", "th"}), frozenset({"td", "th"}), frozenset({"tr", "table"})),
    (frozenset({"tr"}), frozenset({"tr"}), frozenset({"table"})),
    (frozenset({"thead", "tbody", "tfoot"}), frozenset({"thead", "tbody", "tfoot"}), frozenset({"table"})),
    (frozenset({"a"}), frozenset({"a"}), PARTS | frozenset({"table"})),
    (frozenset({"rt", "rp"}), frozenset({"rt", "rp"}), frozenset({"ruby"})),
)


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag between two stretches of text. ``name`` is lower case."""

    name: str
    end: bool
    attributes: str


def tokens(html: str, dropped: frozenset[str] = DROPPED) -> Iterator[str | Tag]:
    """Part a fragment into stretches of text (entities not decoded) and tags, in linear time.

    Comments, declarations and elements whose content is ``dropped`` do not come out. A tag that never ends
    takes the rest with it, as in a browser (13.2.5.32, "EOF in tag").
    """
    at = 0
    unclosed: set[str] = set()
    while (match := TOKEN.search(html, at)) is not None:
        if match.start() > at:
            yield html[at : match.start()]
        slash, name, attributes, comment, bogus = match.groups()
        at = match.end()
        if name is not None:
            tag = Tag(name.lower(), bool(slash), attributes)
            if tag.name in dropped:
                at = at if tag.end else _behind(html, tag.name, at, unclosed)
            else:
                yield tag
        elif comment:
            at = _behind_comment(html, at)
        elif bogus:
            end = html.find(">", at)
            at = len(html) if end < 0 else end + 1
        elif LETTER.match(html, at):
            at = len(html)
        else:
            yield "&lt;"
    if at < len(html):
        yield html[at:]


def _behind_comment(html: str, at: int) -> int:
    for short in (">", "->"):
        if html.startswith(short, at):
            return at + len(short)
    end = COMMENT_END.search(html, at)
    return end.end() if end else len(html)


def _behind(html: str, name: str, at: int, unclosed: set[str]) -> int:
    """Go behind an element that is dropped with its content; of one that never ends, only the tag goes."""
    if name not in SKIPPED or name in unclosed:
        return at
    end = re.compile(rf"</{name}(?=[\t\n\f\r />])[^>]*>", re.IGNORECASE).search(html, at)
    if end is None:
        unclosed.add(name)
    return end.end() if end else at


def flatten(html: str, allowed: frozenset[str]) -> str:
    """Keep a fragment within limits: at most ``DEPTH`` elements deep, ``ATTRIBUTES`` a tag, no comments.

    Args:
        html: Any fragment; one that is small enough comes back as it is.
        allowed: Lower-case names of the elements that the sanitizer lets pass; the tags of others go.
    """
    if (len(html) <= SMALL and html.count("<") <= DEPTH) or _is_tidy(html, allowed):
        return html
    writer = _Writer()
    for token in tokens(html):
        if isinstance(token, str):
            writer.out.append(token)
        elif token.name in allowed:
            writer.tag(token)
    writer.pop(0)
    return "".join(writer.out)


def _is_tidy(html: str, allowed: frozenset[str]) -> bool:
    """Recognise, ten times faster than by rewriting it, a fragment that would come out as it is.

    That is one of allowed elements only, each closed by its own end tag in the right order, and not too deep.
    """
    tags = TIDY.findall(html)
    if len(tags) != html.count("<"):
        return False
    stack: list[str] = []
    for end, name in tags:
        if end:
            if not stack or stack.pop() != name:
                return False
        elif name not in VOID:
            stack.append(name)
            if len(stack) > DEPTH:
                return False
    return not stack and allowed.issuperset({name for _, name in tags})


class _Writer:
    """What has been written, and which elements are open in it."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.stack: list[str] = []

    def tag(self, tag: Tag) -> None:
        if tag.end:
            if tag.name in self.stack:
                self.pop(len(self.stack) - 1 - self.stack[::-1].index(tag.name))
        elif tag.name in VOID:
            self._write(tag)
        else:
            self._imply(tag.name)
            if len(self.stack) < DEPTH:
                self.stack.append(tag.name)
                self._write(tag)

    def pop(self, size: int) -> None:
        while len(self.stack) > size:
            self.out.append(f"</{self.stack.pop()}>")

    def _imply(self, name: str) -> None:
        """Close what the start tag of ``name`` closes without saying so."""
        for starts, closes, ends in GROUPS:
            if name not in starts:
                continue
            for place in range(len(self.stack) - 1, -1, -1):
                if self.stack[place] in closes:
                    self.pop(place)
                    break
                if self.stack[place] in ends:
                    break

    def _write(self, tag: Tag) -> None:
        attributes = tag.attributes
        if len(attributes) > 4 * ATTRIBUTES:
            attributes = "".join(each[0] for each in islice(EACH.finditer(attributes), ATTRIBUTES))
        self.out.append(f"<{tag.name}{attributes} >" if attributes else f"<{tag.name}>")
