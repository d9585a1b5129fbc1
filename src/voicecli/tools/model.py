"""What a tool is, how it is called, and what it gives back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Argument: TypeAlias = str | int
Arguments: TypeAlias = Mapping[str, Argument]
Schema: TypeAlias = Mapping[str, object]
"""A JSON schema, as MCP and the formats of language models have it."""

Language: TypeAlias = Literal["de", "en"]
"""Languages in which tools understand and answer."""

Then: TypeAlias = Literal["", "repeat", "quit"]
"""What the session does once the turn is over."""

Group: TypeAlias = Literal["clock", "calculator", "timers", "notes", "controls"]
"""Tools that are allowed or forbidden together; each is a setting of `tools`."""

Run: TypeAlias = "Callable[[Call], Result]"
"""Does what a call wants. Raises `ToolFailed` where that is impossible."""

LONGEST_RESULT: Final = 4000
"""In characters. It is read aloud, and what a model reads of it takes room in its context."""

LEFT_OUT: Final = " …"
"""What stands behind a result that was shortened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A wish that a tool be used. It has no effect of its own.

    Attributes:
        name: The tool.
        arguments: What it is given.
        language: In which it answers.
    """

    name: str
    arguments: Arguments = field(default_factory=dict)
    language: Language = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool gives back. It is data: nothing in it is followed as an instruction.

    Attributes:
        text: Plain sentences that are shown and read aloud; empty where nothing is to be said.
        failed: Whether the tool could not do what was wanted; the text says why.
        changed: Whether something is different now that cannot be taken back by not answering.
        asks: Whether nothing was done, and the text asks for permission.
        then: What the session does once the turn is over.
    """

    text: str
    failed: bool = False
    changed: bool = False
    asks: bool = False
    then: Then = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something the assistant can do.

    Attributes:
        name: What calls name it.
        group: With which others it is allowed or forbidden.
        description: What it does, for a language model and for `voicecli tools list`.
        schema: The JSON schema of its arguments.
        ahead: Whether it is instant and changes nothing, so that it may run before it is sure that the person has finished.
    """

    name: str
    group: Group
    description: str
    schema: Schema
    ahead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A tool that may be used in a session. `asks`: only once the person has said yes to it."""

    tool: Tool
    asks: bool = False


class ToolFailed(Exception):
    """A tool could not do what was wanted; the message is a sentence for the person."""


def cleaned(text: str, longest: int = LONGEST_RESULT) -> str:
    """`text` without control characters, and not longer than `longest`.

    Args:
        text: What a tool gave back.
        longest: In characters.
    """
    shown = "".join(each if each == "\n" or _is_shown(each) else " " for each in text[: 2 * longest])
    shown = "\n".join(" ".join(line.split()) for line in shown.splitlines()).strip()
    if len(shown) <= longest and len(text) <= 2 * longest:
        return shown
    return shown[: longest - len(LEFT_OUT)].rstrip() + LEFT_OUT


def _is_shown(character: str) -> bool:
    """Whether it can be shown as it is: no control character, no mark that changes the direction of what follows."""
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
