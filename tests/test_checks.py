"""Each test that docs/checks.md names is there, and no check of its sections is without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = (HERE.parent / "docs" / "checks.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([A-H]\d+(?:, [A-H]\d+)*) \| .+? \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+)::(test_\w+)`")
SECTIONS = {"A": 18, "B": 13, "C": 15, "D": 11, "E": 11, "F": 11, "H": 13}
"""How many checks a section has."""
LATER = {"F9", "H12"}
"""Of what we do not have yet: an HTTP server, and pushes."""


def test_every_check_has_a_test_that_is_there() -> None:
    held = {
        check: NAMED.findall(tests) for checks, tests in ROW.findall(PAGE) for check in checks.split(", ")
    }
    wanted = {f"{letter}{number + 1}" for letter, last in SECTIONS.items() for number in range(last)}
    assert wanted - {check for check, tests in held.items() if tests} == LATER
    written: dict[str, set[str]] = {}
    for name, _ in {pair for tests in held.values() for pair in tests}:
        tree = ast.parse((HERE / f"{name}.py").read_text(encoding="utf-8"))
        written[name] = {
            one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    missing = [
        f"{name}::{test}" for tests in held.values() for name, test in tests if test not in written[name]
    ]
    assert missing == []
