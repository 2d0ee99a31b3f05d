"""The commands: make the objects, call the pipeline, turn an error into an exit status.

Exit status: 0 done; 1 the work could not be done; 2 the command line or config.yaml is wrong; 75 another run
holds the store; 130 interrupted. A source that is down does not fail a run, unless ``--strict`` asks for it.
"""

from __future__ import annotations

import io
import sys
import traceback
from types import MappingProxyType, TracebackType

import click

from feeds import __version__
from feeds.cli import editing, explaining, lists, looking, moving, replaying, retracting, running
from feeds.cli.plain import visible
from feeds.cli.session import Program, Session
from feeds.errors import ConfigError, FeedsError, StoreBusy

DONE, FAILED, WRONG, BUSY, INTERRUPTED = 0, 1, 2, 75, 130
STATUS = MappingProxyType({ConfigError: WRONG, StoreBusy: BUSY, FeedsError: FAILED})  # the first that fits

EXAMPLES = """
feeds init                            write a config.yaml to begin with
feeds add https://example.org/blog    look at a source, and add it
feeds once                            poll what is due, publish to output/
feeds once --quiet                    the same from cron: silent unless it fails
feeds run                             poll and publish for ever
"""


def program() -> Program:
    """Make the command line."""
    return Program(
        name="feeds",
        help="Poll feeds and folders of texts; publish quiet, exact, valid merged feeds.",
        epilog=EXAMPLES,
        context_settings={"help_option_names": ["-h", "--help"]},
        params=[version_option()],
        sections={
            "Begin": (editing.init, editing.add, lists.import_, looking.preview),
            "Poll and publish": (running.once, running.run, running.publish),
            "Look": (
                looking.status,
                looking.list_,
                looking.check,
                explaining.explain,
                explaining.plan,
                replaying.replay,
            ),
            "Change": (
                editing.remove,
                editing.pause,
                editing.resume,
                editing.tag,
                retracting.retract,
                retracting.release,
            ),
            "Connect": (lists.export, moving.migrate_store, lists.schema, lists.completion),
        },
    )


def version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(f"feeds {__version__}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help="Show the version.",
    )


def complain(session: Session, text: str) -> None:
    """Say on stderr what stopped the command, a line for each problem, without secrets."""
    for line in session.hide(text).split("\n"):
        click.echo(f"feeds: {visible(line)}", err=True)


def main(args: list[str] | None = None) -> int:
    """Run the command that ``args`` (default: the process's own) name, and give the exit status."""
    session = Session()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a title that the locale cannot write is no reason to stop
    hide_in_tracebacks(session)
    try:
        status = program().main(args, prog_name="feeds", standalone_mode=False, obj=session)
    except click.UsageError as error:
        usage(session, error)
        return WRONG
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        complain(session, error.format_message())
        return error.exit_code
    except FeedsError as error:
        complain(session, str(error))
        return next(status for kind, status in STATUS.items() if isinstance(error, kind))
    return status if isinstance(status, int) else DONE


def usage(session: Session, error: click.UsageError) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return
    complain(session, error.format_message())
    if error.ctx is not None:
        click.echo(f"{error.ctx.get_usage()}\nTry `{error.ctx.command_path} --help`.", err=True)


def hide_in_tracebacks(session: Session) -> None:
    """See to it that a traceback, should there be one, shows no secret either."""

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(session.hide("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = show
