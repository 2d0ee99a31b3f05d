"""``feeds release``: let through what was held back of a source, and publish."""

from __future__ import annotations

from contextlib import closing

from feeds.cli.plain import count
from feeds.cli.session import Session, now
from feeds.cli.show import Screen
from feeds.cli.work.loading import chosen, configuration
from feeds.cli.work.opening import opened
from feeds.cli.work.report import refused, tell_emissions
from feeds.pipeline import Emitter, Verdict
from feeds.store import What


def release(session: Session, names: tuple[str, ...], *, as_json: bool) -> int:
    """Let through what is held back of these sources; publish; give the exit status."""
    config = configuration(session)
    sources = chosen(config, names)
    screen = Screen(session)
    moment = now()
    with closing(opened(config)) as store, store.claim():
        with store.transaction():
            done = {source.name: store.release(source.name) for source in sources}
            if config.keep_documents is not None:
                released = [name for name, number in done.items() if number]
                store.journal.note(What.RELEASED, moment, {"sources": released})
        emissions = Emitter(config, store).emit_all(moment)
    if as_json:
        touched = {Verdict.WRITTEN, Verdict.REMOVED}
        files = [emission.path for emission in emissions if emission.verdict in touched]
        screen.document({"released": done, "files": files})
    else:
        tell_emissions(screen, emissions)
        for name, number in done.items():
            screen.line(f"{name}: {count(number, 'entry') if number else 'nothing was held back'}")
    return int(refused(emissions))
