"""Import ``feeds`` once, and run it in a fork for each line of the input, armed if it is asked for.

A line is ``{"arguments": [...], "variables": {...}}``; the answer ``{"status": ..., "said": ...}``.
"""

import ctypes
import json
import os
import signal
import sys
import tempfile
import traceback

from feeds.cli import main
from feeds.cli.work import poll  # noqa: F401  what ``once`` would import

LONGEST = 60
"""Seconds after which a run is ended: one that hangs is a failure, too."""


def child(arguments: list[str], variables: dict[str, str], output: int) -> None:
    """Be the run; never return."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.alarm(LONGEST)
    status = 1
    try:
        os.environ.update(variables)
        if variables:
            ctypes.CDLL(None).crashpoint_arm()
        status = main(arguments)
    except BaseException:  # noqa: BLE001  a fork that returned would go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


for line in sys.stdin:
    asked = json.loads(line)
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if not pid:
            child(asked["arguments"], asked["variables"], said.fileno())
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        text = said.read().decode("utf-8", "replace")[-600:]
    print(json.dumps({"status": status, "said": text}), flush=True)
