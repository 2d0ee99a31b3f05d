"""Where the entries of a document stand, as text: for what has to be done to it before it is parsed."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

BORDER = re.compile(r"<!\[CDATA\[|<!--|<(/?)((?:[\w.-]+:)?(?:item|entry))(?=[\s/>])[^<>]*>", re.IGNORECASE)

Span = tuple[int, int]


def spans_of(body: str, name: str) -> tuple[list[Span], int]:
    """Find the outermost entries: where each begins and ends; and where an entry begins that does not end.

    Args:
        body: A document from its root on, or a part of one.
        name: The root's name as written, which is passed over; empty if there is no root.
    """
    spans: list[Span] = []
    rest = len(body)
    for start, end in _outermost(body, name):
        if end is None:
            rest = start
        else:
            spans.append((start, end))
    return spans, rest


def _outermost(body: str, name: str) -> Iterator[tuple[int, int | None]]:
    """Give the outermost entries; the last may be without an end."""
    depth, begun, at = 0, len(body), len(name) + 1 if name else 0
    while (match := BORDER.search(body, at)) is not None:
        at = match.end()
        if match[2] is None:
            end = body.find("]]>" if match[0] == "<![CDATA[" else "-->", at)
            if end < 0:
                break
            at = end + 3
        elif match[1]:
            depth = max(0, depth - 1)
            if depth == 0 and begun < len(body):
                yield begun, at
                begun = len(body)
        elif match[0].endswith("/>"):
            if depth == 0:
                yield match.start(), at
        else:
            begun = match.start() if depth == 0 else begun
            depth += 1
    if begun < len(body):
        yield begun, None


def without_middle(body: str, name: str, most: int) -> tuple[str, int]:
    """Take out of a document what stands behind its first and before its last entries, ``most`` of each.

    A million of entries costs gigabytes to list, and of two thirds of them nothing is read in any case: the
    newest stand at one of the ends.

    Returns:
        The document, and how many entries are not in it any more.
    """
    if body.count("<") <= 2 * most:
        return body, 0
    number = head = 0
    tail = deque[int](maxlen=most)
    for start, end in _outermost(body, name):
        if end is None:
            break
        number += 1
        if number <= most:
            head = end
        else:
            tail.append(start)
    if number <= 2 * most:
        return body, 0
    return body[:head] + body[tail[0] :], number - 2 * most
