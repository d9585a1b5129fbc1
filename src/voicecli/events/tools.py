"""Events of tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from voicecli.events.vocabulary import Label, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUsed:
    """A tool was used in a turn that counts; a call of a draft that is dropped is never told.

    Attributes:
        tool: Its name.
        arguments: A JSON object.
        outcome: `done`; `failed` when it could not do it; `asked` when the person is asked for permission, and it did nothing.
        text: What it gave back.
        took_ms: How long it took.
    """

    json_name: ClassVar = "tool"
    t_s: float
    turn: int
    tool: Label
    arguments: Words
    outcome: Literal["done", "failed", "asked"]
    text: Words
    took_ms: float
