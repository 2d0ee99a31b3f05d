"""``feeds migrate-store``: what it is called and takes. What it does is in ``work``."""

from __future__ import annotations

import click

from feeds.cli.looking import json_option
from feeds.cli.session import Command, Session


@click.command(
    "migrate-store",
    cls=Command,
    short_help="Move the whole store to another database.",
    epilog="""
feeds migrate-store sqlite:///feeds.db postgresql://feeds@host/feeds
feeds migrate-store postgresql://feeds@host/feeds sqlite:///feeds.db
""",
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
@click.pass_obj
def migrate_store(session: Session, source: str, target: str, as_json: bool) -> int:
    """Copy all that is remembered, and the documents that are kept, and compare the two row by row.

    FROM and TO are written as `store:` in config.yaml, a file as seen from there. FROM stays as it is, and is
    held meanwhile, so that no run writes to it. TO has to be new or empty; broken off, the same command goes
    on where it was, and until it is done nothing else opens TO. Then put TO into config.yaml.
    """
    from feeds.cli.work import move as work

    return work.move(session, source, target, as_json=as_json)
