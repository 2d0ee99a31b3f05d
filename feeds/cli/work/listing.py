"""``feeds list``: what is configured."""

from __future__ import annotations

from datetime import timedelta

from feeds.cli.session import Session
from feeds.cli.show import DIM, Screen
from feeds.cli.work.loading import configuration
from feeds.config.schema import Cron, Source

HIDDEN = "(an address with a secret)"


def list_sources(session: Session, *, tags: tuple[str, ...], as_json: bool) -> int:
    """Show the sources of config.yaml, or those with one of the tags."""
    config = configuration(session)
    sources = [s for s in config.sources if not tags or not set(tags).isdisjoint(s.tags)]
    screen = Screen(session)
    if as_json:
        screen.document({"sources": [described(source) for source in sources]})
        return 0
    rows = [
        (
            source.name,
            "paused" if source.paused else interval(source),
            source.kind,
            ", ".join(source.tags),
            address(source),
        )
        for source in sources
    ]
    styles = [DIM if source.paused else "" for source in sources]
    screen.table(("Source", "Interval", "Kind", "Tags", "Address"), rows, styles)
    if screen.terminal and not rows:
        screen.line("No source yet; `feeds add URL` adds one.")
    return 0


def described(source: Source) -> dict[str, object]:
    """Give what a program wants to know of a configured source."""
    return {
        "name": source.name,
        "title": source.title,
        "kind": source.kind,
        "url": None if source.private else source.url,
        "path": source.path,
        "private": source.private,
        "tags": source.tags,
        "interval": source.interval.cron if isinstance(source.interval, Cron) else source.interval,
        "timezone": source.timezone.key,
        "language": source.language,
        "paused": source.paused,
    }


def interval(source: Source) -> str:
    """Say how often a source is polled."""
    if isinstance(source.interval, Cron):
        return source.interval.cron
    if not isinstance(source.interval, timedelta):
        return source.interval
    seconds = int(source.interval.total_seconds())
    # 90 minutes are not "1 h": what was set is shown in a unit that divides it.
    unit, size = next(
        (u, s) for u, s in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)) if seconds % s == 0
    )
    return f"{seconds // size} {unit}"


def address(source: Source) -> str:
    """Say where a source is, without secrets."""
    if source.private:
        return HIDDEN
    return source.url or source.path or ""
