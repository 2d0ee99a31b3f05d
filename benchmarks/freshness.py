"""How soon entries are found, and how many never, for a budget of requests: ours, others', and the bounds.

    python benchmarks/freshness.py [--seeds 1,2] [--budgets 24,6] [--sources 2000] [--days 28] [--peers]

Simulated sources post as people, newsrooms, timers and batches do; some end, overflow, fail or throttle. Ours
is the program's own cadence and caching. It is compared, in the same run on the same world, with the policy
that knows every source's true rate for each hour of the week and plans ahead (1.00 in the table). ``--peers``
adds what other programs do, their knobs set so that they make as many requests. ``--sy`` lets the documents
carry ``sy:updatePeriod``, which only ours then obeys, as a wait.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from polling.bounds import clairvoyant
from polling.known import Known
from polling.ours import Auto
from polling.peers import PEERS, Fixed
from polling.simulation import Policy, Result, Simulation
from polling.world import World, make_world

SAMPLE = 6
"""One of so many sources serves to set the peers' knobs."""


def main() -> None:
    words = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    words.add_argument("--seeds", default="1", help="such as 1,2,3; default 1")
    words.add_argument("--budgets", default="24,6", help="requests of a source and day; default 24,6")
    words.add_argument("--sources", type=int, default=2000)
    words.add_argument("--days", type=float, default=28.0)
    words.add_argument("--peers", action="store_true", help="other programs as well")
    words.add_argument("--sy", action="store_true", help="documents carry sy:updatePeriod")
    given = words.parse_args()
    for seed in map(int, given.seeds.split(",")):
        world = make_world(seed, given.sources, given.days)
        mean, requests = clairvoyant(world)
        print(f"\nseed {seed}: {given.sources} sources, {given.days:g} days")
        print(f"who knew every instant: {mean:.1f} minutes with {requests:.1f} requests a source and day")
        for budget in map(float, given.budgets.split(",")):
            compare(world, budget, peers=given.peers, heed_sy=given.sy)


def compare(world: World, budget: float, *, peers: bool, heed_sy: bool) -> None:
    """Print a table of one world and one budget."""
    print(f"\n  {budget:g} requests of a source and day")
    print(f"  {'':26}{'mean':>8}{'ratio':>7}{'median':>8}{'missed':>8}{'viol.':>7}{'429':>6}{'requests':>10}")
    an_hour = budget * len(world.sources) / 24
    best = measured(Known(world, an_hour), world)
    show(best, best)
    show(measured(Auto(world, an_hour, heed_sy=heed_sy), world), best)
    for peer in PEERS if peers else ():
        knob = calibrated(peer, World(world.sources[::SAMPLE], world.hours, world.hosts), budget)
        show(fitted(peer, world, knob, budget), best)


def calibrated(peer: type[Fixed], world: World, budget: float) -> float:
    """Find the knob with which a peer makes so many requests; the nearest one if it cannot."""
    low, high = math.log(0.005), math.log(200.0)
    for _ in range(9):
        middle = (low + high) / 2
        spent = Simulation(world, peer(world, math.exp(middle))).run().requests
        low, high = (middle, high) if spent > budget else (low, middle)
    return math.exp((low + high) / 2)


def fitted(peer: type[Fixed], world: World, knob: float, budget: float) -> Result:
    """Measure a peer, with the knob turned until the requests are within 2 % of the budget, or four times."""
    result = measured(peer(world, knob), world)
    for _ in range(3):
        if abs(result.requests / budget - 1) < 0.02:
            break
        knob *= result.requests / budget
        result = measured(peer(world, knob), world)
    return result


def measured(policy: Policy, world: World) -> Result:
    return Simulation(world, policy, progress(policy.name)).run()


def progress(name: str) -> Callable[[float], None]:
    """Give what shows on a terminal how far a run is."""
    begun = time.monotonic()

    def tick(share: float) -> None:
        if sys.stderr.isatty():
            line = f"\r  {name}: {share:4.0%}, {time.monotonic() - begun:.0f} s"
            sys.stderr.write(line if share < 1 else "\r" + " " * len(line) + "\r")

    return tick


def show(result: Result, best: Result) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 60 + "\r")
    ratio = result.mean / best.mean
    print(
        f"  {result.name:26}{result.mean:8.1f}{ratio:7.2f}{result.median:8.1f}{result.missed:8}"
        f"{result.violations:7}{result.throttled:6}{result.requests:10.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
