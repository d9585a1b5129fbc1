"""Personas: system prompt, voice, language, sampling.

A persona is a TOML file. A few are built in. The user's own are in the folder `personas` next to the configuration file. They
replace built-in ones of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voicecli.config import paths
from voicecli.config.documents import build
from voicecli.config.schema import LANGUAGE, LANGUAGE_WORDS
from voicecli.config.suggest import did_you_mean
from voicecli.config.text import read_text
from voicecli.errors import ConfigError, UnknownName
from voicecli.session import translators
from voicecli.session.persona_file import PersonaFile, Range
from voicecli.session.persona_rules import ANSWER_KEYS, rules_of
from voicecli.speech.translation import Between, in_words
from voicecli.tools.definitions import GROUPS, Group

if TYPE_CHECKING:
    from voicecli.engines.ports import Sampling

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
LONGEST_PROMPT: Final = 8000
"""In characters: about 2,000 tokens, half of the default context."""

_TEXTS: Final = {"title": 80, "prompt": LONGEST_PROMPT, "voice": 80, "speaker": 80, "language": 4, "greeting": 500}
"""Longest text of each key, in characters."""

_OWN_NUMBERS: Final[Mapping[str, Range]] = {"patience": (float, 0.25, 4.0), "speed": (float, 0.5, 3.0)}
"""Type and range of each number outside a section; the same as for the settings `listen.patience` and `reply.speed`."""

_MOST_NAMES: Final = 8
"""How many names a persona may be called by."""

_LONGEST_NAME: Final = 40
"""Longest name that a persona may be called by, in characters."""

_KEYS: Final = (*_TEXTS, *_OWN_NUMBERS, "tools", "called")

_NUMBERS: Final[Mapping[str, Range]] = {
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
        speaker: Name or number of one of the voice's speakers; empty for the voice's default. It applies to this voice only.
        speed: Its value of `reply.speed` if the user has not set that; None for the default.
        language: `auto`, or the code of the language that the persona speaks and expects.
        greeting: What it says first; empty if it waits for the user.
        patience: Its value of `listen.patience` if the user has not set that; None for the default.
        tools: The groups of tools that it may use, as far as the settings allow them; None for all.
        called: Names by which it may be addressed before a request: "Computer, what time is it?"
        sampling: How its words are chosen, and the rules of its answers. `max_tokens` is a limit besides the user's own `reply.longest_tokens`.
        own: Whether it is the user's own, not built in.
    """

    name: str
    title: str
    prompt: str
    voice: str
    speaker: str
    speed: float | None
    language: str
    greeting: str
    patience: float | None
    tools: tuple[Group, ...] | None
    called: tuple[str, ...]
    sampling: Sampling
    own: bool

    @property
    def between(self) -> tuple[str, str] | None:
        """The two languages between which it translates; None for a persona that answers."""
        return self.sampling.rules.between if self.sampling.rules is not None else None


def names() -> list[str]:
    """Returns the names of all personas."""
    return sorted(_find())


def load(name: str) -> Persona:
    """Loads the persona `name`; `translate-en-de` and the like are translators.

    Raises:
        UnknownName: There is none.
        ConfigError: Its file is invalid, or cannot be read.
    """
    between = translators.between_of(name)
    if between is not None and name not in _find():
        return _translator(between)
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
    file = own_file(name)
    text = _text(_source(like))
    if file.exists():
        raise ConfigError(f"The persona {name} already exists.", f"Edit {file}")
    try:
        paths.write_private(file, text)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", f"ls -ld {file.parent}") from error
    return file


def own_file(name: str) -> Path:
    """The path of the user's own persona `name`, which may not exist.

    Raises:
        ConfigError: `name` is not a valid name of a persona.
    """
    if NAME.fullmatch(name) is None:
        raise ConfigError(
            f"{name!r} cannot be a persona's name.",
            "Use lower-case letters, digits, - and _: voicecli personas new pirate",
        )
    return paths.personas_dir() / f"{name}.toml"


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

    file = PersonaFile(text, name=name, place=place)
    document = file.document
    sampling = file.section("sampling", (*_NUMBERS, "vary"))
    answers = file.section("answers", ANSWER_KEYS)
    file.check_keys(document, _KEYS, "")
    texts = {key: _text_of(file, key, document.get(key)) for key in _TEXTS}
    own_numbers = {
        key: None if document.get(key) is None else file.number("", key, document[key], allowed)
        for key, allowed in _OWN_NUMBERS.items()
    }
    numbers = {
        key: file.number("sampling", key, value, _NUMBERS[key]) for key, value in sampling.items() if key != "vary"
    }
    varies = file.flag("sampling", "vary", sampling.get("vary", False))
    rules = rules_of(file, answers, varies=varies)
    return Persona(
        name=name,
        title=texts["title"],
        prompt=texts["prompt"],
        voice=texts["voice"] or "auto",
        speaker=texts["speaker"],
        speed=own_numbers["speed"],
        language=texts["language"] or "auto",
        greeting=texts["greeting"],
        patience=own_numbers["patience"],
        tools=_tools(file, document.get("tools")),
        called=file.texts("", "called", document.get("called", []), most=_MOST_NAMES, longest=_LONGEST_NAME),
        sampling=build(Sampling, {**numbers, "rules": rules}),
        own=own,
    )


def _translator(between: Between) -> Persona:
    """Returns the persona that translates between two languages."""
    from voicecli.engines.ports import Sampling
    from voicecli.speech.answer_rules import Rules

    return Persona(
        name=translators.name_of(between),
        title=f"An interpreter between {in_words(between)}",
        prompt=f"You are an interpreter between {in_words(between)}.",
        voice="auto",
        speaker="",
        speed=None,
        language="auto",
        greeting="",
        patience=None,
        tools=(),
        called=(),
        sampling=Sampling(temperature=0.0, rules=Rules(between=between)),
        own=False,
    )


def _tools(file: PersonaFile, value: object) -> tuple[Group, ...] | None:
    if value is None:
        return None
    named = file.texts("", "tools", value, most=len(GROUPS), longest=_LONGEST_NAME)
    for name in named:
        if name not in GROUPS:
            near = did_you_mean(name, GROUPS) or f"Groups are {', '.join(GROUPS)}."
            raise file.wrong("", "tools", f"there is no group of tools {name}. {near}")
    return tuple(group for group in GROUPS if group in named)


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


def _text_of(file: PersonaFile, key: str, value: object) -> str:
    if key == "speaker" and type(value) is int:
        value = str(value)  # a number is accepted as a name
    text = file.text("", key, "" if value is None else value, longest=_TEXTS[key])
    if not text and key in {"title", "prompt"}:
        raise file.wrong("", key, f"{key} is missing")
    if key == "language" and text and re.fullmatch(LANGUAGE, text) is None:
        raise file.wrong("", key, f"language must be {LANGUAGE_WORDS}, not {text!r}")
    return text
