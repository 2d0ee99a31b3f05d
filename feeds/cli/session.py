"""What every command shares: the global options, how help looks, and the clock.

Light on purpose: ``feeds --version`` and ``--help`` import this, click, and nothing else of weight.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

DEFAULT_CONFIG = "config.yaml"
GLOBAL = ("config_path", "quiet", "verbose", "no_color", "log_json", "data")


class Mistaken(click.ClickException):
    """What was asked for on the command line cannot be: exit status 2, in one line without a usage hint."""

    exit_code = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """The global options of one call.

    Attributes:
        config_path: The configuration file, as the operator wrote it.
        quiet: Only what makes the exit status differ from 0 is said.
        verbose: 0, 1 or 2: how much more is said.
        no_color: Neither colour nor style.
        log_json: Events as JSON lines instead of sentences or key=value.
        data: The folder with the store and output/, if not as the configuration says.
        secrets: Values that must never be shown. The one thing here that grows: reading the configuration
            fills it, and ``main``, which reports what stops the program, has to know them even so.
    """

    config_path: Path = Path(DEFAULT_CONFIG)
    quiet: bool = False
    verbose: int = 0
    no_color: bool = False
    log_json: bool = False
    data: Path | None = None
    secrets: set[str] = field(default_factory=set)

    def with_options(self, given: Mapping[str, Any]) -> Session:
        """Give the session with the options that stood at one place of the command line added."""
        return replace(
            self,
            config_path=given.get("config_path") or self.config_path,
            quiet=bool(given.get("quiet")) or self.quiet,
            verbose=self.verbose + (given.get("verbose") or 0),
            no_color=bool(given.get("no_color")) or self.no_color,
            log_json=bool(given.get("log_json")) or self.log_json,
            data=given.get("data") or self.data,
        )

    def hide(self, text: str) -> str:
        """Give the text without the secrets that the configuration holds."""
        if not self.secrets:
            return text
        from feeds.config.secrets import redact

        return redact(text, frozenset(self.secrets))


def now() -> datetime:
    """Read the clock: the one place in the commands; from here the moment is handed down."""
    return datetime.now(UTC)


def global_options() -> list[click.Parameter]:
    """Make the options that may stand before and after the command's name."""
    return [
        click.Option(
            ["-c", "--config", "config_path"],
            type=click.Path(path_type=Path),
            metavar="PATH",
            help=f"The configuration file (default: {DEFAULT_CONFIG}; or set FEEDS_CONFIG).",
        ),
        click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but what makes the command fail."),
        click.Option(["-v", "--verbose"], count=True, help="Say more; twice for still more."),
        click.Option(["--no-color"], is_flag=True, help="No colour (or set NO_COLOR)."),
        click.Option(["--log-json"], is_flag=True, help="Events on stderr as JSON lines."),
        click.Option(
            ["--data"],
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            metavar="FOLDER",
            help="The store and output/ that `feeds replay` made there, not those of config.yaml.",
        ),
    ]


def write_options(title: str, params: list[click.Parameter], formatter: click.HelpFormatter) -> None:
    # Arguments are named in the usage line and told in the text; click would list them as options.
    options = [param for param in params if isinstance(param, click.Option)]
    rows = [row for option in options if (row := option.get_help_record(click.get_current_context()))]
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


def write_examples(text: str | None, formatter: click.HelpFormatter) -> None:
    """Write the examples as they stand, one a line: click would fill them to a paragraph."""
    if text:
        with formatter.section("Examples"):
            for line in text.strip().splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")


class Command(click.Command):
    """A command that takes the global options too, and whose ``epilog`` is its examples."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own = list(self.params)
        self.params += global_options()

    def invoke(self, ctx: click.Context) -> Any:
        given = {name: ctx.params.pop(name, None) for name in GLOBAL}
        ctx.obj = ctx.ensure_object(Session).with_options(given)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        everywhere = [param for param in self.get_params(ctx) if param not in self.own]
        write_options("Options", self.own, formatter)
        write_options("Options of every command", everywhere, formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        write_examples(self.epilog, formatter)


class Program(click.Group):
    """All commands, in sections, with a suggestion for a mistyped one."""

    command_class = Command

    def __init__(self, *args: Any, sections: Mapping[str, tuple[click.Command, ...]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.params += global_options()
        for param in self.params:
            if param.name == "config_path":
                param.envvar = "FEEDS_CONFIG"
        for commands in sections.values():
            for command in commands:
                self.add_command(command)

    def invoke(self, ctx: click.Context) -> Any:
        given = {name: ctx.params.pop(name, None) for name in GLOBAL}
        ctx.obj = ctx.ensure_object(Session).with_options(given)
        return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1, cutoff=0.65)
            hint = f"did you mean {close[0]!r}?" if close else "`feeds --help` lists them"
            ctx.fail(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in self.commands)
        for title, commands in self.sections.items():
            with formatter.section(title):
                limit = formatter.width - 6 - width
                rows = [
                    (f"{command.name or '':<{width}}", command.get_short_help_str(limit))
                    for command in commands
                ]
                formatter.write_dl(rows)
        write_options("Options", self.get_params(ctx), formatter)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        write_examples(self.epilog, formatter)


class SourceName(click.types.StringParamType):
    """The name of a source; completed from config.yaml, checked where it is used."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from feeds.cli.work.loading import known_names

        del param
        given = ctx.params.get("config_path") or ctx.find_root().params.get("config_path")
        names = known_names(Session().with_options({"config_path": given}))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]
