"""What is wrong, in words for the operator: where, what was expected, what was found, what was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from zoneinfo import available_timezones

from pydantic_core import ErrorDetails

from feeds.config import scalars, schema
from feeds.config.secrets import Expanded, without_userinfo
from feeds.config.syntax import Fault, Node, Place, find, tree
from feeds.errors import Problem

LONGEST = 80
EXPECTED = MappingProxyType(
    {
        "string_type": "text",
        "int_type": "a whole number",
        "int_parsing": "a whole number",
        "int_parsing_size": "a whole number that is not so large",
        "int_from_float": "a whole number",
        "finite_number": "a whole number",
        "bool_type": "true or false",
        "bool_parsing": "true or false",
        "tuple_type": "a list",
        "model_type": "a mapping, lines of `key: value`",
        "dict_type": "a mapping, lines of `key: value`",
        "too_short": "a list that is not empty",
        "path_type": "a folder",
    }
)
SECTIONS: Mapping[str | None, type[schema.Value]] = MappingProxyType(
    {
        None: schema.Config,
        "site": schema.Site,
        "owner": schema.Owner,
        "fetch": schema.Fetch,
        "login": schema.Login,
        "defaults": schema.Defaults,
        "sources": schema.Source,
        "outputs": schema.Output,
        "from": schema.From,
        "interval": schema.Cron,
        "drop": schema.Match,
        "republish": schema.Excerpt,
        "fields": schema.Fields,
        "full_text": schema.FullText,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong with the values.

    Attributes:
        place: Where, counted over all files together.
        message: What was expected and found.
        at_key: Whether it is the key, not its value, that is wrong.
    """

    place: Place
    message: str
    at_key: bool = False


def keys_of(model: type[schema.Value]) -> tuple[str, ...]:
    """Give the keys that config.yaml may use for a model, which are not those that ``load`` fills in."""
    fields = model.model_fields.items()
    return tuple(field_.alias or name for name, field_ in fields if not field_.exclude)


def section(place: Place) -> type[schema.Value]:
    """Give the model of the mapping at a place."""
    words = [step for step in place if isinstance(step, str)]
    last = words[-1] if words else None
    if last == "keep":
        return schema.Match if "filters" in words else schema.Keep
    if last == "fetch" and len(words) > 1:
        return schema.Access
    return SECTIONS.get(last, schema.Match)


def suggest(word: object, options: Iterable[str]) -> str:
    """Say which word was probably meant, as the end of a message; empty if none is close."""
    by_folded: dict[str, str] = {}
    for option in options:
        by_folded.setdefault(option.casefold(), option)
    close = difflib.get_close_matches(str(word).casefold(), by_folded, n=1, cutoff=0.6)
    return f"; did you mean {by_folded[close[0]]!r}?" if close else ""


def shown(value: object) -> str:
    """Say what was found, without showing a secret."""
    if isinstance(value, Expanded) and value.secret:
        return f"the value of {without_userinfo(value.written)!r}, which is not shown"
    if isinstance(value, str):
        text = without_userinfo(str(value))
        return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    return "nothing" if value is None else str(value)


def unknown_key(place: Place, word: str) -> Mistake:
    options = keys_of(section(place))
    hint = suggest(word, options)
    if not hint:
        homes = [name for name, model in SECTIONS.items() if name and word in keys_of(model)]
        hint = f"; it belongs under {' or '.join(homes)}" if homes else ""
    message = f"expected one of {', '.join(options)}, found {word!r}{hint}"
    return Mistake(place=(*place, word), message=message, at_key=True)


def expectation(error: ErrorDetails) -> tuple[str, tuple[str, ...]]:
    """Say what should stand there, and which words could have been meant."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "model_type" and len(error["loc"]) == 2 and error["loc"][0] == "sources":
        return "an address, or a mapping with url or path", ()
    if kind == "wrong":
        return context["expected"], context["options"]
    if kind == "literal_error":
        options = tuple(re.findall(r"'([^']*)'", context["expected"]))
        return f"one of {', '.join(options)}" if options else context["expected"].lower(), options
    if kind == "greater_than_equal":
        return f"a number of at least {context['ge']}", ()
    if kind == "less_than_equal":
        return f"a number of at most {context['le']}", ()
    return EXPECTED.get(kind, error["msg"].removeprefix("Input should be ")), ()


def translate(error: ErrorDetails, zones: Collection[str]) -> Mistake:
    """Put an error of pydantic in our words."""
    place, value, context = error["loc"], error["input"], error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        return unknown_key(place[:-1], str(place[-1]))
    if error["type"] == "missing":
        return Mistake(place=place, message=f"expected the key {place[-1]!r}, found none")
    expected, options = expectation(error)
    word = context.get("word")
    message = f"expected {expected}, found {shown(value) if word is None else repr(word)}"
    if expected.startswith("text") and isinstance(value, bool | int | float):
        message += f"; in quotes ({str(value).lower()!r}) it would be text"
    if isinstance(value, Expanded) and value.secret:
        return Mistake(place=place, message=message)
    if context.get("detail"):
        message += f": {context['detail']}"
    word = value if word is None else word
    if isinstance(word, str):
        message += suggest(word, zones if options == scalars.ZONES else options)
    return Mistake(place=place, message=message)


def written(place: Place) -> str:
    """Write a place as in ``sources[2].filters[0].drop``."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(slots=True)
class Part:
    """One file of the configuration.

    Attributes:
        file: As the operator named it. text: What stands in it.
        sources, outputs: How many of each stand in the files before it.
        root: Its nodes, once they were needed.
    """

    file: str
    text: str
    sources: int = 0
    outputs: int = 0
    root: Node | None = None
    known: bool = field(default=False, repr=False)

    def nodes(self) -> Node | None:
        if not self.known:
            self.root, self.known = tree(self.text), True
        return self.root

    def local(self, place: Place) -> Place:
        """Turn a place counted over all files into one of this file."""
        if len(place) > 1 and place[0] in {"sources", "outputs"} and isinstance(place[1], int):
            return (
                place[0],
                place[1] - (self.sources if place[0] == "sources" else self.outputs),
                *place[2:],
            )
        return place

    def problem(self, mistake: Mistake) -> Problem:
        """Say where in this file a mistake is."""
        place, root = self.local(mistake.place), self.nodes()
        bare = root is not None and root.real.kind == "list"
        node, key, steps = find(root, place[1:] if bare else place)
        reached = place[: steps + bare]
        if mistake.at_key and key is not None and reached == place:
            node = key
        if node is None:
            return Problem(file=self.file, path=written(reached), message=mistake.message)
        line, column = node.line + 1, node.column + 1
        return Problem(
            file=self.file, line=line, column=column, path=written(reached), message=mistake.message
        )

    def fault(self, fault: Fault) -> Problem:
        # In a bare list of sources the first step is a number.
        bare = fault.place[:1] != () and isinstance(fault.place[0], int)
        path = written(("sources", *fault.place) if bare else fault.place)
        return Problem(file=self.file, line=fault.line, column=fault.column, path=path, message=fault.message)


def part_of(parts: list[Part], place: Place) -> Part:
    """Find the file in which a place is."""
    home = parts[0]
    if len(place) > 1 and place[0] in {"sources", "outputs"} and isinstance(place[1], int):
        for part in parts:
            if (part.sources if place[0] == "sources" else part.outputs) <= place[1]:
                home = part
    return home


def told_otherwise(error: ErrorDetails, mistyped: Collection[Place]) -> bool:
    """Say whether an error only follows from another one, which is told.

    A source without name has no address to make one from; a key that is missing may be one that is mistyped;
    a list all of whose items are wrong is not empty.
    """
    place = error["loc"]
    if error["type"] == "missing":
        return place[:-1] in mistyped or (place[0] == "sources" and place[2:] == ("name",))
    return error["type"] == "too_short" and bool(error["input"])


def report(
    parts: list[Part],
    mistakes: Iterable[Mistake],
    errors: Iterable[ErrorDetails],
    told: Iterable[Problem] = (),
) -> list[Problem]:
    """Give all problems with their places, in no order.

    Args:
        parts: The files.
        mistakes: Ours, without places.
        errors: Those of pydantic.
        told: Problems of the syntax; what only follows from one, being at its place, is left out.
    """
    errors = list(errors)
    mistyped = {error["loc"][:-1] for error in errors if error["type"] == "extra_forbidden"}
    errors = [error for error in errors if not told_otherwise(error, mistyped)]
    asks_for_zones = any(error.get("ctx", {}).get("options") == scalars.ZONES for error in errors)
    zones = available_timezones() if asks_for_zones else frozenset()
    found = [*mistakes, *(translate(error, zones) for error in errors)]
    known = {(item.file, item.line, item.column) for item in told}
    problems = [(part_of(parts, mistake.place).problem(mistake), mistake.at_key) for mistake in found]
    return [item for item, at_key in problems if at_key or (item.file, item.line, item.column) not in known]
