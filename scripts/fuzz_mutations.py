"""Changes inputs for `fuzz.py`: bytes, and the values in JSON and TOML, so that what comes out can still be parsed."""

from __future__ import annotations

import datetime as dt
import json
import random
import tomllib
from collections.abc import Sequence
from typing import Any, Final

LONGEST: Final = 64 << 10
"""Bytes of an input."""

STRANGE: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**400), 0.5, 1e308, -1e308, float("nan"), float("inf")),
    *(
        "",
        " ",
        "a",
        "type",
        "\x1b[31m\x9b2J",
        "\u202eevil",
        "\ud800",
        "\0",
        "a\nb",
        "9" * 4400,
        "x" * 5000,
        "{a}",
        "-x",
        "../x",
    ),
    *([], {}, [[1]], [None], [{}], ["a", ["b"]], {"a": {}}, {"": []}, {"type": ["string", ["x"]]}, {"$ref": "#"}),
)
"""Values that are put in the place of others."""

DATES: Final = (dt.date(1979, 5, 27), dt.datetime(1979, 5, 27, 7, 32, tzinfo=dt.UTC), dt.time(7, 32))
"""Values that only TOML has."""


class Mutator:
    """Changes inputs. The same seed makes the same changes.

    Args:
        chance: The random numbers.
        words: Pieces that are inserted.
        shape: What the inputs are (`Harness.shape`). Half of the changes keep it.
    """

    def __init__(self, chance: random.Random, words: Sequence[bytes], shape: str = "") -> None:
        self._chance = chance
        self._words = words
        self._shape = shape

    def mutate(self, data: bytes, others: Sequence[bytes]) -> bytes:
        """Returns `data` after one to eight changes."""
        if self._shape and self._chance.random() < 0.5 and (kept := self._in_shape(data)) is not None:  # noqa: PLR2004 - half
            return kept[:LONGEST]
        made = bytearray(data)
        for _ in range(1 << self._chance.randrange(4)):
            self._change(made, others)
        return bytes(made[:LONGEST])

    def _change(self, made: bytearray, others: Sequence[bytes]) -> None:
        chance = self._chance
        at = chance.randrange(len(made) + 1)
        length = min(len(made) - at, 1 << chance.randrange(8))
        match chance.randrange(11):
            case 0 if made:
                made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
            case 1:
                made[at : at + 1] = bytes([chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))])
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = made[at : at + length] * chance.choice((1, 2, 8, 100))
            case 4:
                width = chance.choice((2, 4, 8))
                number = chance.choice((0, 1, 255, 256, 65_535, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1))
                order = chance.choice(("little", "big"))
                made[at : at + width] = (number & (1 << 8 * width) - 1).to_bytes(width, order)  # type: ignore[arg-type] # one of two
            case 5 if self._words:
                made[at:at] = chance.choice(self._words)
            case 6 if self._words:
                made[at : at + length] = chance.choice(self._words)
            case 7 if others:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                made[at : at + length] = other[start : start + (1 << chance.randrange(10))]
            case 8:
                del made[at:]
            case 9:
                made[at:at] = chance.choice(
                    ("é", "\u202e", "\ud800", "½", "\u0661", "中", "😀", "\u0300", "\x1b")
                ).encode("utf-8", "surrogatepass")
            case _:
                made[at:at] = chance.randbytes(chance.randrange(1, 9))

    # ---- values of JSON and TOML

    def _in_shape(self, data: bytes) -> bytes | None:
        """Returns `data` with other values, in the same notation; None if it is not in it."""
        match self._shape:
            case "json":
                return self._json(data)
            case "toml":
                return self._toml(data)
            case _:
                return self._line(data)

    def _json(self, data: bytes) -> bytes | None:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return None
        try:
            text = json.dumps(self._other(value), ensure_ascii=self._chance.random() < 0.5)  # noqa: PLR2004 - half
        except (ValueError, RecursionError):
            return None
        return text.encode("utf-8", "surrogatepass")

    def _toml(self, data: bytes) -> bytes | None:
        try:
            value = self._other(tomllib.loads(data.decode()), (*STRANGE, *DATES))
        except (ValueError, RecursionError):
            return None
        if not isinstance(value, dict):
            return None
        try:
            return "\n".join(f"{_key(name)} = {_toml_value(each)}" for name, each in value.items()).encode(
                "utf-8", "surrogatepass"
            )
        except (ValueError, RecursionError):
            return None

    def _line(self, data: bytes) -> bytes | None:
        """Changes the JSON of one line, which may follow `data: `."""
        lines = data.split(b"\n")
        at = self._chance.randrange(len(lines))
        begin = b"data: " if lines[at].startswith(b"data: ") else b""
        made = self._json(lines[at].removeprefix(begin))
        return None if made is None else b"\n".join([*lines[:at], begin + made, *lines[at + 1 :]])

    def _other(self, value: Any, strange: Sequence[Any] = STRANGE) -> Any:  # noqa: ANN401 - a value of JSON
        """Returns `value` with one to four of its parts changed."""
        for _ in range(1 << self._chance.randrange(3)):
            value = self._changed(value, strange)
        return value

    def _changed(self, value: Any, strange: Sequence[Any]) -> Any:  # noqa: ANN401 - the same
        chance = self._chance
        places: list[tuple[Any, Any]] = []
        left = [value]
        while left:
            inner = left.pop()
            found = inner.items() if isinstance(inner, dict) else enumerate(inner) if isinstance(inner, list) else ()
            for key, each in found:
                places.append((inner, key))
                left.append(each)
        if not places:
            return chance.choice(strange)
        within, key = chance.choice(places)
        match chance.randrange(8):
            case 0:
                del within[key]
            case 1:
                within[key] = [within[key]] * chance.choice((1, 2, 30))
            case 2:
                other, name = chance.choice(places)
                with_it = other.get(name) if isinstance(other, dict) else other[name]
                within[key] = json.loads(json.dumps(with_it, default=str))
            case 3 if isinstance(within, dict):
                within[str(chance.choice(("", "a", "type", "\x1b[2J", "x" * 300, "a\nb", f"{key}_")))] = within.pop(key)
            case 4:
                for _ in range(chance.choice((1, 5, 120))):
                    within[key] = {"a": within[key]} if chance.random() < 0.5 else [within[key]]  # noqa: PLR2004 - half
            case 5 if isinstance(within[key], str):
                within[key] += chance.choice(("\x1b]0;t\x07", "\u2066", "\n", "{x}", "9" * 400, '"', "\\"))
            case _:
                within[key] = (
                    json.loads(json.dumps(made)) if isinstance(made := chance.choice(strange), list | dict) else made
                )
        return value


def _key(name: str) -> str:
    return json.dumps(name)


def _toml_value(value: Any) -> str:  # noqa: ANN401 - a value of TOML
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case float() | int():
            return repr(value)
        case str():
            return json.dumps(value)
        case list():
            return f"[{', '.join(map(_toml_value, value))}]"
        case dict():
            return f"{{{', '.join(f'{_key(str(name))} = {_toml_value(each)}' for name, each in value.items())}}}"
        case _:
            return str(value.isoformat())
