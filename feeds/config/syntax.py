"""YAML -> plain values, and -> a tree with positions. The only file that knows PyYAML.

Values are built from libyaml's events, not by PyYAML's constructor: that is 5 times faster, reads YAML 1.2
(``no`` is a word, ``12:30`` is no number), cannot make objects, and sees duplicate keys. Positions cost more
than values, so the tree is made only to report an error or to edit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

try:
    from yaml import CSafeLoader as Loader
except ImportError:  # PyYAML was built without libyaml; the slow loader gives the same events
    from yaml import SafeLoader as Loader  # type: ignore[assignment]  # both have get_event, all that is used

DEEPEST = 60
UNFOLDED = 1_000_000
"""So many values may a file with aliases stand for: nine lines can unfold to a billion."""
NULLS = frozenset({"", "~", "null", "Null", "NULL"})
BOOLS = MappingProxyType(
    {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
)
INT = re.compile(r"[-+]?[0-9]{1,18}\Z|0o[0-7]{1,20}\Z|0x[0-9a-fA-F]{1,16}\Z")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
MAY_BE_OTHER = frozenset("0123456789-+.tTfFnN~")
TEXT_TAGS = frozenset({"tag:yaml.org,2002:str", "!"})
PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{word}" for word in ("null", "bool", "int", "float", "seq", "map"))
Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in the syntax: line and column counted from 1, where in the grammar, and what is wrong."""

    line: int
    column: int
    place: Place
    message: str


class SyntaxFault(Exception):  # it carries a Fault up one call, and never leaves this room
    """The file cannot be read on behind this place."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


@dataclass(slots=True)
class Open:
    """A list or mapping that is being read.

    Attributes:
        value: What it becomes. key: The key whose value comes next; None if a key comes next.
        anchor: Its name for aliases; None if it has none. before: Values read before it.
    """

    value: Any
    key: str | None = None
    anchor: str | None = None
    before: int = 0


def scalar(text: str) -> object:
    """Read a plain scalar by the core schema of YAML 1.2 (10.3.2).

    >>> scalar("no"), scalar("12:30"), scalar("0o14"), scalar("~")
    ('no', '12:30', 12, None)
    """
    if not text:
        return None
    if text[0] not in MAY_BE_OTHER:
        return text
    if text in NULLS:
        return None
    if text in BOOLS:
        return BOOLS[text]
    if INT.match(text):
        return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
    return float(text) if FLOAT.match(text) else text


def fault_at(event: Any, message: str, place: Place = ()) -> Fault:
    mark = event.start_mark
    return Fault(mark.line + 1, mark.column + 1, place, message)


@dataclass(slots=True)
class Reader:
    """Builds the plain values of one file out of events."""

    stack: list[Open] = field(default_factory=lambda: [Open([])])
    anchors: dict[str, tuple[object, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    count: int = 0
    documents: int = 0

    @property
    def place(self) -> Place:
        found: list[str | int] = []
        for open_ in self.stack[1:]:
            if isinstance(open_.value, list):
                found.append(len(open_.value))
            elif open_.key is not None:
                found.append(open_.key)
        return tuple(found)

    def put(self, value: object) -> None:
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None

    def scalar(self, event: Any) -> None:
        top = self.stack[-1]
        if isinstance(top.value, dict) and top.key is None:
            self.key(event, top)
            return
        value: object = event.value
        if event.implicit[0] or event.tag in PLAIN_TAGS:
            value = scalar(event.value)
        elif event.tag is not None and event.tag not in TEXT_TAGS:
            self.tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self.put(value)

    def key(self, event: Any, top: Open) -> None:
        key = event.value
        if key in top.value:
            place = (*self.place, key)
            self.faults.append(fault_at(event, f"expected each key once, found {key!r} a second time", place))
        if event.tag is not None and event.tag not in TEXT_TAGS:
            self.tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (key, 1)
        top.key = key

    def tag(self, event: Any) -> None:
        name = event.tag.replace("tag:yaml.org,2002:", "!!")
        message = f"expected plain values, found the tag {name}; no tags are read here"
        self.faults.append(fault_at(event, message, self.place))

    def opened(self, event: Any, value: Any) -> None:
        top = self.stack[-1]
        if isinstance(top.value, dict) and top.key is None:
            message = "expected a word as key, found a list or mapping; a text with { or [ needs quotes"
            raise SyntaxFault(fault_at(event, message, self.place))
        if event.tag is not None and event.tag not in PLAIN_TAGS:
            self.tag(event)
        if len(self.stack) > DEEPEST:
            raise SyntaxFault(fault_at(event, f"expected at most {DEEPEST} levels, found more", ()))
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)
        self.stack.append(Open(value, anchor=event.anchor, before=self.count))

    def closed(self) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = (done.value, self.count - done.before + 1)
        self.put(done.value)

    def alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            message = f"expected an anchor &{event.anchor} that is complete before this, found none"
            raise SyntaxFault(fault_at(event, message, self.place))
        value, size = self.anchors[event.anchor]
        self.count += size
        if self.count > UNFOLDED:
            message = f"expected a file of at most {UNFOLDED} values, found aliases that unfold to more"
            raise SyntaxFault(fault_at(event, message, self.place))
        top = self.stack[-1]
        if isinstance(top.value, dict) and top.key is None:
            top.key = str(value)
        else:
            self.put(value)

    def read(self, text: str) -> object:
        parser = Loader(text)
        get = parser.get_event
        while True:
            event = get()
            kind = event.__class__
            if kind is ScalarEvent:
                self.count += 1
                self.scalar(event)
            elif kind is MappingStartEvent:
                self.count += 1
                self.opened(event, {})
            elif kind is SequenceStartEvent:
                self.count += 1
                self.opened(event, [])
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self.closed()
            elif kind is AliasEvent:
                self.alias(event)
            elif kind is DocumentStartEvent:
                self.documents += 1
                if self.documents > 1:
                    raise SyntaxFault(fault_at(event, "expected one document, found a second behind ---"))
            elif kind is StreamEndEvent:
                root = self.stack[0].value
                return root[0] if root else None


def explain(error: yaml.YAMLError, text: str) -> Fault:
    """Say what libyaml found in our words."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable YAML"
    context = getattr(error, "context", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if "character that cannot start any token" in problem:
        tab = mark is not None and text[mark.index : mark.index + 1] == "\t"
        problem = "found a tab, which cannot indent: use spaces" if tab else "found a text that needs quotes"
        context = None
    elif "unexpected end of stream" in problem and context and "quoted" in context:
        begin = error.context_mark  # type: ignore[attr-defined]  # there is one where there is a context
        return Fault(
            begin.line + 1, begin.column + 1, (), "expected YAML, found a quoted text that does not end"
        )
    elif "mapping values are not allowed" in problem:
        problem = "found a ': ' where no key can be (wrong indentation, or a text that needs quotes)"
    return Fault(line, column, (), f"expected YAML, {' '.join(part for part in (context, problem) if part)}")


def control_characters(text: str) -> Fault | None:
    """Find what YAML forbids (1.2, 5.1) before libyaml does, which then has no line for it."""
    match = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if match is None:
        return None
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - text.rfind("\n", 0, match.start())
    return Fault(line, column, (), f"expected text, found the control character U+{ord(match[0]):04X}")


def read(text: str) -> tuple[object, tuple[Fault, ...]]:
    """Read a file's text to plain values.

    Returns:
        None, bool, int, float, str, list and dict, with aliases as shared objects; and the mistakes found.
        Where reading had to stop the value is None.
    """
    fault = control_characters(text)
    if fault is not None:
        return None, (fault,)
    reader = Reader()
    try:
        return reader.read(text), tuple(reader.faults)
    except SyntaxFault as stop:
        return None, (*reader.faults, stop.fault)
    except yaml.YAMLError as error:
        return None, (*reader.faults, explain(error, text))


@dataclass(slots=True, eq=False)
class Node:
    """A value with its place in the text.

    Attributes:
        kind: ``scalar``, ``list``, ``mapping``.
        start, end: Offsets in characters. ``end`` is right behind the last character that belongs to the
            value, not behind the comments that follow; of a block scalar it is the start of the next line.
        line, column: Of ``start``, counted from 0.
        children: Items of a list; keys and values in turn of a mapping.
        flow: Written with brackets. block: A scalar written with | or >.
        value: The text of a scalar. target: What an alias stands for; None if it is none.
        plain: A scalar without quotes.
    """

    kind: str
    start: int
    end: int
    line: int
    column: int
    children: list[Node] = field(default_factory=list)
    flow: bool = False
    block: bool = False
    plain: bool = False
    value: str = ""
    target: Node | None = None

    @property
    def real(self) -> Node:
        return self.target or self

    def pairs(self) -> list[tuple[Node, Node]]:
        """Give the keys of a mapping with their values."""
        items = self.real.children
        return list(zip(items[::2], items[1::2], strict=True))

    def get(self, key: str) -> tuple[Node, Node] | None:
        """Find the last of a mapping's keys that is so called, with its value; None if there is none."""
        if self.real.kind != "mapping":
            return None
        return next((pair for pair in reversed(self.pairs()) if pair[0].real.value == key), None)


def tree(text: str) -> Node | None:
    """Give the nodes of a text that ``read`` could read; None if it holds no value."""
    parser = Loader(text)
    root = Node("list", 0, 0, 0, 0)
    stack, anchors = [root], dict[str, Node]()
    while True:
        event: Any = parser.get_event()
        kind = event.__class__
        mark, end = event.start_mark, event.end_mark
        if kind is ScalarEvent:
            node = Node("scalar", mark.index, end.index, mark.line, mark.column, value=event.value)
            node.block, node.plain = event.style in {"|", ">"}, bool(event.implicit[0])
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            word = "mapping" if kind is MappingStartEvent else "list"
            node = Node(word, mark.index, end.index, mark.line, mark.column, flow=bool(event.flow_style))
        elif kind is AliasEvent:
            node = Node("scalar", mark.index, end.index, mark.line, mark.column)
            node.target = anchors[event.anchor]
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            closed = stack.pop()
            # The end of a block is marked behind the comments that follow it; its last child knows better.
            closed.end = end.index if closed.flow else closed.children[-1].end
            closed.block = not closed.flow and closed.children[-1].block
            continue
        elif kind is StreamEndEvent:
            return root.children[0] if root.children else None
        else:
            continue
        stack[-1].children.append(node)
        if kind is not AliasEvent and event.anchor is not None:
            anchors[event.anchor] = node
        if node.kind != "scalar":
            stack.append(node)


def find(root: Node | None, place: Sequence[str | int]) -> tuple[Node | None, Node | None, int]:
    """Follow a place into the tree as far as it goes.

    Returns:
        The node; the key it stands under (None for items of lists and the root); how many steps were made.
    """
    node, key = root, None
    for done, step in enumerate(place):
        real = node.real if node else None
        if real is None:
            return node, key, done
        if isinstance(step, int) and real.kind == "list" and step < len(real.children):
            node, key = real.children[step], None
        elif isinstance(step, str) and (pair := real.get(step)) is not None:
            key, node = pair
        else:
            return node, key, done
    return node, key, len(place)
