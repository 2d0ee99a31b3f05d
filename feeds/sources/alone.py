"""Read documents in a process of its own, one after the other: what a worker of ``pipeline.readers`` runs.

The process is deaf to signals that are meant for the program as a whole, and ends when whoever started it
does. For each document the system is told what it may take; what takes more dies, and nothing else with it.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import threading
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Document, Feed
from feeds.sources import read

CHANNEL = 0
"""The file descriptor (in the place of stdin) over which documents come and answers go."""
STATM = Path("/proc/self/statm")
"""What the process holds, in pages (Linux). Where it is missing there is no limit of memory."""
TOO_SLOW = signal.SIGPROF
"""What a process dies of that has used up the processor time for a document."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """A document to read, and what that may take.

    Attributes:
        cpu: Seconds of processor time.
        memory: Bytes beyond what the process holds before.
    """

    document: Document
    source: Source
    authority: str
    cpu: float
    memory: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came of a document: a feed, or one of the others.

    Attributes:
        kind: The word of the kind it was read as.
        problem: The sentence of a ReadError.
        exhausted: Whether it took more memory than it may.
        surprise: What nobody expected: the class of the exception, and its traceback.
        worn: Whether the process should be replaced, because it holds much that it does not give back.
    """

    kind: str = ""
    feed: Feed | None = None
    problem: str | None = None
    exhausted: bool = False
    surprise: tuple[str, str] | None = None
    worn: bool = False


def serve() -> None:
    """Answer until the other side is gone. Called once, in a process that was started for it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(TOO_SLOW, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.Thread(target=_end_with_the_other_side, daemon=True).start()
    at_start = held()
    with Connection(CHANNEL) as channel:
        while True:
            try:
                task: Task = pickle.loads(channel.recv_bytes())  # noqa: S301  our own process wrote it
            except EOFError:
                return
            channel.send_bytes(answered(task, at_start))


def _end_with_the_other_side() -> None:
    """Wait until nobody holds the other end, however it came to that; then end in the midst of anything."""
    watch = select.poll()
    watch.register(CHANNEL, 0)  # Only that it is hung up, which need not be asked for.
    watch.poll()
    os._exit(0)


def answered(task: Task, at_start: int) -> bytes:
    """Read within the bounds, and give the answer as it is sent."""
    before = held()
    if before:
        allowed = before + task.memory
        resource.setrlimit(resource.RLIMIT_DATA, (allowed, resource.RLIM_INFINITY))
    signal.setitimer(signal.ITIMER_PROF, task.cpu)
    try:
        answer = _read(task, before, at_start)
        return pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(Answer(exhausted=True, worn=True), pickle.HIGHEST_PROTOCOL)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _read(task: Task, before: int, at_start: int) -> Answer:
    worn = before > at_start + task.memory // 2
    try:
        kind, feed = read(task.document, task.source, task.authority)
    except ReadError as error:
        return Answer(problem=str(error), worn=worn)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  it is shown by the process that asked
        return Answer(surprise=(type(error).__name__, traceback.format_exc()), worn=True)
    return Answer(kind=kind, feed=feed, worn=worn)


def held() -> int:
    """Give the bytes that the process has for data, as ``RLIMIT_DATA`` counts them; 0 if that is not told."""
    try:
        return int(STATM.read_text("ascii").split()[5]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
