"""Reports of tools, and of other programs that use the voice, to the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.tools.definitions import Call, Language, Offer, Result
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
    """Something is to be said as soon as nobody is talking: a timer has ended, or another program speaks.

    Attributes:
        text: What is spoken.
        language: Its language; empty to tell it by the text.
        key: The call of the other program, which is told how much was heard; empty for a timer, which speaks again if it was not heard.
    """

    text: str
    language: Language | Literal[""] = "en"
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsOffered:
    """The tools of `source`, a server or a program that the user configured. They replace those that it offered before.

    `remarks`: sentences for the user, such as that the server has ended.
    """

    source: str
    offers: tuple[Offer, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientListens:
    """Another program wants the next thing that is said, for its call `key`; or, with an empty `key`, no longer."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStops:
    """Whatever other programs are saying, or waiting to say, is stopped."""


ToolReport: TypeAlias = ToolAnswered | Announced | ToolsOffered | ClientListens | ClientStops
