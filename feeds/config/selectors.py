"""CSS selectors of config.yaml: where in an HTML page an entry stands, and where in an entry its parts do.

Here selectors are only checked; ``sources.selecting`` asks pages with them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, PlainSerializer, PlainValidator

from feeds.config.parts import Json, Value
from feeds.config.scalars import text_of, wrong

ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_:.-]{0,60}\Z")
LONGEST = 500
HERE = "."


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """Where a part of an entry stands.

    Attributes:
        css: Which elements; None: the entry's own.
        attribute: Which of their attributes, in lower case; None: what they say by themselves.
    """

    css: str | None = None
    attribute: str | None = None

    def __str__(self) -> str:
        if self.attribute is None:
            return self.css or HERE
        return f"{self.css or ''}@{self.attribute}"


def fault(css: str) -> str | None:
    """Say what is wrong with a CSS selector; None if it can be asked with."""
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError  # noqa: PLC0415  only pages need it

    if len(css) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    try:
        LexborHTMLParser("").css(css)
    except (SelectolaxError, ValueError):
        if css.startswith((">", "+", "~")):
            return "it begins in the middle: name the element before the sign too"
        if re.search(r"::?(text|attr|contains|scope|first|eq)\b", css):
            return "only selectors of CSS are known: an attribute is written as a@href"
        return "it cannot be read"
    return None


def css_selector(value: object) -> str:
    """Check a selector of elements."""
    expected = "a CSS selector like li.event"
    text = text_of(value, expected)
    if not text:
        raise wrong(expected)
    problem = fault(text)
    if problem is not None:
        head, at, name = text.rpartition("@")
        whole = at and ATTRIBUTE.match(name) and (not head or fault(head) is None)
        raise wrong(expected, detail="an attribute cannot stand here" if whole else problem)
    return text


def selector(value: object) -> Selector:
    """Read ``h3``, ``a@href``, ``@data-id`` (of the entry's own element), ``.`` (the entry as a whole).

    >>> selector("a@href"), str(selector("@id")), str(selector("."))
    (Selector(css='a', attribute='href'), '@id', '.')
    """
    if isinstance(value, Selector):
        return value
    expected = "a CSS selector like h3, with @ and an attribute like a@href"
    text = text_of(value, expected)
    head, at, name = text.rpartition("@")
    attribute = name.lower() if at and ATTRIBUTE.match(name) else None
    css = (head if attribute else text).strip()
    if not text or (at and not name):
        raise wrong(expected, detail="no attribute stands behind the @" if text else "")
    if css in {"", HERE}:
        return Selector(attribute=attribute)
    problem = fault(css)
    if problem is not None:
        raise wrong(expected, detail=problem)
    return Selector(css=css, attribute=attribute)


Css = Annotated[
    str, PlainValidator(css_selector), Json({"type": "string", "examples": ["li.event", "article"]})
]
Part = Annotated[
    Selector | None,
    PlainValidator(selector),
    PlainSerializer(lambda found: None if found is None else str(found)),
    Json({"type": "string", "examples": ["h3", "a@href", "time@datetime", "@id", "."]}),
]


class Fields(Value):
    """Where in an entry of a page its parts stand. Without @, an element says what it says in HTML."""

    title: Part = Field(default=None, description="What it is called.")
    url: Part = Field(default=None, description="Its page; without @ the href of a link.")
    id: Part = Field(default=None, description="What the site calls it. Default: its page.")
    published: Part = Field(default=None, description="When it appeared; without @ the datetime of a time.")
    updated: Part = Field(default=None, description="When it was changed.")
    summary: Part = Field(default=None, description="The short text.")
    content: Part = Field(default=None, description="The full text, with its markup; . is all of the entry.")
    author: Part = Field(default=None, description="Who wrote it; all that match.")
    categories: Part = Field(default=None, description="Its labels; all that match.")
    image: Part = Field(default=None, description="A picture; without @ the src of an img.")
    enclosure: Part = Field(default=None, description="Files of it, sound for instance; all that match.")

    def given(self) -> dict[str, Selector]:
        """Give the parts that have a place, by their words."""
        return {name: found for name in Fields.model_fields if (found := getattr(self, name)) is not None}
