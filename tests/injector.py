"""Makes our own code fail at any place of one's choice: at a call, at a line, or where an await goes on.

    injector = Injector(PurePath("pipeline"), ...)
    with injector.at_work():        # inside of a running event loop
        ...                         # injector.seen: every place that was passed, and for which sources
        injector.armed["radio"] = point   # from now on, that place fails for that source

A place is passed on behalf of a source (from ``Poller.refresh`` on, and in its turn of the writer), or on
behalf of all (``None``). Python's own tracing does it, so that nothing in the code knows of it.
"""

from __future__ import annotations

import asyncio
import dis
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import feeds
from feeds.memory import SourceState

HOUSE = Path(feeds.__file__).parent

WRITER = frozenset({"_write", "_write_group", "_keep", "keep"})
"""What saves the polls of many sources; it is called in the midst of one of them."""


FIRST_STEPS = 8
"""A frame that begins is not beyond this instruction; one that goes on after an await is."""
NOTHING = dis.opmap["NOP"]


def idle(frame: FrameType) -> bool:
    """Say whether a line does nothing (``try:``): nothing can fail there, nor would Python clean up."""
    return frame.f_code.co_code[frame.f_lasti] == NOTHING


class Fault(Exception):
    """Nobody expected this one."""


@dataclass(frozen=True, order=True)
class Point:
    """A place: a file below ``feeds/``, a function in it, and a line of that.

    ``entered`` tells the moment at which the function begins, or goes on after an await, from the moment
    before a line is done.
    """

    room: str
    function: str
    line: int
    entered: bool

    def __str__(self) -> str:
        return f"{self.room}:{self.line} {self.function}{'' if self.entered else ' (line)'}"


@dataclass
class Injector:
    """Knows the places that were passed, and lets some of them fail.

    Attributes:
        rooms: Beginnings of the paths whose calls and awaits are places.
        by_line: Of those, beginnings of the paths of which every line is a place, too.
        fault: Makes what is raised; None if that place was only to be waited at.
        armed: By source, where it fails; each time, until it is disarmed.
        seen: Every place, with the sources for which it was passed.
        hit: How often a source's place failed.
    """

    rooms: tuple[str, ...]
    by_line: tuple[str, ...] = ()
    fault: Callable[[], Exception | None] = Fault
    armed: dict[str | None, Point] = field(default_factory=dict)
    seen: dict[Point, set[str | None]] = field(default_factory=dict)
    hit: Counter[str | None] = field(default_factory=Counter)
    _source: ContextVar[str | None] = field(default_factory=lambda: ContextVar("source", default=None))
    _known: dict[CodeType, str | None] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Watch the running loop's thread, and all that it lets threads do, until the end."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(_Watched(self))
        before = sys.gettrace()
        sys.settrace(self.enter)
        try:
            yield
        finally:
            sys.settrace(before)
            self._loop = None

    def enter(self, frame: FrameType, event: str, arg: object) -> Any:
        """Look at a call, or at an await that goes on; called by Python."""
        code = frame.f_code
        try:
            room = self._known[code]
        except KeyError:
            room = self._known[code] = self._room(code)
        if room is None or event != "call" or self._loop is None:
            return None
        before = self._source.get()
        whose = self._whose(frame, room)
        if whose != before:
            self._source.set(whose)
        point = Point(room, code.co_qualname, frame.f_lineno, entered=True)
        # What is raised as a frame goes on leaves it without its "finally" (trace_function_entry of CPython):
        # then a lock stays taken, as it never does. One instruction later all is as it would be.
        frame.f_trace_opcodes = later = frame.f_lasti > FIRST_STEPS and self._is_armed(point)
        self._pass(point, now=not later)
        if whose == before and not later and not room.startswith(self.by_line):
            return None

        def along(frame: FrameType, event: str, arg: object) -> Any:
            if event == "return" and whose is not None:
                self._source.set(before)
            elif event == "opcode":
                frame.f_trace_opcodes = False
                self._pass(point)
            elif event == "line" and room.startswith(self.by_line):
                here = Point(room, code.co_qualname, frame.f_lineno, entered=False)
                self._pass(here, now=not (self._is_armed(here) and idle(frame)))
            return along

        return along

    def _whose(self, frame: FrameType, room: str) -> str | None:
        """Say on whose behalf it goes on from here."""
        if room not in {"pipeline/refresh.py", "pipeline/keeping.py"}:
            return self._source.get()
        if frame.f_code.co_name in WRITER:
            return None
        named = frame.f_locals.get("state"), getattr(frame.f_locals.get("answer"), "state", None)
        states = (one.name for one in named if isinstance(one, SourceState))
        return next(states, self._source.get())

    def _is_armed(self, point: Point) -> bool:
        return self.armed.get(self._source.get()) == point

    def _pass(self, point: Point, *, now: bool = True) -> None:
        source = self._source.get()
        self.seen.setdefault(point, set()).add(source)
        if now and self.armed.get(source) == point:
            self.hit[source] += 1
            # Python traces no more in a thread in which that raised.
            if self._loop is not None:
                self._loop.call_soon_threadsafe(sys.settrace, self.enter)
            error = self.fault()
            if error is not None:
                raise error

    def _room(self, code: CodeType) -> str | None:
        path = Path(code.co_filename)
        if not path.is_relative_to(HOUSE):
            return None
        room = path.relative_to(HOUSE).as_posix()
        return room if room.startswith(self.rooms) else None


class _Watched(ThreadPoolExecutor):
    """Threads in which each piece of work is watched."""

    def __init__(self, injector: Injector) -> None:
        super().__init__(8)
        self._injector = injector

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        def watched() -> Any:
            sys.settrace(self._injector.enter)
            try:
                return work(*args, **named)
            finally:
                sys.settrace(None)

        return super().submit(watched)
