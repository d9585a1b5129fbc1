"""What the tables of tools in the configuration file share: `[tools.command.NAME]` and `[tools.mcp.NAME]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from voicecli.config.suggest import did_you_mean
from voicecli.errors import ConfigError, UnknownName

T = TypeVar("T")

SHORTEST_LIMIT_S: Final = 0.1
"""The shortest time limit of a tool."""

LONGEST_LIMIT_S: Final = 600.0
"""The longest time limit of a tool."""


class WrongValueError(Exception):
    """A value is wrong. The message is the end of a sentence: "must be …"."""


def read_text(value: object) -> str:
    """Returns a text, which may be empty."""
    if not isinstance(value, str) or "\0" in value:
        raise WrongValueError("must be a text")
    return value


def read_texts(value: object) -> tuple[str, ...]:
    """Returns a list of texts."""
    if not isinstance(value, list):
        raise WrongValueError('must be a list of texts, such as ["one", "two"]')
    return tuple(read_text(each) for each in value)


def read_flag(value: object) -> bool:
    """Returns true or false."""
    if not isinstance(value, bool):
        raise WrongValueError("must be true or false")
    return value


def read_limit(value: object) -> float:
    """Returns a time limit in seconds."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not SHORTEST_LIMIT_S <= value <= LONGEST_LIMIT_S
    ):
        raise WrongValueError(f"must be a number of seconds from {SHORTEST_LIMIT_S} to {LONGEST_LIMIT_S:.0f}")
    return float(value)


def read_tables(
    content: object,
    make: Callable[[str, object], T],
    *,
    most: int,
    none: ConfigError,
    too_many: ConfigError,
) -> tuple[tuple[T, ...], list[ConfigError]]:
    """Reads a table of tables.

    Args:
        content: The table.
        make: Makes an entry from its name and its table; raises `ConfigError`.
        most: The largest number of entries. The others are left out.
        none: The error for what is no table.
        too_many: The error for more entries.

    Returns:
        The entries that are right, and the errors in the others.
    """
    if not isinstance(content, dict):
        return (), [none]
    made, faults = list[T](), list[ConfigError]()
    for name, table in content.items():
        try:
            made.append(make(name, table))
        except ConfigError as error:
            faults.append(error)
    if len(made) > most:
        faults.append(too_many)
    return tuple(made[:most]), faults


def check_name(name: str, pattern: re.Pattern[str], refusal: ConfigError) -> None:
    """Raises `refusal` if `name` does not match, or contains `__`, which separates a server from its tool."""
    if not pattern.fullmatch(name) or "__" in name:
        raise refusal


def read_values(
    table: object, readers: Mapping[str, Callable[[object], object]], *, where: str, place: str, example: str
) -> dict[str, object]:
    """Reads the values of one entry.

    Args:
        table: The entry.
        readers: What reads each key. It raises `WrongValueError`.
        where: The name of the entry, for messages.
        place: The file, for messages.
        example: The hint for what is no table.

    Raises:
        ConfigError: It is no table, or a value is wrong.
        UnknownName: There is no such key.
    """
    if not isinstance(table, dict):
        raise ConfigError(f"{where} must be a table ({place}).", example)
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in readers:
            hint = did_you_mean(key, readers) or f"There are: {', '.join(readers)}"
            raise UnknownName(f"There is no setting {where}.{key} ({place}).", hint)
        try:
            values[key] = readers[key](value)
        except WrongValueError as error:
            raise ConfigError(f"{where}.{key} {error} ({place}).", "voicecli config edit") from None
    return values
