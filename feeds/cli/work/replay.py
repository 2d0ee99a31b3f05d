"""``feeds replay``: what was kept, through everything again, into another folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path

from feeds.cli.plain import count, stamp
from feeds.cli.session import Mistaken, Session, now
from feeds.cli.show import Screen
from feeds.cli.work.loading import configuration, finish, moved
from feeds.cli.work.opening import exists, opened
from feeds.cli.work.report import published, refused, tell_emissions
from feeds.config.scalars import duration
from feeds.config.schema import Config
from feeds.pipeline import open_readers
from feeds.pipeline.replay import Replayed, Replayer
from feeds.store import Store, open_new

Span = tuple[datetime | None, datetime | None]

SHOWN = 20
"""Documents and names that are told one by one; all of them with --json."""


def replay(session: Session, into: Path, *, since: str | None, until: str | None, as_json: bool) -> int:
    """Play all that was kept of a span; say what came of it. Give the exit status."""
    config = configuration(session)
    screen = Screen(session)
    moment = now()
    span = (when("since", since, config, moment), when("until", until, config, moment))
    if config.keep_documents is None:
        raise Mistaken("no documents are kept; `keep_documents: 7 days` in config.yaml keeps them")
    if not exists(config):
        raise Mistaken("nothing is remembered yet; `feeds once` polls")
    if into.is_dir() and any(into.iterdir()):
        raise Mistaken(f"--into {into}: expected a new or empty folder, this one has files in it")
    with closing(opened(config)) as origin:
        number = origin.journal.count(*span)
        if not number:
            raise Mistaken("no document is kept of that time; the next poll that brings one keeps it")
        bar = screen.progress("Replaying", number)
        with closing(open_new(into)) as store, store.claim(), bar as advance:
            told = finish(played(moved(config, into), store, origin, span, advance))
    if as_json:
        screen.document(report(told, into))
    else:
        tell(screen, told, into)
    return int(refused(told.emissions))


async def played(
    config: Config, store: Store, origin: Store, span: Span, done: Callable[[str], None]
) -> Replayed:
    with open_readers(config.read) as readers:
        return await Replayer(config, store, origin, readers).run(*span, done)


def when(word: str, text: str | None, config: Config, moment: datetime) -> datetime | None:
    """Read a moment: as it is written, in the zone of ``defaults``, or so long before now.

    Raises:
        Mistaken: It is neither.
    """
    if text is None:
        return None
    with suppress(ValueError):
        ago = duration(text)
        assert isinstance(ago, timedelta)
        return moment - ago
    try:
        told = datetime.fromisoformat(text)
    except ValueError as error:
        wanted = "a day (2026-11-20), a moment (2026-11-20T14:00), or how long ago (2d)"
        raise Mistaken(f"--{word}: expected {wanted}, found {text!r}") from error
    return told if told.tzinfo is not None else told.replace(tzinfo=config.defaults.timezone)


def report(told: Replayed, into: Path) -> dict[str, object]:
    """Make the document of ``--json``."""
    return {
        "into": into,
        "documents": told.documents,
        "new": told.new,
        "begun": told.begun,
        "ended": told.ended,
        "unread": [
            {"source": one.source, "at": one.at, "readable_then": one.then, "problem": one.problem}
            for one in told.unread
        ],
        "unlisted": told.unlisted,
        "missing": told.missing,
        "known_before": told.before,
        "files": [{"path": one.path, "entries": one.entries} for one in told.emissions],
    }


def tell(screen: Screen, told: Replayed, into: Path) -> None:
    """Say what a replay found, and what it cannot know."""
    for one in told.unread[:SHOWN]:
        then = "" if one.then else " (nor could it then)"
        screen.warn(f"{one.source}: the document of {stamp(one.at)} cannot be read{then}: {one.problem}")
    if len(told.unread) > SHOWN:
        screen.warn(f"{len(told.unread) - SHOWN} more documents cannot be read; --json names all")
    tell_emissions(screen, told.emissions)
    if told.begun is not None and told.ended is not None:
        span = f"{stamp(told.begun)} to {stamp(told.ended)}"
        brought = f"{count(told.documents, 'document')} of {span}, {count(told.new, 'entry')}"
        screen.line(f"{brought}; {published(told.emissions)} in {into / 'output'}")
    names(screen, told.before, "had entries before the first document that is kept: those are not here")
    names(screen, told.missing, "without a document: nothing of them is here")
    names(screen, told.unlisted, "left config.yaml: their documents are left out")
    screen.line(f"`feeds --data {into} explain`, `status` or `plan` look at what came of it")


def names(screen: Screen, some: Sequence[str], what: str) -> None:
    if some:
        more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
        screen.line(f"{count(len(some), 'source')} {what} ({', '.join(some[:SHOWN])}{more})")
