"""What people see: tables, panels and a progress bar on a terminal, plain lines in a pipe, JSON for programs.

What only a terminal gets is in ``drawing``, which is imported there and nowhere else.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import click

from feeds.cli.plain import json_text, visible, visible_lines
from feeds.cli.session import Session

GOOD, BAD, DIM, STRONG = "green", "red", "dim", "bold"


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
            # At once: to write a line takes longer than to make it.
            if cells:
                click.echo("\n".join("\t".join(row) for row in cells))
            return
        from feeds.cli import drawing

        drawing.table(drawing.console(sys.stdout, self.session), columns, cells, styles)

    def panel(self, title: str, lines: Sequence[tuple[str, str]], foot: str = "") -> None:
        """Draw a box with a heading, for a terminal; each line with its style."""
        from feeds.cli import drawing

        shown = [(visible(line), style) for line, style in lines]
        drawing.panel(drawing.console(sys.stdout, self.session), visible(title), shown, visible(foot))

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[str], None]]:
        """Show a bar on stderr while something long goes on, if stderr is a terminal.

        Yields:
            What to call with a word each time one of ``total`` is done.
        """
        if self.session.quiet or total == 0 or not sys.stderr.isatty():
            yield lambda _: None
            return
        from feeds.cli import drawing

        console = drawing.console(sys.stderr, self.session)
        with drawing.progress(console, label, total) as advance:
            yield lambda word: advance(visible(self.session.hide(word)))

    def _write(self, stream: TextIO, text: str, style: str) -> None:
        if stream.isatty() and style:
            from feeds.cli import drawing

            drawing.line(drawing.console(stream, self.session), text, style)
        else:
            click.echo(text, file=stream)
