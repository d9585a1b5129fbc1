"""The two places a command writes to: results on standard output, talk on standard error.

On a terminal both are rich's; on a pipe they are plain lines. rich is imported when something is first drawn with it.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from voicecli.errors import OutputFailed

if TYPE_CHECKING:
    from rich.console import Console

    from voicecli.errors import VoiceCliError


verbose = False
"""Whether the user wants to see where errors came from; set by `main`."""


@functools.cache
def results() -> Console:
    """What a command found out: standard output. NO_COLOR and TERM=dumb are respected."""
    from rich.console import Console

    return Console(highlight=False)


def dress(theme: str) -> None:
    """Gives standard output the colours of a conversation, as `ui.theme` has it."""
    from voicecli.ui.theme import THEMES, ground_of

    results().push_theme(THEMES[ground_of(theme, os.environ)])


@functools.cache
def talk() -> Console:
    """What is worth saying besides: standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def output_error(fault: OSError) -> OutputFailed:
    """What a user is told when standard output cannot be written."""
    full = fault.errno in {errno.ENOSPC, errno.EDQUOT}
    reason = "the disk is full" if full else fault.strerror or str(fault)
    return OutputFailed(f"Standard output cannot be written: {reason}.", "df -h" if full else "")


def complain(error: VoiceCliError) -> None:
    """Prints an error on standard error: what happened, and what to do about it."""
    lines = [("error", "bold red", error.message)]
    if error.hint:
        lines.append(("hint", "bold cyan", error.hint))
    for word, style, text in lines:
        if sys.stderr.isatty():
            from rich.text import Text

            talk().print(Text.assemble((f"{word}:", style), " ", text))
        else:
            print(f"{word}: {text}", file=sys.stderr)


def show_places(errors: Sequence[BaseException]) -> None:
    """Where errors that were survived came from, with `--verbose`."""
    if verbose and errors:
        import traceback

        for error in errors:
            traceback.print_exception(error)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows: in columns under headings on a terminal, separated by tabs and without headings on a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            print("\t".join(row))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, no_wrap=index == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    results().print(table)
