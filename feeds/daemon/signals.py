"""What the operator says to the process."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

END = 9.0
"""Seconds after the signal to stop at which the process ends, whatever it is at."""


@contextmanager
def listening(*, stop: Callable[[str], None], reload: Callable[[], None]) -> Iterator[None]:
    """Call ``stop`` with the name of SIGTERM or SIGINT, and ``reload`` at SIGHUP, in the event loop.

    The second signal to stop ends the process at once, as if nobody listened.
    """
    loop = asyncio.get_running_loop()
    begun = threading.Event()

    def first_or_second(number: signal.Signals) -> None:
        if begun.is_set():
            # The store and the published files are whole at every moment.
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        begun.set()
        # A thread that reads a huge document, or checks a huge store, cannot be interrupted, and Python
        # waits for its threads in the end. This does not: what is not committed then was never there.
        end = threading.Timer(END, os._exit, [0])
        end.daemon = True
        end.start()
        stop(number.name)

    loop.add_signal_handler(signal.SIGHUP, reload)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, first_or_second, number)
    try:
        yield
    finally:
        # To the end of the process a second signal ends it; only SIGHUP, whose default is to kill, is spared.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
        loop.remove_signal_handler(signal.SIGHUP)
        if begun.is_set():
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
