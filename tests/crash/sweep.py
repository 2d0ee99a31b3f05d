"""Run a command over and over, disturbed at another file operation each time; recover; check.

For each mode and operation number: the folder is restored from a pristine copy, the command runs with the
shim ``crashpoint.c`` and dies (or gets the errno) at that operation, the command runs again undisturbed and
has to exit 0, and the check has to hold.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

MODES = ("kill", "after", "torn", "power", "powerdata", "power50", "enospc", "eio", "enospc+", "eio+")
SHIM = Path(__file__).with_name("crashpoint.c")


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A point from which the program did not recover."""

    mode: str
    operation: int
    seed: int
    why: str


def build(folder: Path) -> Path:
    """Compile the shim; needs gcc."""
    shim = folder / "crashpoint.so"
    command = ["gcc", "-O2", "-w", "-shared", "-fPIC", "-o", str(shim), str(SHIM), "-ldl", "-lpthread"]
    subprocess.run(command, check=True, timeout=60)
    return shim


class Runner(Protocol):
    """Runs the program once, with these variables more, and gives its exit status and what it said."""

    def __call__(self, variables: dict[str, str]) -> tuple[int, str]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Fresh:
    """A new process for each run; the shim is loaded where the variables name it."""

    command: Sequence[str]
    shim: Path
    timeout: float = 60

    def __call__(self, variables: dict[str, str]) -> tuple[int, str]:
        preload = {"LD_PRELOAD": str(self.shim)} if variables else {}
        done = subprocess.run(
            self.command,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **preload, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=self.timeout,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")[-600:]


class Forked:
    """``feeds`` with these arguments in a fork of a process that has imported it: several times faster."""

    def __init__(self, arguments: Sequence[str], shim: Path) -> None:
        self.arguments = list(arguments)
        self._forker = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("forker.py"))],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "LD_PRELOAD": str(shim)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._forker.communicate(timeout=60)

    def __call__(self, variables: dict[str, str]) -> tuple[int, str]:
        asked, answers = self._forker.stdin, self._forker.stdout
        assert asked is not None
        assert answers is not None
        asked.write(json.dumps({"arguments": self.arguments, "variables": variables}) + "\n")
        asked.flush()
        answer = json.loads(answers.readline())
        return answer["status"], answer["said"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sweep:
    """What is swept.

    Attributes:
        run: Works on the folder ``work``; exits 0 when undisturbed.
        pristine: The folder as it is before each run; copied to ``work``.
        work: Where it runs. scratch: For the counter, outside of ``work``.
        whole: Looks at ``work`` right after the crash; says what is wrong, or None.
        right: Looks at ``work`` after the recovery; likewise.
    """

    run: Runner
    pristine: Path
    work: Path
    scratch: Path
    whole: Callable[[Path], str | None]
    right: Callable[[Path], str | None]

    def _reset(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.pristine, self.work, symlinks=True)
        (self.scratch / "state").write_bytes(bytes(4096))

    def _disturbed(self, mode: str, operation: int, seed: int) -> tuple[int, str]:
        return self.run(
            {
                "CP_DIR": str(self.work),
                "CP_STATE": str(self.scratch / "state"),
                "CP_N": str(operation),
                "CP_MODE": mode,
                "CP_SEED": str(seed),
            }
        )

    def count(self) -> int:
        """Count the operations of an undisturbed run, which has to end well."""
        self._reset()
        status, said = self._disturbed("kill", 0, 0)
        wrong = self.right(self.work)
        if status or wrong:
            raise AssertionError(f"the undisturbed run: exit {status}: {wrong}\n{said}")
        operations: int = struct.unpack("Q", (self.scratch / "state").read_bytes()[:8])[0]
        return operations

    def one(self, mode: str, operation: int, seed: int = 0) -> Failure | None:
        """Disturb one run at one operation; None if it recovered."""

        def failure(why: str) -> Failure:
            return Failure(mode=mode, operation=operation, seed=seed, why=why)

        self._reset()
        _, disturbed = self._disturbed(mode, operation, seed)
        if "Traceback" in disturbed:
            return failure(f"the disturbed run shows a traceback: {disturbed}")
        wrong = self.whole(self.work)
        if wrong:
            return failure(f"right after the crash: {wrong}")
        status, said = self.run({})
        if status:
            return failure(f"the recovery exited {status}: {said}")
        wrong = self.right(self.work)
        return failure(f"after the recovery: {wrong}") if wrong else None

    def sample(self, modes: Sequence[str], most: int, seed: int) -> tuple[int, list[Failure]]:
        """Disturb at ``most`` operations in each mode (0: all), evenly spread; give runs and failures."""
        operations = self.count()
        chance = random.Random(seed)
        failures: list[Failure] = []
        runs = 0
        for mode in modes:
            step = operations / most if most else 1
            points = sorted({min(operations, int((i + chance.random()) * step) + 1) for i in range(most)})
            for operation in points or range(1, operations + 1):
                runs += 1
                found = self.one(mode, operation, chance.randrange(1 << 30))
                if found:
                    failures.append(found)
        return runs, failures
