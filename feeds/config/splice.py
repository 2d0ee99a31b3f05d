"""Changes to a YAML text that leave every other byte as it is. Pure: text and nodes in, changes out.

Each change is made so that its opposite gives the same text again: what ``append`` puts in, ``remove`` takes
out to the byte. Where one shape of a list could come from several (a list that was empty, that had no value,
that was not there), the shape that ``append`` chooses tells which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from feeds.config.syntax import Node, scalar

ADDED = "  # written by feeds add"
"""Stands behind a key that was not there before: it goes with the last item of its list."""
ESCAPES = MappingProxyType({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
PLAIN = re.compile(
    r"[A-Za-z0-9/](?:[\w ./+=?&~%@!$()*;'-]|:(?=[^\s:])|(?<=\S)#|[{}](?=[\w}-]|\Z))*\Z", re.ASCII
)
FLOW = frozenset("{}[],")
NOTHING_MORE = re.compile(r"[ \t]*(?:#.*)?\Z")


class CannotEdit(Exception):  # carries a reason up to ``edit``, and never leaves this room
    """The text is written in a way that is not edited here; the reason says which."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Exchange the characters from ``start`` to ``end`` for ``text``."""

    start: int
    end: int
    text: str = ""


def applied(text: str, splices: Iterable[Splice]) -> str:
    """Make the changes. They must not overlap, but one may begin where another ends."""
    for splice in sorted(splices, key=lambda splice: (splice.start, splice.end), reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text


def newline(text: str) -> str:
    """Give the line break that the file uses."""
    match = re.search(r"\r\n|\n|\r", text)
    return match[0] if match else "\n"


def line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    match = re.compile(r"\r\n|\n|\r").search(text, at)
    return match.start() if match else len(text)


def break_before(text: str, start: int) -> int:
    """Give the offset of the line break that ends the line before."""
    return start - (2 if text[:start].endswith("\r\n") else 1 if start else 0)


def quoted(text: str) -> str:
    """Write a text in double quotes, as one line."""
    chars = []
    for char in text:
        if char in ESCAPES:
            chars.append(ESCAPES[char])
        elif char.isprintable():
            chars.append(char)
        else:
            code = ord(char)
            chars.append(
                f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
            )
    return f'"{"".join(chars)}"'


def written(value: Any, *, flow: bool = True) -> str:
    """Write a plain value on one line.

    Args:
        value: None, bool, number, text, list or mapping.
        flow: Whether it stands between brackets, where more texts need quotes.

    >>> written({"tags": ["news", "no, thanks"], "paused": True})
    '{tags: [news, "no, thanks"], paused: true}'
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        plain = PLAIN.match(value) and scalar(value) == value and not value.endswith((" ", ":"))
        return value if plain and not (flow and FLOW.intersection(value)) else quoted(str(value))
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{written(key)}: {written(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(written(item) for item in value)}]"
    return str(value)


def short(source: Mapping[str, Any]) -> Any:
    """Give a source's short form if it has one: its address."""
    return source["url"] if source.keys() == {"url"} else source


def item_lines(source: Mapping[str, Any], indent: str) -> list[str]:
    """Write a source as an item of a block list."""
    value = short(source)
    if not isinstance(value, Mapping) or not value:
        return [f"{indent}- {written(value, flow=False)}"]
    lines = [f"{key}: {written(item, flow=False)}" for key, item in source.items()]
    return [f"{indent}{'  ' if number else '- '}{line}" for number, line in enumerate(lines)]


def below(text: str, node: Node, lines: Sequence[str]) -> Splice:
    """Put lines below a node: right behind its last line, before the comments that follow."""
    br = newline(text)
    if node.block and line_start(text, node.end) == node.end:
        # A block scalar ends where the next line begins; the blank lines before it may belong to it.
        return Splice(node.end, node.end, "".join(f"{line}{br}" for line in lines))
    end = line_end(text, node.end)
    return Splice(end, end, "".join(f"{br}{line}" for line in lines))


def dash(text: str, items: Node, index: int) -> int:
    """Find the ``-`` of an item of a block list; only spaces stand before it on its line."""
    after = items.children[index - 1].end if index else 0
    at = items.children[index].start
    column = items.column if not items.target else -1
    while at >= after:
        start = line_start(text, at)
        found = start + column
        if text[found : found + 1] == "-" and not text[start:found].strip(" "):
            return found
        at = break_before(text, start)
        if start == 0:
            break
    raise CannotEdit("the list does not begin each item on a line of its own")


def extent(text: str, start: int, last: Node) -> Splice:
    """Take out whole lines: from the one in which ``start`` is to the last one of a node."""
    begin = line_start(text, start)
    if last.block and line_start(text, last.end) == last.end:
        end = break_before(text, last.end)
    else:
        end = line_end(text, last.end)
        if not NOTHING_MORE.match(text[last.end : end]):
            raise CannotEdit("something else stands on the same line")
    if begin:
        return Splice(break_before(text, begin), end)
    return Splice(0, min(len(text), end + len(newline(text))))


def out_of_flow(text: str, node: Node, groups: Sequence[tuple[Node, Node]], index: int) -> Splice:
    """Take one of several things, separated by commas, out from between brackets.

    Args:
        text: The whole text.
        node: The list or mapping.
        groups: First and last node of each thing in it.
        index: Which one.
    """
    first, last = groups[index]
    if index + 1 < len(groups):
        return Splice(first.start, groups[index + 1][0].start)
    if index:
        return Splice(groups[index - 1][1].end, last.end)
    comma = re.compile(r"\s*,").match(text, last.end, node.end)
    return Splice(first.start, comma.end() if comma else last.end)


def into_flow(text: str, node: Node, value: str) -> Splice:
    """Put something behind the last thing between brackets."""
    if node.children:
        end = node.children[-1].end
        return Splice(end, end, f", {value}")
    start = text.index("[" if node.kind == "list" else "{", node.start) + 1
    return Splice(start, start, value)


def append(text: str, root: Node | None, sources: Sequence[Mapping[str, Any]]) -> list[Splice]:
    """Put sources behind the last one of a file.

    Args:
        text: The file.
        root: Its nodes; None if it holds nothing but comments.
        sources: In the words of config.yaml.
    """
    if root is None:
        br = newline(text)
        start = "" if not text or text.endswith(("\n", "\r")) else br
        lines = [line for source in sources for line in item_lines(source, "")]
        return [Splice(len(text), len(text), start + "".join(f"{line}{br}" for line in lines))]
    if root.kind == "list":
        return [behind(text, root, sources)]
    pair = root.get("sources")
    if pair is not None:
        return under_key(text, root, *pair, sources)
    if root.flow:
        # Two spaces tell ``remove`` that there was no key.
        return [into_flow(text, root, f"sources:  [{flow_items(sources)}]")]
    indent = " " * root.children[0].column
    lines = [line for source in sources for line in item_lines(source, f"{indent}  ")]
    return [below(text, root, [f"{indent}sources:{ADDED}", *lines])]


def flow_items(sources: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(written(short(source)) for source in sources)


def under_key(
    text: str, root: Node, key: Node, items: Node, sources: Sequence[Mapping[str, Any]]
) -> list[Splice]:
    """Put sources under the key that is there, whatever its value."""
    indent = " " * key.column
    if items.kind == "list" and not items.target:
        alone = text[key.end : items.end] == ": []" and not root.flow
        end = line_end(text, items.end)
        if alone and NOTHING_MORE.match(text[items.end : end]):
            lines = [line for source in sources for line in item_lines(source, f"{indent}  ")]
            added = "".join(f"{newline(text)}{line}" for line in lines)
            return [Splice(items.start - 1, items.end), Splice(end, end, added)]
        return [behind(text, items, sources)]
    if items.kind != "scalar" or items.target:
        raise CannotEdit("sources is not a list that is written here")
    if items.start == items.end and not root.flow:
        # As far left as the key: that tells ``remove`` that there was no value.
        return [below(text, items, [line for source in sources for line in item_lines(source, indent)])]
    space = " " if items.start == items.end and text[items.end - 1] == ":" else ""
    return [Splice(items.start, items.end, f"{space}[{flow_items(sources)}]")]


def behind(text: str, items: Node, sources: Sequence[Mapping[str, Any]]) -> Splice:
    """Put sources behind the last item of a list."""
    if items.flow:
        return into_flow(text, items, flow_items(sources))
    at = dash(text, items, len(items.children) - 1)
    indent = text[line_start(text, at) : at]
    return below(text, items, [line for source in sources for line in item_lines(source, indent)])


def remove(text: str, root: Node, index: int) -> list[Splice]:
    """Take a source out of a file."""
    pair = None if root.kind == "list" else root.get("sources")
    items = pair[1] if pair else root
    if items.target or items.kind != "list":
        raise CannotEdit("sources is not a list that is written here")
    sole = len(items.children) == 1
    if items.flow:
        if sole and pair and root.flow and text[pair[0].end : items.start] == ":  ":
            pairs = root.pairs()
            return [out_of_flow(text, root, pairs, pairs.index(pair))]
        return [out_of_flow(text, items, [(item, item) for item in items.children], index)]
    at, last = dash(text, items, index), items.children[index]
    if not sole:
        return [extent(text, at, last)]
    if pair is None:
        end = break_before(text, last.end) if last.block else last.end
        return [Splice(at, end, "[]")]
    key = pair[0]
    colon = text.index(":", key.end) + 1
    rest = text[colon : line_end(text, colon)]
    if not NOTHING_MORE.match(rest):
        raise CannotEdit("something stands between sources: and its list")
    if rest == ADDED:
        return [extent(text, key.start, last)]
    empty = [Splice(colon, colon, " []")] if items.column > key.column else []
    return [*empty, extent(text, at, last)]


def set_key(text: str, mapping: Node, key: str, value: Any) -> list[Splice]:
    """Give a key of a mapping another value; a key that is not there comes last."""
    pair = mapping.get(key)
    if pair is not None:
        node = pair[1]
        if node.kind != "scalar" and not node.flow:
            raise CannotEdit(f"{key} is written over several lines")
        space = " " if node.start == node.end else ""
        return [Splice(node.start, node.end, space + written(value))]
    if mapping.flow:
        return [into_flow(text, mapping, f"{key}: {written(value)}")]
    indent = " " * mapping.children[0].column
    return [below(text, mapping, [f"{indent}{key}: {written(value, flow=False)}"])]


def drop_key(text: str, mapping: Node, key: str) -> list[Splice]:
    """Take a key out of a mapping; one that keeps only its url, between braces, becomes a bare address."""
    pairs = mapping.pairs()
    index = next(number for number, pair in enumerate(pairs) if pair[0].value == key)
    if mapping.flow:
        rest = [pair for number, pair in enumerate(pairs) if number != index]
        if len(rest) == 1 and rest[0][0].value == "url":
            url = rest[0][1]
            spelled = text[url.start : url.end]
            bare = written(url.value, flow=False)
            plain = spelled if url.plain or spelled != written(url.value) else bare
            return [Splice(mapping.start, mapping.end, plain)]
        return [out_of_flow(text, mapping, pairs, index)]
    first, last = pairs[index]
    if not index and len(pairs) > 1:
        return [Splice(first.start, pairs[1][0].start)]
    return [extent(text, first.start, last)]


def widened(text: str, node: Node, key: str, value: Any) -> list[Splice]:
    """Turn a bare address into a mapping with one more key, on its line."""
    if node.kind != "scalar" or node.target or node.block:
        raise CannotEdit("the source is an alias or a text over several lines")
    spelled = text[node.start : node.end]
    url = written(node.value) if node.plain else spelled
    return [Splice(node.start, node.end, f"{{url: {url}, {key}: {written(value)}}}")]
