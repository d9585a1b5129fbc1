"""A table of a TOML document, whose values are read with the type that they must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")
Word = TypeVar("Word", bound=str)


class Table:
    """A table.

    All methods raise `KeyError` with the key if a value is missing and there is no default, and `TypeError` if it has another type.

    Args:
        content: The table, as `documents.parse_toml` returns it.
    """

    def __init__(self, content: Mapping[str, object]) -> None:
        self._content = content

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def text(self, key: str, default: str | None = None) -> str:
        """Returns a text."""
        return default if default is not None and key not in self else self._value(key, str)

    def word(self, key: str, known: tuple[Word, ...]) -> Word:
        """Returns one of the `known` words. Raises `ValueError` for another."""
        value = self.text(key)
        for word in known:
            if word == value:
                return word
        raise ValueError(f"{value!r} is no {key}")

    def number(self, key: str) -> int:
        """Returns a whole number."""
        return self._value(key, int)

    def flag(self, key: str, *, default: bool) -> bool:
        """Returns true or false."""
        return self._value(key, bool) if key in self else default

    def texts(self, key: str) -> tuple[str, ...]:
        """Returns a list of texts."""
        return tuple(_as(str, each, key) for each in self._value(key, list))

    def table(self, key: str) -> Table:
        """Returns a table in this one."""
        return Table(self._value(key, dict))

    def tables(self, key: str) -> list[Table]:
        """Returns a list of tables; empty if it is missing."""
        return [Table(_as(dict, each, key)) for each in self._value(key, list)] if key in self else []

    def named_tables(self, key: str) -> dict[str, Table]:
        """Returns a table of tables by name; empty if it is missing."""
        if key not in self:
            return {}
        return {str(name): Table(_as(dict, each, key)) for name, each in self._value(key, dict).items()}

    def named_texts(self, key: str) -> dict[str, str]:
        """Returns a table of texts by name; empty if it is missing."""
        if key not in self:
            return {}
        return {str(name): _as(str, each, key) for name, each in self._value(key, dict).items()}

    def _value(self, key: str, kind: type[T]) -> T:
        return _as(kind, self._content[key], key)


def _as(kind: type[T], value: object, key: str) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{key} has another type")
    return value
