"""The house stands: DESIGN.md, section 2, checked over the syntax trees of all files of ``feeds/``.

Each rule has snippets that break it (they must be found) and snippets beside the border that are right (they
must pass), so that none can rot into one that holds for everything.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from house_rules import RULES, File

ROOT = Path(__file__).resolve().parent.parent / "feeds"

BROKEN = (
    ("floors", "store/sqlite.py", "from feeds.pipeline import Pipeline"),
    ("floors", "store/sqlite.py", "import feeds.dedupe"),
    ("floors", "store/sqlite.py", "from feeds import dedupe"),
    ("floors", "store/sqlite.py", "from .. import dedupe"),
    ("floors", "store/sqlite.py", "from ..dedupe import decide"),
    ("floors", "model.py", "from feeds.errors import FeedsError"),
    ("floors", "cadence.py", "from feeds.config.load import load"),
    ("floors", "caching.py", "from feeds.config.schema import Source"),
    ("floors", "store/sqlite.py", "def f():\n    from feeds.cli import main"),
    ("floors", "utils.py", ""),
    ("floors", "daemon.py", "from feeds.helpers import x"),
    ("import_places", "store/sqlite.py", "def f():\n    import json"),
    ("import_places", "store/sqlite.py", "class A:\n    async def f(self):\n        from feeds import model"),
    ("import_places", "store/opening.py", "def f():\n    from feeds.store import sqlite"),
    ("import_places", "pipeline.py", "from typing import TYPE_CHECKING"),
    ("import_places", "cli/run.py", "import typing\nif typing.TYPE_CHECKING:\n    import httpx"),
    ("import_places", "pipeline.py", "import importlib\nimportlib.import_module('feeds.cli')"),
    ("import_places", "pipeline.py", "from importlib import import_module as load"),
    ("libraries", "pipeline.py", "import httpx"),
    ("libraries", "pipeline.py", "from httpx import AsyncClient as C"),
    ("libraries", "formats/atom.py", "import sqlalchemy as sa"),
    ("libraries", "daemon.py", "from urllib import request"),
    ("libraries", "store/x.py", "from yaml import safe_load"),
    ("libraries", "sources/feed.py", "import requests"),
    ("clock", "pipeline.py", "from datetime import datetime as D, UTC\nx = D.now(UTC)"),
    ("clock", "dedupe.py", "import datetime\ndef f(clock=datetime.datetime.utcnow): ..."),
    ("clock", "dedupe.py", "from time import monotonic"),
    ("clock", "dedupe.py", "import time as t\ndef f(): return t.time()"),
    ("clock", "fetch/client.py", "import asyncio\ndef f(): return asyncio.get_running_loop().time()"),
    ("clock", "fetch/client.py", "def f(self): return self.loop.time()"),
    ("dice", "daemon/serving.py", "from random import random"),
    ("dice", "daemon/serving.py", "import uuid\ndef f(): return uuid.uuid4()"),
    ("dice", "cadence.py", "def f(name): return hash(name)"),
    ("dice", "cadence.py", "import os\ndef f(): return os.urandom(8)"),
    ("files", "pipeline.py", "open('x', 'w')"),
    ("files", "pipeline.py", "def f(mode): return open('x', mode=mode)"),
    ("files", "pipeline.py", "path.open('ab')"),
    ("files", "pipeline.py", "path.write_text('x')"),
    ("files", "pipeline.py", "import os\nos.replace(a, b)"),
    ("files", "pipeline.py", "from os import unlink as u\nu(a)"),
    ("files", "pipeline.py", "temporary.replace(target)"),
    ("files", "config/load.py", "import tempfile"),
    ("files", "daemon.py", "import shutil"),
    ("state", "pipeline.py", "CACHE = {}"),
    ("state", "pipeline.py", "CACHE: dict[str, int] = dict()"),
    ("state", "pipeline.py", "if True:\n    SEEN = set()"),
    ("state", "pipeline.py", "WORDS = 'a b'.split()"),
    ("state", "pipeline.py", "PAIRS = ([], 1)"),
    ("state", "pipeline.py", "TABLE = MappingProxyType({'a': []})"),
    ("state", "pipeline.py", "SHARED = Client()"),
    ("state", "pipeline.py", "__all__ = ['a']"),
    ("state", "pipeline.py", "class A:\n    seen: list[str] = []"),
    ("state", "pipeline.py", "def f():\n    global x\n    x = 1"),
    ("state", "pipeline.py", "@functools.cache\ndef f(x): ..."),
    ("state", "formats/atom.py", "META = MetaData()"),
    ("catches", "store/sqlite.py", "try: ...\nexcept Exception: ..."),
    ("catches", "store/sqlite.py", "try: ...\nexcept (OSError, BaseException) as error: log(error)"),
    ("catches", "store/sqlite.py", "try: ...\nexcept Exception as error: raise StoreError from error"),
    ("catches", "daemon/serving.py", "try: ...\nexcept: ..."),
    ("catches", "store/sqlite.py", "with contextlib.suppress(Exception): ..."),
)

RIGHT = (
    (
        "floors",
        "store/sqlite.py",
        "from feeds.model import Entry\nfrom . import tables\nimport feeds.store.x",
    ),
    ("floors", "cadence.py", "from feeds.config.schema import Source"),
    ("floors", "cli/run.py", "from feeds import __version__, daemon"),
    ("import_places", "cli/run.py", "def f():\n    from feeds import daemon"),
    (
        "import_places",
        "fetch/zstd.py",
        "try:\n    import zstandard\nexcept ImportError:\n    zstandard = None",
    ),
    ("import_places", "store/creating.py", "def f():\n    from feeds.store import migrate"),
    ("libraries", "store/sqlite.py", "import sqlalchemy as sa\nimport json\nfrom feeds import model"),
    ("libraries", "normalize/urls.py", "from urllib.parse import urlsplit"),
    ("clock", "daemon/serving.py", "from datetime import datetime, UTC\nx = datetime.now(UTC)"),
    ("clock", "formats/rss.py", "def f(moment): return moment.time(), datetime(2026, 1, 1)"),
    ("dice", "cadence.py", "import hashlib\nx = hashlib.sha256(b'')"),
    ("dice", "cli/session.py", "secrets: set[str]\ndef f(random): return random.choice"),
    ("files", "sources/articles.py", "path.open('rb')\nopen('x')\ntarfile.open(fileobj=b, mode='w')"),
    ("files", "sources/articles.py", "'a'.replace('b', 'c')\nx = replace(entry, url=None)"),
    ("files", "publish.py", "path.write_bytes(b'')"),
    ("state", "pipeline.py", "A = MappingProxyType({'a': ('b',)})\nB = frozenset('a b'.split())\nC = 1"),
    (
        "state",
        "pipeline.py",
        "P = re.compile('a')\nQ = ' '.join(['a'])\nR = frozenset({1}) | B\n__all__ = ('a',)",
    ),
    ("state", "store/tables.py", "META = MetaData()"),
    ("state", "pipeline.py", "from feeds.model import Validators\nNONE = Validators()"),
    ("state", "pipeline.py", "def f():\n    seen = {}\n    return seen"),
    ("catches", "publish.py", "try: ...\nexcept BaseException:\n    tidy()\n    raise"),
    ("catches", "pipeline.py", "try: ...\nexcept Exception as error: log(error)"),
)


def snippet(path: str, text: str) -> File:
    return File(path=path, tree=ast.parse(text))


@pytest.mark.parametrize(("rule", "path", "text"), BROKEN)
def test_a_broken_rule_is_found(rule: str, path: str, text: str) -> None:
    assert list(RULES[rule](snippet(path, text))) != []


@pytest.mark.parametrize(("rule", "path", "text"), RIGHT)
def test_what_is_right_passes(rule: str, path: str, text: str) -> None:
    assert list(RULES[rule](snippet(path, text))) == []


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_both_kinds_of_examples(rule: str) -> None:
    assert any(name == rule for name, _, _ in BROKEN)
    assert any(name == rule for name, _, _ in RIGHT)


def house() -> tuple[File, ...]:
    return tuple(
        File(path=path.relative_to(ROOT).as_posix(), tree=tree)
        for path in sorted(ROOT.rglob("*.py"))
        if isinstance(tree := parsed(path), ast.Module)
    )


def parsed(path: Path) -> ast.Module | SyntaxError:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        return error


def test_every_file_can_be_read_by_the_oldest_python() -> None:
    found = [str(tree) for path in ROOT.rglob("*.py") if isinstance(tree := parsed(path), SyntaxError)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_the_rule(rule: str) -> None:
    found = [
        f"feeds/{file.path}:{line}: {message}"
        for file in house()
        for line, message in sorted(set(RULES[rule](file)))
    ]
    assert not found, f"{rule}: {RULES[rule].__doc__}\n" + "\n".join(found)


def test_the_whole_house_is_looked_at() -> None:
    assert {"model", "errors", "cli", "config", "store"} <= {file.room for file in house()}
