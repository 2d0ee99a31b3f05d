"""``feeds remove``, ``pause``, ``resume``, ``tag``: config.yaml is changed, and keeps its looks."""

from __future__ import annotations

import os
from contextlib import closing

from feeds.cli.session import Mistaken, Session
from feeds.cli.show import Screen
from feeds.cli.work.loading import chosen, configuration
from feeds.cli.work.opening import opened
from feeds.config import edit


def remove(session: Session, wanted: tuple[str, ...]) -> int:
    """Take sources out of config.yaml; none if one of the names is wrong."""
    for source in chosen(configuration(session), wanted):
        edit.remove_source(session.config_path, source.name, os.environ)
        Screen(session).line(f"Removed {source.name}")
    return 0


def pause(session: Session, wanted: tuple[str, ...]) -> int:
    """Pause sources."""
    for source in chosen(configuration(session), wanted):
        if not source.paused:
            edit.set_paused(session.config_path, source.name, True, os.environ)
        Screen(session).line(f"{source.name} is paused{' already' if source.paused else ''}")
    return 0


def resume(session: Session, wanted: tuple[str, ...]) -> int:
    """Poll sources again: paused ones, those that ended, those that moved where they are listed."""
    config = configuration(session)
    sources = chosen(config, wanted)
    with closing(opened(config)) as store:
        states = store.states([source.name for source in sources])
        for source in sources:
            state = states.get(source.name)
            if state is not None and (state.trust.ended or state.trust.address):
                store.resume(source.name)
                again = "asked again where it is listed" if state.trust.address else "polled again"
                Screen(session).line(f"{source.name} is {again}")
            elif not source.paused:
                Screen(session).line(f"{source.name} is not paused")
            if source.paused:
                edit.set_paused(session.config_path, source.name, False, os.environ)
                Screen(session).line(f"{source.name} is polled again")
    return 0


def tag(session: Session, name: str, *, add: tuple[str, ...], remove: tuple[str, ...]) -> int:
    """Change the tags of a source, and show those it then has.

    Raises:
        Mistaken: A tag that is to be removed is not there.
    """
    (source,) = chosen(configuration(session), (name,))
    missing = [word for word in remove if word not in source.tags]
    if missing:
        has = ", ".join(source.tags) or "none"
        raise Mistaken(f"{name} has no tag {missing[0]!r}; it has {has}")
    if add or remove:
        edit.set_tags(session.config_path, name, add, remove, os.environ)
        (source,) = chosen(configuration(session), (name,))
    Screen(session).line(f"{name}: {', '.join(source.tags) or 'no tags'}")
    return 0
