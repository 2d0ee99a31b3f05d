"""The commands that poll and publish: what they are called and take. What they do is in ``work``."""

from __future__ import annotations

import click

from feeds.cli.session import Command, Session, SourceName

STRICT = "Exit with 1 if a source failed. Without it a source that is down fails nothing: it is tried again."


@click.command(
    cls=Command,
    epilog="""
feeds once                    what is due, then publish
feeds once --all              everything, due or not
feeds once --source radio     only that one, now
feeds once --strict --json    for a program: one JSON document, exit 1 if a source failed
*/15 * * * *  feeds -c /srv/planet/config.yaml once        (crontab)
""",
)
@click.option("--all", "everything", is_flag=True, help="Poll all sources that are not paused, due or not.")
@click.option(
    "--source",
    "names",
    multiple=True,
    type=SourceName(),
    help="Poll this source now, due or not, paused or not; may be repeated.",
)
@click.option("--strict", is_flag=True, help=STRICT)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON document on stdout.")
@click.pass_obj
def once(session: Session, everything: bool, names: tuple[str, ...], strict: bool, as_json: bool) -> int:
    """Poll what is due, publish what changed, and exit.

    On a terminal it shows its progress and what came of it. In a pipe or from cron it says nothing while all
    is well: a source that failed is one line on stderr, silenced by --quiet; -v gives a line for each source.
    """
    from feeds.cli.work import poll

    return poll.once(session, everything=everything, names=names, strict=strict, as_json=as_json)


@click.command(
    cls=Command,
    epilog="""
feeds run                          poll and publish until SIGTERM or ctrl-c
feeds run --log-json 2>> feeds.log
feeds -c /srv/planet/config.yaml run --quiet
""",
)
@click.pass_obj
def run(session: Session) -> int:
    """Poll and publish by the clock until told to stop.

    Events go to stderr, one line each, as key=value or as JSON (--log-json). A changed config.yaml is taken
    up by itself, or at SIGHUP; a wrong one is reported, and the old one stays in force.
    """
    from feeds.cli.work import daemon

    return daemon.run(session)


@click.command(
    cls=Command,
    short_help="Rebuild all outputs, without polling.",
    epilog="""
feeds publish           write output/ anew from what is remembered
feeds publish --json    which files, and whether they changed
""",
)
@click.option("--json", "as_json", is_flag=True, help="Report as one JSON document on stdout.")
@click.pass_obj
def publish(session: Session, as_json: bool) -> int:
    """Rebuild all outputs from the store, without polling anything.

    After a change of filters, titles or formats in config.yaml, or when files in output/ were lost. A file
    whose bytes would be the same is not touched.
    """
    from feeds.cli.work import poll

    return poll.publish(session, as_json=as_json)
