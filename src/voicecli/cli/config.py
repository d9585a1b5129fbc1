"""`voicecli config`: what is set, where it was set, and how to set it."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from typing import Annotated

import typer

app = typer.Typer(help="Settings: show, change and check them.")

SHOW_EPILOG = """Examples:

  voicecli config show                         every setting, its value and where that came from

  voicecli config show --json                  for programs

  VOICECLI_CHAT_LANGUAGE=de voicecli config show
"""
PATH_EPILOG = """Examples:

  $EDITOR "$(voicecli config path)"
"""
SET_EPILOG = """Examples:

  voicecli config set chat.persona robot

  voicecli config set listen.end_silence_ms 800

  voicecli config set audio.microphone ""      back to the system's default
"""
CHECK_EPILOG = """Examples:

  voicecli config check                        ends with 2 when something is wrong
"""


@app.command(epilog=SHOW_EPILOG)
def show(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show every setting, its value and where that came from."""
    from voicecli.cli.console import print_table
    from voicecli.config.load import load

    loaded = load()
    if json:
        record = {
            name: {"value": loaded.value(name), "source": source.kind, "place": source.place}
            for name, source in loaded.sources.items()
        }
        print(jsonlib.dumps(record, ensure_ascii=False, indent=2))
        return
    rows = [(name, _toml(loaded.value(name)), str(source)) for name, source in loaded.sources.items()]
    print_table(("Setting", "Value", "From"), rows)


@app.command(epilog=PATH_EPILOG)
def path() -> None:
    """Print where the configuration file is, whether it is there or not."""
    from voicecli.config.paths import config_file

    print(config_file())


# A negative number is a value that is out of range, not a flag.
@app.command("set", epilog=SET_EPILOG, context_settings={"ignore_unknown_options": True})
def set_(
    key: Annotated[str, typer.Argument(help="Section and name: listen.start_ms.", metavar="KEY")],
    value: Annotated[str, typer.Argument(help="What it is to be.", metavar="VALUE")],
) -> None:
    """Keep a setting in the configuration file; comments and everything else in it stay."""
    from voicecli.config.load import find_setting
    from voicecli.config.write import set_value
    from voicecli.session import personas

    variable = find_setting(key).variable
    if key == "chat.persona":
        personas.load(value)
    kept, file = set_value(key, value)
    print(f"{key} = {_toml(kept)}")
    print(f"written to {file}", file=sys.stderr)
    if os.environ.get(variable):
        print(f"note: {variable} is set, and goes before the file", file=sys.stderr)


@app.command(epilog=CHECK_EPILOG)
def check() -> None:
    """Check the configuration file, the environment and all personas."""
    from voicecli.config.load import load
    from voicecli.session import personas

    loaded = load()
    for name in {loaded.settings.chat.persona, *personas.names()}:
        personas.load(name)
    print(
        f"{loaded.file} is fine." if loaded.file.exists() else f"{loaded.file} is not there; the defaults are in use."
    )


def _toml(value: bool | float | str) -> str:
    """A value as it stands in the file; JSON's texts, numbers and truths are TOML's too."""
    return jsonlib.dumps(value, ensure_ascii=False)
