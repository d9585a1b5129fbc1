"""Reads TOML and JSON that others may have written, with a limit of size before anything is read, and one exception for all that can be wrong."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
"""What a JSON document holds."""

MOST_TOML_CHARS: Final = 1_000_000
DEEPEST: Final = 100
"""How deep tables and lists may be nested. The deepest right document has a dozen levels, and whatever goes through one later calls itself."""

LARGEST: Final = 1 << 63
MOST_JSON_BYTES: Final = 4 << 20
"""The largest description of a voice has 0.1 MB, with the names of 900 speakers."""


class MalformedError(ValueError):
    """The text is not what it should be. The message is a clause that can follow a colon."""


class TooLargeError(OSError):
    """The file is larger than any right one."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(None, f"it is larger than {most_bytes >> 20} MB")


def read_bounded(file: Path | Traversable, most_bytes: int) -> bytes:
    """Returns the content of a file. Not more than `most_bytes` are read, whatever the system says of its size.

    Raises:
        TooLargeError: It is larger.
        OSError: It cannot be read.
    """
    with file.open("rb") as opened:
        data: bytes = opened.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise TooLargeError(most_bytes)
    return data


def parse_toml(text: str) -> dict[str, object]:
    """Returns the content of a TOML document.

    Raises:
        MalformedError: It is not TOML, too large, nested too deeply, or has a number that is too long.
    """
    if len(text) > MOST_TOML_CHARS:
        raise MalformedError(f"it has more than {MOST_TOML_CHARS} characters")
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MalformedError(str(error)) from error
    except RecursionError as error:
        raise MalformedError("it is nested too deeply") from error
    except (ValueError, OverflowError) as error:  # Python converts no more than 4,300 digits
        raise MalformedError("it has a number that is too long") from error
    if is_deep(document):  # the names of tables can be long without being nested: [a.a.a.a]
        raise MalformedError("it is nested too deeply")
    if not all(-LARGEST <= number < LARGEST for number in _whole_numbers(document)):
        raise MalformedError("it has a number that is too long")  # TOML's numbers have 64 bits
    return document


def is_deep(document: object) -> bool:
    """Whether a document is nested more deeply than `DEEPEST`."""
    level = [document]
    for _ in range(DEEPEST + 1):
        level = [each for outer in level for each in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _whole_numbers(document: object) -> Iterator[int]:
    """Yields all whole numbers of a document."""
    left: list[object] = [document]
    while left:
        value = left.pop()
        if isinstance(value, int):
            yield value
        left += _inside(value)


def parse_json(text: str | bytes) -> Json:
    """Returns the content of a JSON document (UTF-8, with or without a byte order mark).

    Raises:
        MalformedError: It is not JSON, too large, nested too deeply, or has a number that is too long.
    """
    if len(text) > MOST_JSON_BYTES:
        raise MalformedError("it is too large")
    try:
        read = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        document: Json = json.loads(read)
    except RecursionError as error:
        raise MalformedError("it is nested too deeply") from error
    except ValueError as error:
        raise MalformedError(str(error)) from error
    if read.count("[") + read.count("{") > DEEPEST and is_deep(document):
        raise MalformedError("it is nested too deeply")
    return document


def read_json(file: Path) -> Json:
    """Returns the content of a JSON file.

    Raises:
        MalformedError: It is not JSON, too large, nested too deeply, or has a number that is too long.
        OSError: It cannot be read.
    """
    try:
        return parse_json(read_bounded(file, MOST_JSON_BYTES))
    except TooLargeError as error:
        raise MalformedError(str(error.strerror)) from error


def value_at(document: Json, *path: str) -> Json:
    """Returns the value under the keys `path`, each of which names a member of the object before.

    Raises:
        LookupError: A member is missing.
        TypeError: The document, or a value on the way, is no object.
    """
    for key in path:
        if not isinstance(document, dict):
            raise TypeError(f"no object holds {key}")
        document = document[key]
    return document


def build(kind: Callable[..., T], values: Mapping[str, object]) -> T:
    """Returns `kind(**values)`. Each value has been checked against the field of its name before: no type checker does it here."""
    return kind(**values)
