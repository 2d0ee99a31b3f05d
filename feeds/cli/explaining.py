"""``feeds explain``: what it is called and takes. What it does is in ``work``."""

from __future__ import annotations

import click

from feeds.cli.looking import json_option
from feeds.cli.session import Command, Session, SourceName


@click.command(
    cls=Command,
    short_help="Explain when a source is polled.",
    epilog="""
feeds explain --cadence radio
feeds explain --cadence radio --json
""",
)
@click.option(
    "--cadence", "name", metavar="NAME", type=SourceName(), required=True, help="When a source is polled."
)
@json_option
@click.pass_obj
def explain(session: Session, name: str, as_json: bool) -> int:
    """Explain what is expected of a source by hour of the week, when it is polled next, and why then."""
    from feeds.cli.work import cadence

    return cadence.explain(session, name, as_json=as_json)
