"""Ask an HTML page with CSS selectors. The only room that reads with selectolax (Lexbor)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from feeds.config.selectors import Selector
from feeds.errors import ReadError
from feeds.normalize.urls import scheme_of, web_url

# What an element says without any attribute named (WHATWG HTML, 5.2.4): as for microdata.
ADDRESSES = MappingProxyType(
    {
        "a": "href",
        "area": "href",
        "audio": "src",
        "embed": "src",
        "iframe": "src",
        "img": "src",
        "link": "href",
        "object": "data",
        "source": "src",
        "track": "src",
        "video": "src",
    }
)
VALUES = MappingProxyType({"time": "datetime", "meta": "content", "data": "value", "meter": "value"})
MANY = 100
"""Elements that one selector takes of an entry."""
ROOM, TIMES = 200_000, 8
"""Characters of markup and texts that are taken of one page in all, and so many times its own: entries may
stand within each other."""


class Page:
    """A page that is being read.

    Args:
        text: HTML, decoded.
        url: Where it is; absolute.
    """

    def __init__(self, text: str, url: str) -> None:
        from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  only pages need it

        self._tree: Any = LexborHTMLParser(text)
        self._room = ROOM + TIMES * len(text)
        told = self.first("base[href]", "href")
        fit = told is not None and scheme_of(told) in (None, "http", "https")
        self.base = (web_url(told, url) if told and fit else None) or url

    def first(self, css: str, attribute: str | None = None) -> str | None:
        """Give an attribute, or else the text, of the first element that matches; None if there is none."""
        found = self._tree.css_first(css)
        if found is None:
            return None
        told: str | None = found.attributes.get(attribute) if attribute else found.text(separator=" ")
        return told

    def all(self, css: str, most: int) -> tuple[tuple[Element, ...], int]:
        """Give the elements that match, in the page's order, the first ones; and how many there are."""
        found = self._tree.css(css)
        return tuple(Element(page=self, node=node) for node in islice(found, most)), len(found)

    def taken(self, text: str) -> str:
        """Count what is taken of the page.

        Raises:
            ReadError: It is too much.
        """
        self._room -= len(text)
        if self._room < 0:
            raise ReadError(
                f"its entries hold more than {TIMES} times what the page does: does what `entry` selects"
                " stand within itself? Select the innermost"
            )
        return text


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """An element of a page; selectors are asked from there on down, the element itself included."""

    page: Page
    node: Any

    def _all(self, selector: Selector) -> Iterator[Any]:
        if selector.css is None:
            return iter((self.node,))
        return islice(self.node.css(selector.css), MANY)

    def values(self, selector: Selector, usual: MappingProxyType[str, str] = VALUES) -> Iterator[str]:
        """Give what the elements say that match: an attribute, or else the markup that is in them.

        Args:
            selector: Where.
            usual: By an element's name, the attribute that speaks for it if none is named.
        """
        for node in self._all(selector):
            told = node.attributes.get(selector.attribute or usual.get(node.tag, ""))
            if told is not None:
                yield self.page.taken(told)
            elif selector.attribute is None:
                yield self.page.taken(node.inner_html or "")

    def addresses(self, selector: Selector) -> Iterator[str]:
        """Give the addresses that they lead to, absolute."""
        for told in self.values(selector, MappingProxyType({**VALUES, **ADDRESSES})):
            url = web_url(told.strip(), self.page.base)
            if url is not None:
                yield url

    def markup(self, selector: Selector) -> str:
        """Give the markup of all that match: of one, what is in it; of several, with their own tags.

        What stands within another that matches is not given twice.
        """
        if selector.attribute is not None:
            return "\n".join(self.values(selector))
        nodes = list(self._all(selector))
        if len(nodes) == 1:
            return self.page.taken(nodes[0].inner_html or "")
        seen: set[int] = set()
        pieces: list[str] = []
        for node in nodes:
            if node.mem_id not in seen:
                pieces.append(self.page.taken(node.html or ""))
                seen.update(inner.mem_id for inner in node.traverse())
        return "".join(pieces)
