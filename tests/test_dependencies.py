"""``deploy/requirements.txt``: every package of an installation, at one version, known by its bytes."""

from __future__ import annotations

import re
import tomllib

from commands import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PINNED = (ROOT / "deploy/requirements.txt").read_text("utf-8")
HASHED = re.compile(
    r"^([A-Za-z0-9._-]+)==([^ \\]+)(?: ; [^\\]+)? \\\n"
    r"((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


def pins() -> dict[str, str]:
    return {canonicalize_name(name): version for name, version, _ in HASHED.findall(PINNED)}


def test_every_dependency_is_pinned_to_a_version_that_pyproject_allows() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = [Requirement(one) for one in PROJECT["dependencies"] + extras["zstd"] + extras["postgres"]]
    found = pins()
    wrong = [
        str(one)
        for one in wanted
        if not one.specifier.contains(found.get(canonicalize_name(one.name), "0"), prereleases=True)
    ]
    assert wrong == []


def test_nothing_is_installed_that_is_not_known_by_its_bytes() -> None:
    rest = [
        line for line in HASHED.sub("", PINNED).splitlines() if line and not line.lstrip().startswith("#")
    ]
    assert rest == []


def test_what_it_installs_comes_from_where_the_operator_says() -> None:
    assert not re.search(r"https?://|--(extra-)?index|--find-links|file:", PINNED)


def test_what_keeps_strangers_out_is_among_them() -> None:
    assert {"nh3", "certifi", "httpx", "lxml"} <= pins().keys()
