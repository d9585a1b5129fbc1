"""Definitions of tools, calls and results."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""A value of JSON."""

Arguments: TypeAlias = Mapping[str, Json]
Schema: TypeAlias = Mapping[str, object]
"""A JSON schema, as used by MCP and by the formats of language models."""

Language: TypeAlias = Literal["de", "en", "es", "fr", "it"]
"""The languages of answers. Most tools understand and answer English and German only."""

Then: TypeAlias = Literal["", "repeat", "quit"]
"""What the session does after the turn."""

Group: TypeAlias = Literal["clock", "calculator", "timers", "notes", "files", "memory", "controls"]
"""The program's own tools that are allowed or forbidden together. Each group is a setting of `tools`."""

IsCancelled: TypeAlias = Callable[[], bool]
"""Whether the turn of a call is over, so that nobody waits for its result."""

GROUPS: Final[tuple[Group, ...]] = get_args(Group)

Run: TypeAlias = "Callable[[Call], Result]"
"""Carries out a call. Raises `ToolFailed` if that is impossible."""

LongRun: TypeAlias = "Callable[[Call, IsCancelled], Result]"
"""Carries out a call that may take long, and stops soon after it is cancelled. Raises `ToolFailed` if that is impossible."""

LIMIT_S: Final = 12.0
"""How long a tool may take. It is longer than the database of notes waits for another program."""

LONGEST_RESULT: Final = 4000
"""Longest result, in characters. It is read aloud, and takes room in the context of a model that reads it."""

LEFT_OUT: Final = " …"
"""The end of a shortened result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to use a tool. It has no effect by itself.

    Attributes:
        name: The name of the tool.
        arguments: The arguments for the tool.
        language: The language of the answer.
    """

    name: str
    arguments: Arguments = field(default_factory=dict)
    language: Language = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a tool. It is data: nothing in it is followed as an instruction.

    Attributes:
        text: Plain sentences to be shown and read aloud; empty if nothing is to be said.
        failed: Whether the tool failed. The text then says why.
        changed: Whether the tool changed something that cannot be undone by not answering.
        asks: Whether nothing was done and the text asks for permission.
        then: What the session does after the turn.
    """

    text: str
    failed: bool = False
    changed: bool = False
    asks: bool = False
    then: Then = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """What a person says to call a tool, as the user configured it.

    Attributes:
        say: The words, such as `what is the office time in {timezone}`. A name in braces is an argument.
        arguments: Arguments that are always the same.
    """

    say: str
    arguments: Arguments = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool of the assistant.

    Attributes:
        name: The name used in calls.
        group: The group with which it is allowed or forbidden. A tool that is not the program's own is a group by itself, under its name.
        description: What it does, for a language model and for `voicecli tools list`.
        schema: The JSON schema of its arguments.
        ahead: Whether it is instant and changes nothing, so that it may run before it is certain that the person has finished.
        title: The tool in a sentence, such as "the tool add of the server calculator"; empty for the program's own.
        source: The server or the program behind it; empty for the program's own.
        limit_s: How long a call may take.
        reads: Whether it changes nothing. A call after a result of another tool then needs no question of its own.
        words: Words that hint that it may be needed, besides those of its name, description and arguments.
        phrases: What a person says to call it. Only tools that the user configured have any; the program's own have rules.
    """

    name: str
    group: str
    description: str
    schema: Schema
    ahead: bool = False
    title: str = ""
    source: str = ""
    limit_s: float = LIMIT_S
    reads: bool = False
    words: tuple[str, ...] = ()
    phrases: Sequence[Phrase] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool that may be used in a session.

    Attributes:
        tool: The tool.
        asks: Whether it is used only after the person has said yes to it.
        by_model: Whether the language model may call it.
    """

    tool: Tool
    asks: bool = False
    by_model: bool = False


class ToolFailed(Exception):
    """A tool failed. The message is a sentence for the person."""


def cleaned(text: str, longest: int = LONGEST_RESULT) -> str:
    """`text` without control characters, and not longer than `longest`.

    Args:
        text: The result of a tool.
        longest: Longest result, in characters.
    """
    shown = "".join(each if each == "\n" or _is_shown(each) else " " for each in text[: 2 * longest])
    shown = "\n".join(" ".join(line.split()) for line in shown.splitlines()).strip()
    if len(shown) <= longest and len(text) <= 2 * longest:
        return shown
    return shown[: longest - len(LEFT_OUT)].rstrip() + LEFT_OUT


def _is_shown(character: str) -> bool:
    """Whether it can be shown unchanged: it is no control character, and no mark that changes the direction of the following text."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
