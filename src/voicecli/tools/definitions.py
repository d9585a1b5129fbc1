"""Definitions of tools, calls and results."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, get_args

Argument: TypeAlias = str | int
Arguments: TypeAlias = Mapping[str, Argument]
Schema: TypeAlias = Mapping[str, object]
"""A JSON schema, as used by MCP and by the formats of language models."""

Language: TypeAlias = Literal["de", "en", "es", "fr", "it"]
"""The languages of answers. Most tools understand and answer English and German only."""

Then: TypeAlias = Literal["", "repeat", "quit"]
"""What the session does after the turn."""

Group: TypeAlias = Literal["clock", "calculator", "timers", "notes", "files", "memory", "controls"]
"""Tools that are allowed or forbidden together. Each group is a setting of `tools`."""

GROUPS: Final[tuple[Group, ...]] = get_args(Group)

Run: TypeAlias = "Callable[[Call], Result]"
"""Carries out a call. Raises `ToolFailed` if that is impossible."""

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
class Tool:
    """A tool of the assistant.

    Attributes:
        name: The name used in calls.
        group: The group with which it is allowed or forbidden.
        description: What it does, for a language model and for `voicecli tools list`.
        schema: The JSON schema of its arguments.
        ahead: Whether it is instant and changes nothing, so that it may run before it is certain that the person has finished.
    """

    name: str
    group: Group
    description: str
    schema: Schema
    ahead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool that may be used in a session. `asks`: only after the person has said yes to it."""

    tool: Tool
    asks: bool = False


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
