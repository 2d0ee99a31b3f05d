"""``feeds retract``: what it is called and takes. What it does is in ``work``."""

from __future__ import annotations

import click

from feeds.cli.looking import json_option
from feeds.cli.session import Command, Session


@click.command(
    cls=Command,
    short_help="Withdraw an entry from everything published.",
    epilog="""
feeds retract https://blog.example/2026/10/oops
feeds retract tag:blog.example,2026:17 --reason "withdrawn by its author"
feeds retract https://blog.example/2026/10/oops --undo
""",
)
@click.argument("entry", metavar="ID|URL")
@click.option("--reason", metavar="TEXT", help="Told to readers, in the tombstone.")
@click.option("--undo", is_flag=True, help="Put it back, under the same id.")
@json_option
@click.pass_obj
def retract(session: Session, entry: str, reason: str | None, undo: bool, as_json: bool) -> int:
    """Withdraw an entry: it leaves every output and archive page at once, and never comes back by itself.

    A tombstone (RFC 6721) stands in the Atom outputs for 90 days, so that readers take it back too. Until
    then its text can be put back with --undo.
    """
    from feeds.cli.work import retract as work

    return work.retract(session, entry, reason=reason, undo=undo, as_json=as_json)
