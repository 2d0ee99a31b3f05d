"""``feeds replay``: what it is called and takes. What it does is in ``work``."""

from __future__ import annotations

from pathlib import Path

import click

from feeds.cli.looking import json_option
from feeds.cli.session import Command, Session


@click.command(
    cls=Command,
    short_help="Read again what was kept, into another folder.",
    epilog="""
feeds replay --into /tmp/then                      all that is kept
feeds replay --since 2d --into /tmp/then           of the last two days
feeds replay --since 2026-11-20 --until 2026-11-21T12:00 --into /tmp/then
feeds --data /tmp/then explain "snow in the valley"
""",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="FOLDER",
    help="A new or empty folder, for a store and output/ of its own.",
)
@click.option("--since", metavar="WHEN", help="From then on: a day, a moment, or how long ago (2d).")
@click.option("--until", metavar="WHEN", help="To then.")
@json_option
@click.pass_obj
def replay(session: Session, into: Path, since: str | None, until: str | None, as_json: bool) -> int:
    """Read the documents that keep_documents has kept once more, with config.yaml as it is now, and publish.

    Nothing is asked of any server, and neither the store nor output/ are touched: all goes into FOLDER. Each
    document comes at the time at which it came, so the same configuration gives the same files. A document
    that cannot be read is told, and the others go on.
    """
    from feeds.cli.work import replay as work

    return work.replay(session, into, since=since, until=until, as_json=as_json)
