"""`voicecli personas`: lists, shows, copies and edits personas."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import typer

from voicecli.app import console
from voicecli.cli import complete

app = typer.Typer(help="List, show, create and edit personas: who the assistant is.")

LIST_EPILOG = """Examples:

  voicecli personas list

  voicecli chat --persona oracle               use one for a conversation

  voicecli config set chat.persona oracle      use one from now on
"""
SHOW_EPILOG = """Examples:

  voicecli personas show assistant             its file

  voicecli personas show assistant --json      for programs
"""
NEW_EPILOG = """Examples:

  voicecli personas new pirate                 a copy of the assistant, for you to edit

  voicecli personas new butler --like support

  $EDITOR "$(voicecli personas new pirate)"
"""


EDIT_EPILOG = """Examples:

  voicecli personas edit pirate                in $VISUAL or $EDITOR

  voicecli personas edit magic-8-ball          your own version of a built-in one
"""


@app.command("list", epilog=LIST_EPILOG)
def list_personas(json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False) -> None:
    """List all personas: built-in ones and your own."""
    from voicecli.app.console import complain, print_table
    from voicecli.errors import ConfigError
    from voicecli.session import personas

    found = []
    for name in personas.names():
        try:
            found.append(personas.load(name))
        except ConfigError as error:
            # A file that is wrong hides no other persona. `voicecli config check` ends with an error for it.
            complain(error)
    if json:
        console.write_json([dataclasses.asdict(each) for each in found], indent=2)
        return
    rows = [(each.name, each.title, "your own" if each.own else "built-in") for each in found]
    print_table(("Persona", "Who", "From"), rows)


@app.command(epilog=SHOW_EPILOG)
def show(
    name: Annotated[str, typer.Argument(help="The persona.", metavar="NAME", autocompletion=complete.personas)],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print a persona's file."""
    from voicecli.session import personas

    persona = personas.load(name)
    if json:
        console.write_json(dataclasses.asdict(persona), indent=2)
        return
    place, text = personas.file_of(name)
    console.remark(place)
    console.write(text, end="")


@app.command(epilog=NEW_EPILOG)
def new(
    name: Annotated[str, typer.Argument(help="Its name: lower-case letters, digits, - and _.", metavar="NAME")],
    like: Annotated[
        str, typer.Option(metavar="NAME", help="The persona to copy.", autocompletion=complete.personas)
    ] = "assistant",
) -> None:
    """Create a persona of your own, and print the path of its file."""
    from voicecli.session import personas

    console.write(personas.create(name, like=like))
    console.remark(f"Edit it, then: voicecli chat --persona {name}")


@app.command(epilog=EDIT_EPILOG)
def edit(
    name: Annotated[str, typer.Argument(help="The persona.", metavar="NAME", autocompletion=complete.personas)],
) -> None:
    """Open a persona in your editor; it is saved only if it is right.

    A built-in one stays as it is: your own version of it takes its place. A text with an error is kept, and opened again by the next call.
    """
    from voicecli.cli.config_editor import edit_file
    from voicecli.errors import ConfigError
    from voicecli.session import personas

    _, text = personas.file_of(name)
    file = personas.own_file(name)

    def faults(edited: str) -> list[ConfigError]:
        try:
            personas.parse(edited, name=name, place=str(file), own=True)
        except ConfigError as error:
            return [error]
        return []

    edit_file(file, text, beginning=text, faults=faults, again=f"voicecli personas edit {name}")
