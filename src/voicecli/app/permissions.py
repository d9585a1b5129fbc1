"""The user's permanent permissions and prohibitions: a file beside the settings that only the user can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from voicecli.config import paths
from voicecli.errors import ConfigError
from voicecli.tools.permissions import Rule, from_json, to_json

NAME = "permissions.json"


def file() -> Path:
    """Returns the path of the file, whether it exists or not."""
    return paths.config_dir() / NAME


def load() -> tuple[Rule, ...]:
    """Returns the rules; none if there is no file.

    Raises:
        ConfigError: The file cannot be read, or is damaged. Nothing is allowed by it then.
    """
    where = file()
    try:
        return from_json(where.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError(f"{where} cannot be read: {error.strerror}.", f"ls -ld {where}") from error
    except ValueError as error:
        raise ConfigError(f"{where} is damaged.", f"Fix it, or move it away: mv {where} {where}.old") from error


def save(rules: Iterable[Rule]) -> Path:
    """Replaces the rules in the file. Returns the file.

    Raises:
        ConfigError: It cannot be written.
    """
    where = file()
    try:
        paths.private_dir(where.parent)
        handle, name = tempfile.mkstemp(dir=where.parent, prefix=f".{NAME}-")
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            written.write(to_json(rules))
        Path(name).replace(where)
    except OSError as error:
        raise ConfigError(f"{where} cannot be written: {error.strerror}.", f"ls -ld {where.parent}") from error
    return where


def add(rules: Iterable[Rule]) -> None:
    """Adds rules. Raises `ConfigError`."""
    before = load()
    save((*before, *(rule for rule in rules if rule not in before)))
