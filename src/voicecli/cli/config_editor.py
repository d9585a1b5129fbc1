"""`voicecli config edit`: the configuration file in the user's editor. It is checked before it replaces the old one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from voicecli.app import console
from voicecli.config import paths
from voicecli.config.load import faults_of, read_file
from voicecli.config.text import read_text
from voicecli.errors import ConfigError

EDITORS = ("sensible-editor", "nano", "vim", "vi", "notepad")
"""Editors to look for if neither VISUAL nor EDITOR is set."""

BEGINNING = """\
# Settings of voicecli. All of them, with their values: voicecli config show
#
# [chat]
# persona = "assistant"
"""


def edit() -> None:
    """Opens the file in an editor, checks it, and writes it if it is right.

    A text with errors is kept next to the file as a draft, which the next call opens.

    Raises:
        ConfigError: There is no editor, it failed, or the text is wrong.
    """
    file = paths.config_file()
    edit_file(
        file,
        read_file(file) or "",
        beginning=BEGINNING,
        faults=lambda text: faults_of(text, file),
        again="voicecli config edit",
    )


def edit_file(
    file: Path, before: str, *, beginning: str, faults: Callable[[str], Sequence[ConfigError]], again: str
) -> None:
    """Does the same with any file.

    Args:
        file: The file; it need not exist.
        before: Its present text; empty if there is none.
        beginning: The text to start with if there is none.
        faults: Finds everything that is wrong with a text.
        again: The command that continues.

    Raises:
        ConfigError: There is no editor, it failed, or the text is wrong.
    """
    draft = file.with_name(f"{file.name}.draft")
    try:
        if not draft.exists():
            paths.write_private(draft, before or beginning)
        else:
            console.remark(f"Opening the draft with errors: {draft}")
        _edit_until_right(draft, file, {before, beginning}, faults, again)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", f"ls -ld {file.parent}") from error


def _edit_until_right(
    draft: Path,
    file: Path,
    unchanged: Collection[str],
    faults_in: Callable[[str], Sequence[ConfigError]],
    again: str,
) -> None:
    while True:
        try:
            _run_editor(draft)
        except ConfigError:
            if read_text(draft) in unchanged:
                draft.unlink()
            raise
        text = read_text(draft)
        if text in unchanged:
            draft.unlink()
            console.write(f"{file} is unchanged." if file.exists() else "Nothing was changed.")
            return
        faults = faults_in(text)
        if not faults:
            paths.write_private(file, text)
            draft.unlink()
            console.write(f"Saved to {file}.")
            return
        for fault in faults:
            console.complain(ConfigError(fault.message.replace(str(file), "the text"), fault.hint))
        if not (sys.stdin.isatty() and console.confirm("Edit again?", default=True)):
            raise ConfigError(
                f"The new text has errors, so {file} is unchanged. The text is kept in {draft}.",
                f"To continue editing it: {again}",
            )


def _run_editor(path: Path) -> None:
    command = _editor()
    try:
        code = subprocess.run([*command, str(path)], check=False).returncode
    except OSError as error:
        raise ConfigError(
            f"The editor {command[0]} cannot be started: {error.strerror}.", "Set VISUAL or EDITOR to another one."
        ) from error
    if code != 0:
        raise ConfigError(f"The editor {command[0]} ended with exit code {code}, so nothing was changed.", "")


def _editor() -> list[str]:
    for variable in ("VISUAL", "EDITOR"):
        if named := shlex.split(os.environ.get(variable, "")):
            return named
    for name in EDITORS:
        if found := shutil.which(name):
            return [found]
    raise ConfigError("There is no editor.", "Set VISUAL or EDITOR to one, such as: EDITOR=nano voicecli config edit")
