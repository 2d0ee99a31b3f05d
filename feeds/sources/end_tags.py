"""End tags that are mistyped: ``<title>A title</titel>`` loses the title, and what follows, for XML."""

from __future__ import annotations

import re

TAG = re.compile(
    r"<!\[CDATA\[(?:(?!\]\]>).)*+(?:\]\]>)?|<!--(?:(?!-->).)*+(?:-->)?"
    r"|<(?P<end>/?)(?P<name>[A-Za-z_][\w.:-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>",
    re.DOTALL,
)
DEPTH = 256
MANY = 100
"""End tags without a beginning that are looked at; a document with more is no feed that somebody mistyped."""


def mended(body: str) -> str:
    """Write the right name into end tags that close nothing which is open.

    Such a tag is a mistyped one if right before it stands the text of the innermost element, and its own end
    tag does not follow; or if that does not come before the end of what the element stands in.
    Otherwise it is left alone.

    >>> mended("<a><title>x</titel></a>")
    '<a><title>x</title></a>'
    """
    opened: list[str] = []
    pieces: list[str] = []
    at = fresh = 0
    left = MANY
    for match in TAG.finditer(body):
        name = match["name"]
        if name is None or match[0].endswith("/>"):
            continue
        if not match["end"]:
            opened.append(name)
            fresh = len(opened)
            if len(opened) > DEPTH:
                return body
        elif name in opened:
            del opened[len(opened) - 1 - opened[::-1].index(name) :]
            fresh = 0
        elif opened and left and _is_meant(body, match.end(), opened, leaf=fresh == len(opened)):
            left -= 1
            pieces += (body[at : match.start()], f"</{opened.pop()}>")
            at, fresh = match.end(), 0
        else:
            left = max(0, left - 1)
    return "".join((*pieces, body[at:]))


def _is_meant(body: str, behind: int, opened: list[str], *, leaf: bool) -> bool:
    """Say whether the tag that ends at ``behind`` was meant to close the innermost element."""
    following = TAG.search(body, behind)
    if following is not None and following["end"] and following["name"] == opened[-1]:
        return False
    if leaf:
        return True
    own = body.find(f"</{opened[-1]}", behind)
    outer = body.find(f"</{opened[-2]}", behind) if len(opened) > 1 else len(body)
    return own < 0 or 0 <= outer < own
