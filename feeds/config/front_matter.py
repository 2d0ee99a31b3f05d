"""Front matter: settings at the top of a text, YAML between lines of three hyphens or TOML between +++."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time

import yaml

LIMIT = 65_536
"""Characters; a longer block is not front matter, and YAML is slow."""

BRACKETS = 200
"""How many lists and mappings may open within a line; YAML is quadratic in their depth."""

OPENED = re.compile(r"\s{0,100}---[ \t]*\n")
CLOSED = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
OPENED_TOML = re.compile(r"\s{0,100}\+\+\+[ \t]*\n")
CLOSED_TOML = re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE)
INNER = ("taxonomies", "params", "extra")
"""Tables in which Hugo and Zola want what is their own: read as if it stood outside, which goes first."""


class FrontMatterError(ValueError):
    """Front matter that is no YAML, or no TOML.

    Attributes:
        body: The text behind it.
    """

    def __init__(self, message: str, *, body: str) -> None:
        super().__init__(message)
        self.body = body


def front_matter(text: str) -> tuple[Mapping[str, object], str]:
    r"""Part a text from the settings above it.

    Scalars stay as they are written (a date is its text, ``no`` is ``no``), so that only we decide what they
    mean; no tag makes anything but texts, lists and mappings.

    Returns:
        The settings, empty if there are none, and the text behind them.

    Raises:
        FrontMatterError: There is a block, but it is no YAML or TOML; one sentence says where.

    >>> front_matter("---\ntitle: A\ndate: 2025-12-27\n---\nText")
    ({'title': 'A', 'date': '2025-12-27'}, 'Text')
    """
    if OPENED_TOML.match(text):
        return _toml(text)
    opened = OPENED.match(text)
    closed = CLOSED.search(text, opened.end(), opened.end() + LIMIT) if opened else None
    if opened is None or closed is None:
        return {}, text
    block, body = text[opened.end() : closed.start()], text[closed.end() :].removeprefix("\n")
    if block.count("[") + block.count("{") > BRACKETS:
        raise FrontMatterError(f"the front matter cannot be read: more than {BRACKETS} brackets", body=body)
    try:
        # The loader in Python, not libyaml's: that one ends the process when lists are nested too deep.
        settings = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes nothing but text
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 2}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "too much of it"
        raise FrontMatterError(f"the front matter cannot be read{where}: {problem}", body=body) from error
    if settings is None or settings == "":
        return {}, body
    if not isinstance(settings, dict):
        # "---" above and below a paragraph is a rule, not front matter.
        return {}, text
    return {str(key): value for key, value in settings.items()}, body


def _toml(text: str) -> tuple[Mapping[str, object], str]:
    opened = OPENED_TOML.match(text)
    closed = CLOSED_TOML.search(text, opened.end(), opened.end() + LIMIT) if opened else None
    if opened is None or closed is None:
        return {}, text
    block, body = text[opened.end() : closed.start()], text[closed.end() :].removeprefix("\n")
    if block.count("[") + block.count("{") > BRACKETS:
        raise FrontMatterError(f"the front matter cannot be read: more than {BRACKETS} brackets", body=body)
    try:
        told = tomllib.loads(block)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise FrontMatterError(f"the front matter cannot be read: {error}", body=body) from error
    inner = {
        key: value for name in INNER if isinstance(told.get(name), dict) for key, value in told[name].items()
    }
    return {str(key): _written(value) for key, value in {**inner, **told}.items()}, body


def _written(value: object) -> object:
    """Give a value of TOML as YAML's loader would: texts, lists and mappings."""
    if isinstance(value, dict):
        return {str(key): _written(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_written(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)
