"""Run one command as ``python -m feeds`` does, and count what it takes, whatever mood the machine is in.

    python tests/counted.py FILE once --all

FILE gets, as JSON: the modules that are loaded in the end, the statements that the database of the store was
given, how many rows they changed, and the number of processes that were started.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from feeds.cli import main as command

statements: Counter[str] = Counter()
opened: list[sqlite3.Connection] = []
changed: list[int] = []
started: list[list[str]] = []


class Counting(sqlite3.Connection):
    """A connection that counts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_trace_callback(self._note)
        opened.append(self)

    def _note(self, statement: str) -> None:
        statements[" ".join(statement.split()[:3])] += 1

    def close(self) -> None:
        changed.append(self.total_changes)
        super().close()


class Starting(subprocess.Popen[bytes]):
    """A process that is noted."""

    def __init__(self, args: Any, *more: Any, **kwargs: Any) -> None:
        started.append([str(one) for one in args])
        super().__init__(args, *more, **kwargs)


def main() -> int:
    """Run, and write down."""
    connect = sqlite3.connect

    def counting(*args: Any, **kwargs: Any) -> sqlite3.Connection:
        return connect(*args, factory=Counting, **kwargs)

    sqlite3.connect = counting  # type: ignore[assignment]
    subprocess.Popen = Starting  # type: ignore[misc,assignment]
    status = command(sys.argv[2:])
    told = {
        "modules": sorted(name for name, module in sys.modules.items() if module is not None),
        "statements": dict(statements),
        "rows": sum(changed),
        "processes": len(started),
    }
    Path(sys.argv[1]).write_text(json.dumps(told))
    return status


if __name__ == "__main__":
    sys.exit(main())
