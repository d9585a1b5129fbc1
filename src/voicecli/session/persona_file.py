"""Reads and checks the values of a persona's file. Errors state the line."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

from voicecli.config.documents import MalformedError, parse_toml
from voicecli.config.suggest import did_you_mean
from voicecli.errors import ConfigError

Range: TypeAlias = tuple[type[int | float], float, float]
"""The type of a number, and its minimum and maximum."""


class PersonaFile:
    """The text of a persona's file.

    Args:
        text: The content of the file.
        name: The name of the persona.
        place: The path of the file, for messages.

    Raises:
        ConfigError: The text is not TOML.
    """

    def __init__(self, text: str, *, name: str, place: str) -> None:
        self._text = text
        self._name = name
        self._place = place
        try:
            self.document = parse_toml(text)
        except MalformedError as error:
            raise self.wrong("", "", f"it is not valid TOML: {error}") from error

    def section(self, section: str, known: Collection[str]) -> dict[str, object]:
        """Removes a section from the document and returns it; empty if it is missing.

        Raises:
            ConfigError: It is not a section, or has an unknown key.
        """
        found = self.document.pop(section, {})
        if not isinstance(found, dict):
            raise self.wrong("", section, f"{section} must be a section, [{section}]")
        self.check_keys(found, known, section)
        return found

    def check_keys(self, given: Mapping[str, object], known: Collection[str], section: str) -> None:
        """Raises `ConfigError` for an unknown key, with the nearest known one."""
        for key in given:
            if key not in known:
                dotted = f"{section}.{key}" if section else key
                hint = did_you_mean(key, known) or f"Keys are {', '.join(known)}."
                place = self._place_of(section, key)
                raise ConfigError(f"The persona {self._name} is wrong: there is no key {dotted} ({place}).", hint)

    def text(self, section: str, key: str, value: object, *, longest: int) -> str:
        """A text of at most `longest` characters, without leading and trailing spaces."""
        if not isinstance(value, str) or len(value) > longest:
            raise self.wrong(section, key, f"{_dotted(section, key)} must be text of at most {longest} characters")
        return value.strip()

    def texts(self, section: str, key: str, value: object, *, most: int, longest: int) -> tuple[str, ...]:
        """A list of at most `most` texts, none of them empty, each of at most `longest` characters."""
        wanted = f"{_dotted(section, key)} must be a list of at most {most} texts of at most {longest} characters"
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(section, key, wanted)
        if not all(isinstance(each, str) and each.strip() and len(each) <= longest for each in value):
            raise self.wrong(section, key, wanted)
        return tuple(each.strip() for each in value)

    def flag(self, section: str, key: str, value: object) -> bool:
        """True or false."""
        if not isinstance(value, bool):
            raise self.wrong(section, key, f"{_dotted(section, key)} must be true or false, not {value!r}")
        return value

    def number(self, section: str, key: str, value: object, allowed: Range) -> int | float:
        """A number in its range."""
        kind, low, high = allowed
        if kind is float and type(value) is int:
            value = float(value)
        if isinstance(value, int | float) and type(value) is kind and math.isfinite(value) and low <= value <= high:
            return value
        words = "a whole number" if kind is int else "a number"
        dotted = _dotted(section, key)
        raise self.wrong(section, key, f"{dotted} must be {words} from {low:g} to {high:g}, not {value!r}")

    def wrong(self, section: str, key: str, what: str) -> ConfigError:
        """The error with this message, the file, and the line of `key`."""
        return ConfigError(
            f"The persona {self._name} is wrong: {what} ({self._place_of(section, key)}).",
            "Compare with one that works: voicecli personas show assistant",
        )

    def _place_of(self, section: str, key: str) -> str:
        line = self._line_of(section, key) if key else 0
        return f"{self._place}, line {line}" if line else self._place

    def _line_of(self, section: str, key: str) -> int:
        """The line that contains `key`, from 1; 0 if it cannot be found."""
        here = ""
        in_text = ""  # the end mark of a multi-line text
        for number, line in enumerate(self._text.splitlines(), 1):
            if in_text:
                in_text = "" if in_text in line else in_text
                continue
            if header := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
                here = header[1]
                if here == key and not section:
                    return number
            elif here == section and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
                return number
            in_text = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), "")
        return 0


def _dotted(section: str, key: str) -> str:
    return f"{section}.{key}" if section else key
