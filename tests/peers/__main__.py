"""``python -m tests.peers [-v | -vv | --record]``: the table, what is missed, or new floors."""

from __future__ import annotations

import sys

from .report import counted, lines, record, table
from .verdicts import Verdict

found = list(lines())
shown = (
    {Verdict.MISSED}
    if "-v" in sys.argv
    else {Verdict.MISSED, Verdict.PURPOSE}
    if "-vv" in sys.argv
    else set()
)
for line in found:
    if line.judged.verdict in shown:
        told = line.case.told.get("expr") or line.case.told.get("event") or line.case.kind
        print(line.judged.verdict, ", ".join(sorted(line.judged.words)), line.case.path)
        print("   ", told[:300])
        print("   ", line.judged.said)
print(table(found))
for word, count in counted(found).classes.items():
    print(f"{count:6} {word}")
if "--record" in sys.argv:
    record(found)
