"""Events as lines on stderr: key=value, or JSON. One line each, whatever the values hold; no secrets.

This and the daemon are the only rooms that know structlog.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from feeds.cli.plain import escaped
from feeds.cli.session import Session

LEVELS = (logging.INFO, logging.DEBUG)
FIRST = ("time", "level", "event")


def configure(session: Session) -> None:
    """Send the events of this process to stderr, in the form and from the level that the session asks for.

    Events of libraries come in the same form, from warning upwards: below it they tell what our own events
    tell already, with addresses in full.
    """
    level = logging.WARNING if session.quiet else LEVELS[min(session.verbose, 1)]
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        redacting(session.hide),
    ]
    render = json_line if session.log_json else key_value_line
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def redacting(hide: Callable[[str], str]) -> Processor:
    """Make a processor that takes secrets out of every value."""

    def redact(_: object, __: str, event: EventDict) -> EventDict:
        return {
            key: hide(value if isinstance(value, str) else str(value)) if not plain(value) else value
            for key, value in event.items()
        }

    return redact


def plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float)


def ordered(event: MutableMapping[str, Any]) -> dict[str, Any]:
    return {key: event[key] for key in FIRST if key in event} | dict(event)


def json_line(_: object, __: str, event: EventDict) -> str:
    """Write an event as one line of JSON in ASCII, in which no character can act on a terminal."""
    import json

    return json.dumps(ordered(event), default=str)


def key_value_line(_: object, __: str, event: EventDict) -> str:
    """Write an event as ``key=value``, quoted where a value would not stand alone; None is left out."""
    return " ".join(f"{key}={quoted(value)}" for key, value in ordered(event).items() if value is not None)


def quoted(value: object) -> str:
    r"""Write a value so that it can neither end its line nor pass for another key.

    >>> quoted('a "b"\nlevel=error')
    '"a \\"b\\"\\nlevel=error"'
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if text and not any(mark in text for mark in ' "=\\') and escaped(text) == text:
        return text
    doubled = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped(doubled)}"'
