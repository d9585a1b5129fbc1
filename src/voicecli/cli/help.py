"""`voicecli help`: the help of the program or of a command."""

from __future__ import annotations

from typing import Annotated

import typer

from voicecli.cli import complete

EPILOG = """Examples:

  voicecli help                                the same as voicecli --help

  voicecli help models get

  man voicecli                                 everything on one page, where the manual is installed
"""


def help(  # noqa: A001 - commands are found by their names
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND]…", help="A command.", autocompletion=complete.commands),
    ] = None,
) -> None:
    """Show the help of the program or of a command."""
    from voicecli.cli.main import main

    raise typer.Exit(main([*(command or []), "--help"]))
