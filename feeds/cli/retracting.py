"""``feeds retract`` and ``feeds release``: what they are called and take. What they do is in ``work``."""

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


@click.command(
    cls=Command,
    short_help="Let through what was held back as a flood.",
    epilog="""
feeds release radio
feeds explain https://radio.example/2019/old-post
""",
)
@click.argument("names", metavar="SOURCE...", nargs=-1, required=True)
@json_option
@click.pass_obj
def release(session: Session, names: tuple[str, ...], as_json: bool) -> int:
    """Let entries into the outputs that came at once and could not be new, and publish.

    feeds status tells of which sources entries are held back, feeds explain why. Each takes the place of its
    own date. A source of which nothing shall ever be held back has flood: pass in config.yaml.
    """
    from feeds.cli.work import release as work

    return work.release(session, names, as_json=as_json)
