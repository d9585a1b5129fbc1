"""Reports of tools to the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voicecli.tools.definitions import Call, Language, Result
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswered:
    """A call was carried out. `took_ms`: how long that took."""

    turn: Turn
    call: Call
    result: Result
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A timer has ended. `text` is to be spoken, in `language`, as soon as nobody is talking."""

    text: str
    language: Language = "en"


ToolReport: TypeAlias = ToolAnswered | Announced
