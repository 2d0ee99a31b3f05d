"""The commands that write config.yaml: what they are called and take. What they do is in ``work``."""

from __future__ import annotations

from pathlib import Path

import click

from feeds.cli.session import Command, Session, SourceName

KINDS = ("auto", "feed", "json_feed", "articles", "page", "sitemap")
names_argument = click.argument("names", metavar="NAME...", nargs=-1, required=True, type=SourceName())


@click.command(
    cls=Command,
    short_help="Write a config.yaml to begin with.",
    epilog="""
feeds init             here
feeds init planet/     in a new folder
""",
)
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def init(session: Session, folder: Path) -> int:
    """Write a commented config.yaml to begin with, and an empty output folder.

    Nothing that is there already is overwritten.
    """
    from feeds.cli.work import start

    return start.init(session, folder)


@click.command(
    cls=Command,
    short_help="Add a feed or a folder of texts.",
    epilog="""
feeds add https://example.org/feed.xml
feeds add example.org/blog --yes                   the feed that the page names
feeds add https://example.org/rss --name radio --tag news --tag ch --interval 30m
feeds add 'https://example.org/rss?key=${RADIO_KEY}' --name radio
feeds add articles/ --language de-CH               a folder of texts
feeds add https://town.example/agenda --kind page --entry li.event --field title=h3 --field url=a@href
feeds add https://example.org/sitemap.xml --kind sitemap --match /news/
""",
)
@click.argument("address", metavar="URL")
@click.option("--name", help="What to call it; else made from the address.")
@click.option("--title", help="What readers shall see; else what the feed calls itself.")
@click.option("--tag", "tags", multiple=True, help="A label by which outputs choose; may be repeated.")
@click.option("--interval", metavar="TIME", help="How often to poll: auto, 30m, 2h, 1d ...")
@click.option("--kind", type=click.Choice(KINDS), help="How to read it; else recognised.")
@click.option("--entry", metavar="CSS", help="With --kind page: the selector of each entry.")
@click.option(
    "--field",
    "fields",
    metavar="NAME=CSS",
    multiple=True,
    help="With --kind page: where in an entry a part stands; may be repeated.",
)
@click.option("--match", metavar="REGEX", help="With --kind sitemap: only addresses with this in them.")
@click.option("--language", metavar="TAG", help="Of its entries, like de-CH; else what it says, or detected.")
@click.option("--timezone", metavar="ZONE", help="Of dates without one, like Europe/Zurich.")
@click.option("--no-check", is_flag=True, help="Do not look at it first.")
@click.option("-y", "--yes", is_flag=True, help="Of a web page that names feeds, take the first, unasked.")
@click.pass_obj
def add(
    session: Session, /, address: str, no_check: bool, yes: bool, **settings: str | tuple[str, ...]
) -> int:
    """Look at a feed, or a folder of texts, and add it to config.yaml.

    The file keeps its comments, order and quotes. A web page is searched for the feeds that it names; one
    without a feed can be read by CSS selectors.
    """
    from feeds.cli.work import add as work

    given = {key: value for key, value in settings.items() if value}
    return work.add(session, address, given, check=not no_check, yes=yes)


@click.command(cls=Command, epilog="feeds remove radio")
@names_argument
@click.pass_obj
def remove(session: Session, names: tuple[str, ...]) -> int:
    """Take sources out of config.yaml.

    Their entries leave the outputs with the next `feeds once` or `feeds publish`. The store still knows
    them: a source that is added again under its name does not bring its old entries back as new ones.
    """
    from feeds.cli.work import edit

    return edit.remove(session, names)


@click.command(cls=Command, short_help="Stop polling sources.", epilog="feeds pause radio agenda")
@names_argument
@click.pass_obj
def pause(session: Session, names: tuple[str, ...]) -> int:
    """Stop polling sources; what they brought stays published."""
    from feeds.cli.work import edit

    return edit.pause(session, names)


@click.command(cls=Command, short_help="Poll paused sources again.", epilog="feeds resume radio")
@names_argument
@click.pass_obj
def resume(session: Session, names: tuple[str, ...]) -> int:
    """Poll sources again that were paused, or that said they are gone.

    One that moved is asked again where config.yaml lists it.
    """
    from feeds.cli.work import edit

    return edit.resume(session, names)


class TagCommand(Command):
    """Takes ``-old`` as a tag to remove, where click would see the options -o, -l and -d."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [word for arg in args for word in self.spelled_out(arg)])

    def spelled_out(self, arg: str) -> tuple[str, ...]:
        removal = len(arg) > 2 and arg[0] == "-" and arg[1] != "-" and arg.strip("-v")
        return ("--remove", arg[1:]) if removal else (arg,)


@click.command(
    cls=TagCommand,
    short_help="Add tags to a source, or remove them.",
    epilog="""
feeds tag radio +news +ch -old
feeds tag radio --add news --remove old     the same
feeds tag radio                             show them
""",
)
@click.argument("name", type=SourceName())
@click.argument("changes", metavar="[+TAG|-TAG]...", nargs=-1)
@click.option("--add", "added", metavar="TAG", multiple=True, help="A tag to add; may be repeated.")
@click.option("--remove", "removed", metavar="TAG", multiple=True, help="A tag to remove; may be repeated.")
@click.pass_obj
def tag(
    session: Session, name: str, changes: tuple[str, ...], added: tuple[str, ...], removed: tuple[str, ...]
) -> int:
    """Add tags to a source, remove others, or show those it has."""
    unclear = next((word for word in changes if not word.startswith("+") or word == "+"), None)
    if unclear is not None:
        raise click.UsageError(
            f"{unclear!r} is neither +TAG (to add) nor -TAG (to remove)", click.get_current_context()
        )
    from feeds.cli.work import edit

    return edit.tag(session, name, add=(*(word[1:] for word in changes), *added), remove=removed)
