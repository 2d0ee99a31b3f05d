"""The commands that only look: what they are called and take. What they do is in ``work``."""

from __future__ import annotations

import gc

import click

from feeds.cli.session import Command, Session, SourceName

json_option = click.option("--json", "as_json", is_flag=True, help="As one JSON document on stdout.")


@click.command(
    "list",
    cls=Command,
    epilog="""
feeds list
feeds list --tag news
feeds list | cut -f 1        the names: columns of a pipe are separated by tabs
feeds list --json
""",
)
@click.option(
    "--tag", "tags", multiple=True, help="Only sources with this tag; may be repeated (any of them)."
)
@json_option
@click.pass_obj
def list_(session: Session, tags: tuple[str, ...], as_json: bool) -> int:
    """List the sources of config.yaml."""
    from feeds.cli.work import listing

    return listing.list_sources(session, tags=tags, as_json=as_json)


@click.command(
    cls=Command,
    short_help="Show how each source fares.",
    epilog="""
feeds status
feeds status radio agenda
feeds status --failing
feeds status --json
""",
)
@click.argument("names", metavar="[NAME]...", nargs=-1, type=SourceName())
@click.option("--failing", is_flag=True, help="Only sources whose last poll failed.")
@json_option
@click.pass_obj
def status(session: Session, names: tuple[str, ...], failing: bool, as_json: bool) -> int:
    """Show how each source fares: last success, next poll, failures and why."""
    # Of what 10,000 sources take nothing is garbage before the end; to look for it takes a fifth of the time.
    gc.disable()
    try:
        from feeds.cli.work import status as work

        return work.status(session, names=names, failing=failing, as_json=as_json)
    finally:
        gc.enable()


@click.command(
    cls=Command,
    short_help="Check config.yaml, or each source too.",
    epilog="""
feeds check               the file
feeds check --online      and each source
feeds check --fix         write down where sources moved
feeds check --json
""",
)
@click.option("--online", is_flag=True, help="Ask each source too; exit with 1 if one cannot be read.")
@click.option("--fix", is_flag=True, help="Write new addresses of sources that moved for good.")
@json_option
@click.pass_obj
def check(session: Session, online: bool, fix: bool, as_json: bool) -> int:
    """Check config.yaml, and with --online every source; nothing is stored or published.

    Everything that is wrong is told at once, as file:line:column, and the exit status is 2. With --fix,
    sources whose servers said over days that they moved get their new address; comments, names and the rest
    of the file stay.
    """
    from feeds.cli.work import check as work

    return work.check(session, online=online, fix=fix, as_json=as_json)


@click.command(
    cls=Command,
    short_help="Show a source's entries; keep nothing.",
    epilog="""
feeds preview https://example.org/feed.xml
feeds preview radio                    a source of config.yaml
feeds preview saved.xml                a file
feeds preview articles/ --limit 3      a folder of texts
feeds preview radio --json | jq '.entries[].title'
""",
)
@click.argument("what", metavar="URL|NAME|PATH")
@click.option(
    "--limit", type=click.IntRange(min=0), default=10, show_default=True, help="How many entries; 0: all."
)
@json_option
@click.pass_obj
def preview(session: Session, what: str, limit: int, as_json: bool) -> int:
    """Show the entries of a source as a reader would get them; nothing is stored or published."""
    from feeds.cli.work import preview as work

    return work.preview(session, what, limit=limit or None, as_json=as_json)
