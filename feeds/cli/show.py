"""What people see: tables, panels and a progress bar on a terminal, plain lines in a pipe, JSON for programs.

The only room that knows rich.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import click
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from feeds.cli.plain import json_text, visible, visible_lines
from feeds.cli.session import Session

GOOD, BAD, DIM, STRONG = "green", "red", "dim", "bold"
NUMBERS = frozenset({"Entries", "Failures"})
"""Headings of columns that stand to the right."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Where a command writes. Everything that goes through it is harmless and without secrets."""

    session: Session

    @property
    def terminal(self) -> bool:
        """Whether a person sees what goes to stdout."""
        return sys.stdout.isatty()

    def line(self, text: str, style: str = "") -> None:
        """Write one line to stdout, unless the session is quiet."""
        if not self.session.quiet:
            self._write(sys.stdout, visible(self.session.hide(text)), style)

    def lines(self, text: str) -> None:
        """Write a text of several lines to stdout: what was asked for, quiet or not."""
        click.echo(visible_lines(self.session.hide(text)))

    def warn(self, text: str) -> None:
        """Write one line to stderr, unless the session is quiet."""
        if not self.session.quiet:
            self.fail(text)

    def fail(self, text: str) -> None:
        """Write one line to stderr, even if the session is quiet."""
        self._write(sys.stderr, visible(self.session.hide(f"feeds: {text}")), "")

    def trace(self, error: BaseException) -> None:
        """Write a traceback to stderr, even if the session is quiet: whoever mends the program needs it."""
        text = self.session.hide("".join(traceback.format_exception(error)))
        click.echo(visible_lines(text), err=True)

    def document(self, value: object) -> None:
        """Write the one JSON document of a ``--json`` to stdout."""
        click.echo(json_text(value, self.session.hide))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str] = ()
    ) -> None:
        """Write rows: a table on a terminal; in a pipe a line each, tabs between the columns, no heading.

        Args:
            columns: Headings.
            rows: As many texts each as there are columns.
            styles: Of each row on a terminal; as many as there are rows, or none.
        """
        cells = [[visible(self.session.hide(cell)) for cell in row] for row in rows]
        if not self.terminal:
            for row in cells:
                click.echo("\t".join(row))
            return
        table = Table(box=None, pad_edge=False, header_style=STRONG)
        for place, column in enumerate(columns):
            numbers = column in NUMBERS
            table.add_column(
                column, overflow="fold", no_wrap=place == 0, justify="right" if numbers else "left"
            )
        for place, row in enumerate(cells):
            table.add_row(*(Text(cell) for cell in row), style=styles[place] if styles else "")
        self.draw(table)

    def panel(self, title: str, body: Text, foot: str = "") -> None:
        """Draw a box with a heading, for a terminal."""
        self.draw(
            Panel(
                body,
                title=Text(visible(title), style=STRONG),
                title_align="left",
                subtitle=Text(visible(foot), style=DIM) if foot else None,
                subtitle_align="left",
            )
        )

    def draw(self, what: RenderableType) -> None:
        self._console(sys.stdout).print(what)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[str], None]]:
        """Show a bar on stderr while something long goes on, if stderr is a terminal.

        Yields:
            What to call with a word each time one of ``total`` is done.
        """
        if self.session.quiet or total == 0 or not self._live(sys.stderr):
            yield lambda _: None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[word]}", style=DIM, markup=False),
        )
        # Transient: what stays on the screen is what came of it, not how long it took.
        with Progress(*columns, console=self._console(sys.stderr), transient=True) as bar:
            task = bar.add_task(label, total=total, word="")
            yield lambda word: bar.update(task, advance=1, word=visible(self.session.hide(word)))

    def _live(self, stream: TextIO) -> bool:
        console = self._console(stream)
        return console.is_terminal and not console.is_dumb_terminal

    def _write(self, stream: TextIO, text: str, style: str) -> None:
        if stream.isatty() and style:
            self._console(stream).print(Text(text, style=style), soft_wrap=True)
        else:
            click.echo(text, file=stream)

    def _console(self, stream: TextIO) -> Console:
        # None, not False: rich then looks at NO_COLOR itself.
        no_color = True if self.session.no_color else None
        return Console(file=stream, no_color=no_color, highlight=False, markup=False, emoji=False)
