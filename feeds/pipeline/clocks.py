"""What becomes of what is remembered when the clock was set. ``docs/clock.md`` explains it."""

from __future__ import annotations

from datetime import datetime, timedelta

from feeds import cadence
from feeds.config.schema import Config, Cron
from feeds.store import Store, What

LITTLE = timedelta(seconds=5)
"""A poll may lie so far ahead: a clock that is kept right goes back by less."""
LONG = timedelta(days=7)
"""Entries that were met further ahead than this are put to now; the others come of age by themselves."""


def follow(config: Config, store: Store, jump: timedelta, now: datetime) -> None:
    """Move all polls and due times along with the clock.

    Fixed times (cron) stand on the wall: those that were jumped over come once, at once; those that come
    again, come again.

    Args:
        config: The configuration in force.
        store: Claimed.
        jump: By how much the clock was set; forward is more than zero.
        now: The moment it shows since.

    Raises:
        StoreError: Nothing was moved.
    """
    with store.transaction():
        fixed = _fixed(config, store, now)
        if jump < -LONG:
            _bring_back(config, store, now)
        store.shift(jump)
        store.hasten(fixed)


def go_back(config: Config, store: Store, now: datetime) -> None:
    """Set right at a start what was polled in the future: the clock went back since.

    What was polled at a time still to come counts as if no time had passed since the last poll.

    Raises:
        StoreError: Nothing was moved.
    """
    latest = store.latest_poll()
    if latest is None or latest <= now + LITTLE:
        return
    with store.transaction():
        fixed = _fixed(config, store, now)
        if latest > now + LONG:
            _bring_back(config, store, now)
        store.shift(now - latest, after=now)
        store.hasten(fixed)


def _bring_back(config: Config, store: Store, now: datetime) -> None:
    store.bring_back(now)
    if config.keep_documents is not None:
        store.journal.note(What.BROUGHT_BACK, now)


def _fixed(config: Config, store: Store, now: datetime) -> dict[str, datetime]:
    waits = store.waits()
    return {
        source.name: min(waits[source.name][1], cadence.next_due(source, now))
        for source in config.sources
        if isinstance(source.interval, Cron) and source.name in waits
    }
