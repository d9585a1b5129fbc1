"""The commands of the machine that answer a question: by the model, or by tools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voicecli.tools.definitions import Call, Tool
from voicecli.tools.permissions import Rule
from voicecli.tools.reports import ToolAnswered
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """Answer `question`, given the conversation so far.

    Attributes:
        turn: The turn of the question.
        question: The question; empty if it is in the history already.
        tools: The tools that the model may call.
        rounds: The results of the calls that it has made in this turn.
        chunks: How many chunks of the answer there are already.
        characters: How many characters of the answer there are already.
        early: Whether it answers the words so far of a person who is still speaking.
    """

    turn: Turn
    question: str
    tools: tuple[Tool, ...] = ()
    rounds: tuple[tuple[ToolAnswered, ...], ...] = ()
    chunks: int = 0
    characters: int = 0
    early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UseTool:
    """Run a tool call; or only ask the user whether it is allowed, or say that it is not and that nobody can be asked."""

    turn: Turn
    call: Call
    asks: Literal["", "ask", "refuse"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseTools:
    """Run calls that the model made, side by side."""

    turn: Turn
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberRules:
    """Save what the user has allowed for good."""

    rules: tuple[Rule, ...]
