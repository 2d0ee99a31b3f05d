"""What a poll costs, by what it brings, beside others in the same run.

    python -m benchmarks.cost [--sources 200] [--rounds 3] [--large 8] [--only feeds,reader,sfeed,bare]
    python -m benchmarks.cost --profile one-new
    python -m benchmarks.cost --scale 100x10,1000x10,10000x10,100x50,10x500,1x5000

A server of its own process serves generated sources, each on a loopback address of its own. Each round, each
contender polls all of them: for the first time; when they answer "not modified"; when they send the same
document; when each has one new entry of 30. Then a few sources of 500 entries, of which one is new. Counted
is the processor time of the whole process and its children, start included; printed are medians over the
rounds, in milliseconds a source, and ratios to reader, also without what a start alone takes. What is
remembered is counted after each poll.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .contenders import ROOT, Bare, Contender, Cost, Ours, Profiled, found, run
from .profiled import show
from .world import KINDS


@dataclass(frozen=True, kw_only=True)
class Step:
    """One kind of poll.

    Attributes:
        name: As it stands in the table.
        entries: How many a source lists.
        new: How many came since the first poll.
        blind: Whether servers send what is known, too.
        bound: What ours is to be of ``reader``'s cost at most (issue 6); None if nothing is said.
    """

    name: str
    entries: int
    new: int = 0
    blind: bool = False
    bound: str = ""


USUAL = (
    Step(name="cold", entries=30, bound="1/2"),
    Step(name="304", entries=30, bound="1/3"),
    Step(name="same-body", entries=30, blind=True, bound="1/30"),
    Step(name="one-new", entries=30, new=1, bound="1/10"),
)
LARGE = (
    Step(name="cold-500", entries=500),
    Step(name="one-new-500", entries=500, new=1, bound="1/50"),
)
FIRST, START = "first-start", "start"
"""With no sources: the first time, when there is no store, and again."""
EMPTY = (Step(name=FIRST, entries=0), Step(name=START, entries=0))


class Server:
    """The world, as the contenders find it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def set(self, step: Step) -> None:
        """Let the sources be as a step wants them."""
        mode = "blind" if step.blind else "honest"
        address = f"http://127.0.0.1:{self.port}/control/{mode}/{step.new}"
        urllib.request.urlopen(address).close()

    def urls(self, number: int, entries: int) -> list[str]:
        """Give the addresses of so many sources, each of a host of its own."""
        return [
            f"http://127.{1 + place // 62500}.{place // 250 % 250}.{1 + place % 250}:{self.port}"
            f"/{KINDS[place % len(KINDS)]}/{entries}/{place}.xml"
            for place in range(number)
        ]


@contextmanager
def served() -> Iterator[Server]:
    """Start the server; end it with the context."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.cost.server"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield Server(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


Costs = dict[tuple[str, str], list[Cost]]
"""What each contender took for each step, in the order of the rounds."""


def measure(server: Server, contenders: Sequence[Contender], plan: argparse.Namespace) -> Costs:
    """Let all of them do all steps, in turns."""
    costs: Costs = defaultdict(list)
    for one in contenders:
        # Once beforehand, uncounted: Python compiles what it runs for the first time.
        for _ in polls(server, one, 2, (USUAL[0], USUAL[1])):
            pass
    for number in range(plan.rounds):
        turned = [*contenders[number % len(contenders) :], *contenders[: number % len(contenders)]]
        for one in turned:
            worlds = [(0, EMPTY), (plan.sources, USUAL), (plan.large, LARGE)]
            for sources, steps in worlds:
                for step, cost in polls(server, one, sources, steps):
                    costs[one.name, step.name].append(cost)
                    print(f"{number + 1} {one.name:12} {step.name:12} {cost.cpu:8.2f} s", file=sys.stderr)
    return costs


def polls(server: Server, one: Contender, sources: int, steps: Sequence[Step]) -> Iterator[tuple[Step, Cost]]:
    """Poll a world from its beginning, one step after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one.prepare(folder, server.urls(sources, steps[0].entries))
        for step in steps:
            server.set(step)
            yield step, run(one.command(folder, step.name))
            remembered, expected = one.entries(folder), sources * (step.entries + step.new)
            if remembered is not None and remembered != expected:
                message = f"{one.name} remembers {remembered} entries after {step.name}, not {expected}"
                raise RuntimeError(message)


def table(costs: Costs, contenders: Sequence[Contender], plan: argparse.Namespace) -> Iterator[str]:
    """Write medians, in milliseconds a source, and what ours is of others'."""
    names = [one.name for one in contenders]
    yield "| poll | " + " | ".join(names) + " | of reader | to reach | but the start | wall |"
    yield "| --- |" + " ---: |" * (len(names) + 4)
    for step in (*EMPTY, *USUAL, *LARGE):
        sources = 1 if step in EMPTY else plan.sources if step in USUAL else plan.large
        cpu = {name: _median([cost.cpu for cost in costs[name, step.name]]) for name in names}
        wall = {name: _median([cost.wall for cost in costs[name, step.name]]) for name in names}
        cells = [f"{cpu[name] / sources * 1000:.2f}" for name in names]
        net = {name: cpu[name] - _median([cost.cpu for cost in costs[name, START]]) for name in names}
        whole, started, clock = (_ratio(told) for told in (cpu, net, wall))
        yield f"| {step.name} | {' | '.join(cells)} | {whole} | {step.bound} | {started} | {clock} |"


def scaled(server: Server, worlds: str) -> Iterator[str]:
    """Write what ours takes for worlds of so many sources of so many entries, a unit: it is to stay flat."""
    empty = {step.name: cost.cpu for step, cost in polls(server, Ours(), 0, EMPTY)}
    yield f"Start: {empty[START]:.2f} s, which is taken off.\n"
    yield "| sources | entries | cold, an entry | 304, a source | one new, a source | its entries each |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: |"
    for world in worlds.split(","):
        sources, entries = map(int, world.split("x"))
        steps = (
            Step(name="cold", entries=entries),
            Step(name="304", entries=entries),
            Step(name="one-new", entries=entries, new=1),
        )
        took = {step.name: cost.cpu - empty[START] for step, cost in polls(server, Ours(), sources, steps)}
        each = [took["cold"] / sources / entries, took["304"] / sources, took["one-new"] / sources]
        each.append(took["one-new"] / sources / entries)
        yield f"| {sources} | {entries} | {' | '.join(f'{one * 1000:.2f}' for one in each)} |"


def _ratio(told: Mapping[str, float]) -> str:
    """Say what ours is of reader's."""
    ours, others = told.get("feeds", 0.0), told.get("reader", 0.0)
    return f"1/{others / ours:.1f}" if ours > 0 and others > 0 else ""


def _median(numbers: Sequence[float]) -> float:
    return statistics.median(numbers) if numbers else 0.0


def main() -> None:
    """Measure, or profile."""
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--sources", type=int, default=200, help="with 30 entries; default 200")
    words.add_argument("--large", type=int, default=8, help="sources with 500 entries; default 8")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", default="feeds,reader,sfeed,bare", help="who polls")
    words.add_argument("--venv", type=Path, default=ROOT / "benchmarks" / ".reader", help="of reader")
    words.add_argument("--profile", metavar="POLL", help="show where the time of ours goes, in that poll")
    words.add_argument("--scale", metavar="WORLDS", help="what ours takes a unit, as 100x10,1000x10,10x500")
    plan = words.parse_args()
    wanted = plan.only.split(",")
    with served() as server:
        if plan.profile:
            steps = USUAL if any(step.name == plan.profile for step in USUAL) else LARGE
            sources = plan.sources if steps is USUAL else plan.large
            with tempfile.TemporaryDirectory() as name:
                file = Path(name) / "profile"
                for _ in polls(server, Profiled(plan.profile, file), sources, steps):
                    pass
                show(file)
            return
        if plan.scale:
            for line in scaled(server, plan.scale):
                print(line, flush=True)
            return
        contenders = [*([Ours()] if "feeds" in wanted else []), *found(plan.venv, wanted)]
        contenders += [Bare()] if "bare" in wanted else []
        costs = measure(server, contenders, plan)
    print(f"{platform.machine()}, Python {platform.python_version()}, {plan.sources} sources of 30 entries,")
    print(f"{plan.large} of 500; medians of {plan.rounds} rounds, CPU milliseconds a source\n")
    print("\n".join(table(costs, contenders, plan)))


if __name__ == "__main__":
    main()
