"""Every trap of ``../shared/tools/hostile.py`` ends as ``data/traps.json`` says: polled, stored, published.

In that table stands for each trap how its first poll ends, how a second two days later, and some words of
the sentence that ``feeds status`` shows; ``|`` stands between ends that are equally right. A sample is
fallen into by default, all of them with ``FEEDS_TRAPS=all``.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from commands import environment
from judge import errors

HERE = Path(__file__).parent
HOSTILE = HERE.parents[1] / "shared" / "tools" / "hostile.py"
TABLE: dict[str, list[str | None]] = json.loads((HERE / "data" / "traps.json").read_text("utf-8"))
MIB = 1024 * 1024
MEMORY = 300
"""MiB that the process may take, whatever comes."""
SECRETS = (b"user:secret", b"hunter2", b"dXNlcjpzZWNyZXQ")
REMEDIES = (
    *("tried again later", "check ", "raise ", "opens it", "left alone", "its operator", "write it", "use "),
    *(
        "expected ",
        "reads it",
        "put ",
        "remove it",
        "take it in",
        "login",
        "legal reasons",
        "once too often",
        "SSL_CERT_FILE",
    ),
)
THROTTLING = ("/retry/", "/status/429")
"""After these the host rests, so nothing can follow them in their group."""


@dataclass(frozen=True, kw_only=True)
class Fall:
    """What one run brought: ``ends`` by the names of the traps, and what the server saw."""

    ends: dict[str, dict[str, Any]]
    mib: int
    folder: Path
    said: bytes
    log: list[dict[str, Any]]
    canary: list[dict[str, Any]]


def get(url: str) -> Any:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def wanted(name: str) -> bool:
    """Choose a sample that stays the same from run to run."""
    everything = os.environ.get("FEEDS_TRAPS") == "all"
    return everything or hashlib.sha256(name.encode()).digest()[0] % 5 == 0


def groups(urls: dict[str, str]) -> list[list[str]]:
    """Deal the traps out; a throttling one ends its group."""
    last = [url for name, url in urls.items() if name.startswith(THROTTLING)]
    others = [url for name, url in urls.items() if not name.startswith(THROTTLING)]
    number = max(len(last), 16)
    return [others[place::number] + last[place : place + 1] for place in range(number)]


@pytest.fixture(scope="module")
def fall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fall]:
    if not HOSTILE.exists():
        pytest.skip("../shared/tools/hostile.py is not here")
    folder = tmp_path_factory.mktemp("traps")
    with subprocess.Popen([sys.executable, str(HOSTILE), "--port", "0"], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        base = json.loads(server.stdout.readline())["base"]
        listed = {one["path"]: one.get("url") or base + one["path"] for one in get(base + "/_index")}
        urls = {name: url for name, url in listed.items() if wanted(name)}
        run = subprocess.run(
            [sys.executable, "-W", "error", str(HERE / "traps.py"), str(folder)],
            input=json.dumps(groups(urls)).encode(),
            capture_output=True,
            env=environment(SSL_CERT_DIR=str(folder)),
            timeout=600,
            check=False,
        )
        assert run.returncode == 0, run.stderr.decode()[-3000:]
        told = json.loads(run.stdout)
        yield Fall(
            ends={name: told["ends"][url] for name, url in urls.items()},
            mib=told["mib"],
            folder=folder,
            said=run.stderr,
            log=get(base + "/_log"),
            canary=get(base + "/_canary"),
        )
        server.terminate()


def test_each_trap_ends_as_it_should(fall: Fall) -> None:
    assert len(fall.ends) > 100
    assert sorted(set(fall.ends) - set(TABLE)) == []
    wrong = {}
    for name, end in fall.ends.items():
        first, again, words = TABLE[name]
        fits = end["first"] in str(first).split("|") and str(end.get("again")) in str(again).split("|")
        said = end["says"] or ""
        if not fits or not any(part in said for part in (words or "").split("|")):
            wrong[name] = (end, TABLE[name])
    assert wrong == {}


def test_each_failure_names_its_remedy(fall: Fall) -> None:
    said = {name: end["says"] for name, end in fall.ends.items() if end["says"]}
    assert len(said) > 30
    assert {name: one for name, one in said.items() if not any(word in one for word in REMEDIES)} == {}
    assert {name: one for name, one in said.items() if len(one) > 600 or not one.isprintable()} == {}


def test_nothing_is_written_to_any_stream_and_memory_is_bounded(fall: Fall) -> None:
    assert fall.said == b""
    assert fall.mib < MEMORY


def test_nothing_that_may_not_be_reached_is_touched(fall: Fall) -> None:
    # 127.0.0.1 is open here, as the server itself stands there; the name localhost leads to it.
    assert [hit for hit in fall.canary if "127.0.0.1" not in hit["local"]] == []
    assert [hit for hit in fall.canary if "authorization" in hit["request"][2]] == []


def test_no_more_is_taken_than_the_limit(fall: Fall) -> None:
    """What the server sent counts what its and our kernel hold as well."""
    bombs = [
        asked for asked in fall.log if not asked["path"].startswith(("/feed/", "/huge", "/many", "/cookie"))
    ]
    assert {asked["path"]: asked["sent"] for asked in bombs if asked["sent"] > 4 * MIB + 8 * MIB} == {}


def test_what_is_published_is_valid_and_safe(fall: Fall) -> None:
    published = [
        path for path in sorted(fall.folder.glob("*/output/*")) if path.suffix in {".atom", ".rss", ".json"}
    ]
    assert len(published) >= 8
    assert {
        str(path): found[:3] for path in published if (found := errors(path.read_bytes(), safe=True))
    } == {}


def test_no_secret_is_kept_or_shown(fall: Fall) -> None:
    kept = [path for path in fall.folder.rglob("*") if path.is_file() and path.name != "config.yaml"]
    assert {str(path): secret for path in kept for secret in SECRETS if secret in path.read_bytes()} == {}
