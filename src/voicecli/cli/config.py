"""`voicecli config`: shows, changes and checks settings."""

from __future__ import annotations

import json as jsonlib
import os
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from voicecli.app import console
from voicecli.cli import complete

if TYPE_CHECKING:
    from voicecli.config.write import Written

app = typer.Typer(help="Show, change and check settings.")

SHOW_EPILOG = """Examples:

  voicecli config show                         every setting, its value and where it comes from

  voicecli config show --json                  for programs

  VOICECLI_CHAT_LANGUAGE=de voicecli config show
"""
GET_EPILOG = """Examples:

  voicecli config get listen.end_silence_ms    the value that is in force, wherever it comes from
"""
PATH_EPILOG = """Examples:

  cp "$(voicecli config path)" backup.toml
"""
UNSET_EPILOG = """Examples:

  voicecli config unset listen.end_silence_ms  back to the default
"""
EDIT_EPILOG = """Examples:

  voicecli config edit                         in $VISUAL or $EDITOR

  EDITOR="code --wait" voicecli config edit
"""
SET_EPILOG = """Examples:

  voicecli config set chat.persona robot

  voicecli config set listen.end_silence_ms 800

  voicecli config set audio.microphone ""      the system's own choice
"""
CHECK_EPILOG = """Examples:

  voicecli config check                        all errors, with their lines; exit code 2 if there are any
"""


Key: TypeAlias = Annotated[
    str,
    typer.Argument(help="Section and name: listen.start_ms.", metavar="KEY", autocompletion=complete.settings),
]


@app.command(epilog=SHOW_EPILOG)
def show(json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show every setting, its value and where it comes from."""
    from voicecli.app.console import print_table
    from voicecli.config.load import load

    loaded = load()
    if json:
        record = {
            name: {"value": loaded.value(name), "source": source.kind, "place": source.place}
            for name, source in loaded.sources.items()
        }
        console.write_json(record, indent=2)
        return
    rows = [(name, _toml(loaded.value(name)), str(source)) for name, source in loaded.sources.items()]
    print_table(("Setting", "Value", "From"), rows)


@app.command(epilog=PATH_EPILOG)
def path() -> None:
    """Print the path of the configuration file, which need not exist."""
    from voicecli.config.paths import config_file

    console.write(config_file())


@app.command(epilog=GET_EPILOG)
def get(key: Key) -> None:
    """Print the value of a setting."""
    from voicecli.config.load import examine, find_setting

    find_setting(key)
    loaded, faults = examine()
    for fault in faults:  # a fault in another setting does not prevent an answer
        if key in fault.message or "TOML" in fault.message:
            raise fault
    value = loaded.value(key)
    console.write(value if isinstance(value, str) else _toml(value))


# A negative number is a value that is out of range, not a flag.
@app.command("set", epilog=SET_EPILOG, context_settings={"ignore_unknown_options": True})
def set_(
    key: Key,
    value: Annotated[str, typer.Argument(help="The new value.", metavar="VALUE", autocompletion=complete.values)],
) -> None:
    """Write a setting to the configuration file. Comments and everything else in it stay."""
    from voicecli.config.write import set_value
    from voicecli.session import personas

    if key == "chat.persona":
        personas.load(value)
    _tell(key, set_value(key, value))


@app.command(epilog=UNSET_EPILOG)
def unset(key: Key) -> None:
    """Remove a setting from the configuration file, so that its default is used again."""
    from voicecli.config.write import unset_value

    _tell(key, unset_value(key))


@app.command(epilog=EDIT_EPILOG)
def edit() -> None:
    """Open the configuration file in your editor; it is saved only if it is right.

    A text with an error is kept, and opened again by the next call.
    """
    from voicecli.cli import config_editor

    config_editor.edit()


@app.command(epilog=CHECK_EPILOG)
def check() -> None:
    """Check the configuration file, the environment and all personas."""
    from voicecli.app.console import complain
    from voicecli.config.load import examine
    from voicecli.errors import ConfigError
    from voicecli.session import personas

    loaded, faults = examine()
    for name in sorted({loaded.settings.chat.persona, *personas.names()}):
        try:
            personas.load(name)
        except ConfigError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    for fault in faults:
        complain(fault)
    if faults:
        raise ConfigError(f"There are {len(faults)} errors.", "Fix them: voicecli config edit")
    console.write(
        f"{loaded.file} has no errors."
        if loaded.file.exists()
        else f"{loaded.file} does not exist, so the defaults are used."
    )


def _tell(key: str, written: Written) -> None:
    """Reports the result of a change, and anything about it that may surprise."""
    from voicecli.config.load import find_setting

    setting = find_setting(key)
    if written.value is not None:
        console.write(f"{key} = {_toml(written.value)}")
    else:
        console.write(f"{key} = {_toml(setting.default)} (default)")
    console.remark(f"Saved to {written.file}" if written.changed else f"{written.file} is unchanged")
    for fault in written.faults:
        console.remark(f"note: {fault.message}")
    if os.environ.get(setting.variable):
        console.remark(f"note: the environment variable {setting.variable} overrides the file")


def _toml(value: bool | float | str) -> str:
    """Returns a value as it is written in the file. Strings, numbers and truth values of JSON are also TOML."""
    return jsonlib.dumps(value, ensure_ascii=False)
