"""A source of the configuration -> the words of config.yaml that give it again. The opposite of reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from feeds.config.load import derived_name
from feeds.config.schema import Keep, Source, UntrackStep
from feeds.config.secrets import escape

UNITS = (("d", 86400), ("h", 3600), ("m", 60))
ONLY_REFERENCES = re.compile(r"(?:\$\{[^}]*\}:?)*")


def time(value: timedelta) -> str:
    """Write a time in its largest whole unit.

    >>> time(timedelta(hours=36)), time(timedelta(seconds=90.5))
    ('36h', '90.5s')
    """
    seconds = value.total_seconds()
    for unit, size in UNITS:
        if seconds % size == 0:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.6f}".rstrip("0").rstrip(".") + "s"


def words(value: object) -> Any:
    """Write any value of a source."""
    if isinstance(value, tuple | list):
        return [words(item) for item in value]
    if isinstance(value, UntrackStep):
        return "untrack"
    if isinstance(value, BaseModel):
        said = [key for key in type(value).model_fields if key in value.model_fields_set]
        return {key: words(getattr(value, key)) for key in said}
    return single(value)


def single(value: object) -> Any:
    if isinstance(value, timedelta):
        return time(value)
    if isinstance(value, ZoneInfo):
        return value.key
    text = value.pattern if isinstance(value, re.Pattern) else value
    return escape(text) if isinstance(text, str) else text


def setting(key: str, value: object) -> Any:
    """Write one setting; those whose None means something have a word for it."""
    if value is None:
        return {"keep": "all", "warm_up": "all", "language": "auto"}.get(key)
    if isinstance(value, Keep):
        bounds = {"entries": value.entries, "age": None if value.age is None else time(value.age)}
        return {name: bound for name, bound in bounds.items() if bound is not None}
    return words(value)


def without_login(url: str, name: str) -> str:
    """Give an address with a login that stands in the file replaced by a reference to a variable."""
    try:
        login = urlsplit(url).netloc.rpartition("@")[0]
    except ValueError:
        return url
    if not login or ONLY_REFERENCES.fullmatch(login):
        return url
    variable = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
    return url.replace(f"{login}@", f"${{{'_' * variable[:1].isdigit()}{variable}_LOGIN}}@", 1)


def spelled(source: Source) -> dict[str, Any]:
    """Give a source in the words of config.yaml, with the defaults it took and without secrets.

    ``${NAME}`` stands unexpanded; a login in the address becomes ``${SOURCE_LOGIN}``, which has to be set
    where the result is used. A name that the address alone gives is left out.
    """
    keys = [
        key
        for key, field in Source.model_fields.items()
        if not field.exclude and key in source.model_fields_set
    ]
    result: dict[str, Any] = {}
    as_written: Mapping[str, Any] = source.written or {}
    for key in keys:
        value = as_written[key] if key in as_written else setting(key, getattr(source, key))
        if value is not None and value != []:
            result[key] = value
    if isinstance(result.get("url"), str):
        result["url"] = without_login(result["url"], source.name)
    if result.get("name") == derived_name(result):
        del result["name"]
    return result
