"""From the command line to the objects: configuration, sources by name, one event loop."""

from __future__ import annotations

import asyncio
import difflib
import os
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from feeds.cli.session import Mistaken, Session
from feeds.config.load import load
from feeds.config.schema import Config, Source
from feeds.errors import ConfigError, FeedsError, Problem
from feeds.store import NAME

T = TypeVar("T")


def configuration(session: Session) -> Config:
    """Read config.yaml.

    Raises:
        ConfigError: With every problem of the file.
    """
    if not session.config_path.exists():
        remedy = "there is no such file; `feeds init` writes one, --config names another"
        raise ConfigError(Problem(file=str(session.config_path), message=remedy))
    config = load(session.config_path, os.environ)
    session.secrets.update(config.secrets)
    return config if session.data is None else moved(config, session.data)


def moved(config: Config, folder: Path) -> Config:
    """Give the configuration with its store and its published files in another folder."""
    place = folder.resolve()
    site = config.site.model_copy(update={"folder": place / "output"})
    return config.model_copy(update={"store": f"sqlite:///{place / NAME}", "site": site})


def chosen(config: Config, names: Iterable[str]) -> tuple[Source, ...]:
    """Give the sources of these names, in the order asked, each once.

    Raises:
        Mistaken: For every name that is no source, with the one that was meant.
    """
    known = {source.name: source for source in config.sources}
    wanted = tuple(dict.fromkeys(names))
    problems = [unknown(name, tuple(known)) for name in wanted if name not in known]
    if problems:
        raise Mistaken("\n".join(problems))
    return tuple(known[name] for name in wanted)


def unknown(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "`feeds list` shows those there are"
    return f"there is no source {name!r}; {hint}"


def known_names(session: Session) -> tuple[str, ...]:
    """Give the names of all sources; none if config.yaml cannot be read, for completion must not complain."""
    try:
        return tuple(source.name for source in configuration(session).sources)
    except FeedsError:
        return ()


def place(path: Path) -> str:
    """Name a path as a person would: relative to where they stand, if it is below."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in an event loop of its own.

    Raises:
        BaseException: What it raises; of a group, which a task group makes, the first, because one line on
            stderr and one exit status can tell only one.
    """
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as group:
        raise first(group) from group


def first(error: BaseException) -> BaseException:
    return first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
