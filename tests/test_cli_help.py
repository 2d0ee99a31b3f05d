"""What ``feeds`` says of itself, and how it takes a mistyped line. Nothing heavy is loaded for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from commands import command, environment, feeds, process

from feeds import __version__
from feeds.cli import program

NAMES = tuple(program().commands)
HEAVY = ("pydantic", "httpx", "sqlalchemy", "feedparser", "rich", "structlog", "asyncio", "feeds.pipeline")


def test_all_commands_of_the_design_are_there() -> None:
    assert set(NAMES) == {
        *("init", "once", "run", "add", "remove", "pause", "resume", "tag", "list", "status", "check"),
        "explain",
        "plan",
        *("retract", "replay"),
        "retract",
        "release",
        *("preview", "publish", "import", "export", "migrate-store", "schema", "completion"),
    }


@pytest.mark.parametrize("name", NAMES)
def test_help_of_every_command_has_an_example_that_names_it(name: str, tmp_path: Path) -> None:
    said = feeds(tmp_path, name, "--help")
    assert (said.returncode, said.stderr) == (0, "")
    examples = said.stdout.partition("Examples:")[2]
    assert f"feeds {name}" in examples or f"{name} -" in examples or f" {name}" in examples
    assert "--config" in said.stdout


def test_every_command_fits_its_line_in_the_overview(tmp_path: Path) -> None:
    said = feeds(tmp_path, "--help")
    assert "..." not in said.stdout.removeprefix("Usage: feeds [OPTIONS] COMMAND [ARGS]...")
    for name in NAMES:
        assert f"\n  {name} " in said.stdout


def test_version(tmp_path: Path) -> None:
    assert process(tmp_path, "--version").stdout == f"feeds {__version__}\n"


@pytest.mark.parametrize("args", [("--version",), ("--help",), ("once", "--help"), ("onc",)])
def test_asking_for_help_loads_no_heavy_room(args: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command(*args)[1:]],
        check=False,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        timeout=60,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    assert "click" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("typed", "meant"), [("onec", "once"), ("stauts", "status"), ("imports", "import"), ("delete", None)]
)
def test_a_mistyped_command_is_answered_with_the_one_meant(
    typed: str, meant: str | None, tmp_path: Path
) -> None:
    said = feeds(tmp_path, typed)
    assert (said.returncode, said.stdout) == (2, "")
    first = said.stderr.splitlines()[0]
    hint = f"did you mean {meant!r}?" if meant else "`feeds --help` lists them"
    assert first == f"feeds: there is no command {typed!r}; {hint}"


@pytest.mark.parametrize(
    "args",
    [(), ("once", "--al"), ("tag",), ("preview", "x", "--limit", "-1"), ("tag", "radio", "news"), ("add",)],
)
def test_a_wrong_command_line_is_status_2_without_a_traceback(args: tuple[str, ...], tmp_path: Path) -> None:
    said = feeds(tmp_path, *args)
    assert (said.returncode, said.stdout) == (2, "")
    assert "Usage: feeds" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_the_shell_needs(shell: str, tmp_path: Path) -> None:
    said = feeds(tmp_path, "completion", shell)
    assert said.returncode == 0
    assert f"_FEEDS_COMPLETE={shell}_complete" in said.stdout


def test_completion_completes_commands(tmp_path: Path) -> None:
    said = feeds(
        tmp_path, env={"_FEEDS_COMPLETE": "bash_complete", "COMP_WORDS": "feeds pa", "COMP_CWORD": "1"}
    )
    assert said.stdout.split() == ["plain,pause"]
