"""``full_text``: whether the text of an entry is taken from its page, and how it is found there."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from feeds.config.parts import Json, Value
from feeds.config.scalars import wrong
from feeds.config.selectors import Css

EXTRA = "trafilatura"


class FullText(Value):
    """The text of an entry is taken from its page; without ``select``, what looks like the main text."""

    select: Css | None = Field(
        default=None, description="CSS selector of the text. Default: it is found by itself (extra fulltext)."
    )


def full_text(value: object) -> object:
    """Read ``true``, ``false`` (None), or ``{select: article}``."""
    if value is None or value is False:
        return None
    expected = "true, false, or a selector of the text, like {select: article}"
    if value is True:
        if find_spec(EXTRA) is None:
            detail = "to find a text by itself takes the extra fulltext: pip install 'feeds[fulltext]'"
            raise wrong("{select: ...}, a selector of the text, like {select: article}", detail=detail)
        return FullText()
    if isinstance(value, FullText):
        return value
    if not isinstance(value, dict):
        raise wrong(expected)
    found = FullText.model_validate(value)
    if found.select is None:
        raise wrong(expected, detail="select is missing")
    return found


def full_texts() -> dict[str, Any]:
    long = {"type": "object", "properties": {"select": {"type": "string"}}, "required": ["select"]}
    return {"anyOf": [{"type": "boolean"}, {**long, "additionalProperties": False}]}


Full = Annotated[FullText | None, BeforeValidator(full_text), Json(full_texts())]
