"""The two outputs of a command: results on standard output, remarks on standard error. Nothing is written to a terminal in another way.

Everything is cleaned here (`ui.sanitize`), because names of files, devices, models, personas and conversations, settings, messages of libraries and
the words of models may all contain escape sequences. `tests/guard/test_one_door.py` finds code that writes past this module.

On a terminal rich draws both; on a pipe they are plain lines. rich is imported when something is first drawn with it.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from voicecli.errors import OutputFailed
from voicecli.ui.jsonlines import is_unicode
from voicecli.ui.sanitize import clean, clean_line, escaped_json, json_text

if TYPE_CHECKING:
    from rich.console import Console

    from voicecli.errors import VoiceCliError


verbose = False
"""Whether the user wants to see where errors were raised; set by `main`."""

BOLD_ON: Final = "\x02"
BOLD_OFF: Final = "\x03"
"""The marks around text that `write` makes bold on a terminal that supports it."""

_ERASE_LINE: Final = "\r\x1b[K"


def write(text: object = "", *, end: str = "\n", stream: TextIO | None = None, flush: bool = False) -> None:
    """Writes text to standard output, cleaned. Line feeds and tabs stay.

    Args:
        text: Any text. The part between `BOLD_ON` and `BOLD_OFF` is bold on a terminal.
        end: Written after the text.
        stream: Used instead of standard output; standard error, for example.
        flush: Whether it is written at once.
    """
    target = sys.stdout if stream is None else stream
    given = str(text)
    on, off = ("\x1b[1m", "\x1b[0m") if BOLD_ON in given and _shows_bold(target) else ("", "")
    plain, *marked = [clean(part, tabs=True) for part in given.replace(BOLD_OFF, BOLD_ON).split(BOLD_ON)]
    styled = [f"{on}{part}{off}" if index % 2 == 0 else part for index, part in enumerate(marked)]
    target.write("".join([plain, *styled]) + end)
    if flush:
        target.flush()


def remark(text: object) -> None:
    """Writes a remark to standard error, cleaned, as one line, so that no name can imitate a line of the program."""
    write(_one_line(text), stream=sys.stderr, flush=True)


def write_json(value: object, *, indent: int | None = None) -> None:
    """Writes `value` to standard output as JSON, without characters that a terminal would interpret."""
    sys.stdout.write(json_text(value, indent=indent, ascii_only=not is_unicode(sys.stdout)) + "\n")
    sys.stdout.flush()


def write_json_text(text: str) -> None:
    """Writes JSON that was made elsewhere to standard output, like `write_json`."""
    sys.stdout.write(escaped_json(text).rstrip("\n") + "\n")
    sys.stdout.flush()


def announce(text: str) -> None:
    """Shows on a terminal what is being done, in a line that the next announcement replaces. An empty text clears it."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        sys.stderr.write(_ERASE_LINE + (f"{clean_line(text)}\r" if text else ""))
        sys.stderr.flush()


def confirm(question: str, *, default: bool = False, abort: bool = False) -> bool:
    """Asks a yes-or-no question on standard error.

    Raises:
        typer.Abort: Nobody answers, or the answer is no and `abort` is true.
    """
    import typer

    return typer.confirm(clean_line(question), default=default, abort=abort, err=True)


def _one_line(text: object) -> str:
    return clean(str(text)).replace("\n", " ")


def _shows_bold(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@functools.cache
def results() -> Console:
    """Returns the console for results: standard output. NO_COLOR and TERM=dumb are respected."""
    from voicecli.app.clean_console import CleanConsole

    return CleanConsole()


def dress(theme: str) -> None:
    """Applies the colours of a conversation from `ui.theme` to standard output."""
    from voicecli.ui.theme import THEMES, ground_of

    results().push_theme(THEMES[ground_of(theme, os.environ)])


@functools.cache
def talk() -> Console:
    """Returns the console for remarks: standard error."""
    from voicecli.app.clean_console import CleanConsole

    return CleanConsole(stderr=True)


def output_error(fault: OSError) -> OutputFailed:
    """Returns the error for standard output that cannot be written."""
    full = fault.errno in {errno.ENOSPC, errno.EDQUOT}
    reason = "the disk is full" if full else fault.strerror or str(fault)
    return OutputFailed(f"Standard output cannot be written: {reason}.", "df -h" if full else "")


def complain(error: VoiceCliError) -> None:
    """Prints an error on standard error: what happened, and how to fix it."""
    lines = [("error", "bold red", error.message)]
    if error.hint:
        lines.append(("hint", "bold cyan", error.hint))
    for word, style, text in lines:
        if sys.stderr.isatty():
            from rich.text import Text

            talk().print(Text.assemble((f"{word}:", style), " ", _one_line(text)))
        else:
            remark(f"{word}: {text}")


def show_places(errors: Sequence[BaseException]) -> None:
    """With `--verbose`, writes where errors were raised that did not end the program."""
    if verbose and errors:
        for error in errors:
            show_traceback(error)


def show_traceback(error: BaseException) -> None:
    """Writes where an error was raised to standard error."""
    import traceback

    write("".join(traceback.format_exception(error)), end="", stream=sys.stderr, flush=True)


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints rows: in columns under headings on a terminal, separated by tabs and without headings on a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            write("\t".join(map(clean_line, row)))
        return
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, heading in enumerate(headings):
        table.add_column(heading, no_wrap=index == 0, overflow="fold")
    for row in rows:
        table.add_row(*(Text(clean_line(cell)) for cell in row))  # cleaned before it is measured and broken into lines
    results().print(table)
