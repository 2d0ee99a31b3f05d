"""``feeds explain`` and ``feeds plan``: what they are called and take. What they do is in ``work``."""

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


@click.command(
    cls=Command,
    short_help="Show what publishing would change, and why.",
    epilog="""
feeds plan                    after an edit of config.yaml
feeds plan news               only of that output
feeds plan --exit-code        exit with 3 if something would change
feeds plan --json
""",
)
@click.argument("names", metavar="[OUTPUT]...", nargs=-1)
@click.option("--exit-code", is_flag=True, help="Exit with 3 if something would change. Without it: 0.")
@json_option
@click.pass_obj
def plan(session: Session, names: tuple[str, ...], exit_code: bool, as_json: bool) -> int:
    """Show what `feeds publish` would change in each output; nothing is polled, stored or published.

    A line for each entry that would come (+), leave (-) or be another (~), with the rule that does it: the
    filter, the limit, the source that came or left, the setting of the output.
    """
    from feeds.cli.work import plan as work

    return work.show(session, names=names, exit_code=exit_code, as_json=as_json)
