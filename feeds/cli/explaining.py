"""``feeds explain``: what it is called and takes. What it does is in ``work``."""

from __future__ import annotations

import click

from feeds.cli.looking import json_option
from feeds.cli.session import Command, Session, SourceName


@click.command(
    cls=Command,
    short_help="Explain an entry, or when a source is polled.",
    epilog="""
feeds explain https://example.org/post/1     an entry, by its address or id
feeds explain "snow in the valley"           or by words of its title
feeds explain --json tag:example.org,2026:1
feeds explain --cadence radio
feeds explain --cadence radio --json
""",
)
@click.argument("what", metavar="[ID|URL|TITLE]", required=False)
@click.option("--cadence", "name", metavar="NAME", type=SourceName(), help="When a source is polled.")
@json_option
@click.pass_obj
def explain(session: Session, what: str | None, name: str | None, as_json: bool) -> int:
    """Explain an entry: where it came from, what was decided on it, and what became of it in each output.

    It is found by its id, ours or its source's, its address, or words of its title; several are listed, and
    where none is found, titles like it are named and the exit status is 1. What it says of the outputs is
    what `feeds publish` would make of them now. With --cadence: what is expected of a source by hour of the
    week, when it is polled next, and why then.
    """
    if (what is None) == (name is None):
        raise click.UsageError("expected an id, an address or a title, or --cadence with a source")
    if name is not None:
        from feeds.cli.work import cadence

        return cadence.explain(session, name, as_json=as_json)
    from feeds.cli.work import explain as work

    return work.explain(session, what or "", as_json=as_json)
