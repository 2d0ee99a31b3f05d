"""``feeds run``: hand the objects to the daemon."""

from __future__ import annotations

from contextlib import closing

import structlog

from feeds import daemon
from feeds.cli import logs
from feeds.cli.session import Session, now
from feeds.cli.work.loading import configuration, finish
from feeds.cli.work.opening import opened


def run(session: Session) -> int:
    """Poll and publish until told to stop; give the exit status."""
    config = configuration(session)
    logs.configure(session)
    with closing(opened(config)) as store:
        finish(
            daemon.run(
                config, store, reload=lambda: configuration(session), log=structlog.get_logger(), clock=now
            )
        )
    return 0
