"""Whatever comes in: entries or a ReadError, and nothing else; and every file published of it is valid."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutations import corpus, fixtures, mutated
from republish import wrong

SEEDS = fixtures()
FUZZ = Path(__file__).with_name("fuzz.py")
CI_SECONDS = 60


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_mutated_feeds_are_refused_or_published_valid(dice: Random) -> None:
    assert wrong(mutated(SEEDS, dice)) == []


@pytest.mark.parametrize("seed", range(100 if os.environ.get("FEEDS_CORPUS") == "all" else 1))
def test_mutated_documents_of_the_corpus_are_refused_or_published_valid(seed: int) -> None:
    seeds = corpus()
    if not seeds:
        pytest.skip("the corpus lies beside the project, and is not here")
    dice = Random(seed)
    for number in range(150):
        body = mutated(seeds, dice)
        assert wrong(body) == [], (number, body)


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FUZZ), "--crashes", str(folder / "crashes"), *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


def test_the_campaign_tells_its_score(tmp_path: Path) -> None:
    done = run(tmp_path, "--campaign", "30")
    assert done.stdout.startswith("0 error documents / 30 documents, seed 1"), done.stdout + done.stderr
    assert not (tmp_path / "crashes").exists()


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris is not installed: it has wheels for Linux on x86-64 only, and needs clang elsewhere",
)
@pytest.mark.skipif("CI" not in os.environ, reason="a minute of guided fuzzing is for CI: set CI=1")
def test_a_minute_of_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "--seconds", str(CI_SECONDS))
    assert "finding: " not in done.stdout
    assert done.returncode == 0, done.stderr[-2000:]
    assert not (tmp_path / "crashes").exists()
