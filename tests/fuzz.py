"""Throw broken feeds at reading and publishing, by hand and for as long as you like.

    python tests/fuzz.py --seconds 600             guided by coverage (atheris), from fixtures and corpus
    python tests/fuzz.py --campaign 100000         blind mutations of the corpus; prints error files / files

What crashes, takes more than ``SLOW`` seconds, or is published and not valid, or comes back otherwise from
what was published, is written to ``--crashes`` (a folder) under its hash. A finding becomes a fixture.
"""

from __future__ import annotations

import argparse
import hashlib
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random
from types import FrameType

from mutations import WORDS, corpus, fixtures, mutated

SLOW = 5
"""Seconds of processor time for one document from bytes to three judged files."""


class Hang(BaseException):
    """Nobody may catch it on its way."""


def _ring(number: int, frame: FrameType | None) -> None:
    raise Hang(f"more than {4 * SLOW} seconds")


def troubles(body: bytes) -> list[str]:
    """Give what is wrong with what becomes of a document, each as one line."""
    from republish import wrong  # noqa: PLC0415  atheris has to see the import to instrument what it brings

    start = time.process_time()
    signal.setitimer(signal.ITIMER_REAL, 4 * SLOW)
    try:
        found = wrong(body)
    except (Exception, Hang) as error:  # noqa: BLE001  every surprise is a finding here
        found = [f"{type(error).__name__}: {error}"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    taken = time.process_time() - start
    return [*found, *([f"slow: {taken:.1f} s"] if taken > SLOW else [])]


def keep(folder: Path, body: bytes, found: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(body).hexdigest()[:16]
    (folder / name).write_bytes(body)
    (folder / f"{name}.txt").write_text("\n".join(found), "utf-8")


def campaign(documents: int, seconds: float, seed: int, folder: Path) -> int:
    """Mutate blindly; print each new kind of trouble, and the score at the end."""
    # The corpus has many times more documents; ours hold more of what a feed can say.
    seeds = (*fixtures() * 20, *corpus())
    dice, kinds, bad, done = Random(seed), Counter[str](), 0, 0
    end = time.monotonic() + seconds
    while done < documents and time.monotonic() < end:
        body = mutated(seeds, dice)
        done += 1
        if found := troubles(body):
            bad += 1
            kind = " ".join(found[0].split()[:3])[:80]
            kinds[kind] += 1
            if kinds[kind] <= 5:
                keep(folder, body, found)
                print(f"{done}: {found[0][:300]}", flush=True)
        if done % 5000 == 0:
            print(f"{bad} error documents / {done} documents ({3 * done} files at most)", flush=True)
    print(f"{bad} error documents / {done} documents, seed {seed}: {dict(kinds)}")
    return bad


def guided(seconds: int, folder: Path, seeds: Path) -> None:
    """Let atheris look for new paths; does not return."""
    import atheris  # noqa: PLC0415  only this mode needs it

    with atheris.instrument_imports(include=["feeds", "feedparser", "feedgen"]):
        import republish  # noqa: F401, PLC0415  for what it brings

    known: set[str] = set()

    def one(body: bytes) -> None:
        found = troubles(body)
        kind = " ".join(found[0].split()[:3])[:80] if found else ""
        if found and kind not in known:
            known.add(kind)
            keep(folder, body, found)
            print(f"finding: {found[0][:300]}", flush=True)

    words = seeds / "words.dict"
    lines = ("".join(f"\\x{byte:02x}" for byte in word) for word in WORDS if word)
    words.write_text("".join(f'"{line}"\n' for line in lines), "ascii")
    inputs = seeds / "inputs"
    inputs.mkdir()
    for number, body in enumerate((*fixtures(), *corpus())):
        if len(body) <= 4000:
            (inputs / str(number)).write_bytes(body)
    options = [
        f"-max_total_time={seconds}",
        "-max_len=6000",
        f"-dict={words}",
        "-rss_limit_mb=3000",
        "-timeout=60",
    ]
    atheris.Setup([sys.argv[0], *options, str(inputs)], one)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--campaign", type=int, metavar="N", help="documents to mutate blindly")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--crashes", type=Path, default=Path("crashes"))
    told = parser.parse_args()
    signal.signal(signal.SIGALRM, _ring)
    if told.campaign is not None:
        return int(campaign(told.campaign, told.seconds, told.seed, told.crashes) > 0)
    with tempfile.TemporaryDirectory() as folder:
        guided(told.seconds, told.crashes, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
