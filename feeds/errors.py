"""Everything that may go wrong, sorted by who can do something about it.

    FeedsError
    ├── ConfigError        operator: file, line, column, path                         cli -> exit 2
    ├── SourceError        time: this source failed now       pipeline.refresh -> longer wait, others go on
    │   ├── FetchError     no usable answer (DNS, TLS, timeout ...)
    │   │   ├── BadStatus  status, retry_after
    │   │   │   └── Gone   410: the source asks never to be asked again
    │   │   ├── TooLarge   more bytes than the limit, before or after decoding
    │   │   ├── AddressRefused   it leads to where nothing of ours may go
    │   │   ├── RobotsRefused    its site asks programs to leave it alone, or cannot be asked whether
    │   │   └── Unreachable      no way to it: its network is down, or ours
    │   │       └── Offline      ours
    │   ├── HostRests      not asked now, as its host wished         -> later, and no failure
    │   └── ReadError      the bytes are no feed
    │       └── TooCostly  reading them passed a bound of time or memory, or killed the process
    ├── StoreError         operator: locked, full, foreign, damaged                   cli -> exit 1
    │   └── StoreBusy      another run holds the store                                cli -> exit 75
    └── PublishError       operator: output/ not writable                             cli -> exit 1

A library's errors become ours in that library's room, ``from error``. What is not listed here stays an
unexpected exception with its traceback.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


class FeedsError(Exception):
    """The root: one sentence that names the cause and, where there is one, the remedy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration file.

    Attributes:
        file: The file as the operator named it.
        line: Counted from 1; None if the problem has no place in the file (it is missing, unreadable).
        column: Counted from 1; None as for ``line``.
        path: Where in the grammar, for instance ``sources[2].interval``; empty for the whole file.
        message: What was expected and what was found.
    """

    file: str
    line: int | None = None
    column: int | None = None
    path: str = ""
    message: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return ": ".join(part for part in (place, self.path, self.message) if part)


class ConfigError(FeedsError):
    """config.yaml, or the command line, is wrong; holds every problem found, not only the first."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class SourceError(FeedsError):
    """This source failed now. Its entries stay; it is tried again later."""


class FetchError(SourceError):
    """No usable answer: DNS, TLS, a timeout, broken HTTP."""


class BadStatus(FetchError):
    """The server answered with a status that carries no document.

    Attributes:
        status: The HTTP status code.
        retry_after: How long the server asks us to stay away; None if it did not say.
    """

    def __init__(self, message: str, *, status: int, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Gone(BadStatus):
    """410: the server says that the document will not come back (RFC 9110, 15.5.11)."""


class TooLarge(FetchError):
    """The body passed a limit, before or after decoding."""


class AddressRefused(FetchError):
    """An address, or what its name leads to, is not to be asked: no web address, or not a public one."""


class RobotsRefused(FetchError):
    """The site asks programs not to fetch that (RFC 9309), or does not say whether they may."""


class Unreachable(FetchError):
    """Nothing answered, and nothing said why: the source's network is down, or this machine's."""


class Offline(Unreachable):
    """Nothing answers anybody: it is this machine's network that is down, and no fault of the source."""


class HostRests(SourceError):
    """The host asked to be left alone, or has been asked too lately: nothing was sent.

    Attributes:
        until: From when it may be asked.
    """

    def __init__(self, host: str, until: datetime) -> None:
        super().__init__(f"{host} rests until {until:%Y-%m-%d %H:%M:%S} UTC, as it asked")
        self.until = until


class ReadError(SourceError):
    """The bytes are no feed, or none that can be read."""


class TooCostly(ReadError):
    """Reading the bytes took more time or memory than one document may, or killed the process that read."""


class StoreError(FeedsError):
    """The store cannot be used: locked, full, foreign, newer than the program, damaged."""


class StoreBusy(StoreError):
    """Another run holds the store.

    Attributes:
        pid: The process that holds it; None if that is not known.
    """

    def __init__(self, message: str, *, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class PublishError(FeedsError):
    """A file could not be put in place."""
