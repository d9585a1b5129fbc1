"""Events of tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from voicecli.events.field_types import Label, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidForClient:
    """What another program wanted to be said is over.

    Attributes:
        key: The call of that program.
        heard: What was heard of it.
        cut: Whether it was cut off, by a voice or a key.
        fault: Why nothing was heard: an error in a sentence; empty for none.
    """

    t_s: float
    key: Label
    heard: Words
    cut: bool
    fault: Label = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUsed:
    """A tool was used in a turn that counts. Calls in discarded drafts send no event.

    Attributes:
        tool: The name of the tool.
        arguments: A JSON object.
        outcome: `done`; `failed` if the tool failed; `asked` if the person is asked for permission and the tool did nothing.
        text: The result of the tool.
        took_ms: How long the call took.
    """

    json_name: ClassVar = "tool"
    t_s: float
    turn: int
    tool: Label
    arguments: Words
    outcome: Literal["done", "failed", "asked"]
    text: Words
    took_ms: float
