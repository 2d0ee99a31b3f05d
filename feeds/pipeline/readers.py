"""Read documents within bounds: each in a worker process, which is ended when it takes too much.

The only room that starts processes. A document that takes too much time or memory, or that kills the process
which reads it, costs its own source a failed poll, and the others nothing. A worker is started when there is
something for it to read, and ended when there was nothing for a while.

Not in a worker are read the first few small documents of a run: starting a worker takes as long as reading
a megabyte, and ``docs/bounds.md`` shows what the worst of them can cost.
"""

from __future__ import annotations

import asyncio
import io
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from feeds.config.schema import Read, Source
from feeds.errors import ReadError, TooCostly
from feeds.model import Document, Feed
from feeds.sources import INNER, KINDS, read
from feeds.sources.alone import TOO_SLOW, Answer, Task

SMALL = 32_768
"""Bytes of a document that may be read here, and not in a worker, as long as none runs."""
LIGHT = 4 * SMALL
"""Bytes of a document that does not wait behind larger ones."""
FEW = 8 * SMALL
"""Bytes of such documents in all, from the start, or from when a worker was idle, until one is started."""
PATIENCE, LEAST = 6, 30.0
"""Seconds by the clock for each second of processor time, as others want it, too; and at least."""
TINY, MANY = 8192, 4 * FEW
"""The same for what is as short as one new entry; it comes from many sources."""
KEPT = "its entries stay, and it is tried again after a longer wait"
IDLE = 60.0
"""Seconds after which a worker that had nothing to do is ended."""

# The worker gets the same path, so that it runs the same code; -P keeps the working directory out of it. It
# is deaf before it has imported anything: ctrl-c at that moment is meant for us.
START = (
    "import signal, sys\n"
    "for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)\n"
    "sys.path[:] = sys.argv[1:]\n"
    "from feeds.sources.alone import serve\n"
    "serve()\n"
)
# Libraries that start a thread for each processor would count all their stacks as the document's.
SINGLE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
# What an answer is made of. Nothing else is brought to life: it comes from a process that read what a
# stranger wrote.
PARTS = frozenset(
    {
        *(("datetime", "datetime"), ("datetime", "timedelta"), ("datetime", "timezone")),
        *(("builtins", "frozenset"), ("feeds.sources.alone", "Answer")),
    }
)


class ReaderBroke(Exception):
    """Reading ended as nobody expected; a note holds the traceback of the worker."""


class _Answers(pickle.Unpickler):
    """Brings answers to life, and only these."""

    def find_class(self, module: str, name: str) -> object:
        if module == "feeds.model" or (module, name) in PARTS:
            return super().find_class(module, name)
        message = f"an answer of a worker holds {module}.{name}"
        raise pickle.UnpicklingError(message)


class _Worker:
    """A process that reads, as seen from here. It inherits nothing but the other end of its channel."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Connection | None = None
        self._ended = False

    def ask(self, task: Task) -> Answer | int:
        """Let it read a document; start it first, if need be. Blocks.

        Returns:
            The answer, or the exit status of the process if it died over it.

        Raises:
            ReadError: It cannot be started.
        """
        channel = self._channel or self._started()
        if self._ended:  # While it was being started.
            return self.end()
        try:
            channel.send_bytes(pickle.dumps(task, pickle.HIGHEST_PROTOCOL))
            raw = channel.recv_bytes()
        except (EOFError, OSError):
            return self.end()
        answer: Answer = _Answers(io.BytesIO(raw)).load()
        return answer

    def _started(self) -> Connection:
        ours, theirs = Pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603  this very interpreter
                [sys.executable, "-P", "-c", START, *sys.path],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **dict.fromkeys(SINGLE, "1")},
                # Of a session of its own: ctrl-c in a terminal is meant for us, and we end it in good order.
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            message = f"no process can be started to read it ({error.strerror}); free memory, or processes"
            raise ReadError(message) from error
        finally:
            theirs.close()
        self._channel = ours
        return ours

    def alive(self) -> bool:
        """Say whether it waits for a document."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Make it end, now; who waits for its answer gets the exit status."""
        self._ended = True
        if self._process is not None:
            self._process.kill()

    def end(self) -> int:
        """End it and give its exit status, which is its own if it was dead already. Blocks for a moment."""
        self.kill()
        if self._channel is not None:
            self._channel.close()
        return self._process.wait() if self._process is not None else 0


class Readers:
    """Worker processes, as many as are needed and allowed. Lives in one event loop.

    Args:
        settings: What one document may take, and how many workers there may be.
    """

    def __init__(self, settings: Read) -> None:
        self.settings = settings
        self.workers = settings.workers or processors()
        self.deadline = max(LEAST, PATIENCE * settings.cpu.total_seconds())
        self._places = asyncio.Semaphore(self.workers)
        self._lane = asyncio.Lock()
        self._threads = ThreadPoolExecutor(self.workers + 1, thread_name_prefix="reader")
        self._free: list[tuple[_Worker, asyncio.TimerHandle]] = []
        self._running = 0
        self._here = FEW
        self._tiny = MANY

    async def read(self, document: Document, source: Source, authority: str) -> tuple[str, Feed]:
        """Read a document: the kind it was read as, and the feed.

        Raises:
            ReadError: It is no feed; or TooCostly: reading it passed a bound, or killed the worker.
        """
        size = len(document.body)
        kind = KINDS.get(source.kind) or INNER.get(source.kind)
        alone = kind is not None and kind.alone
        if not alone and not self._running and not self._free and self._read_here(size):
            return await asyncio.to_thread(read, document, source, authority)
        task = Task(
            document=document,
            source=source,
            authority=authority,
            cpu=self.settings.cpu.total_seconds(),
            memory=self.settings.memory,
        )
        # Large documents may hold all places for many seconds each: small ones then have one of their own.
        aside = size <= LIGHT and self._places.locked()
        async with self._lane if aside else self._places:
            self._running += 1
            try:
                answer = await self._asked(task)
            finally:
                self._running -= 1
        return self._told(answer)

    def _read_here(self, size: int) -> bool:
        """Say whether a document may be read here, and count it."""
        if size <= min(TINY, self._tiny):
            self._tiny -= size
            return True
        if size <= min(SMALL, self._here):
            self._here -= size
            return True
        return False

    async def _asked(self, task: Task) -> Answer | int | None:
        """Give the answer of a worker, or the exit status of one that died; None if it took too long."""
        loop = asyncio.get_running_loop()
        worker = self._taken() or _Worker()
        asking = loop.run_in_executor(self._threads, worker.ask, task)
        answer: Answer | int | None = None
        try:
            await asyncio.wait({asking}, timeout=self.deadline)
            if asking.done():
                answer = asking.result()
        finally:
            if isinstance(answer, Answer) and not answer.worn:
                self._free.append((worker, loop.call_later(IDLE, self._let_go, worker)))
            else:
                # Also when whoever waits is cancelled: then the thread gets the exit status, and nobody else.
                self._end(worker)
        return answer

    def _taken(self) -> _Worker | None:
        while self._free:
            worker, ending = self._free.pop()
            ending.cancel()
            if worker.alive():
                return worker
            self._end(worker)  # Somebody else killed it; no document is to blame.
        return None

    def _let_go(self, worker: _Worker) -> None:
        self._free = [one for one in self._free if one[0] is not worker]
        self._end(worker)
        self._here = FEW
        self._tiny = MANY

    def _end(self, worker: _Worker) -> None:
        worker.kill()
        self._threads.submit(worker.end)

    def _told(self, answer: Answer | int | None) -> tuple[str, Feed]:
        """Give what was read, or raise what came of it instead."""
        cpu, memory = self.settings.cpu.total_seconds(), self.settings.memory // (1024 * 1024)
        if answer is None:
            raise TooCostly(
                f"reading it did not end within {self.deadline:g} seconds, so it was ended; {KEPT}"
            )
        if answer == -TOO_SLOW:
            raise TooCostly(
                f"reading it takes more than {cpu:g} seconds of processor time, so it was ended; {KEPT}"
                " (read: cpu: in config.yaml gives it more)"
            )
        if isinstance(answer, int):
            raise TooCostly(f"the process that read it died ({_cause(answer)}); {KEPT}")
        if answer.exhausted:
            raise TooCostly(
                f"reading it takes more than {memory} MB of memory, so it was ended; {KEPT}"
                " (read: memory: in config.yaml gives it more)"
            )
        if answer.problem is not None:
            raise ReadError(answer.problem)
        if answer.feed is None:
            name, trace = answer.surprise or ("nothing", "")
            broke = ReaderBroke(f"reading ended with {name}")
            broke.add_note(trace)
            raise broke
        return answer.kind, answer.feed

    def close(self) -> None:
        """End all workers. Who still waits for one is told that it died."""
        for worker, ending in self._free:
            ending.cancel()
            self._end(worker)
        self._free.clear()
        self._threads.shutdown()


def _cause(status: int) -> str:
    """Say what ended a process, from its exit status."""
    if status >= 0:
        return f"exit status {status}"
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    return f"{name}, as when memory runs short" if -status in {signal.SIGKILL, signal.SIGABRT} else name


def processors() -> int:
    """Say how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def open_readers(settings: Read) -> Iterator[Readers]:
    """Give readers for one event loop; their workers end with the context."""
    readers = Readers(settings)
    try:
        yield readers
    finally:
        readers.close()
