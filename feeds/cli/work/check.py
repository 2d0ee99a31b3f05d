"""``feeds check``: is config.yaml right, and does each source answer?"""

from __future__ import annotations

import asyncio
import os
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime

from feeds import __version__, trust
from feeds.cli.plain import count
from feeds.cli.session import Session, now
from feeds.cli.show import BAD, Screen
from feeds.cli.work import status
from feeds.cli.work.loading import configuration, finish
from feeds.cli.work.opening import exists, opened
from feeds.config import edit
from feeds.config.schema import Config, Source
from feeds.errors import ConfigError, SourceError
from feeds.fetch import Client, open_client
from feeds.memory import SourceState
from feeds.pipeline import Readers, ask, open_readers


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one source answered; ``error`` is None if it can be read."""

    name: str
    kind: str | None = None
    title: str | None = None
    entries: int | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """A source that is asked elsewhere than config.yaml lists; ``fixed`` if it is written down now."""

    name: str
    listed: str
    address: str
    fixed: bool


def check(session: Session, *, online: bool, fix: bool, as_json: bool) -> int:
    """Check the file, each source if ``online``, and write down moves if ``fix``; give the exit status."""
    screen = Screen(session)
    try:
        config = configuration(session)
    except ConfigError as error:
        if as_json:
            screen.document({"ok": False, "problems": [asdict(problem) for problem in error.problems]})
        raise
    moves, same = moved(session, config, fix=fix), twins(config)
    if any(move.fixed for move in moves):
        config = configuration(session)
    findings = finish(ask_all(config, now(), screen)) if online else ()
    bad = [finding for finding in findings if finding.error]
    if as_json:
        document = {"ok": not bad, "problems": [], "files": config.files or (config.path,)}
        listed = {"sources": [asdict(finding) for finding in findings]} if online else {}
        screen.document(document | {"moved": [asdict(move) for move in moves], "same": same} | listed)
        return int(bool(bad))
    for move in moves:
        done = "config.yaml says so now" if move.fixed else "feeds check --fix writes it down"
        screen.line(f"{move.name}: moved from {move.listed} to {move.address}; {done}")
    for names in same:
        screen.line(f"{' and '.join(names)} are asked at the same address; one of them is enough")
    tell(screen, config, findings)
    return int(bool(bad))


def twins(config: Config) -> tuple[tuple[str, ...], ...]:
    """Find the sources that are one, as far as config.yaml and past polls tell; each group by its names."""
    states: dict[str, SourceState] = {}
    if exists(config):
        with closing(opened(config)) as store:
            states = store.states([source.name for source in config.sources])
    found = status.twins(config, states)
    return tuple((name, *others) for name, others in found.items() if name == min((name, *others)))


def moved(session: Session, config: Config, *, fix: bool) -> tuple[Moved, ...]:
    """Find the sources that moved, and write their addresses down if ``fix``.

    An address that is written with ``${NAME}`` is left to the operator.
    """
    if not exists(config):
        return ()
    with closing(opened(config)) as store:
        states = store.states([source.name for source in config.sources])
    found = []
    for source in config.sources:
        state = states.get(source.name)
        address = trust.address(state.trust, source.url) if state else source.url
        if source.url is None or address is None or address == source.url or source.written is not None:
            continue
        if fix:
            edit.set_address(session.config_path, source.name, address, os.environ)
        found.append(Moved(name=source.name, listed=source.url, address=address, fixed=fix))
    return tuple(found)


def tell(screen: Screen, config: Config, findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        if finding.error:
            screen.fail(f"{finding.name}: {finding.error}")
    if findings and not screen.session.quiet:
        good = [finding for finding in findings if not finding.error]
        rows = [(f.name, f.kind or "", count(f.entries or 0, "entry"), f.title or "") for f in good]
        screen.table(("Source", "Kind", "Entries", "Title"), rows)
        bad = len(findings) - len(good)
        screen.line(f"{count(len(good), 'source')} can be read, {bad} cannot", BAD if bad else "")
    else:
        sizes = f"{count(len(config.sources), 'source')}, {count(len(config.outputs), 'output')}"
        screen.line(f"{config.path.name} is right: {sizes}")


async def ask_all(config: Config, moment: datetime, screen: Screen) -> tuple[Finding, ...]:
    """Ask every source, paused ones too, as many at once as a run does."""
    slots = asyncio.Semaphore(config.fetch.concurrency)
    with screen.progress("Asking", len(config.sources)) as advance:
        async with open_client(config.fetch, __version__) as client:
            with open_readers(config.read) as readers:

                async def one(source: Source) -> Finding:
                    async with slots:
                        finding = await found(config, client, readers, source, moment)
                    advance(source.name)
                    return finding

                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(one(source)) for source in config.sources]
    return tuple(task.result() for task in tasks)


async def found(
    config: Config, client: Client, readers: Readers, source: Source, moment: datetime
) -> Finding:
    try:
        document = await ask(client, source, config.folder, moment)
        kind, feed = await readers.read(document, source, config.authority)
    except SourceError as error:
        return Finding(name=source.name, error=str(error))
    title = source.title or (feed.title.value if feed.title else None)
    return Finding(name=source.name, kind=kind, title=title, entries=len(feed.entries))
