"""Bounds on what a document in JSON may hold before it becomes values, which takes thirty times its bytes."""

from __future__ import annotations

import re

from feeds.errors import ReadError

VALUES = 200_000
"""Members and elements, of all objects and lists in a document, that are read."""
ITEM = 2
"""How deep items lie: in the list in the document."""
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)


def bounded(text: str) -> tuple[str, bool]:
    """Cut off what is behind the last whole item within the bounds.

    Args:
        text: A document in JSON, or what claims to be one.

    Returns:
        The document, closed again where it was cut; and whether it was.

    Raises:
        ReadError: There is no whole item within the bounds.
    """
    # In most documents, there are not so many of them even if those in texts are counted.
    if sum(map(text.count, ",[{")) <= VALUES:
        return text, False
    values = depth = whole = 0
    for match in TOKEN.finditer(text):
        sign = match[0]
        if sign in "]}":
            depth -= 1
            if depth == ITEM and sign == "}":
                whole = match.end()
        elif sign in ",[{":
            values += 1
            depth += sign != ","
            if values > VALUES:
                break
    else:
        return text, False
    if not whole:
        raise ReadError(f"this is JSON, but no feed: its first {VALUES} values are no item")
    return text[:whole] + "]}", True
