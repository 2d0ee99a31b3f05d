"""What only a terminal gets: colours, tables, boxes, a progress bar. The only room that knows rich.

It is imported when something is to be drawn: under cron nothing is, and rich takes its time to start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from feeds.cli.session import Session

HEADING, QUIET = "bold", "dim"
NUMBERS = frozenset({"Entries", "Failures"})
"""Headings of columns that stand to the right."""


def console(stream: TextIO, session: Session) -> Console:
    """Give what draws on a stream."""
    # None, not False: rich then looks at NO_COLOR itself.
    no_color = True if session.no_color else None
    return Console(file=stream, no_color=no_color, highlight=False, markup=False, emoji=False)


def line(console: Console, text: str, style: str) -> None:
    console.print(Text(text, style=style), soft_wrap=True)


def table(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str]
) -> None:
    """Draw rows under headings; as in ``Screen.table``."""
    drawn = Table(box=None, pad_edge=False, header_style=HEADING)
    for place, column in enumerate(columns):
        numbers = column in NUMBERS
        drawn.add_column(column, overflow="fold", no_wrap=place == 0, justify="right" if numbers else "left")
    for place, row in enumerate(rows):
        drawn.add_row(*(Text(cell) for cell in row), style=styles[place] if styles else "")
    console.print(drawn)


def panel(console: Console, title: str, lines: Sequence[tuple[str, str]], foot: str) -> None:
    """Draw a box with a heading."""
    console.print(
        Panel(
            Text("\n").join(Text(text, style=style) for text, style in lines),
            title=Text(title, style=HEADING),
            title_align="left",
            subtitle=Text(foot, style=QUIET) if foot else None,
            subtitle_align="left",
        )
    )


@contextmanager
def progress(console: Console, label: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar; none on a terminal that cannot. What is given is called as each one is done."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[word]}", style=QUIET, markup=False),
    )
    # Transient: what stays on the screen is what came of it, not how long it took.
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total, word="")
        yield lambda word: bar.update(task, advance=1, word=word)
