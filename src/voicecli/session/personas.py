"""Personas: system prompt, voice, language, sampling.

A persona is a TOML file. A few are built in. The user's own are in the folder `personas` next to the configuration file. They
replace built-in ones of the same name.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voicecli.config import paths
from voicecli.config.schema import LANGUAGE, LANGUAGE_WORDS
from voicecli.config.suggest import did_you_mean
from voicecli.config.text import read_text
from voicecli.errors import ConfigError, UnknownName

if TYPE_CHECKING:
    from voicecli.engines.ports import Sampling

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
LONGEST_PROMPT: Final = 8000
"""In characters: about 2,000 tokens, half of the default context."""

_TEXTS: Final = {"title": 80, "prompt": LONGEST_PROMPT, "voice": 80, "language": 4, "greeting": 500}
"""Longest text of each key, in characters."""

_PATIENCE: Final = (float, 0.25, 4.0)
"""Type and range of `patience`, the same as for the setting `listen.patience`."""

_KEYS: Final = (*_TEXTS, "patience")

_NUMBERS: Final[Mapping[str, tuple[type[int | float], float, float]]] = {
    "temperature": (float, 0.0, 2.0),
    "top_p": (float, 0.0, 1.0),
    "repeat_penalty": (float, 0.5, 2.0),
    "max_tokens": (int, 16, 4096),
    "seed": (int, 0, 2**31 - 1),
}
"""Type and range of each key of `[sampling]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A persona.

    Attributes:
        name: Its name for `--persona`.
        title: A few words for a list.
        prompt: The system prompt.
        voice: A voice's name, or `auto` for any.
        language: `auto`, or the code of the language that the persona speaks and expects.
        greeting: What it says first; empty if it waits for the user.
        patience: Its value of `listen.patience` if the user has not set that; None for the default.
        sampling: How its words are chosen. `max_tokens` is a limit in addition to the user's own `reply.longest_tokens`.
        own: Whether it is the user's own, not built in.
    """

    name: str
    title: str
    prompt: str
    voice: str
    language: str
    greeting: str
    patience: float | None
    sampling: Sampling
    own: bool


def names() -> list[str]:
    """Returns the names of all personas."""
    return sorted(_find())


def load(name: str) -> Persona:
    """Loads the persona `name`.

    Raises:
        UnknownName: There is none.
        ConfigError: Its file is invalid, or cannot be read.
    """
    source = _source(name)
    return parse(
        _text(source),
        name=name,
        place=str(source),
        own=isinstance(source, Path) and source.parent == paths.personas_dir(),
    )


def file_of(name: str) -> tuple[str, str]:
    """Returns the path of the persona `name`, and the text of its file.

    Raises:
        UnknownName: There is none.
        ConfigError: Its file cannot be read.
    """
    source = _source(name)
    return str(source), _text(source)


def create(name: str, *, like: str = "assistant") -> Path:
    """Creates a persona of the user's own (0600) from the persona `like`.

    Returns:
        Its file, to be edited.

    Raises:
        UnknownName: There is no persona `like`.
        ConfigError: `name` is invalid or taken, or the file cannot be written.
    """
    if NAME.fullmatch(name) is None:
        raise ConfigError(
            f"{name!r} cannot be a persona's name.",
            "Use lower-case letters, digits, - and _: voicecli personas new pirate",
        )
    text = _text(_source(like))
    file = paths.personas_dir() / f"{name}.toml"
    if file.exists():
        raise ConfigError(f"The persona {name} already exists.", f"Edit {file}")
    try:
        paths.write_private(file, text)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", f"ls -ld {file.parent}") from error
    return file


def parse(text: str, *, name: str, place: str, own: bool) -> Persona:
    """Parses a persona's file.

    Args:
        text: Its content.
        name: The persona's name.
        place: The file, for messages.
        own: Whether it is the user's own.

    Raises:
        ConfigError: It is not TOML, or something is missing, unknown, of the wrong type or out of range.
    """
    from voicecli.engines.ports import Sampling  # imports numpy, for which a list of names need not wait

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(name, place, f"it is not valid TOML: {error}") from error
    sampling = document.pop("sampling", {})
    if not isinstance(sampling, dict):
        raise _wrong(name, place, "sampling must be a section, [sampling]")
    _check_keys(document, _KEYS, name, place, "")
    _check_keys(sampling, _NUMBERS, name, place, "sampling.")
    texts = {key: _checked_text(key, document.get(key), name, place) for key in _TEXTS}
    numbers: dict[str, Any] = {
        key: _checked_number(f"sampling.{key}", value, _NUMBERS[key], name, place) for key, value in sampling.items()
    }
    patience = document.get("patience")
    return Persona(
        name=name,
        title=texts["title"],
        prompt=texts["prompt"],
        voice=texts["voice"] or "auto",
        language=texts["language"] or "auto",
        greeting=texts["greeting"],
        patience=None if patience is None else _checked_number("patience", patience, _PATIENCE, name, place),
        sampling=Sampling(**numbers),
        own=own,
    )


def _find() -> dict[str, Traversable]:
    found: dict[str, Traversable] = {}
    for folder in (resources.files("voicecli.session") / "personas", paths.personas_dir()):
        try:
            files = [file for file in folder.iterdir() if file.name.endswith(".toml")]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise ConfigError(f"{folder} cannot be read: {error.strerror}.", f"ls -ld {folder}") from error
        found |= {
            file.name.removesuffix(".toml"): file for file in files if NAME.fullmatch(file.name.removesuffix(".toml"))
        }
    return found


def _source(name: str) -> Traversable:
    found = _find()
    try:
        return found[name]
    except KeyError:
        near = did_you_mean(name, found)
        hint = f"{near} Available: {', '.join(sorted(found))}. Create your own: voicecli personas new NAME".lstrip()
        raise UnknownName(f"There is no persona {name}.", hint) from None


def _text(source: Traversable) -> str:
    try:
        return read_text(source)
    except OSError as error:
        raise ConfigError(f"{source} cannot be read: {error.strerror}.", f"ls -ld {source}") from error


def _wrong(name: str, place: str, what: str) -> ConfigError:
    return ConfigError(
        f"The persona {name} is wrong: {what} ({place}).",
        "Compare with one that works: voicecli personas show assistant",
    )


def _check_keys(given: Mapping[str, object], known: Collection[str], name: str, place: str, section: str) -> None:
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known) or f"Keys are {', '.join(known)}."
            raise ConfigError(f"The persona {name} is wrong: there is no key {section}{key} ({place}).", hint)


def _checked_text(key: str, value: object, name: str, place: str) -> str:
    text = "" if value is None else value
    if not isinstance(text, str) or len(text) > _TEXTS[key]:
        raise _wrong(name, place, f"{key} must be text of at most {_TEXTS[key]} characters")
    text = text.strip()
    if not text and key in {"title", "prompt"}:
        raise _wrong(name, place, f"{key} is missing")
    if key == "language" and text and re.fullmatch(LANGUAGE, text) is None:
        raise _wrong(name, place, f"language must be {LANGUAGE_WORDS}, not {text!r}")
    return text


def _checked_number(
    key: str, value: object, allowed: tuple[type[int | float], float, float], name: str, place: str
) -> int | float:
    kind, low, high = allowed
    if kind is float and type(value) is int:
        value = float(value)
    if (
        type(value) not in {int, float}
        or type(value) is not kind
        or not math.isfinite(value)
        or not low <= value <= high
    ):
        words = "a whole number" if kind is int else "a number"
        raise _wrong(name, place, f"{key} must be {words} from {low:g} to {high:g}, not {value!r}")
    return value
