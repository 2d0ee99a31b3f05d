"""The commands that connect to other programs: what they are called and take. What they do is in ``work``."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from feeds.cli.session import Command, Session

SHELLS = ("bash", "zsh", "fish")


@click.command(
    "import",
    cls=Command,
    short_help="Add the sources of an OPML list.",
    epilog="""
feeds import subscriptions.opml
feeds import --dry-run subscriptions.opml
feeds import --own my-export.opml          with its folders of texts and ${NAME}
curl -s https://example.org/list.opml | feeds import -
""",
)
@click.argument("file", type=click.File("rb"))
@click.option("--own", is_flag=True, help="The list is yours: take sources with a path or ${NAME} too.")
@click.option("--dry-run", is_flag=True, help="Only show what would be added.")
@click.pass_obj
def import_(session: Session, file: BinaryIO, own: bool, dry_run: bool) -> int:
    """Add the sources of an OPML list to config.yaml, its folders as tags.

    Sources whose address is listed already are left as they are. What cannot be taken is told, and the exit
    status is 1; the rest is added. A list from elsewhere must not name folders or variables of this machine.
    """
    from feeds.cli.work import exchange

    name = Path(str(getattr(file, "name", "stdin"))).name  # not every stream has a name
    return exchange.import_(session, file.read(), name, own=own, dry_run=dry_run)


@click.command(
    cls=Command,
    short_help="Write the sources as OPML.",
    epilog="""
feeds export > sources.opml
feeds export sources.opml
""",
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(session: Session, file: Path | None) -> int:
    """Write the sources as OPML, to stdout or a file, for other readers and for `feeds import`.

    Tags become folders; what only this program knows goes along, so that it survives the round trip.
    """
    from feeds.cli.work import exchange

    return exchange.export(session, file)


@click.command(
    cls=Command,
    short_help="Print the JSON Schema of config.yaml.",
    epilog="""
feeds schema > feeds.schema.json
# and as the first line of config.yaml:
# yaml-language-server: $schema=feeds.schema.json
""",
)
def schema() -> int:
    """Print the JSON Schema of config.yaml, from which editors complete and check."""
    from feeds.cli.work import exchange

    return exchange.schema()


@click.command(
    cls=Command,
    short_help="Print what makes a shell complete.",
    epilog="""
bash:  echo 'eval "$(feeds completion bash)"' >> ~/.bashrc
zsh:   echo 'eval "$(feeds completion zsh)"' >> ~/.zshrc
fish:  feeds completion fish > ~/.config/fish/completions/feeds.fish
""",
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print what makes a shell complete commands, options and names of sources.

    The same as click's own way, `_FEEDS_COMPLETE=bash_source feeds`.
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.ClickException(f"no completion is known for {shell}")
    click.echo(found(ctx.find_root().command, {}, "feeds", "_FEEDS_COMPLETE").source())
    return 0
